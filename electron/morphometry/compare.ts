import { groupBy } from '../../shared/group-by.ts';
import type { Comparison, EngineId, Pair, StructureComparison } from '../../shared/morphometry/records.ts';
import { blandAltman } from '../../shared/statistics/bland-altman.ts';
import { holm } from '../../shared/statistics/holm.ts';
import { iccA1 } from '../../shared/statistics/icc-a1.ts';
import { mean } from '../../shared/statistics/mean.ts';
import { median } from '../../shared/statistics/median.ts';
import { percentChange } from '../../shared/statistics/percent-change.ts';
import { wilcoxonSignedRank } from '../../shared/statistics/wilcoxon-signed-rank.ts';
import type { ComparisonRow } from './comparison-rows.ts';
import type { Floors } from './scan-rescan.ts';

/** The volumes whose change of more than 5 % marks a scan, as in the published comparisons of defacing tools. */
export const markedStructures = ['GM', 'WM', 'CSF', 'TIV'] as const;
export const MARK_PERCENT = 5;
const SIGNIFICANT = 0.05;
/** With five people the smallest two-sided p is 2/2⁵ = 0.0625: a test that cannot find anything is not made. */
const FEWEST_FOR_TEST = 6;

/**
 * What a method did to an engine's measurements over a cohort.
 *
 * Failures are counted first; scans measured on one side only, without a failure, are left for later and not
 * counted. A structure of volume 0 in the original counts as not segmented there: it has no percentage.
 *
 * Several scans of one person hang together: test, ICC, bias and limits of agreement are over people, each with the means of
 * his scans. What is counted, and the means and medians of changes, are over scans.
 *
 * Holm's correction is over the structures of this engine alone: each engine is one family of tests.
 *
 * @param rows one per scan, as `readComparisonRows` gives them
 * @param floors scan–rescan variation by structure, as `readFloors` gives it; empty where there are no repeats
 */
export function compare(
  engine: EngineId,
  method: string,
  rows: readonly ComparisonRow[],
  floors: Floors = new Map(),
): Comparison {
  const failedBefore = rows.filter((row) => row.before !== null && row.before.failure !== '').length;
  const failedAfter = rows.filter((row) => row.after !== null && row.after.failure !== '').length;
  const looked = rows.filter((row) => (row.before && row.after) || row.before?.failure || row.after?.failure);
  const compared = looked.filter(isComplete);

  const names = [
    ...new Set([...markedStructures, ...compared.flatMap((row) => Object.keys(row.before.volumes))]),
  ];
  const drafts = names.flatMap((structure) => compareStructure(structure, compared, floors) ?? []);
  const corrected = holm(drafts.map((draft) => draft.p));
  const structures = drafts.map((draft, i) => ({ ...draft, pHolm: corrected[i]! }));

  const over5Percent = structures
    .filter((s) => (markedStructures as readonly string[]).includes(s.structure))
    .flatMap((s) =>
      s.pairs
        .filter((pair) => Math.abs(pair.percentChange) > MARK_PERCENT)
        .map(({ seriesId, subjectLabel, percentChange }) => ({
          seriesId,
          subjectLabel,
          structure: s.structure,
          percentChange,
        })),
    )
    .sort((a, b) => Math.abs(b.percentChange) - Math.abs(a.percentChange));

  const withFloor = structures.filter((s) => s.floorPercent !== null);
  const counted = {
    engine,
    method,
    scans: looked.length,
    failedBefore,
    failedAfter,
    compared: compared.length,
    people: new Set(compared.map((row) => row.subjectId)).size,
    over5Percent,
    scansOver5Percent: new Set(over5Percent.map((entry) => entry.seriesId)).size,
    significantRaw: structures.filter((s) => s.p !== null && s.p < SIGNIFICANT).length,
    significantHolm: structures.filter((s) => s.pHolm !== null && s.pHolm < SIGNIFICANT).length,
    withFloor: withFloor.length,
    aboveFloor: withFloor.filter((s) => s.medianAbsPercentChange > s.floorPercent!).length,
    structures,
  };
  return { ...counted, sentence: sentenceOf(counted) };
}

type CompleteRow = ComparisonRow & {
  readonly before: NonNullable<ComparisonRow['before']>;
  readonly after: NonNullable<ComparisonRow['after']>;
};

function isComplete(row: ComparisonRow): row is CompleteRow {
  return row.before !== null && row.after !== null && row.before.failure === '' && row.after.failure === '';
}

/** One structure over all complete scans; null when no scan has it on both sides. */
function compareStructure(
  structure: string,
  rows: readonly CompleteRow[],
  floors: Floors,
): Omit<StructureComparison, 'pHolm'> | null {
  const pairs: Pair[] = [];
  const overlaps: number[] = [];
  for (const row of rows) {
    const before = row.before.volumes[structure];
    const after = row.after.volumes[structure];
    if (before === undefined || after === undefined || !(before > 0)) continue;
    pairs.push({
      seriesId: row.seriesId,
      subjectId: row.subjectId,
      subjectLabel: row.subjectLabel,
      before,
      after,
      percentChange: percentChange(before, after),
    });
    const overlap = row.after.dice[structure];
    if (overlap !== undefined) overlaps.push(overlap);
  }
  if (pairs.length === 0) return null;
  const percents = pairs.map((pair) => pair.percentChange);
  const persons = [...byPerson(pairs).values()];
  const before = persons.map((own) => mean(own.map((pair) => pair.before)));
  const after = persons.map((own) => mean(own.map((pair) => pair.after)));
  const agreement = blandAltman(before, after);
  const floor = floors.get(structure);
  return {
    structure,
    n: pairs.length,
    people: persons.length,
    meanBefore: mean(pairs.map((pair) => pair.before)),
    meanAfter: mean(pairs.map((pair) => pair.after)),
    meanPercentChange: mean(percents),
    medianPercentChange: median(percents),
    maxAbsPercentChange: Math.max(...percents.map(Math.abs)),
    medianAbsPercentChange: median(percents.map(Math.abs)),
    floorPercent: floor?.percent ?? null,
    floorN: floor?.pairs ?? 0,
    p: persons.length < FEWEST_FOR_TEST ? null : wilcoxonSignedRank(before, after).p,
    icc: iccA1(before.map((value, n) => [value, after[n]!])),
    biasMm3: agreement.bias,
    limitLowMm3: agreement.low,
    limitHighMm3: agreement.high,
    dice: overlaps.length > 0 ? mean(overlaps) : null,
    pairs,
  };
}

/** The scans of each person together, people in the order of their first scan. */
export function byPerson(pairs: readonly Pair[]): Map<number, Pair[]> {
  return groupBy(pairs, (pair) => pair.subjectId);
}

/** The finding in one sentence, numbers only, no judgement. */
function sentenceOf(c: Omit<Comparison, 'sentence'>): string {
  const name = c.method === '' ? 'de-identification' : c.method;
  if (c.scans === 0) return `No scan has been measured both before and after ${name} yet.`;
  const failures =
    c.failedBefore + c.failedAfter === 0
      ? 'none failed to measure'
      : `measuring failed in ${c.failedBefore} before and ${c.failedAfter} after`;
  if (c.compared === 0) return `Of ${scans(c.scans)}, none could be compared: ${failures}.`;
  const largest = c.structures.reduce((a, b) => (b.maxAbsPercentChange > a.maxAbsPercentChange ? b : a));
  const moved = c.structures.reduce((a, b) =>
    Math.abs(b.meanPercentChange) > Math.abs(a.meanPercentChange) ? b : a,
  );
  const tested = c.structures.filter((s) => s.p !== null).length;
  const several = c.people < c.compared;
  const tooFew = several ? `scans of only ${people(c.people)}` : 'so few scans';
  const test =
    tested === 0
      ? `with ${c.people < FEWEST_FOR_TEST ? tooFew : 'no differences to rank'} no test was made`
      : `${c.significantHolm} of ${tested} structures differ by more than chance (Wilcoxon${several ? ` over ${people(c.people)}` : ''}, Holm-corrected)`;
  return (
    `Of ${scans(c.scans)}, ${failures}; after ${name}, ${c.scansOver5Percent} of ${c.compared} changed by more than 5 % in GM, WM, CSF or TIV, ` +
    `the largest mean change is ${signed(moved.meanPercentChange)} % (${moved.structure}), the largest single one ${largest.maxAbsPercentChange.toFixed(1)} % (${largest.structure}), and ${test}${floorPart(c)}.`
  );
}

/** How many structures moved by more than two scans of one head differ anyway; '' without repeat scans. */
function floorPart(c: Omit<Comparison, 'sentence'>): string {
  if (c.withFloor === 0) return '';
  const pairs = Math.max(...c.structures.map((s) => s.floorN));
  return `; ${c.aboveFloor} of ${c.withFloor} structures moved more than scan–rescan variation (${pairs} repeat ${pairs === 1 ? 'pair' : 'pairs'})`;
}

/** 1 → "1 person", 5 → "5 people". */
export const people = (n: number) => `${n} ${n === 1 ? 'person' : 'people'}`;

const scans = (n: number) => `${n} ${n === 1 ? 'scan' : 'scans'}`;

/** Two digits with a true minus; what rounds to zero has no sign. */
function signed(value: number): string {
  const text = Math.abs(value).toFixed(2);
  if (Number(text) === 0) return text;
  return `${value > 0 ? '+' : '−'}${text}`;
}
