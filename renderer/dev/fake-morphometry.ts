import type {
  Comparison,
  EngineId,
  EngineState,
  SideBySide,
  StructureComparison,
} from '../../shared/morphometry/records.ts';
import { blandAltman } from '../../shared/statistics/bland-altman.ts';
import { bootstrap } from '../../shared/statistics/bootstrap.ts';
import { holm } from '../../shared/statistics/holm.ts';
import { iccA1 } from '../../shared/statistics/icc-a1.ts';
import { mean } from '../../shared/statistics/mean.ts';
import { median } from '../../shared/statistics/median.ts';
import { seededRandom } from '../../shared/statistics/seeded-random.ts';
import { wilcoxonSignedRank } from '../../shared/statistics/wilcoxon-signed-rank.ts';
import { subjectLabel } from './fake-data.ts';

/** Made-up measurements of both engines. Volumes and changes are invented; every statistic is computed from them. */
type Recipe = readonly [structure: string, meanMm3: number, shiftPercent: number, spreadPercent: number];

const TISSUE: readonly Recipe[] = [
  ['GM', 640_000, 0.1, 1.1],
  ['WM', 520_000, -0.04, 0.9],
  ['CSF', 210_000, 1.2, 2.4],
  ['TIV', 1_370_000, 0.05, 0.7],
];

const sides = (name: string, volume: number, shift: number, spread: number): Recipe[] => [
  [`left ${name}`, volume, shift, spread],
  [`right ${name}`, volume * 1.01, shift * 0.8, spread],
];

const REGIONAL: readonly Recipe[] = [
  ['GM', 655_000, 0.06, 0.5],
  ['WM', 505_000, -0.03, 0.4],
  ['CSF', 232_000, 0.5, 1.5],
  ['TIV', 1_392_000, 0.08, 0.3],
  ...sides('lateral ventricle', 9_800, -0.05, 0.6),
  ['third ventricle', 1_100, 0.02, 0.9],
  ['fourth ventricle', 1_900, 0.03, 0.8],
  ...sides('thalamus', 7_400, 0.01, 0.3),
  ...sides('caudate', 3_600, -0.02, 0.4),
  ...sides('putamen', 5_000, 0.02, 0.4),
  ...sides('pallidum', 1_850, 0.03, 0.6),
  ...sides('hippocampus', 4_100, -0.05, 0.5),
  ...sides('amygdala', 1_650, -0.3, 1.1),
  ...sides('accumbens', 560, 0.1, 1.6),
  ...sides('ventral DC', 4_200, 0.02, 0.4),
  ['brain stem', 21_500, 0.12, 0.3],
  ['cerebellum GM', 98_000, 0.04, 0.4],
  ['cerebellum WM', 28_000, 0.02, 0.5],
];

function compareStructure(
  [structure, volume, shift, spread]: Recipe,
  index: number,
  scans: number,
): Omit<StructureComparison, 'pHolm'> {
  const next = seededRandom(99 + index);
  const normal = () => Math.sqrt(-2 * Math.log(next() + 1e-9)) * Math.cos(2 * Math.PI * next());
  const pairs = Array.from({ length: scans }, (_, n) => {
    const before = volume * (1 + 0.09 * normal());
    const percentChange = shift + spread * normal();
    const after = before * (1 + percentChange / 100);
    return { seriesId: 1 + 5 * n, subjectId: n, subjectLabel: subjectLabel(n), before, after, percentChange };
  });
  const before = pairs.map((pair) => pair.before);
  const after = pairs.map((pair) => pair.after);
  const changes = pairs.map((pair) => pair.percentChange);
  const agreement = blandAltman(before, after);
  return {
    structure,
    n: scans,
    people: scans,
    meanBefore: mean(before),
    meanAfter: mean(after),
    meanPercentChange: mean(changes),
    medianPercentChange: median(changes),
    maxAbsPercentChange: Math.max(...changes.map(Math.abs)),
    medianAbsPercentChange: median(changes.map(Math.abs)),
    // Smaller structures are measured less repeatably.
    floorPercent: 0.35 + 14 / Math.sqrt(volume / 10),
    floorN: 12,
    p: wilcoxonSignedRank(before, after).p,
    icc: iccA1(pairs.map((pair) => [pair.before, pair.after])),
    biasMm3: agreement.bias,
    limitLowMm3: agreement.low,
    limitHighMm3: agreement.high,
    dice: 0.992 - 1.1 / Math.sqrt(volume),
    pairs,
  };
}

export function makeComparison(scans: number, engine: EngineId): Comparison {
  const drafts = (engine === 'regional' ? REGIONAL : TISSUE).map((recipe, n) =>
    compareStructure(recipe, n + (engine === 'regional' ? 40 : 0), scans),
  );
  const corrected = holm(drafts.map((draft) => draft.p));
  const structures = drafts.map((draft, n) => ({ ...draft, pHolm: corrected[n] ?? null }));
  const over = structures
    .filter((item) => ['GM', 'WM', 'CSF', 'TIV'].includes(item.structure))
    .flatMap((item) =>
      item.pairs
        .filter((pair) => Math.abs(pair.percentChange) > 5)
        .map(({ seriesId, subjectLabel, percentChange }) => ({
          seriesId,
          subjectLabel,
          structure: item.structure,
          percentChange,
        })),
    );
  const [failedBefore, failedAfter] = engine === 'regional' ? [2, 3] : [1, 2];
  const scansOver5Percent = new Set(over.map((row) => row.seriesId)).size;
  const significantHolm = structures.filter((item) => item.pHolm !== null && item.pHolm < 0.05).length;
  const aboveFloor = structures.filter(
    (item) => item.medianAbsPercentChange > (item.floorPercent ?? 0),
  ).length;
  return {
    engine,
    method: 'quickshear',
    scans: scans + failedBefore + failedAfter,
    failedBefore,
    failedAfter,
    compared: scans,
    people: scans,
    over5Percent: over,
    scansOver5Percent,
    significantRaw: structures.filter((item) => item.p !== null && item.p < 0.05).length,
    significantHolm,
    withFloor: structures.length,
    aboveFloor,
    structures,
    sentence: `Of ${scans + failedBefore + failedAfter} scans, measuring failed in ${failedBefore} before and ${failedAfter} after; after quickshear, ${scansOver5Percent} of ${scans} changed by more than 5 % in GM, WM, CSF or TIV, and ${significantHolm} of ${structures.length} structures differ by more than chance (Wilcoxon, Holm-corrected); ${aboveFloor} of ${structures.length} structures moved more than scan–rescan variation (12 repeat pairs).`,
  };
}

export function emptyComparison(engine: EngineId): Comparison {
  return {
    ...makeComparison(2, engine),
    scans: 0,
    failedBefore: 0,
    failedAfter: 0,
    compared: 0,
    people: 0,
    over5Percent: [],
    scansOver5Percent: 0,
    significantRaw: 0,
    significantHolm: 0,
    withFloor: 0,
    aboveFloor: 0,
    structures: [],
    sentence: '',
  };
}

const REASONS = [
  'The segmentation is unsure of itself: mean probability 0.41 over the brain, expected at least 0.75.',
  'The brain mask holds 212 ml; expected 300 ml to 2500 ml.',
  'The process that segments ended unexpectedly (out of memory).',
];

/** @param measured what the engine has measured; null: the engine has done nothing yet */
export function makeEngineState(
  measured: Comparison | null,
  engine: EngineId,
  available: boolean,
): EngineState {
  const failures = (side: 'before' | 'after', count: number) =>
    Array.from({ length: count }, (_, n) => ({
      seriesId: 1001 + 5 * n,
      subjectLabel: subjectLabel(200 + n),
      side,
      reason: REASONS[n % REASONS.length] ?? '',
    }));
  return {
    engine,
    available,
    scans: measured?.scans ?? 0,
    measuredBefore: measured ? measured.compared + measured.failedAfter : 0,
    measuredAfter: measured ? measured.compared + measured.failedBefore : 0,
    waiting: 0,
    failedBefore: measured?.failedBefore ?? 0,
    failedAfter: measured?.failedAfter ?? 0,
    failures: [
      ...failures('before', measured?.failedBefore ?? 0),
      ...failures('after', measured?.failedAfter ?? 0),
    ],
    brainMasks:
      engine === 'tissue-em' && measured
        ? { network: available ? measured.compared - 4 : 0, extraction: available ? 4 : measured.compared }
        : { network: 0, extraction: 0 },
  };
}

export function makeSideBySide(tissue: Comparison, regional: Comparison): SideBySide {
  const engines = [tissue, regional];
  const find = (comparison: Comparison, name: string) =>
    comparison.structures.find((item) => item.structure === name);
  const over = (comparison: Comparison) => new Set(comparison.over5Percent.map((row) => row.seriesId));
  const [a, b] = [over(tissue), over(regional)];
  const both = [...a].filter((id) => b.has(id)).length;
  const scans = Math.min(tissue.compared, regional.compared);
  return {
    method: tissue.method,
    engines: engines.map((comparison) => ({
      engine: comparison.engine,
      scans: comparison.scans,
      failedBefore: comparison.failedBefore,
      failedAfter: comparison.failedAfter,
      compared: comparison.compared,
      people: comparison.people,
      scansOver5Percent: comparison.scansOver5Percent,
      tested: comparison.structures.filter((item) => item.p !== null).length,
      significantHolm: comparison.significantHolm,
    })),
    structures: ['GM', 'WM', 'CSF', 'TIV'].map((structure) => ({
      structure,
      engines: engines.flatMap((comparison) => {
        const found = find(comparison, structure);
        if (!found) return [];
        const changes = found.pairs.map((pair) => pair.percentChange);
        const interval = bootstrap(changes, mean);
        return [
          {
            engine: comparison.engine,
            n: found.n,
            people: found.people,
            meanPercentChange: found.meanPercentChange,
            ciLow: interval?.low ?? null,
            ciHigh: interval?.high ?? null,
            over5Percent: changes.filter((change) => Math.abs(change) > 5).length,
            floorPercent: found.floorPercent,
          },
        ];
      }),
      pairs: (find(tissue, structure)?.pairs ?? []).flatMap((pair, n) => {
        const other = find(regional, structure)?.pairs[n];
        return other
          ? [
              {
                seriesId: pair.seriesId,
                subjectLabel: pair.subjectLabel,
                tissuePercentChange: pair.percentChange,
                regionalPercentChange: 0.4 * pair.percentChange + 0.8 * other.percentChange,
              },
            ]
          : [];
      }),
    })),
    both: {
      scans,
      overInBoth: both,
      overInTissueOnly: a.size - both,
      overInRegionalOnly: b.size - both,
    },
    sentence:
      scans === 0
        ? 'No scan has been compared by both engines yet.'
        : `GM, WM, CSF or TIV moved by more than 5 % in ${a.size} of ${tissue.compared} scans by the tissue engine and in ${b.size} of ${regional.compared} by the regional one; of the ${scans} that both compared, in ${both} by both and in ${a.size + b.size - 2 * both} by one alone.`,
  };
}
