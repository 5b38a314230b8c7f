import type { Comparison, SideBySide, StructureComparison } from '../../shared/morphometry/records.ts';
import { bootstrap } from '../../shared/statistics/bootstrap.ts';
import { mean } from '../../shared/statistics/mean.ts';
import { byPerson, MARK_PERCENT, markedStructures, people } from './compare.ts';

/**
 * The structures that both engines measure, beside each other: GM, WM, CSF and TIV.
 *
 * The engines are independent ways to the same four volumes, so an effect that both see is one of the edit and not of
 * an engine. Each engine's numbers are over the scans it compared; `pairs` and `both` over those that both did.
 */
export function putSideBySide(tissue: Comparison, regional: Comparison): SideBySide {
  const engines = [tissue, regional];
  const of = (comparison: Comparison, name: string) =>
    comparison.structures.find((s) => s.structure === name);
  const structures = markedStructures.map((structure) => ({
    structure,
    engines: engines.flatMap((comparison) => {
      const found = of(comparison, structure);
      return found ? [sideOf(comparison, found)] : [];
    }),
    pairs: pairsOf(of(tissue, structure), of(regional, structure)),
  }));
  const counted = {
    method: tissue.method,
    engines: engines.map((c) => ({
      engine: c.engine,
      scans: c.scans,
      failedBefore: c.failedBefore,
      failedAfter: c.failedAfter,
      compared: c.compared,
      people: c.people,
      scansOver5Percent: c.scansOver5Percent,
      tested: c.structures.filter((s) => s.p !== null).length,
      significantHolm: c.significantHolm,
    })),
    structures,
    both: countBoth(tissue, regional),
  };
  return { ...counted, sentence: sentenceOf(counted) };
}

function sideOf(comparison: Comparison, found: StructureComparison) {
  const changes = found.pairs.map((pair) => pair.percentChange);
  // A person's scans are drawn together: one by one they would be taken for that many people.
  const persons = [...byPerson(found.pairs).values()].map((own) => own.map((pair) => pair.percentChange));
  const interval = persons.length < 2 ? null : bootstrap(persons, (drawn) => mean(drawn.flat()));
  return {
    engine: comparison.engine,
    n: found.n,
    people: found.people,
    meanPercentChange: found.meanPercentChange,
    ciLow: interval?.low ?? null,
    ciHigh: interval?.high ?? null,
    over5Percent: changes.filter((change) => Math.abs(change) > MARK_PERCENT).length,
    floorPercent: found.floorPercent,
  };
}

function pairsOf(tissue: StructureComparison | undefined, regional: StructureComparison | undefined) {
  const other = new Map(regional?.pairs.map((pair) => [pair.seriesId, pair.percentChange]));
  return (tissue?.pairs ?? []).flatMap(({ seriesId, subjectLabel, percentChange }) => {
    const regionalPercentChange = other.get(seriesId);
    return regionalPercentChange === undefined
      ? []
      : [{ seriesId, subjectLabel, tissuePercentChange: percentChange, regionalPercentChange }];
  });
}

/** Scans both engines compared, and where each saw one of the four volumes move by more than 5 %. */
function countBoth(tissue: Comparison, regional: Comparison): SideBySide['both'] {
  const compared = (c: Comparison) =>
    new Set(c.structures.flatMap((s) => s.pairs.map((pair) => pair.seriesId)));
  const over = (c: Comparison) => new Set(c.over5Percent.map((entry) => entry.seriesId));
  const inRegional = compared(regional);
  const shared = [...compared(tissue)].filter((id) => inRegional.has(id));
  const [a, b] = [over(tissue), over(regional)];
  return {
    scans: shared.length,
    overInBoth: shared.filter((id) => a.has(id) && b.has(id)).length,
    overInTissueOnly: shared.filter((id) => a.has(id) && !b.has(id)).length,
    overInRegionalOnly: shared.filter((id) => !a.has(id) && b.has(id)).length,
  };
}

/** The finding in one sentence, numbers only, no judgement. */
function sentenceOf(c: Omit<SideBySide, 'sentence'>): string {
  if (c.both.scans === 0) return 'No scan has been compared by both engines yet.';
  const { scans, overInBoth, overInTissueOnly, overInRegionalOnly } = c.both;
  const part = (engine: Comparison['engine']) => {
    const found = c.engines.find((e) => e.engine === engine)!;
    const of = found.people < found.compared ? ` (${people(found.people)})` : '';
    return { share: `${found.scansOver5Percent} of ${found.compared}`, of };
  };
  const [tissue, regional] = [part('tissue-em'), part('regional')];
  return (
    `GM, WM, CSF or TIV moved by more than 5 % in ${tissue.share} scans${tissue.of} by the tissue engine and in ${regional.share}${regional.of} by the regional one; ` +
    `of the ${scans} that both compared, in ${overInBoth} by both and in ${overInTissueOnly + overInRegionalOnly} by one alone.`
  );
}
