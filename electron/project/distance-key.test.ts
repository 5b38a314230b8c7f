import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { distanceKey } from './distance-key.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'refacade-distance-key-'));
  mkdirSync(join(root, 'average'));
  const files = { surface: { name: 'surface.nii.gz' } };
  writeFileSync(join(root, 'average', 'card.json'), JSON.stringify({ files }));
  writeFileSync(join(root, 'average', 'surface.nii.gz'), 'surface');
  writeFileSync(join(root, 'primary.nii.gz'), 'another scan');
  segment('own', 'x');
  segment('primary', 'x');
  return () => rmSync(root, { recursive: true, force: true });
});

/** A segmentation's record by this network. */
function segment(name: string, sha256: string, volumeRule?: string): void {
  const record = {
    model: { id: 'm', version: '1', sha256 },
    ...(volumeRule ? { volumeRule } : {}),
    provider: 'cpu',
    labelsFile: 'labels.nii.gz',
    structures: [],
    confidence: 0.9,
    problems: [],
    seconds: Math.random(),
  };
  writeFileSync(join(root, `${name}.json`), JSON.stringify(record));
}

const key = (more: Partial<Parameters<typeof distanceKey>[0]> = {}) =>
  distanceKey(
    {
      hashes: ['original', 'edited'],
      segmentationPath: join(root, 'own.json'),
      primary: { volumePath: join(root, 'primary.nii.gz'), segmentationPath: join(root, 'primary.json') },
      ...more,
    },
    join(root, 'average'),
  );

it.each<[string, () => void]>([
  ['another network segmented the scan', () => segment('own', 'y')],
  ['another rule of volumes', () => segment('own', 'x', 'near-structure')],
  ['another network segmented the scan that leads the session', () => segment('primary', 'y')],
  ['the scan that leads the session is another', () => writeFileSync(join(root, 'primary.nii.gz'), 'x')],
  ['a record that cannot be read', () => writeFileSync(join(root, 'own.json'), '{}')],
  ['another average head', () => writeFileSync(join(root, 'average', 'surface.nii.gz'), 'other')],
  ['another card of it', () => writeFileSync(join(root, 'average', 'card.json'), '{"files":{}}')],
  ['a file of it that is gone', () => rmSync(join(root, 'average', 'surface.nii.gz'))],
  ['no average head', () => rmSync(join(root, 'average'), { recursive: true })],
])('a distance is measured again after an update: %s', async (_, update) => {
  const before = await key();
  expect(await key()).toBe(before);
  update();
  expect(await key()).not.toBe(before);
});

it('a segmentation made again by the same network changes nothing; another scan, none or no primary does', async () => {
  const before = await key();
  segment('own', 'x');
  expect(await key()).toBe(before);
  const others = await Promise.all([
    key({ hashes: ['original', 'other'] }),
    key({ segmentationPath: undefined }),
    key({ primary: undefined }),
  ]);
  expect(new Set([before, ...others]).size).toBe(4);
});
