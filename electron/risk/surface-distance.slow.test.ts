import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Affine, apply, fromColumns, multiply } from '../../shared/geometry/affine.ts';
import { averageHead } from '../deidentify/face/average-head.ts';
import type { AverageHead } from '../deidentify/face/face-frame.ts';
import type { HeadSegmentation } from '../segmentation/segmentation.ts';
import { newNifti, writeNifti } from '../volume/nifti.ts';
import { resample } from '../volume/resample.ts';
import type { Volume } from '../volume/volume.ts';
import { compareFaces, type MeasuredFaceDistance, measureFaceDistance } from './surface-distance.ts';

const MODELS = join(fileURLToPath(import.meta.url), '..', '..', '..', 'models');
/** Where the average head lies in the test's scan: smaller, turned and moved. */
const PLACE: Affine = fromColumns([0.9, 0.1, 0], [-0.1, 0.9, 0.05], [0, -0.05, 0.95], [5, -12, 20]);

let dir: string;
let average: AverageHead;
let original: Volume<Int16Array>;
let segmentationPath: string;
/** The comparison with the face cut off in front of y = 50 mm of the average's space. */
let deep: MeasuredFaceDistance;

/**
 * The average head itself as a scan, with a segmentation that names every structure where the average has it: brain,
 * placement and face are known exactly.
 */
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'refacade-distance-'));
  average = (await averageHead(MODELS))!;
  const { intensity, surface } = average;
  original = {
    data: Int16Array.from(intensity.data, (v) => Math.round(800 * v)),
    shape: intensity.shape,
    affine: multiply(PLACE, intensity.affine),
    slope: 1,
    inter: 0,
  };
  const brain = Uint8Array.from(surface.data, (d, n) => (d < -15 && intensity.data[n]! > 0.3 ? 2 : 0));
  const labels = { data: brain, shape: original.shape, affine: original.affine, slope: 1, inter: 0 };
  await writeNifti(join(dir, 'labels.nii.gz'), newNifti(labels));
  const record: HeadSegmentation = {
    model: { id: 'test', version: '1', sha256: 'x' },
    provider: 'cpu',
    labelsFile: 'labels.nii.gz',
    structures: average.centroids.map(({ label, at }) => ({
      label,
      structure: String(label),
      volumeMm3: 1000,
      centroidRas: apply(PLACE, ...at),
      confidence: 1,
    })),
    confidence: 1,
    problems: [],
    seconds: 0,
  };
  segmentationPath = join(dir, 'segmentation.json');
  await writeFile(segmentationPath, JSON.stringify(record));
  deep = await compareFaces(original, cutAt(50), { average, segmentationPath });
});
afterAll(() => rm(dir, { recursive: true, force: true }));

/** The scan with everything emptied that lies in front of a plane of the average's space. */
function cutAt(y: number): Volume<Int16Array> {
  const { affine, shape } = average.intensity;
  const data = original.data.slice();
  const row = Math.ceil((y - affine[7]!) / affine[5]!);
  for (let n = 0; n < data.length; n++) if (Math.floor(n / shape[0]!) % shape[1]! >= row) data[n] = 0;
  return { ...original, data };
}

describe('distance of the faces of two scans', () => {
  it('is 0 for the scan itself, and the average face is as far as its own skin is blurred', async () => {
    const found = await compareFaces(original, original, { average, segmentationPath });
    expect(found.edited).toMatchObject({ meanMm: 0, p95Mm: 0, shareOver2mm: 0 });
    expect(found.edited.points).toBeGreaterThan(5000);
    expect(found.regionFrom).toBe('average-head');
    expect(found.problems).toEqual([]);
    // An average of many heads has no sharp skin: half its intensity lies somewhat inside the mean outline.
    expect(found.average!.meanMm).toBeLessThan(2);
  });

  it('is the way to the cut where the face was removed', () => {
    expect(deep.edited.meanMm).toBeGreaterThan(5);
    expect(deep.edited.meanMm).toBeLessThan(20);
    // The tip of the nose lies 47 mm in front of the plane, in millimetres of the scan 0.9 as many.
    expect(deep.edited.p95Mm).toBeLessThan(45);
    expect(deep.edited.p95Mm).toBeGreaterThan(25);
  });

  it('looks through the window in front of the brain without an average head', async () => {
    const found = await compareFaces(original, cutAt(50), { average: null });
    expect(found.regionFrom).toBe('window');
    expect(found.average).toBeNull();
    expect(found.edited.meanMm).toBeGreaterThan(5);
  });

  it('gives no yardstick where only the outline of the brain places the average face', async () => {
    const found = await compareFaces(original, cutAt(50), { average });
    expect(found.regionFrom).toBe('average-head');
    expect(found.average).toBeNull();
    expect(found.problems.map((p) => p.code)).toContain('average-face-not-placed');
    expect(Math.abs(found.edited.meanMm - deep.edited.meanMm)).toBeLessThan(3);
  });

  it('compares scans on different grids where their headers place them, and says so', async () => {
    const finer = fromColumns([1.6, 0, 0], [0, 1.6, 0], [0, 0, 1.6], [-115, -160, -165]);
    const other = resample(original, { shape: [140, 190, 190], affine: finer });
    const found = await compareFaces(original, other, { average, segmentationPath });
    expect(found.problems.map((p) => p.code)).toEqual(['surface-distance-other-grid']);
    expect(found.edited.meanMm).toBeLessThan(0.3);
  });

  it('reads files', async () => {
    const [originalPath, editedPath] = [join(dir, 'original.nii.gz'), join(dir, 'edited.nii')];
    await writeNifti(originalPath, newNifti(original));
    await writeNifti(editedPath, newNifti(cutAt(50)));
    const found = await measureFaceDistance({ originalPath, editedPath, segmentationPath });
    // A NIfTI header holds 32-bit affines.
    expect(found.edited.meanMm).toBeCloseTo(deep.edited.meanMm, 4);
    expect(found.average!.p95Mm).toBeCloseTo(deep.average!.p95Mm, 4);
    expect(found.seconds).toBeGreaterThan(0);
    await expect(
      measureFaceDistance({ originalPath, editedPath: join(dir, 'missing.nii') }),
    ).rejects.toThrow();
  });
});
