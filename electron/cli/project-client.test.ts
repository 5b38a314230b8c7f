import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { userDataDir } from './project-client.ts';

afterEach(() => vi.unstubAllEnvs());

// Electron names its folder after `productName` of package.json in a checkout, the packager after its own setting.
it('the command line and the window keep their projects and packs in one folder', () => {
  vi.stubEnv('REFACADE_USER_DATA', '');
  const { productName } = JSON.parse(readFileSync('package.json', 'utf8'));
  const packager = createRequire(import.meta.url)('../../electron-builder.config.cjs');
  expect(productName).toBe(basename(userDataDir()));
  expect(packager.productName).toBe(productName);
});
