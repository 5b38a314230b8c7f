// The notices of made-up packages, and what the packaging takes of the real ones.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bundledFiles, UnlicensedPackageError, writeNotices } from './notices.mjs';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'refacade-notices-'));
  add('one', { license: 'MIT', repository: { url: 'https://example.org/one' } });
  put('one/LICENSE', 'Copyright One');
  put('one/NOTICE.txt', 'One says');
  put('one/license.js', 'not a notice');
  add('@scope/two', { licenses: [{ type: 'BSD-3-Clause' }] });
  put('@scope/two/License.md', 'Copyright Two');
  add('one/node_modules/three', { version: '0.3.0', license: 'ISC', repository: 'github:lab/three' });
  add('unused', { license: 'GPL-3.0' });
  add('native-linux', { license: 'Zlib' });
  put('native-linux/COPYING', 'Copyright Native');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function put(path: string, text: string) {
  const file = join(root, 'node_modules', path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
const add = (name: string, manifest: object) => {
  put(
    `${name}/package.json`,
    JSON.stringify({
      name: name.replace(/.*node_modules\//, ''),
      version: '1.0.0',
      main: 'lib/index.js',
      ...manifest,
    }),
  );
  put(`${name}/lib/index.js`, `export const x = '${name}';`);
};
function notices(files: readonly string[], whole: readonly string[] = []): string {
  const out = join(root, 'THIRD-PARTY.txt');
  writeNotices({ root, files, whole, out });
  return readFileSync(out, 'utf8');
}
const titles = (text: string) => [...text.matchAll(/^={80}\n(.*)$/gm)].map((m) => m[1]);

describe('notices', () => {
  it('are those of the packages whose code is in the bundles, of every bundler, each once', async () => {
    put('one/lib/index.js', "import { x } from 'three'; import 'unused'; export const y = x;");
    add('unused', { license: 'GPL-3.0', sideEffects: false });
    writeFileSync(join(root, 'main.js'), "import { y } from 'one'; console.log(y);");
    const { metafile } = await build({
      absWorkingDir: root,
      entryPoints: ['main.js'],
      bundle: true,
      write: false,
      metafile: true,
      outdir: 'out',
      logLevel: 'silent',
    });
    const module = (path: string) => join(root, 'node_modules', path);
    const moduleIds = [
      '\0vite/preload-helper.js',
      `\0${module('@scope/two/lib/index.js')}?commonjs-exports`,
      module('one/lib/index.js'),
    ];
    const files = bundledFiles([metafile], [{ output: [{ moduleIds }, {}] }]);
    const text = notices(files);
    expect(titles(text)).toEqual(['@scope/two 1.0.0', 'one 1.0.0', 'three 0.3.0']);
    expect(text).toContain(
      'one 1.0.0\nLicence: MIT\nSource: https://example.org/one\n\n--- LICENSE\n\nCopyright One\n\n--- NOTICE.txt\n\nOne says\n',
    );
    expect(text).toContain('Licence: BSD-3-Clause\n\n--- License.md\n\nCopyright Two\n');
    expect(text).not.toContain('not a notice');
  });

  it('name first the packages without a text, with licence and address', () => {
    const text = notices(['node_modules/one/node_modules/three/lib/index.js', 'electron/app.ts']);
    const [head] = text.split('='.repeat(80));
    expect(head).toMatch(/carry no licence text[^\n]*\n {2}- three 0\.3\.0: ISC, github:lab\/three\n/);
    expect(titles(text)).toEqual(['three 0.3.0']);
  });

  it('hold packages that are shipped whole, by pattern, too, as far as they are installed', () => {
    const text = notices([], ['@scope/two', 'native-*', 'absent']);
    expect(titles(text)).toEqual(['@scope/two 1.0.0', 'native-linux 1.0.0']);
    expect(text).not.toContain('no licence text');
  });

  it('are not written for a package that says nothing of its licence', () => {
    add('silent', {});
    expect(() => notices(['node_modules/silent/lib/index.js'])).toThrow(UnlicensedPackageError);
    expect(() => notices(['node_modules/silent/lib/index.js'])).toThrow(/silent must not be shipped/);
    expect(existsSync(join(root, 'THIRD-PARTY.txt'))).toBe(false);
    put('silent/LICENCE', 'Copyright Silent');
    expect(notices(['node_modules\\silent\\lib\\index.js'])).toContain('Licence: see its text');
  });
});

it('the packages that are shipped whole each carry a text or a word; notices and the models lie beside the archive', () => {
  const require = createRequire(join(process.cwd(), 'package.json'));
  const shipped = require('./build/shipped-packages.json') as string[];
  const out = join(root, 'shipped.txt');
  writeNotices({ root: process.cwd(), files: [], whole: shipped, out });
  const text = readFileSync(out, 'utf8');
  for (const name of shipped.filter((n) => !n.startsWith('@napi-rs'))) expect(text).toContain(`\n${name} `);
  const config = require('./electron-builder.config.cjs') as {
    extraResources: { from: string; to: string; filter?: string[] }[];
  };
  expect(config.extraResources).toContainEqual({ from: 'dist/THIRD-PARTY.txt', to: 'THIRD-PARTY.txt' });
  expect(config.extraResources.find((r) => r.to === 'models')!.filter).toContain('README.md');
});
