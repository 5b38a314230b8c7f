import { describe, expect, it } from 'vitest';
import { areaUnderRoc } from './area-under-roc.ts';
import { bootstrapPeople } from './bootstrap-people.ts';
import { chanceLevel } from './chance-level.ts';
import { dPrime } from './d-prime.ts';
import { equalErrorRate } from './equal-error-rate.ts';
import { identificationRate } from './identification-rate.ts';
import { rankOfOwn } from './rank-of-own.ts';
// Expected values by scikit-learn, SciPy and NumPy; the script that made them: build/oracle/recognition.py.
import expected from './recognition.fixture.json' with { type: 'json' };
import { rocCurve } from './roc-curve.ts';
import { scoreThreshold } from './score-threshold.ts';
import { seededRandom } from './seeded-random.ts';
import { type ScoreTable, verificationFigures } from './verification-figures.ts';
import { wilsonInterval } from './wilson-interval.ts';

/** JSON has no −Infinity. */
const scores = (values: readonly (number | null)[]) => values.map((v) => v ?? Number.NEGATIVE_INFINITY);
const finite = (values: readonly (number | null)[]) => values.filter((v) => v !== null);
const separations = expected.separation.map((s) => ({
  ...s,
  genuine: scores(s.genuine),
  impostor: scores(s.impostor),
}));

/** All pairs of a square matrix whose diagonal holds the genuine scores. */
function tableOf(matrix: readonly (readonly number[])[]): ScoreTable {
  const pairs = matrix.flatMap((row, i) => row.flatMap((s, j) => (i === j ? [] : [{ s, i, j }])));
  return {
    genuine: matrix.map((row, i) => row[i]!),
    genuinePerson: matrix.map((_, i) => i),
    impostor: pairs.map((p) => p.s),
    impostorProbe: pairs.map((p) => p.i),
    impostorGallery: pairs.map((p) => p.j),
  };
}

describe('ROC', () => {
  it.each(separations)('passes through the points of scikit-learn: $name', ({ genuine, impostor, curve }) => {
    const own = rocCurve(genuine, impostor);
    const isPoint = ([x, y]: readonly [number, number]) =>
      curve.some((p) => Math.abs(p[0]! - x) < 1e-12 && Math.abs(p[1]! - y) < 1e-12);
    expect(own.every((p) => isPoint([p.falseAccept, p.trueAccept]))).toBe(true);
    // And every point of scikit-learn lies on a piece of ours.
    for (const [x, y] of curve as [number, number][]) {
      const on = own.some((b, n) => {
        const a = own[n - 1];
        if (!a || x < a.falseAccept - 1e-12 || x > b.falseAccept + 1e-12) return false;
        const cross =
          (b.falseAccept - a.falseAccept) * (y - a.trueAccept) -
          (b.trueAccept - a.trueAccept) * (x - a.falseAccept);
        return Math.abs(cross) < 1e-12 && y >= a.trueAccept - 1e-12 && y <= b.trueAccept + 1e-12;
      });
      expect(on, `(${x}, ${y})`).toBe(true);
    }
  });

  it('names the threshold that gives each point', () => {
    const { genuine, impostor } = separations[2]!;
    for (const { falseAccept, trueAccept, threshold } of rocCurve(genuine, impostor)) {
      expect(genuine.filter((s) => s >= threshold).length / genuine.length).toBeCloseTo(trueAccept, 12);
      expect(impostor.filter((s) => s >= threshold).length / impostor.length).toBeCloseTo(falseAccept, 12);
    }
  });

  it('keeps two points where every score is the same, and none without scores', () => {
    expect(rocCurve([1, 1], [1, 1, 1]).map((p) => [p.falseAccept, p.trueAccept])).toEqual([
      [0, 0],
      [1, 1],
    ]);
    expect(rocCurve([], [1])).toEqual([]);
    expect(() => rocCurve([Number.NaN], [1])).toThrow(RangeError);
  });
});

describe('separation', () => {
  it.each(separations)('area, equal error rate and d′ equal scikit-learn and NumPy: $name', (row) => {
    expect(areaUnderRoc(row.genuine, row.impostor)).toBeCloseTo(row.auc, 12);
    expect(equalErrorRate(rocCurve(row.genuine, row.impostor))).toBeCloseTo(row.eer, 9);
    const original = expected.separation.find((s) => s.name === row.name)!;
    expect(dPrime(finite(original.genuine), finite(original.impostor))).toBeCloseTo(row.dPrime, 10);
  });

  it('is chance for scores that say nothing, and perfect for scores apart', () => {
    const nothing = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
    expect(areaUnderRoc(nothing, nothing)).toBe(0.5);
    expect(equalErrorRate(rocCurve(nothing, nothing))).toBe(0.5);
    expect(areaUnderRoc([3, 4], [1, 2])).toBe(1);
    expect(equalErrorRate(rocCurve([3, 4], [1, 2]))).toBe(0);
    expect(equalErrorRate(rocCurve([1, 2], [3, 4]))).toBe(1);
  });

  it('has no value without two sides', () => {
    expect(areaUnderRoc([], [1])).toBeNull();
    expect(equalErrorRate([])).toBeNull();
    expect(dPrime([1], [1, 2])).toBeNull();
    expect(dPrime([1, 1], [1, 1])).toBeNull();
    expect(() => areaUnderRoc([Number.NaN], [1])).toThrow(RangeError);
  });
});

describe('rank of the own person', () => {
  it('equals SciPy for every person of a gallery with ties', () => {
    const { scores: gallery, ranks } = expected.rank;
    expect(new Set(gallery).size).toBeLessThan(gallery.length);
    gallery.forEach((own, n) => {
      expect(rankOfOwn(own, gallery.toSpliced(n, 1))!.rank).toBe(ranks[n]);
    });
  });

  it('is nobody’s where no comparison could be made', () => {
    expect(rankOfOwn(null, [0.1])).toBeNull();
    expect(rankOfOwn(Number.NEGATIVE_INFINITY, [Number.NEGATIVE_INFINITY])).toBeNull();
    expect(rankOfOwn(Number.NaN, [0.1])).toBeNull();
    expect(rankOfOwn(0.5, [Number.NEGATIVE_INFINITY])!.rank).toBe(1);
  });

  it('gives the chance level where all are equally alike, and counts probes without a face as misses', () => {
    const alike = Array.from({ length: 7 }, () => rankOfOwn(0.5, new Float64Array(9).fill(0.5)));
    for (const k of [1, 5, 10, 12]) expect(identificationRate(alike, k)).toBeCloseTo(chanceLevel(k, 10)!, 12);
    const first = rankOfOwn(1, [0, 0])!;
    expect(identificationRate([first, null, null, first], 1)).toBe(0.5);
    expect(identificationRate([first, null, null, first], 1, [3, 1, 0, 0])).toBe(0.75);
    expect(identificationRate([], 1)).toBeNull();
    expect(chanceLevel(1, 0)).toBeNull();
  });
});

describe('Wilson interval', () => {
  it.each(expected.wilson)('equals SciPy for $successes of $n', ({ successes, n, confidence, low, high }) => {
    const interval = wilsonInterval(successes, n, confidence)!;
    expect(interval.low).toBeCloseTo(low, 10);
    expect(interval.high).toBeCloseTo(high, 10);
  });

  it('refuses what is no proportion', () => {
    expect(wilsonInterval(0, 0)).toBeNull();
    expect(() => wilsonInterval(4, 3)).toThrow(RangeError);
    expect(() => wilsonInterval(1, 3, 1)).toThrow(RangeError);
  });
});

describe('threshold', () => {
  it.each(expected.threshold)('lets through as many impostors as trying all does: $share', (row) => {
    const threshold = scoreThreshold(row.impostor, row.share)!;
    expect(row.impostor.filter((s) => s >= threshold).length).toBe(row.accepted);
    expect(threshold).toBeGreaterThan(row.highestRefused);
    expect(threshold).toBeLessThan(row.highestRefused + 1e-9);
  });

  it('lies just above zero and negative scores too', () => {
    for (const s of [0, -0.25, -3, 5e-324]) {
      const threshold = scoreThreshold([s - 1, s], 0)!;
      expect(threshold).toBeGreaterThan(s);
      expect(threshold - s).toBeLessThan(1e-14);
    }
    expect(scoreThreshold([Number.NEGATIVE_INFINITY], 0)).toBe(-Number.MAX_VALUE);
    expect(scoreThreshold([1, 2], 1)).toBe(Number.NEGATIVE_INFINITY);
    expect(scoreThreshold([], 0.1)).toBeNull();
    expect(() => scoreThreshold([1], 2)).toThrow(RangeError);
  });
});

describe('figures of a table of people', () => {
  const { matrix, times, weighted, people } = expected.cohort;

  it('equal the functions for lists when everybody counts once', () => {
    const table = tableOf(matrix);
    const figures = verificationFigures(table)();
    expect(figures.auc).toBeCloseTo(areaUnderRoc(table.genuine, table.impostor)!, 12);
    expect(figures.eer).toBeCloseTo(equalErrorRate(rocCurve(table.genuine, table.impostor))!, 12);
    expect(figures.dPrime).toBeCloseTo(dPrime(Array.from(table.genuine), Array.from(table.impostor))!, 10);
    expect(verificationFigures(table)(matrix.map(() => 1))).toEqual(figures);
  });

  it('equal scikit-learn with weights when people count more than once', () => {
    const figures = verificationFigures(tableOf(matrix))(times);
    expect(figures.auc).toBeCloseTo(weighted.auc, 12);
    expect(figures.eer).toBeCloseTo(weighted.eer, 9);
    expect(figures.dPrime).toBeCloseTo(weighted.dPrime, 10);
  });

  it('rank comparisons that could not be made below all others', () => {
    const { genuine, impostor, auc, eer, dPrime: d } = separations[3]!;
    const person = (values: readonly number[]) => values.map((_, n) => n);
    const figures = verificationFigures({
      genuine,
      genuinePerson: person(genuine),
      impostor,
      impostorProbe: person(impostor),
      impostorGallery: person(impostor),
    })();
    expect(figures.auc).toBeCloseTo(auc, 12);
    expect(figures.eer).toBeCloseTo(eer, 9);
    expect(figures.dPrime).toBeCloseTo(d, 10);
  });

  it('have intervals over people like those of a bootstrap that builds every draw', () => {
    const figures = verificationFigures(tableOf(matrix));
    const of = (t: Uint16Array) => {
      const { auc, eer, dPrime: d } = figures(t);
      return [auc, eer, d];
    };
    const intervals = bootstrapPeople([matrix.length], of, { resamples: 4000 });
    for (const [n, name] of (['auc', 'eer', 'dPrime'] as const).entries()) {
      // 4000 draws pin a 2.5 % quantile to about a twentieth of the interval's width.
      const width = people[name].high - people[name].low;
      expect(Math.abs(intervals[n]!.low - people[name].low)).toBeLessThan(width / 12);
      expect(Math.abs(intervals[n]!.high - people[name].high)).toBeLessThan(width / 12);
    }
    expect(bootstrapPeople([matrix.length], of, { seed: 3, resamples: 50 })).toEqual(
      bootstrapPeople([matrix.length], of, { seed: 3, resamples: 50 }),
    );
  });

  it('have intervals that hold the truth in about 95 of 100 cohorts', () => {
    const random = seededRandom(5);
    const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    const cohort = (n: number) => {
      // Some people look like everybody, so the scores of one person hang together.
      const common = Array.from({ length: n }, () => 0.08 * normal());
      return tableOf(
        common.map((a, i) =>
          common.map((b, j) => 0.5 + a + 0.5 * b + 0.05 * normal() + (i === j ? 0.14 : 0)),
        ),
      );
    };
    const trials = Array.from({ length: 150 }, () => {
      const figures = verificationFigures(cohort(25));
      const [interval] = bootstrapPeople([25], (t) => [figures(t).auc], { resamples: 200 });
      return { auc: figures().auc!, interval: interval! };
    });
    const truth = trials.reduce((sum, t) => sum + t.auc, 0) / trials.length;
    const held = trials.filter((t) => t.interval.low <= truth && truth <= t.interval.high).length;
    expect(held / trials.length).toBeGreaterThan(0.88);
    expect(held / trials.length).toBeLessThan(0.995);
  });

  it('draw each group within itself', () => {
    bootstrapPeople(
      [3, 5],
      (times) => {
        expect(times.slice(0, 3).reduce((a, b) => a + b, 0)).toBe(3);
        expect(times.slice(3).reduce((a, b) => a + b, 0)).toBe(5);
        return [0];
      },
      { resamples: 20 },
    );
    expect(bootstrapPeople([0], () => [1, null])).toEqual([null, null]);
    expect(bootstrapPeople([2], () => [1, null, Number.NaN], { resamples: 5 })).toEqual([
      { low: 1, high: 1, resamples: 5 },
      null,
      null,
    ]);
  });

  it('refuse lists of unequal length', () => {
    const table = tableOf(matrix);
    expect(() => verificationFigures({ ...table, genuinePerson: [] })).toThrow(RangeError);
  });
});
