import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { diag } from '../../../shared/geometry/affine.ts';
import { newNifti } from '../../volume/nifti.ts';
import type { PlacedHead } from '../session/place-in-session.ts';
import { hasPlace, readPlace, writePlace } from './place-file.ts';

const dir = mkdtempSync(join(tmpdir(), 'refacade-place-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const volume = {
  data: new Int16Array(60),
  shape: [3, 4, 5],
  affine: diag(-1, 2, 3.5, 1),
  slope: 2,
  inter: -3,
};
const place: PlacedHead = {
  brain: Uint8Array.from({ length: 60 }, (_, n) => (n % 7 === 0 ? 1 : 0)),
  brainMm3: 1_234_567.891,
  standardToWorld: diag(1.1, 0.9, 1 / 3),
  frame: { averageToWorld: diag(0.95, 1 / 7, 1), residualMm: 1.7, source: 'centroids', problems: [] },
  problems: [{ code: 'a', level: 'info', subject: 'face', message: 'A finding.' }],
  assumptions: ['One.'],
  steps: [{ name: 'brain-extract', version: '1.1.0', params: { dice: 0.93 } }],
  carried: true,
};

it.each<[string, PlacedHead]>([
  ['with a frame', place],
  ['without an average head', { ...place, brainMm3: null, frame: null, carried: false }],
])('comes back as it was kept, %s', async (name, kept) => {
  const own = join(dir, name);
  expect(hasPlace(own)).toBe(false);
  await writePlace(own, kept, newNifti(volume));
  expect(hasPlace(own)).toBe(true);
  expect(await readPlace(own)).toEqual(kept);
});
