// Egg-shaped heads of three breadths, and a reader that knows an egg by its breadth: what the command does around it.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FaceNetwork } from '../../shared/risk/records.ts';
import type { FaceReader, GrayPicture } from '../risk/faces/face-reader.ts';
import type { HeadMatches } from '../risk/faces/match-heads.ts';
import { newNifti, writeNifti } from '../volume/nifti.ts';
import type { Output } from './output.ts';
import { createRecogniseCommand } from './recognise.ts';

const root = mkdtempSync(join(tmpdir(), 'refacade-recognise-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** @param halfBreadthMm the other half axes are 90 mm */
async function egg(path: string, halfBreadthMm: number): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  const n = 56;
  const h = 4;
  const data = new Int16Array(n ** 3);
  for (let k = 0, v = 0; k < n; k++)
    for (let j = 0; j < n; j++)
      for (let i = 0; i < n; i++, v++) {
        const [x, y, z] = [i, j, k].map((at) => h * (at - n / 2)) as [number, number, number];
        data[v] = (x / halfBreadthMm) ** 2 + (y / 90) ** 2 + (z / 90) ** 2 < 1 ? 700 : 0;
      }
  const c = (-h * n) / 2;
  const affine = Float64Array.of(h, 0, 0, c, 0, h, 0, c, 0, 0, h, c, 0, 0, 0, 1);
  await writeNifti(path, newNifti({ data, shape: [n, n, n], affine, slope: 1, inter: 0 }));
}

/** No face in an egg broader than 80 mm; else a direction that says how broad. */
function readingOf({ width, gray }: GrayPicture) {
  let [left, right] = [width, -1];
  gray.forEach((value, p) => {
    if (value === 0) return;
    left = Math.min(left, p % width);
    right = Math.max(right, p % width);
  });
  const halfMm = ((right - left) / 2) * (260 / width);
  const found = halfMm < 80;
  const descriptor = found ? [Math.cos(halfMm / 20), Math.sin(halfMm / 20)] : null;
  return (['human', 'face-api'] as FaceNetwork[]).map((network) => ({
    network,
    found,
    score: 0.5,
    descriptor,
  }));
}

let closed = 0;
const fakeReader = (): FaceReader => ({
  version: 'eggs 1',
  read: async (pictures) => pictures.slice(0, 1).flatMap((p) => pictures.map(() => readingOf(p))),
  describe: async () => ({ detail: '' }),
  close: async () => {
    closed += 1;
  },
});

interface Result extends HeadMatches {
  readonly gallery: number;
  readonly problems: readonly { code: string; subject: string; message: string }[];
}

async function run(gallery: string, probes: string, open = fakeReader as () => FaceReader | undefined) {
  const results: unknown[] = [];
  const notes: string[] = [];
  const output: Output = {
    json: true,
    text() {},
    progress() {},
    note: (line) => notes.push(line),
    result: (value) => results.push(value),
  };
  const args = ['--gallery', join(root, gallery), '--probes', join(root, probes)];
  const code = await createRecogniseCommand(open).run(args, output);
  return { code, notes, result: results[0] as Result };
}

beforeAll(async () => {
  await egg(join(root, 'originals', 'narrow.nii.gz'), 45);
  await egg(join(root, 'originals', 'deep', 'er', 'middle.nii.gz'), 58);
  await egg(join(root, 'originals', 'broad.nii.gz'), 72);
  writeFileSync(join(root, 'originals', 'readme.txt'), 'not a scan');
  await egg(join(root, 'edited', 'narrow__blur.nii.gz'), 45);
  await egg(join(root, 'edited', 'middle_desc-other.nii.gz'), 72);
  await egg(join(root, 'edited', 'faceless.nii.gz'), 95);
}, 60_000);

describe('recognise', () => {
  it('finds every head of a folder in another, and says who is who', async () => {
    const { code, result, notes } = await run('originals', 'edited');
    expect(code).toBe(0);
    expect(result).toMatchObject({ networks: 'eggs 1', gallery: 3, problems: [] });
    const seen = result.probes.map(({ file, own, matches: [m] }) => [
      file,
      own,
      m!.viewsWithFace.length,
      m!.best?.file ?? null,
      m!.rank,
    ]);
    expect(seen).toEqual([
      ['faceless.nii.gz', null, 0, null, null],
      ['middle_desc-other.nii.gz', 'deep/er/middle.nii.gz', 5, 'broad.nii.gz', 2],
      ['narrow__blur.nii.gz', 'narrow.nii.gz', 5, 'narrow.nii.gz', 1],
    ]);
    expect(result.totals.map((t) => [t.network, t.figures.probes, t.figures.rank1.value])).toEqual([
      ['human', 2, 0.5],
      ['face-api', 2, 0.5],
    ]);
    expect(result.totals[0]!.probesWithoutFace).toBeCloseTo(1 / 3, 10);
    expect(result.totals[0]!.chance.rank1).toBeCloseTo(1 / 3, 10);
    expect(notes).toContain('probe 3/3: narrow__blur.nii.gz');
  });

  it('a bad file and a second scan of a person are problems of theirs; the rest is looked at', async () => {
    await egg(join(root, 'mixed', 'narrow.nii.gz'), 45);
    await egg(join(root, 'mixed', 'narrow__again.nii.gz'), 45);
    writeFileSync(join(root, 'mixed', 'damaged.nii.gz'), 'no NIfTI');
    const { code, result } = await run('mixed', 'originals');
    expect(code).toBe(2);
    expect(result.gallery).toBe(1);
    expect(result.probes).toHaveLength(3);
    expect(result.problems.map((p) => [p.code, p.subject])).toEqual([
      ['not-looked-at', 'damaged.nii.gz'],
      ['same-person-twice', 'narrow__again.nii.gz'],
    ]);
    expect(result.problems[0]!.message).not.toBe('');
  });

  it('a head that the networks fail on is a problem of that head', async () => {
    let call = 0;
    const failing = (): FaceReader => ({
      ...fakeReader(),
      read: async (pictures) => {
        if (call++ === 1) throw new Error('the process stopped');
        return pictures.map(readingOf);
      },
    });
    const { code, result } = await run('originals', 'originals', failing);
    expect(code).toBe(2);
    expect(result.gallery).toBe(2);
    expect(result.problems).toMatchObject([{ code: 'not-looked-at', message: 'the process stopped' }]);
  });

  it('says what it needs: folders, scans in them, the networks; and closes what it opened', async () => {
    mkdirSync(join(root, 'empty'));
    const before = closed;
    await expect(run('originals', 'empty')).rejects.toMatchObject({ code: 'no-heads' });
    expect(closed).toBe(before + 1);
    await expect(run('nowhere', 'edited')).rejects.toMatchObject({ code: 'no-such-folder' });
    await expect(run('originals', 'edited', () => undefined)).rejects.toMatchObject({
      code: 'no-face-networks',
    });
    await expect(createRecogniseCommand(fakeReader).run([], {} as Output)).rejects.toMatchObject({
      code: 'bad-arguments',
    });
  });
});
