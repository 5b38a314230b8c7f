// Bundles the main process, workers, command line and Electron shell with esbuild, the screens with vite.
// Plain JavaScript, because it runs before anything is built.
import { existsSync, rmSync } from 'node:fs';
import { build } from 'esbuild';

const quick = process.argv.includes('--no-renderer');
if (!quick) rmSync('dist', { recursive: true, force: true });

/** Packages that stay in node_modules: native binaries, WebAssembly and workers found at run time. */
export const external = [
  'better-sqlite3',
  'onnxruntime-node',
  '@niivue/dcm2niix',
  'piscina',
  'bids-validator',
  'electron',
  'esbuild',
];

const shared = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  sourcemap: 'linked',
  legalComments: 'none',
  external,
  logLevel: 'warning',
  // Bundled CommonJS packages still call require().
  banner: {
    js: "import { createRequire as __cr } from 'node:module'; const require = __cr(import.meta.url);",
  },
};

const entries = {
  'cli/main': 'electron/cli/main.ts',
  'cli/start': 'electron/cli/start.ts',
  'worker/main': 'electron/worker/main.ts',
  'shell/main': 'electron/shell/main.ts',
  'build/demo': 'build/demo.ts',
  'build/bench': 'build/bench.ts',
  'build/pack': 'build/pack.ts',
  'build/smoke-electron': 'build/smoke-electron.ts',
  'build/build-sqlite': 'build/native/build-sqlite.ts',
  'build/make-icons': 'build/icons/make-icons.ts',
};
const present = Object.fromEntries(Object.entries(entries).filter(([, file]) => existsSync(file)));
await build({
  ...shared,
  entryPoints: present,
  outdir: 'dist',
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
});
if (existsSync('electron/shell/preload.ts')) {
  await build({
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    external: ['electron'],
    logLevel: 'warning',
    entryPoints: ['electron/shell/preload.ts'],
    outfile: 'dist/shell/preload.cjs',
  });
}
if (!quick && existsSync('renderer/vite.config.ts')) {
  const { build: viteBuild } = await import('vite');
  await viteBuild({ configFile: 'renderer/vite.config.ts', logLevel: 'warn' });
}
