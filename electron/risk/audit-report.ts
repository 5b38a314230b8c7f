import { groupBy } from '../../shared/group-by.ts';
import type { EngineId } from '../../shared/morphometry/records.ts';
import { ENGINES } from '../../shared/morphometry/records.ts';
import type { Problem } from '../../shared/problem.ts';
import {
  type AuditLimits,
  type AuditReport,
  type DistanceFigures,
  type Estimate,
  FACE_NETWORKS,
  type MethodAudit,
  type ScanAudit,
} from '../../shared/risk/records.ts';
import { bootstrap } from '../../shared/statistics/bootstrap.ts';
import { mean } from '../../shared/statistics/mean.ts';
import { median } from '../../shared/statistics/median.ts';
import { wilcoxonSignedRank } from '../../shared/statistics/wilcoxon-signed-rank.ts';
import type { Db } from '../catalog/database.ts';
import { MARK_PERCENT, markedStructures } from '../morphometry/compare.ts';
import { type ComparisonRow, comparable, readMeasuredScan } from '../morphometry/comparison-rows.ts';
import { isMeasurable } from '../morphometry/measurable-kinds.ts';
import { readAudit, zeroCounts } from './audit-rows.ts';
import { caveatsOf, sentenceOf } from './audit-words.ts';
import type { CohortResult } from './cohort-looks.ts';

export interface ReportInput {
  readonly db: Db;
  readonly at: string;
  /** The versions that were audited, one a scan and method. */
  readonly targets: readonly {
    readonly derivativeId: number;
    readonly seriesId: number;
    readonly method: string;
  }[];
  readonly cohort: CohortResult;
  /** Why no network is believed, a clause; empty when one is. */
  readonly blind: string;
  /** People whose originals were looked at. */
  readonly people: number;
  readonly borrowed: number;
  readonly limits: AuditLimits;
  readonly tools: string;
  readonly problems: readonly Problem[];
  readonly seconds: readonly { readonly look: number | null; readonly distance: number | null }[];
}

interface OfPerson {
  readonly subjectLabel: string;
}

/** Fewest people for a signed-rank test: with five the smallest two-sided p is 0.0625. */
const FEWEST_FOR_TEST = 6;

/**
 * The audit of a project from what its scans gave: one entry per method with privacy and utility beside each other,
 * never one score.
 *
 * Reads the audits that were just written and the measurements of the same versions.
 */
export function buildReport(input: ReportInput): AuditReport {
  const { cohort, targets, db } = input;
  const gallery = cohort.galleryPeople + input.borrowed;
  const methods = [...new Set(targets.map((t) => t.method))].map((method) =>
    auditOfMethod(
      db,
      method,
      targets.filter((t) => t.method === method),
      cohort,
    ),
  );
  const report = {
    at: input.at,
    people: input.people,
    galleryPeople: cohort.galleryPeople,
    borrowed: input.borrowed,
    chanceRank1: gallery > 0 ? 1 / gallery : 0,
    chanceRank5: gallery > 0 ? Math.min(1, 5 / gallery) : 0,
    upperBound: [...cohort.upperBound],
    sees: [...cohort.sees],
    methods,
    limits: input.limits,
    tools: input.tools,
    problems: uniqueProblems(input.problems),
    seconds: {
      look: medianOf(input.seconds.map((s) => s.look)),
      distance: medianOf(input.seconds.map((s) => s.distance)),
    },
  };
  const words = { ...report, blind: input.blind };
  return { ...report, sentence: sentenceOf(words), caveats: caveatsOf(words) };
}

function auditOfMethod(
  db: Db,
  method: string,
  targets: readonly { readonly derivativeId: number; readonly seriesId: number }[],
  cohort: CohortResult,
): MethodAudit {
  const audits = targets.flatMap((t) => readAudit(db, t.derivativeId) ?? []);
  const states = zeroCounts();
  for (const audit of audits) states[audit.state]++;
  const figures = cohort.methods.find((m) => m.method === method)?.figures ?? [];
  return {
    method,
    scans: targets.length,
    states,
    recognition: FACE_NETWORKS.flatMap((n) => figures.find((f) => f.network === n) ?? []),
    distance: distanceFigures(audits),
    morphometry: ENGINES.map((engine) => morphometryOf(db, engine, audits)),
    secondsPerScan: medianOf(
      targets.map(
        (t) =>
          (db.prepare('SELECT seconds FROM derivative WHERE id = ?').pluck().get(t.derivativeId) as
            | number
            | undefined) ?? null,
      ),
    ),
  };
}

/** How far the faces of scans lie from the true ones; tests and intervals count people. */
export function distanceFigures(audits: readonly ScanAudit[]): DistanceFigures | null {
  const pairs = audits.flatMap(({ distance, seriesId, derivativeId, subjectLabel }) =>
    distance
      ? [
          {
            seriesId,
            derivativeId,
            subjectLabel,
            meanMm: distance.edited.meanMm,
            p95Mm: distance.edited.p95Mm,
            averageMm: distance.average?.meanMm ?? null,
          },
        ]
      : [],
  );
  if (pairs.length === 0) return null;
  const both = pairs.flatMap((p) => (p.averageMm === null ? [] : [{ ...p, averageMm: p.averageMm }]));
  // A person's scans show one face: one by one they would be taken for that many people.
  const persons = [...groupBy(both, (p) => p.subjectLabel).values()];
  const test =
    persons.length < FEWEST_FOR_TEST
      ? null
      : wilcoxonSignedRank(
          persons.map((own) => mean(own.map((p) => p.averageMm))),
          persons.map((own) => mean(own.map((p) => p.meanMm))),
        ).p;
  return {
    n: pairs.length,
    meanMm: estimateOfMean(pairs, (p) => p.meanMm),
    p95Mm: estimateOfMean(pairs, (p) => p.p95Mm),
    averageMeanMm: estimateOfMean(both, (p) => p.averageMm),
    averageN: both.length,
    closer: both.filter((p) => p.meanMm < p.averageMm).length,
    p: test,
    pairs: pairs.map(({ p95Mm: _, ...pair }) => pair),
  };
}

/** Volumes of the very versions that were audited. */
function morphometryOf(
  db: Db,
  engine: EngineId,
  audits: readonly ScanAudit[],
): MethodAudit['morphometry'][number] {
  const measured = audits.filter((a) => isMeasurable(a.kind));
  const rows = measured.map(({ seriesId, derivativeId, subjectLabel }) => {
    const before = readMeasuredScan(db, seriesId, null, engine);
    const after = readMeasuredScan(db, seriesId, derivativeId, engine);
    return { subjectLabel, before: before && after && !comparable(before, after) ? null : before, after };
  });
  const changes = rows.flatMap((row) => {
    const percent = markedChanges(row);
    return percent ? [{ subjectLabel: row.subjectLabel, percent }] : [];
  });
  return {
    engine,
    meanAbsPercent: estimateOfMean(changes, (c) => mean(c.percent.map(Math.abs))),
    over5Percent: changes.filter((c) => c.percent.some((x) => Math.abs(x) > MARK_PERCENT)).length,
    failedAfter: rows.filter((r) => r.after !== null && r.after.failure !== '').length,
  };
}

/** Percent changes of GM, WM, CSF and TIV; null for a scan without both measurements. */
function markedChanges({ before, after }: Pick<ComparisonRow, 'before' | 'after'>): number[] | null {
  if (!before || !after || before.failure || after.failure) return null;
  const changes = markedStructures.flatMap((name) => {
    const [a, b] = [before.volumes[name], after.volumes[name]];
    return a !== undefined && b !== undefined && a > 0 ? [(100 * (b - a)) / a] : [];
  });
  return changes.length > 0 ? changes : null;
}

/** Mean over scans, with its percentile-bootstrap interval over people; none for fewer than two of them. */
function estimateOfMean<T extends OfPerson>(scans: readonly T[], value: (scan: T) => number): Estimate {
  if (scans.length === 0) return { value: null, low: null, high: null, n: 0 };
  const values = scans.map(value);
  const persons = [...groupBy(scans, (s) => s.subjectLabel).values()].map((own) => own.map(value));
  const interval = persons.length < 2 ? null : bootstrap(persons, (drawn) => mean(drawn.flat()));
  return {
    value: mean(values),
    low: interval?.low ?? null,
    high: interval?.high ?? null,
    n: values.length,
  };
}

function medianOf(values: readonly (number | null)[]): number | null {
  const known = values.flatMap((v) => (v === null ? [] : [v]));
  return known.length === 0 ? null : median(known);
}

/** The same finding on several versions of one scan is shown once. */
function uniqueProblems(problems: readonly Problem[]): Problem[] {
  const seen = new Set<string>();
  return problems.filter((p) => {
    const key = `${p.code} ${p.subject} ${p.message}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
