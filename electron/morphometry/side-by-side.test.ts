import { describe, expect, it } from 'vitest';
import { type EngineId, sideBySide } from '../../shared/morphometry/records.ts';
import { bootstrap } from '../../shared/statistics/bootstrap.ts';
import { mean } from '../../shared/statistics/mean.ts';
import { compare } from './compare.ts';
import type { ComparisonRow, MeasuredScan } from './comparison-rows.ts';
import { putSideBySide } from './side-by-side.ts';

const scan = (gm: number, wm: number, extra: Record<string, number> = {}): MeasuredScan => ({
  failure: '',
  volumes: { GM: gm, WM: wm, CSF: 300, TIV: gm + wm + 300, ...extra },
  dice: {},
});
const failed: MeasuredScan = { failure: 'no', volumes: {}, dice: {} };
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

const before = scan(1000, 500);
// GM: scan 1 +10 % in both, 2 +6 % in the tissue engine alone, 3 and 4 not at all.
const tissue = compare('tissue-em', 'm', [
  row(1, before, scan(1100, 500)),
  row(2, before, scan(1060, 500)),
  row(3, before, scan(1000, 500)),
  row(4, before, failed),
]);
const regional = compare('regional', 'm', [
  row(1, scan(1000, 500, { thalamus: 7 }), scan(1100, 500, { thalamus: 7 })),
  row(2, before, scan(1010, 500)),
  row(3, failed, before),
  row(4, before, scan(1000, 560)),
]);

describe('putSideBySide', () => {
  it('counts each engine over its own scans and the agreement over those of both', () => {
    const both = putSideBySide(tissue, regional);
    expect(sideBySide.parse(both)).toEqual(both);
    expect(both.structures.map((s) => s.structure)).toEqual(['GM', 'WM', 'CSF', 'TIV']);
    expect(
      both.engines.map((e) => [e.engine, e.compared, e.failedBefore, e.failedAfter, e.scansOver5Percent]),
    ).toEqual([
      ['tissue-em', 3, 0, 1, 2],
      ['regional', 3, 1, 0, 2],
    ]);
    expect(both.both).toEqual({ scans: 2, overInBoth: 1, overInTissueOnly: 1, overInRegionalOnly: 0 });
    const gm = both.structures[0]!;
    expect(gm.pairs.map((p) => p.seriesId)).toEqual([1, 2]);
    expect(gm.pairs[1]!.tissuePercentChange).toBeCloseTo(6, 9);
    expect(gm.pairs[1]!.regionalPercentChange).toBeCloseTo(1, 9);
    expect(gm.engines.map((e) => [e.engine, e.n, e.over5Percent])).toEqual([
      ['tissue-em', 3, 2],
      ['regional', 3, 1],
    ]);
    expect(both.sentence).toContain('in 2 of 3 scans by the tissue engine and in 2 of 3 by the regional one');
    expect(both.sentence).toContain('of the 2 that both compared, in 1 by both and in 1 by one alone');
  });

  it('gives an interval that holds the mean, none for a single scan, and none beyond the scans’ range', () => {
    const { structures } = putSideBySide(tissue, regional);
    const gm = structures[0]!.engines[0]!;
    expect(gm.meanPercentChange).toBeCloseTo(16 / 3, 9);
    expect(gm.ciLow!).toBeLessThan(gm.meanPercentChange);
    expect(gm.ciHigh!).toBeGreaterThan(gm.meanPercentChange);
    expect(gm.ciLow!).toBeGreaterThanOrEqual(0);
    expect(gm.ciHigh!).toBeLessThanOrEqual(10);
    const single = compare('tissue-em', 'm', [row(1, before, scan(1100, 500))]);
    expect(putSideBySide(single, regional).structures[0]!.engines[0]).toMatchObject({
      n: 1,
      ciLow: null,
      ciHigh: null,
    });
  });

  it('draws people with all their scans for the interval; with one scan each it draws scans', () => {
    const shifts = [0, 2, 3, 5, 9, 14];
    const cohort = (engine: EngineId, scansEach: number) =>
      compare(
        engine,
        'm',
        shifts.flatMap((shift, person) =>
          Array.from({ length: scansEach }, (_, n) =>
            row(10 * person + n, before, scan(1000 + 10 * shift, 500), person),
          ),
        ),
      );
    const side = (scansEach: number) =>
      putSideBySide(cohort('tissue-em', scansEach), cohort('regional', scansEach)).structures[0]!.engines[0]!;
    const drawn = bootstrap(shifts, mean)!;
    expect(side(1)).toMatchObject({ n: 6, people: 6, ciLow: drawn.low, ciHigh: drawn.high });
    // Copies of a scan tell nothing new: the interval must not narrow.
    const three = side(3);
    expect(three).toMatchObject({ n: 18, people: 6 });
    expect(three.ciLow).toBeCloseTo(drawn.low, 9);
    expect(three.ciHigh).toBeCloseTo(drawn.high, 9);
    const scans = [1, 2, 3].map((n) => row(n, before, scan(1000 + n, 500), 1));
    const both = putSideBySide(compare('tissue-em', 'm', scans), compare('regional', 'm', scans));
    expect(both.structures[0]!.engines[0]).toMatchObject({ n: 3, people: 1, ciLow: null, ciHigh: null });
    expect(both.sentence).toContain('in 0 of 3 scans (1 person) by the tissue engine');
  });

  it('says of how many structures a test was made, and of none with too few people', () => {
    expect(putSideBySide(tissue, regional).engines.map((e) => [e.tested, e.significantHolm])).toEqual([
      [0, 0],
      [0, 0],
    ]);
    const six = compare(
      'tissue-em',
      'm',
      Array.from({ length: 6 }, (_, n) => row(n, before, scan(1001 + n, 500))),
    );
    // White matter and fluid did not change at all: there is nothing to rank.
    expect(putSideBySide(six, regional).engines[0]).toMatchObject({ tested: 2, significantHolm: 0 });
  });

  it('is empty and valid when one engine has measured nothing', () => {
    const none = putSideBySide(tissue, compare('regional', 'm', []));
    expect(sideBySide.safeParse(none).success).toBe(true);
    expect(none.structures[0]!.engines.map((e) => e.engine)).toEqual(['tissue-em']);
    expect(none.sentence).toBe('No scan has been compared by both engines yet.');
  });
});
