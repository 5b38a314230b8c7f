import { describe, expect, it } from 'vitest';
import { comparison } from '../../shared/morphometry/records.ts';
// Expected statistics by SciPy and NumPy: build/oracle/statistics.py.
import expected from '../../shared/statistics/statistics.fixture.json' with { type: 'json' };
import { compare } from './compare.ts';
import type { ComparisonRow, MeasuredScan } from './comparison-rows.ts';
import { comparisonTsv, summaryTsv } from './export-tsv.ts';

const scan = (volumes: Record<string, number>, dice: Record<string, number> = {}): MeasuredScan => ({
  failure: '',
  volumes,
  dice,
});
const failure = (reason: string): MeasuredScan => ({ failure: reason, volumes: {}, dice: {} });
/** A scan of a person who has no other, unless told whose it is. */
const row = (
  seriesId: number,
  before: MeasuredScan | null,
  after: MeasuredScan | null,
  subjectId = seriesId,
): ComparisonRow => ({
  seriesId,
  subjectId,
  subjectLabel: `sub-${subjectId}`,
  before,
  after,
});

describe('compare', () => {
  it('gives the numbers of SciPy and NumPy for one structure', () => {
    const e = expected.wilcoxon[1]!;
    const rows = e.before.map((b, i) => row(i, scan({ GM: b }), scan({ GM: e.after[i]! }, { GM: 0.9 })));
    const result = compare('tissue-em', 'quickshear', rows);
    const gm = result.structures[0]!;
    expect(gm.structure).toBe('GM');
    expect(gm.p! / e.p).toBeCloseTo(1, 9);
    expect(gm.pHolm).toBe(gm.p);
    expect(gm.icc).toBeCloseTo(expected.icc[1]!.icc, 9);
    expect(gm.biasMm3).toBeCloseTo(expected.blandAltman.bias, 9);
    expect(gm.limitLowMm3).toBeCloseTo(expected.blandAltman.low, 9);
    expect(gm.limitHighMm3).toBeCloseTo(expected.blandAltman.high, 9);
    expect(gm.dice).toBeCloseTo(0.9, 12);
    expect(comparison.parse(result)).toEqual(result);
  });

  it('takes several scans of one person as one person: the numbers of SciPy and NumPy for the people', () => {
    const e = expected.wilcoxon[1]!;
    // Everybody is scanned twice, and the mean of the two is the pair that the oracle knows.
    const rows = e.before.flatMap((b, i) =>
      [1, -1].map((side) =>
        row(2 * i + side, scan({ GM: b + side }), scan({ GM: e.after[i]! + 3 * side }), i),
      ),
    );
    const result = compare('tissue-em', 'quickshear', rows);
    const gm = result.structures[0]!;
    expect(gm).toMatchObject({ n: 2 * e.before.length, people: e.before.length });
    expect(gm.p! / e.p).toBeCloseTo(1, 9);
    expect(gm.icc).toBeCloseTo(expected.icc[1]!.icc, 9);
    expect(gm.biasMm3).toBeCloseTo(expected.blandAltman.bias, 9);
    expect(gm.limitLowMm3).toBeCloseTo(expected.blandAltman.low, 9);
    expect(gm.limitHighMm3).toBeCloseTo(expected.blandAltman.high, 9);
    expect(result.sentence).toContain(`(Wilcoxon over ${e.before.length} people, Holm-corrected)`);
    expect(comparison.parse(result)).toEqual(result);
  });

  it('makes no test with fewer than six people, however many scans they have', () => {
    const scansOf = (people: number) =>
      Array.from({ length: 12 }, (_, i) =>
        row(i, scan({ GM: 600 + i }), scan({ GM: 540 - i + (i % people) }), i % people),
      );
    const few = compare('tissue-em', 'm', scansOf(5));
    expect(few).toMatchObject({ compared: 12, people: 5, significantRaw: 0, scansOver5Percent: 12 });
    expect(few.structures[0]).toMatchObject({ n: 12, people: 5, p: null });
    expect(few.sentence).toContain('with scans of only 5 people no test was made');
    // Six differences of one sign: 2/2⁶.
    expect(compare('tissue-em', 'm', scansOf(6)).structures[0]!.p).toBeCloseTo(2 / 64, 12);
    expect(compare('tissue-em', 'm', scansOf(12))).toMatchObject({ compared: 12, people: 12 });
    expect(compare('tissue-em', 'm', scansOf(12)).sentence).toContain('(Wilcoxon, Holm-corrected)');
  });

  it('counts failures first and leaves them out of every mean', () => {
    const good = scan({ GM: 600, WM: 500, CSF: 300, TIV: 1400 });
    const result = compare('tissue-em', 'quickshear', [
      row(1, good, good),
      row(2, failure('empty mask'), good),
      row(3, good, failure('empty mask')),
      row(4, failure('a'), failure('b')),
      row(5, good, null),
      row(6, null, null),
    ]);
    expect(result).toMatchObject({
      scans: 4,
      failedBefore: 2,
      failedAfter: 2,
      compared: 1,
      scansOver5Percent: 0,
    });
    expect(result.structures.map((s) => [s.structure, s.n])).toEqual([
      ['GM', 1],
      ['WM', 1],
      ['CSF', 1],
      ['TIV', 1],
    ]);
    expect(result.sentence).toContain('measuring failed in 2 before and 2 after');
  });

  it('lists every change over 5 % and counts each scan once; exactly 5 % is not over', () => {
    const before = scan({ GM: 100, WM: 100, CSF: 100, TIV: 300, Thalamus: 10 });
    const result = compare('tissue-em', 'm', [
      row(1, before, scan({ GM: 94, WM: 100, CSF: 120, TIV: 314, Thalamus: 5 })),
      row(2, before, scan({ GM: 105, WM: 95, CSF: 100, TIV: 300, Thalamus: 5 })),
    ]);
    expect(result.over5Percent.map((x) => [x.seriesId, x.structure, Math.round(x.percentChange)])).toEqual([
      [1, 'CSF', 20],
      [1, 'GM', -6],
    ]);
    expect(result.scansOver5Percent).toBe(1);
    expect(result.sentence).toContain('1 of 2 changed by more than 5 %');
    expect(result.sentence).toContain('no test was made');
  });

  it('finds nothing where nothing changed', () => {
    const rows = Array.from({ length: 8 }, (_, i) => {
      const s = scan({ GM: 600 + i, WM: 500 + 2 * i, CSF: 300 + i, TIV: 1400 + 4 * i });
      return row(i, s, s);
    });
    const result = compare('tissue-em', 'none', rows);
    for (const s of result.structures)
      expect(s).toMatchObject({ meanPercentChange: 0, p: null, pHolm: null, icc: 1 });
    expect(result).toMatchObject({ significantRaw: 0, significantHolm: 0, scansOver5Percent: 0 });
  });

  it('corrects over the structures: eight like shifts in four structures', () => {
    const rows = Array.from({ length: 8 }, (_, i) =>
      row(
        i,
        scan({ GM: 600, WM: 500, CSF: 300, TIV: 1400 }),
        scan({ GM: 601 + i, WM: 501 + i, CSF: 301 + i, TIV: 1403 + i }),
      ),
    );
    const result = compare('tissue-em', 'm', rows);
    // Exact two-sided p of eight differences of one sign: 2/2⁸; Holm multiplies the smallest by four.
    for (const s of result.structures) {
      expect(s.p).toBeCloseTo(2 / 256, 12);
      expect(s.pHolm).toBeCloseTo(8 / 256, 12);
    }
    expect(result.significantHolm).toBe(4);
  });

  it('says so when there is nothing to compare, and stays valid', () => {
    for (const rows of [[], [row(1, scan({ GM: 1 }), null)], [row(1, failure('x'), failure('x'))]]) {
      const result = compare('tissue-em', '', rows);
      expect(comparison.safeParse(result).success).toBe(true);
      expect(result.sentence.length).toBeGreaterThan(20);
    }
  });

  it('puts the scan–rescan floor beside each structure and counts what moved more', () => {
    const before = scan({ GM: 1000, WM: 1000, TIV: 2000 });
    // Median |change|: GM 2 % although the mean is 0, WM 1 %.
    const result = compare(
      'regional',
      'm',
      [
        row(1, before, scan({ GM: 1020, WM: 1010, TIV: 2000 })),
        row(2, before, scan({ GM: 980, WM: 1010, TIV: 2000 })),
      ],
      new Map([
        ['GM', { percent: 1.5, pairs: 4 }],
        ['WM', { percent: 1.5, pairs: 4 }],
      ]),
    );
    expect(result.structures.map((s) => [s.structure, s.floorPercent, s.floorN])).toEqual([
      ['GM', 1.5, 4],
      ['WM', 1.5, 4],
      ['TIV', null, 0],
    ]);
    expect(result.structures[0]!.medianAbsPercentChange).toBeCloseTo(2, 12);
    expect([result.withFloor, result.aboveFloor]).toEqual([2, 1]);
    expect(result.sentence).toContain(
      '1 of 2 structures moved more than scan–rescan variation (4 repeat pairs)',
    );
    expect(compare('regional', 'm', []).sentence).not.toContain('rescan');
  });

  it('keeps a structure that vanished (−100 %) and drops one that never was', () => {
    const result = compare('regional', 'm', [row(1, scan({ A: 10, B: 0 }), scan({ A: 0, B: 5 }))]);
    expect(result.structures.map((s) => [s.structure, s.meanPercentChange])).toEqual([['A', -100]]);
    expect(comparison.safeParse(result).success).toBe(true);
  });
});

describe('export', () => {
  const rows = [
    row(7, scan({ GM: 600.04, TIV: 1400 }), scan({ GM: 594, TIV: 1400 }, { GM: 0.98765 })),
    row(8, scan({ GM: 600, TIV: 1400 }), failure('mask\tis\nempty')),
  ];

  it('writes one row per scan and structure, failures with their reason on one line', () => {
    const floors = new Map([['GM', { percent: 0.5, pairs: 3 }]]);
    const lines = comparisonTsv(rows, floors).trimEnd().split('\n');
    expect(lines[0]!.split('\t')).toHaveLength(10);
    expect(lines[1]).toBe('sub-7\t7\tGM\t600.0\t594.0\t-1.007\t0.9877\t0.500\t3\tok');
    expect(lines[2]).toBe('sub-7\t7\tTIV\t1400.0\t1400.0\t0.000\tn/a\tn/a\t0\tok');
    expect(lines[3]).toBe('sub-8\t8\tGM\t600.0\tn/a\tn/a\tn/a\t0.500\t3\tafter failed: mask is empty');
    for (const line of lines) expect(line.split('\t')).toHaveLength(10);
  });

  it('gives no percentage to a structure that was not in the original, as the means do not', () => {
    const absent = row(9, scan({ A: 0, B: 0, C: 5 }), scan({ A: 0, B: 5, C: 0 }));
    const cells = comparisonTsv([absent])
      .trimEnd()
      .split('\n')
      .slice(1)
      .map((line) => line.split('\t'));
    expect(cells.map((c) => [c[2], c[3], c[4], c[5], c[9]])).toEqual([
      ['A', '0.0', '0.0', 'n/a', 'absent before'],
      ['B', '0.0', '5.0', 'n/a', 'absent before'],
      ['C', '5.0', '0.0', '-100.000', 'ok'],
    ]);
    expect(compare('regional', 'm', [absent]).structures.map((s) => s.structure)).toEqual(['C']);
  });

  it('puts the summary in comment lines', () => {
    const text = summaryTsv(compare('tissue-em', 'quickshear', rows));
    for (const line of text.trimEnd().split('\n')) expect(line.startsWith('# ')).toBe(true);
    expect(text).toContain('failed after 1');
    expect(text).toContain('# GM\t1\t600.0\t594.0\t-1.007');
    expect(text).not.toContain('people 1');
  });

  it('says how many people the scans are of, where that is not the same', () => {
    const twice = [0, 1].map((n) => row(n, scan({ GM: 600 }), scan({ GM: 594 }), 1));
    const lines = summaryTsv(compare('tissue-em', 'quickshear', twice))
      .trimEnd()
      .split('\n');
    expect(lines.find((line) => line.startsWith('# scans'))).toMatch(/\tcompared 2\tpeople 1\t/);
    const [header, gm] = lines.slice(-2).map((line) => line.slice(2).split('\t'));
    expect([gm![header!.indexOf('n')], gm![header!.indexOf('people')]]).toEqual(['2', '1']);
  });
});
