import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

/** The screens as static files under `dist/renderer`; every path is relative, so any host may serve them. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: './',
  oxc: { jsx: { runtime: 'automatic', importSource: 'react' } },
  build: {
    outDir: '../dist/renderer',
    emptyOutDir: true,
    target: 'es2023',
    sourcemap: false,
    // The viewer (NiiVue) is a lazy chunk of its own and is large by nature.
    chunkSizeWarningLimit: 3500,
    // Content-Security-Policy has no data: for scripts or styles; keep every asset a file.
    assetsInlineLimit: 0,
    rolldownOptions: {
      // Component libraries carry "use client" for servers that we do not have.
      onLog: (level, log, handle) => {
        if (log.code !== 'MODULE_LEVEL_DIRECTIVE') handle(level, log);
      },
    },
  },
  server: {
    proxy: Object.fromEntries(
      ['/rpc', '/events', '/volumes', '/pictures', '/receipts'].map((path) => [
        path,
        'http://127.0.0.1:4599',
      ]),
    ),
  },
});
