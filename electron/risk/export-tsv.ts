import {
  type AuditReport,
  type Estimate,
  FACE_NETWORKS,
  type RecognitionFigures,
  type ScanAudit,
} from '../../shared/risk/records.ts';
import { toTsv } from '../morphometry/export-tsv.ts';

/**
 * One row per audited scan: pseudonym, verdict, what each network said, distances in mm.
 *
 * Tab-separated with a header line, `n/a` for missing values as BIDS writes them.
 */
export function scansTsv(audits: readonly ScanAudit[]): string {
  const header = [
    'subject',
    'series',
    'kind',
    'method',
    'verdict',
    ...FACE_NETWORKS.flatMap((n) =>
      ['views', 'views_with_face', 'similarity', 'threshold', 'rank', 'people', 'original_rank'].map(
        (name) => `${n}_${name}`,
      ),
    ),
    'distance_mean_mm',
    'distance_p95_mm',
    'average_face_mean_mm',
    'region_from',
    'reason',
    'since',
  ];
  const rows = audits.map((a) => [
    a.subjectLabel,
    String(a.seriesId),
    a.kind,
    a.method,
    a.state,
    ...FACE_NETWORKS.flatMap((network) => {
      const r = a.recognition.find((item) => item.network === network);
      return [
        whole(r?.views),
        whole(r?.viewsWithFace),
        figure(r?.similarity),
        figure(r?.threshold),
        whole(r?.rank),
        whole(r?.people),
        whole(r?.originalRank),
      ];
    }),
    figure(a.distance?.edited.meanMm),
    figure(a.distance?.edited.p95Mm),
    figure(a.distance?.average?.meanMm),
    a.distance?.regionFrom ?? 'n/a',
    a.reason,
    a.at,
  ]);
  return toTsv([header, ...rows]);
}

/**
 * One row per figure of each method and of the untouched heads: value with 95 % interval and n.
 *
 * The finding and its caveats come first as comment lines that a table reader skips (`#`).
 */
export function methodsTsv(report: AuditReport): string {
  const rows: string[][] = [];
  const add = (method: string, network: string, name: string, e: Estimate) =>
    rows.push([method, network, name, figure(e.value), figure(e.low), figure(e.high), String(e.n)]);
  const plain = (method: string, network: string, name: string, value: number | null, n: number) =>
    add(method, network, name, { value, low: null, high: null, n });
  const recognition = (method: string, f: RecognitionFigures) => {
    add(method, f.network, 'face_found_share', f.faceFound);
    for (const { view, found } of f.facesByView)
      plain(method, f.network, `face_found_${view}`, f.probes ? found / f.probes : null, f.probes);
    plain(method, f.network, 'people_without_face', f.withoutFace, f.probes);
    add(method, f.network, 'rank1', f.rank1);
    add(method, f.network, 'rank5', f.rank5);
    add(method, f.network, 'auc', f.auc);
    add(method, f.network, 'eer', f.eer);
    add(method, f.network, 'd_prime', f.dPrime);
    plain(method, f.network, 'threshold', f.threshold, f.probes);
    add(method, f.network, 'accepted_share', f.accepted);
  };
  plain('chance', 'n/a', 'rank1', report.chanceRank1, report.galleryPeople + report.borrowed);
  plain('chance', 'n/a', 'rank5', report.chanceRank5, report.galleryPeople + report.borrowed);
  for (const f of report.upperBound) recognition('untouched', f);
  for (const m of report.methods) {
    for (const f of m.recognition) recognition(m.method, f);
    if (m.distance) {
      add(m.method, 'n/a', 'distance_mean_mm', m.distance.meanMm);
      add(m.method, 'n/a', 'distance_p95_mm', m.distance.p95Mm);
      add(m.method, 'n/a', 'average_face_mean_mm', m.distance.averageMeanMm);
      plain(m.method, 'n/a', 'closer_than_average_face', m.distance.closer, m.distance.averageN);
      plain(m.method, 'n/a', 'distance_wilcoxon_p', m.distance.p, m.distance.averageN);
    }
    for (const e of m.morphometry) {
      add(m.method, e.engine, 'mean_abs_change_percent', e.meanAbsPercent);
      plain(m.method, e.engine, 'scans_over_5_percent', e.over5Percent, e.meanAbsPercent.n);
      plain(m.method, e.engine, 'failed_after', e.failedAfter, m.scans);
    }
    plain(m.method, 'n/a', 'seconds_per_scan', m.secondsPerScan, m.scans);
    for (const [state, n] of Object.entries(m.states)) plain(m.method, 'n/a', `scans_${state}`, n, m.scans);
  }
  const comments = [report.sentence, ...report.caveats, `tools ${report.tools}`, `made ${report.at}`];
  return (
    comments.map((line) => `# ${line.replace(/[\r\n]+/g, ' ')}\n`).join('') +
    toTsv([['method', 'network_or_engine', 'figure', 'value', 'ci95_low', 'ci95_high', 'n'], ...rows])
  );
}

function figure(value: number | null | undefined): string {
  return value === null || value === undefined || !Number.isFinite(value)
    ? 'n/a'
    : String(Number(value.toPrecision(5)));
}

function whole(value: number | null | undefined): string {
  return value === null || value === undefined ? 'n/a' : String(value);
}
