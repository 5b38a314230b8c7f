import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{shared,electron,renderer,build,models}/**/*.test.{ts,tsx}'],
    testTimeout: 120_000,
    hookTimeout: 240_000,
    // Voxel tests are heavy; two at a time is what a clinical workstation has cores for.
    maxWorkers: 2,
  },
});
