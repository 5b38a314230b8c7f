import { beforeAll, describe, expect, it } from 'vitest';
import { averageHeadPhantom } from '../../../../build/phantom/average-head.ts';
import { headPhantom } from '../../../../build/phantom/head.ts';
import { identity } from '../../../../shared/geometry/affine.ts';
import { averageDistance } from '../average-on-scan.ts';
import { type EditPlan, planEdit } from '../edit-plan.ts';
import { faceChannels, tissueOnWork } from '../face-box.ts';
import type { FaceInput } from '../face-method.ts';
import { drawFace, type FaceShapes, installedFaceShapes } from '../face-shapes.ts';
import { airThreshold } from '../face-view.ts';
import { FACE_SPACE, type GenerateFace } from '../generate-face.ts';
import { newFace } from '../new-face.ts';
import { REGION_DEFAULTS } from '../regions.ts';
import { cgan, pix2pix } from './generated.ts';

const VOXELS = FACE_SPACE.shape[0] * FACE_SPACE.shape[1] * FACE_SPACE.shape[2];
const { volume, brainMask } = headPhantom({ seed: 5, voxelSizeMm: 3, fieldOfViewMm: [184, 230, 204] });
let input: FaceInput;
let plan: EditPlan;
let shapes: FaceShapes;

beforeAll(async () => {
  input = {
    volume,
    brain: brainMask,
    average: averageHeadPhantom(),
    frame: { averageToWorld: identity(), residualMm: 0, source: 'centroids', problems: [] },
    threshold: airThreshold(volume),
    frameAt: () => volume,
    params: { ...REGION_DEFAULTS },
    seed: 1,
    signal: new AbortController().signal,
  };
  plan = planEdit(input, 14);
  shapes = (await installedFaceShapes())!;
});

const makes: GenerateFace = async (model, channels) => ({
  tissue: new Float32Array(channels.length / 4).fill(0.8),
  model: `${model} 1.0.0 sha256:0`,
  provider: 'test',
});

describe('a generated face', () => {
  it('asks for its own model and records it', async () => {
    for (const method of [pix2pix, cgan]) {
      const proposal = await method.propose({ ...input, generate: makes });
      expect(proposal.model).toBe(`${method.id} 1.0.0 sha256:0`);
      expect(proposal.mask.some((v) => v === 1)).toBe(true);
    }
  });

  it('asks for the network that a pack added when the policy names it', async () => {
    const params = { ...input.params, model: 'lab-face' };
    expect((await pix2pix.propose({ ...input, params, generate: makes })).model).toMatch(/^lab-face /);
  });

  it('is refused where no network can be run, and where a network gives another size', async () => {
    await expect(pix2pix.propose(input)).rejects.toThrow(/No generator network/);
    const short: GenerateFace = async () => ({ tissue: new Float32Array(7), model: 'x', provider: 'test' });
    await expect(pix2pix.propose({ ...input, generate: short })).rejects.toThrow(`Expected ${VOXELS} voxels`);
  });

  it('shows the network nothing of what is removed', async () => {
    const seen: Float32Array[] = [];
    const watch: GenerateFace = (model, channels, signal) => {
      seen.push(channels);
      return makes(model, channels, signal);
    };
    const noisy = Float32Array.from(volume.data);
    const proposal = await pix2pix.propose({ ...input, generate: watch });
    // Another face in the edit, the same head otherwise: the same channels but for where the skin lies.
    for (let n = 0; n < noisy.length; n++) if (proposal.mask[n]) noisy[n] = noisy[n]! * 1.2;
    await pix2pix.propose({ ...input, volume: { ...volume, data: noisy }, generate: watch });
    const [a, b] = seen as [Float32Array, Float32Array];
    let [removed, leaked] = [0, 0];
    for (let n = 0; n < VOXELS; n++) {
      if (a[VOXELS + n] !== 1) continue;
      removed++;
      if (a[n] !== 0 || b[n] !== 0) leaked++;
    }
    expect(removed).toBeGreaterThan(10_000);
    expect(leaked).toBe(0);
  });
});

describe('the box of the average head', () => {
  it('goes there and back to within a tenth, and keeps every channel in its range', () => {
    const kept = plan.head.work.data.map((v) => v / 1000);
    const channels = faceChannels(plan, kept, plan.head.distance, 1, 1);
    const [image, shape] = [channels.subarray(0, VOXELS), channels.subarray(2 * VOXELS, 3 * VOXELS)];
    expect(Math.max(...range(shape))).toBeLessThanOrEqual(1);
    expect(Math.min(...range(shape))).toBeGreaterThanOrEqual(-1);
    const back = tissueOnWork({ ...plan, workMask: plan.workMask.map(() => 1) }, image, kept, plan.head.distance, -6);
    let [sum, off, count] = [0, 0, 0];
    const inBox = insideBox(plan);
    for (let n = 0; n < back.length; n++) {
      if (plan.head.distance[n]! > -6 || plan.workMask[n] || nearMask(plan, n) || !inBox(n)) continue;
      sum += kept[n]!;
      off += Math.abs(back[n]! - kept[n]!);
      count++;
    }
    expect(count).toBeGreaterThan(2000);
    expect(off / sum).toBeLessThan(0.1);
  });
});

describe('a face drawn at random', () => {
  it('is the same for the same seed, and another by more than a millimetre for another', () => {
    const faces = [3, 3, 4].map((seed) => newFace(plan, shapes, 1, seed, 1));
    expect(faces[1]!.distance).toEqual(faces[0]!.distance);
    let [sum, count] = [0, 0];
    faces[0]!.distance.forEach((d, n) => {
      if (plan.weight[n]! < 0.9 || Math.abs(d) > 2) return;
      sum += Math.abs(faces[2]!.distance[n]! - d);
      count++;
    });
    expect(count).toBeGreaterThan(300);
    expect(sum / count).toBeGreaterThan(1);
  });

  it('lies at least as far from the own skin as the average face, here one that fits exactly', () => {
    const face = newFace(plan, shapes, 1, 8, 1);
    expect(face.farEnough).toBe(true);
    expect(face.fromOwnMm).toBeGreaterThanOrEqual(1.1 * face.averageFromOwnMm);
    expect(face.fromOwnMm).toBeGreaterThan(1);
  });

  it('differs from the average as people do: some millimetres, and not at all for an amount of 0', () => {
    const field = drawFace(shapes, 11, 1);
    const size = Math.sqrt(field.reduce((sum, v) => sum + v * v, 0) / (field.length / 3));
    expect(size).toBeGreaterThan(2);
    expect(size).toBeLessThan(12);
    expect(drawFace(shapes, 11, 0).every((v) => v === 0)).toBe(true);
  });

  it('leaves the head outside the edit where it was', () => {
    const { distance } = newFace(plan, shapes, 1, 3, 1);
    let moved = 0;
    for (let n = 0; n < distance.length; n++) {
      if (!plan.workMask[n] && distance[n] !== plan.head.distance[n]) moved++;
    }
    expect(moved).toBe(0);
  });
});

/** Least and most of a long array. */
function range(values: Float32Array): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const v of values) {
    if (v < low) low = v;
    if (v > high) high = v;
  }
  return [low, high];
}

function nearMask({ workMask, head }: EditPlan, n: number): boolean {
  const [nx, ny] = head.work.shape as [number, number, number];
  return [-1, 1, -nx, nx, -nx * ny, nx * ny].some((step) => workMask[n + step] === 1);
}

/** Whether a voxel of the working grid lies two voxels inside the box; the phantom's average is not turned. */
function insideBox({ head, average }: EditPlan): (n: number) => boolean {
  const [nx, ny] = head.work.shape as [number, number, number];
  return (n) => {
    const index = [n % nx, ((n / nx) | 0) % ny, (n / (nx * ny)) | 0];
    return index.every((i, axis) => {
      const row = 4 * axis;
      const mm = head.work.affine[row + axis]! * i + head.work.affine[row + 3]!;
      const at = (mm - average.surface.affine[row + 3]!) / average.surface.affine[row + axis]! - FACE_SPACE.low[axis]!;
      return at > 2 && at < FACE_SPACE.shape[axis]! - 3;
    });
  };
}
