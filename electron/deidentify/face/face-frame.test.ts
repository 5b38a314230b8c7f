import { describe, expect, it } from 'vitest';
import {
  type Affine,
  apply,
  diag,
  fromColumns,
  invert,
  multiply,
  type Vec3,
} from '../../../shared/geometry/affine.ts';
import { seededRandom } from '../../../shared/statistics/seeded-random.ts';
import type { HeadSegmentation } from '../../segmentation/segmentation.ts';
import {
  type AverageHead,
  type FaceFrameResult,
  frameFromCentroids,
  frameFromOutline,
} from './face-frame.ts';

type Structures = HeadSegmentation['structures'];

// Places of a brain's structures in round numbers, pairs mirrored: enough of a brain for geometry.
const LEFT: readonly [number, number, Vec3][] = [
  [2, 41, [-28, -17, 19]],
  [3, 42, [-32, -18, 15]],
  [4, 43, [-14, -15, 15]],
  [7, 46, [-18, -53, -35]],
  [8, 47, [-23, -62, -36]],
  [10, 49, [-12, -18, 6]],
  [11, 50, [-13, 10, 10]],
  [12, 51, [-25, 2, 0]],
  [13, 52, [-20, -3, -1]],
  [17, 53, [-26, -22, -13]],
  [18, 54, [-22, -5, -19]],
  [26, 58, [-10, 12, -6]],
  [28, 60, [-10, -15, -10]],
];
const PLACES = new Map<number, Vec3>([
  ...LEFT.flatMap(([l, r, [x, y, z]]): [number, Vec3][] => [
    [l, [x, y, z]],
    [r, [-x, y, z]],
  ]),
  [14, [0, -10, -3]],
  [15, [0, -45, -33]],
  [16, [0, -31, -33]],
]);

const empty = { data: new Float32Array(1), shape: [1, 1, 1], affine: diag(1, 1, 1), slope: 1, inter: 0 };
const AVERAGE: AverageHead = {
  id: 'average-head',
  version: 'test',
  sha256: '',
  intensity: empty,
  surface: empty,
  regions: { ...empty, data: new Uint8Array(1) },
  centroids: [...PLACES].map(([label, at]) => ({ label, at, weight: 1 })),
  toOutline: fromColumns([1.02, 0, 0], [0, 0.98, 0.01], [0, 0, 1], [0, 2, -3]),
};
/** Nose tip, chin, both ears: what a frame is for, far from the structures it is fitted to. */
const FAR: readonly Vec3[] = [
  [0, 100, -75],
  [0, 70, -130],
  [-80, -35, -45],
  [80, -35, -45],
];

function found(place: (at: Vec3, label: number) => Vec3, labels = [...PLACES.keys()]): Structures {
  return labels.map((label) => ({
    label,
    structure: `structure ${label}`,
    volumeMm3: 1000,
    centroidRas: place(PLACES.get(label)!, label),
    confidence: 0.9,
  }));
}

/** Rotation of up to 180° about a random axis, zoom 0.8…1.1, shift of up to 80 mm; entries bent by `bend`. */
function randomAffine(random: () => number, bend: number): Affine {
  const q = [random() - 0.5, random() - 0.5, random() - 0.5, random() - 0.5];
  const size = Math.hypot(...q);
  const [w, x, y, z] = q.map((v) => v / size) as [number, number, number, number];
  const zoom = 0.8 + 0.3 * random();
  const rotation = fromColumns(
    [1 - 2 * (y * y + z * z), 2 * (x * y + w * z), 2 * (x * z - w * y)],
    [2 * (x * y - w * z), 1 - 2 * (x * x + z * z), 2 * (y * z + w * x)],
    [2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y)],
    [160 * (random() - 0.5), 160 * (random() - 0.5), 160 * (random() - 0.5)],
  );
  const b = () => bend * (random() - 0.5);
  return multiply(
    rotation,
    fromColumns([zoom + b(), b(), b()], [b(), zoom + b(), b()], [b(), b(), zoom + b()], [0, 0, 0]),
  );
}

function worstAway(result: FaceFrameResult, truth: Affine): number {
  if (!result.averageToWorld) return Number.POSITIVE_INFINITY;
  return Math.max(
    ...FAR.map((p) => {
      const [a, b] = [apply(result.averageToWorld!, ...p), apply(truth, ...p)];
      return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
    }),
  );
}

const codes = (result: FaceFrameResult) => result.problems.map((p) => p.code);

describe('frameFromCentroids', () => {
  it('finds any similarity exactly', () => {
    const random = seededRandom(1);
    for (let n = 0; n < 30; n++) {
      const truth = randomAffine(random, 0);
      const result = frameFromCentroids(
        AVERAGE,
        found((at) => apply(truth, ...at)),
      );
      expect(worstAway(result, truth)).toBeLessThan(1e-6);
      expect(codes(result)).toEqual([]);
    }
  });

  it('finds any affine as well as structures are precise', () => {
    const random = seededRandom(2);
    const precise = { ...AVERAGE, centroids: AVERAGE.centroids.map((c) => ({ ...c, weight: 1e4 })) };
    for (let n = 0; n < 30; n++) {
      const truth = randomAffine(random, 0.1);
      const structures = found((at) => apply(truth, ...at));
      expect(worstAway(frameFromCentroids(precise, structures), truth)).toBeLessThan(0.01);
      // Structures known to 1 mm: the prior for a similarity keeps a part of a stretch of up to 5 %.
      expect(worstAway(frameFromCentroids(AVERAGE, structures), truth)).toBeLessThan(5);
    }
  });

  it('is the same whatever way the scan lies', () => {
    const random = seededRandom(3);
    const noise = new Map([...PLACES.keys()].map((l) => [l, [random(), random(), random()] as Vec3]));
    const noisy = (at: Vec3, l: number): Vec3 => [
      at[0] + noise.get(l)![0],
      at[1] + noise.get(l)![1],
      at[2] + noise.get(l)![2],
    ];
    const straight = frameFromCentroids(AVERAGE, found(noisy)).averageToWorld!;
    for (let n = 0; n < 10; n++) {
      const turn = randomAffine(random, 0);
      const result = frameFromCentroids(
        AVERAGE,
        found((at, l) => apply(turn, ...noisy(at, l))),
      );
      expect(worstAway(result, multiply(turn, straight))).toBeLessThan(1e-5);
    }
  });

  it('is not bent by a third of the structures in the wrong place', () => {
    const random = seededRandom(4);
    for (let n = 0; n < 20; n++) {
      const truth = randomAffine(random, 0.05);
      const wrong = new Set([...PLACES.keys()].filter(() => random() < 0.33));
      // All in one direction, as half a hemisphere that is missing would move them.
      const result = frameFromCentroids(
        AVERAGE,
        found((at, l) => apply(truth, at[0], at[1] + (wrong.has(l) ? 25 + 15 * random() : 0), at[2])),
      );
      const right = [...PLACES.keys()].filter((l) => !wrong.has(l));
      const clean = frameFromCentroids(
        AVERAGE,
        found((at) => apply(truth, ...at), right),
      );
      expect(worstAway(result, clean.averageToWorld!)).toBeLessThan(1);
      if (wrong.size) expect(codes(result)).toContain('face-frame-outliers');
    }
  });

  it('does with what is left when structures are missing', () => {
    const random = seededRandom(5);
    const truth = randomAffine(random, 0.04);
    const few = [10, 49, 16, 17, 53, 11];
    const result = frameFromCentroids(
      AVERAGE,
      found((at) => apply(truth, ...at), few),
    );
    expect(worstAway(result, truth)).toBeLessThan(6);
    expect(codes(result)).toContain('face-frame-few-structures');
  });

  it('takes structures in one plane for a similarity', () => {
    const truth = randomAffine(seededRandom(6), 0);
    // The structures of the left half, pressed into a plane: what the plane does not say must not run away.
    const flat: AverageHead = {
      ...AVERAGE,
      centroids: AVERAGE.centroids.map((c) => ({ ...c, at: [0, c.at[1], c.at[2]] })),
    };
    const labels = LEFT.map(([l]) => l);
    const result = frameFromCentroids(
      flat,
      found((at) => apply(truth, 0, at[1], at[2]), labels),
    );
    expect(worstAway(result, truth)).toBeLessThan(1e-6);
  });

  it.each([
    ['nothing', found((at) => at, [])],
    ['three structures', found((at) => at, [10, 49, 16])],
    ['all in one point', found(() => [1, 2, 3])],
    ['all on a line', found((at) => [0, at[1], 0])],
    ['not found', found((at) => at).map((s) => ({ ...s, centroidRas: null }))],
    ['not believed', found((at) => at).map((s) => ({ ...s, confidence: 0.1 }))],
    ['a head of 3 cm', found((at) => [at[0] / 6, at[1] / 6, at[2] / 6])],
  ] as const)('gives no frame for %s, and says why', (_, structures) => {
    const result = frameFromCentroids(AVERAGE, structures);
    expect(result.averageToWorld).toBeNull();
    expect(codes(result)).toEqual(['face-frame-missing']);
  });

  it('notices exchanged sides and places the face where it is', () => {
    const truth = randomAffine(seededRandom(7), 0.03);
    const other = new Map(
      LEFT.flatMap(
        ([l, r]) =>
          [
            [l, r],
            [r, l],
          ] as const,
      ),
    );
    const result = frameFromCentroids(
      AVERAGE,
      found((_, l) => apply(truth, ...PLACES.get(other.get(l) ?? l)!)),
    );
    expect(codes(result)).toContain('face-frame-sides-exchanged');
    expect(worstAway(result, truth)).toBeLessThan(1);
    const right = frameFromCentroids(
      AVERAGE,
      found((at) => apply(truth, ...at)),
    );
    expect(codes(right)).not.toContain('face-frame-sides-exchanged');
  });

  it('reports how far found and fitted centroids are apart', () => {
    const random = seededRandom(8);
    const noisy = found((at) => [at[0] + 4 * random(), at[1] + 4 * random(), at[2] + 4 * random()]);
    const result = frameFromCentroids(AVERAGE, noisy);
    if (!result.averageToWorld) throw new Error('expected a frame');
    const back = invert(result.averageToWorld);
    const sum = noisy.reduce((total, s) => {
      const [x, y, z] = apply(result.averageToWorld, ...PLACES.get(s.label)!);
      return (
        total + (x - s.centroidRas![0]) ** 2 + (y - s.centroidRas![1]) ** 2 + (z - s.centroidRas![2]) ** 2
      );
    }, 0);
    expect(result.residualMm).toBeCloseTo(Math.sqrt(sum / noisy.length), 6);
    expect(apply(back, ...apply(result.averageToWorld, 1, 2, 3))[0]).toBeCloseTo(1, 6);
  });
});

describe('frameFromOutline', () => {
  it('goes from the average to the outline’s space and on to the scan', () => {
    const standardToWorld = randomAffine(seededRandom(9), 0.05);
    const frame = frameFromOutline(AVERAGE, standardToWorld);
    const between = apply(AVERAGE.toOutline!, 10, 90, -60);
    expect(apply(frame.averageToWorld, 10, 90, -60)).toEqual(
      apply(standardToWorld, ...between).map((v) => expect.closeTo(v, 9)),
    );
    expect(frame).toMatchObject({ residualMm: null, source: 'brain-outline', problems: [] });
  });
});
