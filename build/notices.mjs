// Licences and notices of everything in the bundles and beside them, as one text: dist/THIRD-PARTY.txt.
// Plain JavaScript, because it runs while the rest is being built.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

/** A package without a licence text and without a word about its licence: it must not be shipped. */
export class UnlicensedPackageError extends Error {
  name = 'UnlicensedPackageError';
}

/**
 * The files that code was taken from.
 *
 * @param {readonly import('esbuild').Metafile[]} metafiles of the bundles made with esbuild
 * @param {readonly { output: readonly object[] }[]} outputs of the bundles made with vite
 * @returns {string[]} paths as the bundlers give them
 */
export function bundledFiles(metafiles, outputs) {
  const files = new Set();
  for (const { outputs: made } of metafiles) {
    for (const { inputs } of Object.values(made)) {
      for (const [file, { bytesInOutput }] of Object.entries(inputs)) if (bytesInOutput > 0) files.add(file);
    }
  }
  for (const { output } of outputs)
    for (const { moduleIds = [] } of output) for (const id of moduleIds) files.add(id);
  return [...files];
}

/**
 * Writes the notices of the packages that the bundles hold code of and of those that lie whole beside them.
 *
 * A package without a licence text is listed first, with the licence that its package.json names and its repository.
 *
 * @param {{ root: string, files: readonly string[], whole: readonly string[], out: string }} options
 *   `root` holds node_modules; `files` relative to it or absolute; `whole` names of packages, `*` at the end for several
 * @throws {UnlicensedPackageError}
 */
export function writeNotices({ root, files, whole, out }) {
  const found = new Map();
  const add = (folder) => {
    const read = readPackage(folder);
    found.set(`${read.name} ${read.version}`, read);
  };
  for (const folder of new Set(files.map((file) => packageFolder(root, file)))) if (folder) add(folder);
  for (const folder of wholeFolders(root, whole)) add(folder);
  writeFileSync(out, text([...found.values()]));
}

/** Folder of the package that a file belongs to; undefined for our own files and the bundler's. */
function packageFolder(root, file) {
  const path = file.replace(/^\0+/, '').replace(/\?.*$/, '').replaceAll('\\', '/');
  const match = /^(?:[\w-]+:(?!\/))?(.*(?:^|\/)node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path);
  return match ? resolve(root, match[1]) : undefined;
}

function wholeFolders(root, names) {
  const modules = join(root, 'node_modules');
  return names.flatMap((name) => {
    const parent = join(modules, dirname(name));
    const start = basename(name).replace(/\*$/, '');
    const several = name.endsWith('*');
    const there = existsSync(parent) ? readdirSync(parent) : [];
    return there.filter((n) => (several ? n.startsWith(start) : n === start)).map((n) => join(parent, n));
  });
}

/** @throws {UnlicensedPackageError} */
function readPackage(folder) {
  const { name, version, license, licenses, repository, homepage } = JSON.parse(
    readFileSync(join(folder, 'package.json'), 'utf8'),
  );
  const stated = [license ?? licenses ?? []].flat().map((l) => (typeof l === 'string' ? l : (l?.type ?? '')));
  const licence = stated.filter((l) => l !== '').join(' OR ');
  const texts = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && isNotice(entry.name))
    .map((entry) => ({ file: entry.name, text: readFileSync(join(folder, entry.name), 'utf8').trim() }))
    .filter(({ text }) => text !== '')
    .sort((a, b) => (a.file < b.file ? -1 : 1));
  if (texts.length === 0 && licence === '') {
    throw new UnlicensedPackageError(
      `Expected a licence file or a licence field in ${folder}, found neither: ${name} must not be shipped.`,
    );
  }
  const from = (typeof repository === 'string' ? repository : repository?.url) ?? homepage ?? '';
  return { name, version, title: `${name} ${version}`, licence: licence || 'see its text', from, texts };
}

function isNotice(name) {
  return (
    /^(licen[cs]es?|copying|copyright|notices?|third[-_ ]?party.*)([-_. ].*)?$/i.test(name) &&
    !/\.([cm]?[jt]s|json|html|map)$/i.test(name)
  );
}

function text(packages) {
  const line = '='.repeat(80);
  const sorted = packages.sort((a, b) => (a.title < b.title ? -1 : 1));
  const bare = sorted.filter((p) => p.texts.length === 0);
  const lines = [
    'Third-party software in Refacade',
    '',
    'Refacade holds code or files of the packages below. Each is under its own licence, whose text follows as the',
    'package carries it. Electron and Chromium bring their notices in files of their own.',
  ];
  if (bare.length > 0) {
    lines.push('', 'These packages carry no licence text; this is what their package.json says:');
    for (const p of bare) lines.push(`  - ${p.title}: ${p.licence}, ${p.from || 'no address given'}`);
  }
  for (const p of sorted) {
    lines.push('', line, p.title, `Licence: ${p.licence}`);
    if (p.from) lines.push(`Source: ${p.from}`);
    if (p.texts.length === 0) lines.push('The package carries no licence text.');
    for (const t of p.texts) lines.push('', `--- ${t.file}`, '', t.text);
  }
  return `${lines.join('\n')}\n`;
}
