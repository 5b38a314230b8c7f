import { createHash } from 'node:crypto';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apply, invert, type Vec3 } from '../../../shared/geometry/affine.ts';
import { linear } from '../../volume/resample.ts';
import { AverageHeadError, averageHead, loadAverageHead } from './average-head.ts';
import { type AverageHead, REGION } from './face-frame.ts';

const MODELS = join(fileURLToPath(import.meta.url), '..', '..', '..', '..', 'models');
let dir: string;
let head: AverageHead;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'average-head-'));
  head = (await averageHead(MODELS))!;
});
afterAll(() => rm(dir, { recursive: true, force: true }));

/** The value of a volume at a point of the average's space. */
function valueAt(volume: AverageHead['surface'], at: Vec3): number {
  const [nx, ny, nz] = volume.shape as [number, number, number];
  return linear(volume.data, nx, ny, nz, ...apply(invert(volume.affine), ...at));
}
function regionAt(at: Vec3): number {
  const [i, j, k] = apply(invert(head.regions.affine), ...at).map(Math.round) as Vec3;
  const [nx, ny] = head.regions.shape as [number, number];
  return head.regions.data[i + nx * (j + ny * k)]!;
}

describe('the average head that ships', () => {
  it('is found without being told where, and read once', async () => {
    expect(await averageHead()).toBeDefined();
    expect(await averageHead(MODELS)).toBe(head);
  });

  it('is a head: white matter 1, air 0, its outline where the intensity ends', () => {
    // Places that lie deep in white matter, and in air, of every ICBM152 brain.
    for (const at of [
      [26, -20, 28],
      [-26, -20, 28],
      [26, 20, 24],
    ] as Vec3[]) {
      expect(valueAt(head.intensity, at)).toBeCloseTo(1, 0);
      expect(valueAt(head.surface, at)).toBeLessThan(-25);
    }
    for (const at of [
      [0, 130, -60],
      [0, -138, 20],
      [100, 60, 60],
    ] as Vec3[]) {
      expect(valueAt(head.intensity, at)).toBeLessThan(0.05);
      expect(valueAt(head.surface, at)).toBeGreaterThan(15);
    }
    // 12 mm inside and outside of the skin along the middle of the forehead.
    let skin = 130;
    while (valueAt(head.surface, [0, skin, 5]) > 0) skin -= 0.5;
    expect(valueAt(head.intensity, [0, skin - 4, 5])).toBeGreaterThan(0.3);
    expect(valueAt(head.intensity, [0, skin + 8, 5])).toBeLessThan(0.1);
    expect(Math.abs(valueAt(head.surface, [0, skin + 10, 5]) - 10)).toBeLessThan(2);
  });

  it('has a distance: its slope is one almost everywhere near the skin', () => {
    const [nx, ny, nz] = head.surface.shape as [number, number, number];
    const d = head.surface.data;
    let [right, all] = [0, 0];
    for (let k = 40; k < nz - 2; k += 3)
      for (let j = 2; j < ny - 2; j += 3)
        for (let i = 2; i < nx - 2; i += 3) {
          const n = i + nx * (j + ny * k);
          if (Math.abs(d[n]!) > 8) continue;
          const slope =
            Math.hypot(d[n + 1]! - d[n - 1]!, d[n + nx]! - d[n - nx]!, d[n + nx * ny]! - d[n - nx * ny]!) / 4;
          all++;
          if (slope > 0.7 && slope < 1.2) right++;
        }
    expect(all).toBeGreaterThan(1000);
    expect(right / all).toBeGreaterThan(0.9);
  });

  it('has regions where their names say, reaching into the air, none in the brain', () => {
    // Foremost point of the middle of the face below the forehead: the nose's tip.
    let tip: Vec3 = [0, -100, 0];
    for (let z = -100; z < -40; z += 2) {
      let y = 130;
      while (y > -50 && valueAt(head.surface, [0, y, z]) > 0) y -= 0.5;
      if (y > tip[1]) tip = [0, y, z];
    }
    expect(regionAt(tip) & REGION.face).toBeTruthy();
    expect(regionAt([0, tip[1] + 15, tip[2]]) & REGION.face).toBeTruthy();
    for (const x of [-32, 32]) {
      expect(regionAt([x, tip[1] - 25, tip[2] + 40]) & REGION.face, 'eyelids').toBeTruthy();
    }
    const covered = (bit: number, z: number) =>
      head.regions.data.some((v, n) => {
        const [nx, ny] = head.regions.shape as [number, number];
        const here = apply(head.regions.affine, 0, 0, Math.floor(n / (nx * ny)))[2];
        return Math.abs(here - z) <= 1 && (v & bit) !== 0;
      });
    expect(covered(REGION.mouth, tip[2] - 25)).toBe(true);
    expect(covered(REGION.forehead, tip[2] + 85)).toBe(true);
    expect(covered(REGION.ears, tip[2] + 30)).toBe(true);
    expect(regionAt([0, -138, 0]) & REGION.wrap).toBeTruthy();
    for (const { label, at } of head.centroids)
      expect(regionAt([...at] as Vec3), `structure ${label}`).toBe(0);
  });

  it('has the structures a frame needs, left left and right right', () => {
    expect(head.centroids.length).toBeGreaterThan(25);
    const at = new Map(head.centroids.map((c) => [c.label, c.at]));
    for (const [l, r] of [
      [2, 41],
      [10, 49],
      [17, 53],
      [8, 47],
    ] as const) {
      expect(at.get(l)![0]).toBeLessThan(-5);
      expect(at.get(r)![0]).toBeGreaterThan(5);
    }
    // ICBM152: thalamus of published atlases at about (±11, -18, 7).
    expect(Math.hypot(at.get(10)![0] + 11, at.get(10)![1] + 18, at.get(10)![2] - 7)).toBeLessThan(4);
  });
});

describe('loadAverageHead', () => {
  it('is undefined where there is none', async () => {
    expect(await loadAverageHead(join(dir, 'nothing'))).toBeUndefined();
  });

  it('refuses a file that is not the one the card describes, a missing one, and a wrong card', async () => {
    const own = join(dir, 'average-head');
    await cp(join(MODELS, 'average-head'), own, { recursive: true });
    const before = await loadAverageHead(own);
    expect(before!.sha256).toMatch(/^[0-9a-f]{64}$/);

    const file = join(own, 'regions.nii.gz');
    const bytes = await readFile(file);
    const spoilt = Uint8Array.from(bytes);
    spoilt[bytes.length >> 1]! ^= 1;
    await writeFile(file, spoilt);
    await expect(loadAverageHead(own)).rejects.toThrow(/Expected SHA-256 .* got .*damaged/);
    await expect(loadAverageHead(own)).rejects.toBeInstanceOf(AverageHeadError);
    await rm(file);
    await expect(loadAverageHead(own)).rejects.toThrow(/regions\.nii\.gz/);

    const card = JSON.parse(await readFile(join(own, 'card.json'), 'utf8'));
    await writeFile(
      join(own, 'card.json'),
      JSON.stringify({ ...card, regionBits: { ...card.regionBits, ears: 64 } }),
    );
    await expect(loadAverageHead(own)).rejects.toThrow(/"ears" as bit 2.*got 64/);
    await writeFile(join(own, 'card.json'), '{');
    await expect(loadAverageHead(own)).rejects.toThrow(/Expected a card/);
  });

  it('names files whose checksums anybody can check', async () => {
    const card = JSON.parse(await readFile(join(MODELS, 'average-head', 'card.json'), 'utf8'));
    for (const { name, sha256 } of Object.values(card.files) as { name: string; sha256: string }[]) {
      const bytes = await readFile(join(MODELS, 'average-head', name));
      expect(createHash('sha256').update(bytes).digest('hex'), name).toBe(sha256);
    }
  });
});
