import { beforeAll, describe, expect, it } from 'vitest';
import { averageHeadPhantom } from '../../../../build/phantom/average-head.ts';
import { type HeadOptions, type HeadPhantom, headPhantom } from '../../../../build/phantom/head.ts';
import { apply, diag, identity, invert, multiply } from '../../../../shared/geometry/affine.ts';
import { grow } from '../../../volume/distance.ts';
import { newNifti } from '../../../volume/nifti.ts';
import { linear } from '../../../volume/resample.ts';
import { type Volume, voxelsPerFrame } from '../../../volume/volume.ts';
import { composite } from '../composite.ts';
import type { AverageHead } from '../face-frame.ts';
import type { FaceInput, FaceMethod } from '../face-method.ts';
import { airThreshold, surfaceChanged, surfaceReplaced, viewFace } from '../face-view.ts';
import type { GenerateFace } from '../generate-face.ts';
import { faceParams } from '../methods.ts';
import { seamScore } from '../seam.ts';
import { blur } from './blur.ts';
import { pix2pix } from './generated.ts';
import { maskOut } from './mask-out.ts';
import { template } from './template.ts';

// Phantom heads lie where the average phantom lies, so the frame of every one of them is the identity.
const FRAME = { averageToWorld: identity(), residualMm: 0, source: 'centroids', problems: [] } as const;
const signal = new AbortController().signal;
const GRID: HeadOptions = { seed: 5, voxelSizeMm: 3, fieldOfViewMm: [184, 230, 204] };
const made = new Map<string, HeadPhantom>();
/** Making a head takes as long as editing it: each is made once. */
function head(options: HeadOptions): HeadPhantom {
  const key = JSON.stringify(options);
  const found = made.get(key) ?? headPhantom(options);
  made.set(key, found);
  return found;
}
let average: AverageHead;
beforeAll(() => {
  average = averageHeadPhantom();
});

/** In place of a network: the same tissue everywhere. */
const evenFace: GenerateFace = async (_, channels) => ({
  tissue: new Float32Array(channels.length / 4).fill(0.8),
  model: 'even 1.0.0',
  provider: 'test',
});

async function edit(
  method: FaceMethod,
  volume: Volume,
  brain: Uint8Array,
  params: Record<string, number | boolean> = {},
  seed = 1,
  leading?: Volume,
) {
  const size = voxelsPerFrame(volume.shape);
  const frameAt = (t: number): Volume => ({
    ...volume,
    data: volume.data.subarray(t * size, (t + 1) * size),
    shape: volume.shape.slice(0, 3),
  });
  const threshold = airThreshold(frameAt(0));
  const input: FaceInput = {
    volume: frameAt(0),
    brain,
    average,
    frame: FRAME,
    threshold,
    frameAt,
    params: faceParams(method, params),
    seed,
    generate: evenFace,
    signal,
  };
  const proposal = await method.propose({
    ...input,
    leading: leading && (async () => ({ ...input, volume: leading, frameAt: () => leading })),
  });
  const image = newNifti(volume);
  const pasted = composite(image, brain, proposal);
  return { image, proposal, pasted, threshold, edited: pasted.image.volume, first: frameAt(0) };
}

const firstOf = (volume: Volume): Volume => ({
  ...volume,
  data: volume.data.subarray(0, voxelsPerFrame(volume.shape)),
  shape: volume.shape.slice(0, 3),
});

/** The same head with what lies in front of its face cut off: another face around the same brain. */
function withoutNose({ volume, faceMask }: HeadPhantom): Volume {
  const data = volume.data.slice();
  const [nx, ny] = volume.shape as [number, number, number];
  faceMask.forEach((v, n) => {
    const y = volume.affine[5]! * (((n / nx) | 0) % ny) + volume.affine[7]!;
    if (v && y > 84) data[n] = 0;
  });
  return { ...volume, data };
}

const METHODS: [string, FaceMethod][] = [
  ['template', template],
  ['mask-out', maskOut],
  ['blur', blur],
  ['pix2pix-2.5d', pix2pix],
];
/** As they are stored by scanners: sagittal first, axial flipped, oblique, thick slices. */
const GRIDS: [string, HeadOptions][] = [
  ['PIR', { ...GRID, axisCodes: 'PIR' }],
  ['oblique LPS', { ...GRID, axisCodes: 'LPS', obliqueDegrees: [12, -7, 9] }],
  ['anisotropic SAL', { ...GRID, axisCodes: 'SAL', voxelSizeMm: [2, 2, 5] }],
];

describe.each(METHODS)('%s', (id, method) => {
  it.each(GRIDS)('keeps brain, surroundings, type, scaling and affine: %s', async (_, options) => {
    const { volume, brainMask } = head(options);
    const scaled = { ...volume, slope: 0.5, inter: 0 };
    const { image, pasted, proposal, edited, first, threshold } = await edit(method, scaled, brainMask);
    const kept = grow(brainMask, volume.shape, sizesOf(volume), 2);
    let [brainChanged, outsideChanged, inMask] = [0, 0, 0];
    edited.data.forEach((v, n) => {
      if (proposal.mask[n]) inMask++;
      if (v === volume.data[n]) return;
      if (kept[n]) brainChanged++;
      if (!proposal.mask[n]) outsideChanged++;
    });
    expect({ brainChanged, outsideChanged }).toEqual({ brainChanged: 0, outsideChanged: 0 });
    expect(inMask).toBeGreaterThan(1000);
    expect(pasted.image.header).toEqual(image.header);
    expect(edited.data.constructor).toBe(volume.data.constructor);
    expect([edited.slope, edited.inter, [...edited.affine]]).toEqual([0.5, 0, [...volume.affine]]);

    // The grid must not decide how much of a face is edited.
    const before = viewFace(first, identity(), threshold);
    const after = viewFace(firstOf(edited), identity(), threshold);
    const { share, points } = surfaceChanged(before, after);
    expect(points).toBeGreaterThan(1000);
    expect(share).toBeGreaterThan(LEAST_MOVED[id]!);
    if (proposal.replaced)
      expect(surfaceReplaced(before, after, proposal.replaced, identity())).toBeGreaterThan(0.65);
  });

  it('does the same with the same seed and, where it draws, something else with another', async () => {
    const { volume, brainMask } = head(GRID);
    const one = await edit(method, volume, brainMask, {}, 1);
    const again = await edit(method, volume, brainMask, {}, 1);
    const other = await edit(method, volume, brainMask, {}, 2);
    const bytes = (v: Volume) => Buffer.from(v.data.buffer, v.data.byteOffset, v.data.byteLength);
    expect(Buffer.compare(bytes(one.edited), bytes(again.edited))).toBe(0);
    expect(Buffer.compare(bytes(one.edited), bytes(other.edited)) === 0).toBe(id === 'mask-out');
  });

  it('edits every frame of a series in the same place, and voxels that are not numbers', async () => {
    const { volume, brainMask } = head(GRID);
    const size = volume.data.length;
    const data = new Float32Array(2 * size);
    data.set(volume.data);
    // A later frame with a fifth of the signal: its own values must come out, at the first frame's place.
    data.set(
      volume.data.map((v) => v / 5),
      size,
    );
    // And voxels that are not numbers, as some scanners and most tools leave them.
    for (let n = 0; n < data.length; n += 97) data[n] = Number.NaN;
    const series = { ...volume, data, shape: [...volume.shape, 2] };
    const { edited, proposal, pasted } = await edit(method, series, brainMask);
    const means = [0, 1].map((t) => {
      let [sum, count] = [0, 0];
      for (let n = 0; n < size; n++) {
        const v = edited.data[t * size + n]!;
        if (pasted.changedMask[n]) [sum, count] = [sum + v, count + 1];
        else if (!Object.is(v, data[t * size + n])) throw new Error(`frame ${t}, voxel ${n}`);
      }
      return sum / count;
    });
    expect(means.every(Number.isFinite)).toBe(true);
    expect(proposal.mask.some((v) => v)).toBe(true);
    if (id === 'mask-out') expect(means).toEqual([0, 0]);
    else expect(means[1]! / means[0]!).toBeCloseTo(0.2, 1);
  });

  it('leaves a region alone that is switched off', async () => {
    const { volume, brainMask } = head(GRID);
    const only = { face: false, mouth: false, ears: true, forehead: false, wrap: false };
    const { proposal } = await edit(method, volume, brainMask, only);
    const [nx, ny] = volume.shape as [number, number, number];
    let [ears, elsewhere] = [0, 0];
    proposal.mask.forEach((v, n) => {
      if (!v) return;
      const x = Math.abs(volume.affine[0]! * (n % nx) + volume.affine[3]!);
      const y = volume.affine[5]! * (((n / nx) | 0) % ny) + volume.affine[7]!;
      if (x > 55 && y < 20) ears++;
      else elsewhere++;
    });
    expect(ears).toBeGreaterThan(100);
    expect(elsewhere).toBe(0);
    expect(proposal.assumptions.join(' ')).toMatch(/The face was left as it is/);
  });
});

/** Least share of the surface that must lie elsewhere; the phantoms have flat cheeks, which blur hardly moves. */
const LEAST_MOVED: Readonly<Record<string, number>> = {
  template: 0.33,
  'mask-out': 0.9,
  blur: 0.3,
  'pix2pix-2.5d': 0.33,
};

function sizesOf(volume: Volume): [number, number, number] {
  const a = volume.affine;
  return [0, 1, 2].map((c) => Math.hypot(a[c]!, a[4 + c]!, a[8 + c]!)) as [number, number, number];
}

describe('the seam', () => {
  it('shows after removal and not after replacement or blur', async () => {
    const { volume, brainMask } = head({ ...GRID, seed: 6, voxelSizeMm: 2 });
    const score = async (method: FaceMethod) => {
      const { pasted, threshold, edited } = await edit(method, volume, brainMask);
      return seamScore(volume, edited, pasted.changedMask, threshold)!;
    };
    expect(await score(maskOut)).toBeGreaterThan(2);
    expect(await score(template)).toBeLessThan(1.3);
    expect(await score(blur)).toBeLessThan(1.3);
  });

  it('is about 1 for an edit that changed nothing', () => {
    const { volume } = head(GRID);
    const mask = new Uint8Array(volume.data.length);
    const slab = volume.shape[0]! * volume.shape[1]!;
    mask.fill(1, 0, 20 * slab);
    expect(seamScore(volume, volume, mask, 60)).toBeGreaterThan(0.8);
    expect(seamScore(volume, volume, mask, 60)).toBeLessThan(1.25);
  });
});

/** Width in mm of what sticks out 6 mm behind the foremost point of the face. */
function noseWidth(inside: (x: number, y: number, z: number) => boolean): number {
  let tip = [-999, 0];
  for (let z = -70; z < 0; z++) {
    for (let y = 140; y > tip[0]!; y--) if (inside(0, y, z)) tip = [y, z];
  }
  let width = 0;
  for (let x = -30; x <= 30; x += 0.5) if (inside(x, tip[0]! - 6, tip[1]!)) width += 0.5;
  return width;
}

function valueAt({ data, shape, affine }: Volume, x: number, y: number, z: number): number {
  const [i, j, k] = apply(invert(affine), x, y, z);
  return linear(data, shape[0]!, shape[1]!, shape[2]!, i, j, k);
}

describe('the template', () => {
  it('leaves nothing of the face it replaces: two people’s faces come out alike where it counts in full', async () => {
    // The same head twice, once with the nose cut off: different faces, same brain.
    const phantom = head({ ...GRID, seed: 8 });
    const { volume, brainMask } = phantom;
    const other = withoutNose(phantom);
    const faces = await Promise.all(
      [volume, other].map(async (v) => {
        const { edited, threshold, proposal } = await edit(template, v, brainMask, { varyMm: 5 });
        // So strong a variation that for both the first one is far enough: all that is asked of the own face.
        expect(proposal.problems).toEqual([]);
        return { view: viewFace(edited, identity(), threshold) };
      }),
    );
    const [a, b] = faces.map((f) => f.view.depth) as [Float32Array, Float32Array];
    const originals = [volume, other].map((v) => viewFace(v, identity(), 60).depth);
    const spread = (p: Float32Array, q: Float32Array) => {
      let [sum, count] = [0, 0];
      p.forEach((y, n) => {
        if (Number.isNaN(y) || Number.isNaN(q[n]!)) return;
        sum += Math.abs(y - q[n]!);
        count++;
      });
      return sum / count;
    };
    expect(spread(originals[0]!, originals[1]!)).toBeGreaterThan(1);
    expect(spread(a, b)).toBeLessThan(0.25 * spread(originals[0]!, originals[1]!));
  });

  it('keeps the sides of the nose when the face is moved in to meet a smaller head', async () => {
    // The same person at nine tenths of the size, while the frame says that the average head fits as it is.
    const { volume, brainMask } = head({ ...GRID, seed: 8, voxelSizeMm: 2, fieldOfViewMm: [200, 280, 224] });
    const small = multiply(diag(0.9, 0.9, 0.9), volume.affine);
    const scan = { ...volume, affine: small };
    const { edited, threshold } = await edit(template, scan, brainMask, { varyMm: 0 });
    const average = averageHeadPhantom().surface;
    const own = noseWidth((x, y, z) => valueAt(average, x, y, z) < 0);
    const made = noseWidth((x, y, z) => valueAt(edited, x, y, z) > threshold);
    expect(own).toBeGreaterThan(8);
    expect(made).toBeGreaterThan(0.7 * own);
  });

  it('says so on a contrast that is not T1', async () => {
    const { volume, brainMask } = head({ ...GRID, contrast: 'T2w' });
    const { proposal } = await edit(template, volume, brainMask);
    expect(proposal.problems.map((p) => p.code)).toContain('template-other-contrast');
  });
});

describe.each([
  ['template', template, /variation (\d+)/, { varyMm: 0 }],
  ['pix2pix-2.5d', pix2pix, /(first draw|draw \d+)/, { amount: 0.6 }],
] as const)('two scans of one session, %s', (_, method, pattern, params) => {
  it('get the face that the leading one is far enough from', async () => {
    // Different as a T2-weighted head's outline is from a T1-weighted one's, and more: each would choose another face.
    const phantom = head({ ...GRID, seed: 8 });
    const { volume, brainMask } = phantom;
    const leading = withoutNose(phantom);
    const number = async (scan: Volume, lead?: Volume) => {
      const { proposal } = await edit(method, scan, brainMask, params, 1, lead);
      return pattern.exec(proposal.assumptions[0]!)![1];
    };
    const [alone, led, leads] = [await number(volume), await number(volume, leading), await number(leading)];
    expect(alone).not.toBe(leads);
    expect(led).toBe(leads);
  });
});

describe('mask out', () => {
  it('leaves no piece floating in the air', async () => {
    const { volume, brainMask } = head({ ...GRID, seed: 6, voxelSizeMm: 2 });
    // A strand that hangs on the head by the tip of the nose alone.
    const data = volume.data.slice();
    const [nx, ny] = volume.shape as [number, number, number];
    const at = (x: number, y: number, z: number) => {
      const a = volume.affine;
      const [i, j, k] = [(x - a[3]!) / a[0]!, (y - a[7]!) / a[5]!, (z - a[11]!) / a[10]!].map(Math.round);
      return i! + nx * (j! + ny * k!);
    };
    for (let z = -60; z < 40; z += 2) data[at(0, 110, z)] = 500;
    for (let y = 60; y <= 110; y += 2) data[at(0, y, -60)] = 500;
    const { edited } = await edit(maskOut, { ...volume, data }, brainMask, { forehead: false });
    let left = 0;
    for (let z = -60; z < 40; z += 2) if (edited.data[at(0, 110, z)] === 500) left++;
    expect(left).toBe(0);
  });
});
