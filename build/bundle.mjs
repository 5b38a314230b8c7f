// Bundles the main process, workers, command line and Electron shell with esbuild, the screens with vite.
// Plain JavaScript, because it runs before anything is built.
import { readFileSync, rmSync } from 'node:fs';
import { build } from 'esbuild';
import { bundledFiles, writeNotices } from './notices.mjs';

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
];

const shared = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  sourcemap: 'linked',
  // Licences of what is bundled are in dist/THIRD-PARTY.txt.
  legalComments: 'none',
  metafile: true,
  external,
  logLevel: 'warning',
  // Bundled CommonJS packages still call require().
  banner: {
    js: "import { createRequire as __cr } from 'node:module'; const require = __cr(import.meta.url);",
  },
};

const application = await build({
  ...shared,
  entryPoints: {
    'cli/main': 'electron/cli/main.ts',
    'cli/start': 'electron/cli/start.ts',
    'worker/main': 'electron/worker/main.ts',
    'inference/main': 'electron/inference/worker-main.ts',
    'shell/main': 'electron/shell/main.ts',
  },
  outdir: 'dist',
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
});
// The face process: both packages in the build of theirs that runs on WebAssembly in Node, around one TensorFlow.js,
// whose module sources are taken because its methods on tensors are in none of its bundles; nothing that downloads.
const { entry, mainFields, alias } = JSON.parse(readFileSync('build/face-bundle.json', 'utf8'));
const faces = await build({
  ...shared,
  entryPoints: { 'faces/main': entry },
  outdir: 'dist',
  mainFields,
  alias,
  // TensorFlow.js asks where it lies; its WebAssembly binaries are found by another way.
  banner: {
    js: `${shared.banner.js} const __filename = import.meta.filename, __dirname = import.meta.dirname;`,
  },
});
// Programs of the checkout share no chunk with the application: nothing of theirs is ever packaged.
await build({
  ...shared,
  external: [...external, 'esbuild'],
  entryPoints: {
    demo: 'build/demo.ts',
    bench: 'build/bench.ts',
    pack: 'build/pack.ts',
    'smoke-electron': 'build/smoke-electron.ts',
    'build-sqlite': 'build/native/build-sqlite.ts',
    'make-icons': 'build/icons/make-icons.ts',
    sample: 'build/sample.ts',
    'model-table': 'build/generate/model-table.ts',
  },
  outdir: 'dist/build',
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
});
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
if (!quick) {
  const { build: viteBuild } = await import('vite');
  const screens = await viteBuild({ configFile: 'renderer/vite.config.ts', logLevel: 'warn' });
  writeNotices({
    root: process.cwd(),
    files: bundledFiles([application.metafile, faces.metafile], [screens].flat()),
    whole: JSON.parse(readFileSync('build/shipped-packages.json', 'utf8')),
    out: 'dist/THIRD-PARTY.txt',
  });
}
