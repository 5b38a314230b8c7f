import { describe, expect, it } from 'vitest';
import { blandAltman } from './bland-altman.ts';
import { bootstrap } from './bootstrap.ts';
import { dice } from './dice.ts';
import { holm } from './holm.ts';
import { iccA1 } from './icc-a1.ts';
import { mean } from './mean.ts';
import { median } from './median.ts';
import { normalTail } from './normal-tail.ts';
import { pearson } from './pearson.ts';
import { percentChange } from './percent-change.ts';
import { quantile } from './quantile.ts';
import { ranks } from './ranks.ts';
import { seededRandom } from './seeded-random.ts';
import { spearman } from './spearman.ts';
import { standardDeviation } from './standard-deviation.ts';
// Expected values by SciPy and NumPy; the script that made them: build/oracle/statistics.py.
import expected from './statistics.fixture.json' with { type: 'json' };
import { wilcoxonSignedRank } from './wilcoxon-signed-rank.ts';

describe('Wilcoxon signed-rank', () => {
  it.each(expected.wilcoxon)('equals SciPy, $method, statistic $statistic', (row) => {
    const result = wilcoxonSignedRank(row.before, row.after);
    expect(result.statistic).toBeCloseTo(row.statistic, 9);
    expect(result.method).toBe(row.method);
    expect(result.p! / row.p).toBeCloseTo(1, 9);
  });

  it('covers the exact table, ties, zeros and large n', () => {
    expect(new Set(expected.wilcoxon.map((row) => row.method))).toEqual(new Set(['exact', 'normal']));
    expect(expected.wilcoxon.some((row) => row.before.some((b, i) => b === row.after[i]))).toBe(true);
    expect(expected.wilcoxon.some((row) => row.before.length > 50)).toBe(true);
  });

  it('does not depend on which side is called before', () => {
    const row = expected.wilcoxon[1]!;
    expect(wilcoxonSignedRank(row.after, row.before).p).toBeCloseTo(row.p, 12);
  });

  it('has no p value when nothing changed, and refuses unpaired input', () => {
    expect(wilcoxonSignedRank([1, 2], [1, 2])).toEqual({ statistic: 0, p: null, n: 0, method: 'none' });
    expect(wilcoxonSignedRank([], []).p).toBeNull();
    expect(() => wilcoxonSignedRank([1], [])).toThrow(RangeError);
  });
});

describe('Holm correction', () => {
  it('equals the definition', () => {
    holm(expected.holm.p).forEach((p, i) => {
      expect(p).toBeCloseTo(expected.holm.adjusted[i]!, 12);
    });
  });

  it('keeps tests that could not be made out of the count', () => {
    expect(holm([0.01, null, 0.04])).toEqual([0.02, null, 0.04]);
    expect(holm([])).toEqual([]);
  });
});

describe('ICC(A,1)', () => {
  it.each(expected.icc)('equals an ANOVA by projection ($icc)', ({ rows, icc }) => {
    expect(iccA1(rows)).toBeCloseTo(icc, 9);
  });

  it('is the published 0.29 for the table of Shrout & Fleiss 1979', () => {
    expect(iccA1(expected.icc[0]!.rows)).toBeCloseTo(0.29, 2);
  });

  it('punishes a constant shift, which a correlation would forgive', () => {
    const x = [1, 2, 3, 4, 5];
    expect(iccA1(x.map((v) => [v, v]))).toBeCloseTo(1, 12);
    expect(iccA1(x.map((v) => [v, v + 2]))!).toBeLessThan(0.6);
  });

  it('is null without variance or subjects', () => {
    expect(iccA1([])).toBeNull();
    expect(iccA1([[1, 2]])).toBeNull();
    // Nine times 0.1 does not add up to 0.9: the variance of equal values is not quite zero.
    expect(iccA1(Array(9).fill([0.1, 0.1]))).toBeNull();
    expect(iccA1(Array(7).fill([1234.1, 1234.1]))).toBeNull();
    expect(
      iccA1([
        [3, 3],
        [3, 3],
      ]),
    ).toBeNull();
    expect(() => iccA1([[1, 2], [1]])).toThrow(RangeError);
  });
});

describe('Bland–Altman', () => {
  it('equals NumPy', () => {
    const e = expected.blandAltman;
    const result = blandAltman(e.before, e.after);
    expect(result.bias).toBeCloseTo(e.bias, 9);
    expect(result.low).toBeCloseTo(e.low, 9);
    expect(result.high).toBeCloseTo(e.high, 9);
  });

  it('has no limits for one pair', () => {
    expect(blandAltman([1], [3])).toEqual({ bias: 2, low: null, high: null });
  });
});

describe('correlation and ranks', () => {
  it.each(expected.correlation)('equals SciPy ($spearman)', (row) => {
    expect(pearson(row.x, row.y)).toBeCloseTo(row.pearson, 10);
    expect(spearman(row.x, row.y)).toBeCloseTo(row.spearman, 10);
  });

  it('shares ranks among ties as scipy.stats.rankdata does', () => {
    expect(ranks(expected.ranks.values)).toEqual(expected.ranks.ranks);
  });

  it('is null when one side does not vary', () => {
    expect(pearson([1, 1, 1], [1, 2, 3])).toBeNull();
    expect(spearman([], [])).toBeNull();
  });
});

describe('quantile, median, mean, standard deviation', () => {
  it('equals numpy.quantile', () => {
    const e = expected.quantile;
    e.q.forEach((q, i) => {
      expect(quantile(e.values, q)).toBeCloseTo(e.expected[i]!, 10);
    });
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
  });

  it('gives NaN for nothing and refuses a quantile outside 0…1', () => {
    expect(median([])).toBeNaN();
    expect(mean([])).toBeNaN();
    expect(standardDeviation([1])).toBeNaN();
    expect(standardDeviation([2, 4, 4, 4, 5, 5, 7, 9])).toBeCloseTo(Math.sqrt(32 / 7), 12);
    expect(() => quantile([1], 1.1)).toThrow(RangeError);
  });
});

describe('normal tail', () => {
  it.each(expected.normalTail)('equals scipy.stats.norm.sf($z) to nine digits', ({ z, p }) => {
    expect(normalTail(z) / p).toBeCloseTo(1, 9);
  });
});

describe('bootstrap', () => {
  const pairs = expected.bootstrapSpearman.x.map((x, i) => [x, expected.bootstrapSpearman.y[i]!] as const);
  const rho = (sample: readonly (readonly [number, number])[]) =>
    spearman(
      sample.map((p) => p[0]),
      sample.map((p) => p[1]),
    );

  it('agrees with an independent bootstrap in NumPy', () => {
    const interval = bootstrap(pairs, rho)!;
    expect(Math.abs(interval.low - expected.bootstrapSpearman.low)).toBeLessThan(0.015);
    expect(Math.abs(interval.high - expected.bootstrapSpearman.high)).toBeLessThan(0.005);
  });

  it('gives the same interval for the same seed and another for another', () => {
    expect(bootstrap(pairs, rho, { seed: 7 })).toEqual(bootstrap(pairs, rho, { seed: 7 }));
    expect(bootstrap(pairs, rho, { seed: 7 })).not.toEqual(bootstrap(pairs, rho, { seed: 8 }));
    expect(bootstrap([], rho)).toBeNull();
  });
});

describe('Dice and percent change', () => {
  it('counts overlap of one label', () => {
    expect(dice([1, 1, 2, 0], [1, 2, 2, 0], 1)).toBeCloseTo(2 / 3, 12);
    expect(dice([1, 1], [1, 1], 1)).toBe(1);
    expect(dice([1, 1], [1, 1], 3)).toBeNull();
    expect(() => dice([1], [1, 1])).toThrow(RangeError);
  });

  it('has no percentage from nothing to something', () => {
    expect(percentChange(200, 190)).toBe(-5);
    expect(percentChange(0, 0)).toBe(0);
    expect(percentChange(0, 1)).toBeNaN();
  });
});

describe('seeded random', () => {
  it('is uniform enough and repeats for the same seed', () => {
    const next = seededRandom(3);
    const again = seededRandom(3);
    const tenths = new Array<number>(10).fill(0);
    for (let i = 0; i < 10_000; i++) {
      const value = next();
      expect(value).toBe(again());
      tenths[Math.floor(value * 10)]! += 1;
    }
    // Chi-square with 9 degrees of freedom: above 27.9 has p < 0.001.
    expect(tenths.reduce((s, n) => s + (n - 1000) ** 2 / 1000, 0)).toBeLessThan(27.9);
  });
});
