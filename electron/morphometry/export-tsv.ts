import type { Comparison } from '../../shared/morphometry/records.ts';
import { percentChange } from '../../shared/statistics/percent-change.ts';
import type { ComparisonRow, MeasuredScan } from './comparison-rows.ts';
import type { Floors } from './scan-rescan.ts';

/**
 * The comparison as a table: one row per scan and structure, one row for a scan without measurements.
 *
 * Floors are the scan–rescan variation of each structure, the same in every row of it. A structure of volume 0 in the
 * original has no percentage and is in no mean.
 * Tab-separated, a header line, `n/a` for missing values as BIDS writes them, volumes in mm³ with one decimal.
 */
export function comparisonTsv(rows: readonly ComparisonRow[], floors: Floors = new Map()): string {
  const lines = [
    [
      'subject',
      'series',
      'structure',
      'before_mm3',
      'after_mm3',
      'percent_change',
      'dice',
      'floor_percent',
      'floor_pairs',
      'status',
    ],
  ];
  for (const row of rows) {
    const names = new Set([
      ...Object.keys(row.before?.volumes ?? {}),
      ...Object.keys(row.after?.volumes ?? {}),
    ]);
    const status = statusOf(row);
    for (const structure of names.size > 0 ? names : ['n/a']) {
      const before = row.before?.volumes[structure];
      const after = row.after?.volumes[structure];
      const change =
        before !== undefined && after !== undefined && before > 0 ? percentChange(before, after) : undefined;
      lines.push([
        row.subjectLabel,
        String(row.seriesId),
        structure,
        figure(before, 1),
        figure(after, 1),
        figure(change, 3),
        figure(row.after?.dice[structure], 4),
        figure(floors.get(structure)?.percent, 3),
        String(floors.get(structure)?.pairs ?? 0),
        status === 'ok' && before === 0 ? 'absent before' : status,
      ]);
    }
  }
  return toTsv(lines);
}

/** The statistics per structure and the finding, as comment lines that a table reader skips (`#`). */
export function summaryTsv(comparison: Comparison): string {
  const c = comparison;
  const lines = [
    [c.sentence],
    [`engine ${c.engine}`, `method ${c.method}`],
    [
      `scans ${c.scans}`,
      `failed before ${c.failedBefore}`,
      `failed after ${c.failedAfter}`,
      `compared ${c.compared}`,
      ...(c.people < c.compared ? [`people ${c.people}`] : []),
      `over 5 percent ${c.scansOver5Percent}`,
    ],
    [
      'structure',
      'n',
      'mean_before_mm3',
      'mean_after_mm3',
      'mean_percent',
      'median_percent',
      'max_abs_percent',
      'median_abs_percent',
      'floor_percent',
      'floor_pairs',
      'wilcoxon_p',
      'holm_p',
      'icc_a1',
      'bias_mm3',
      'limit_low_mm3',
      'limit_high_mm3',
      'dice',
      'people',
    ],
    ...c.structures.map((s) => [
      s.structure,
      String(s.n),
      figure(s.meanBefore, 1),
      figure(s.meanAfter, 1),
      figure(s.meanPercentChange, 3),
      figure(s.medianPercentChange, 3),
      figure(s.maxAbsPercentChange, 3),
      figure(s.medianAbsPercentChange, 3),
      figure(s.floorPercent, 3),
      String(s.floorN),
      probability(s.p),
      probability(s.pHolm),
      figure(s.icc, 5),
      figure(s.biasMm3, 1),
      figure(s.limitLowMm3, 1),
      figure(s.limitHighMm3, 1),
      figure(s.dice, 4),
      String(s.people),
    ]),
  ];
  return toTsv(lines)
    .trimEnd()
    .split('\n')
    .map((line) => `# ${line}\n`)
    .join('');
}

function statusOf(row: ComparisonRow): string {
  const side = (scan: MeasuredScan | null, name: string) =>
    scan === null ? `${name} not measured` : scan.failure !== '' ? `${name} failed: ${scan.failure}` : '';
  return [side(row.before, 'before'), side(row.after, 'after')].filter(Boolean).join('; ') || 'ok';
}

function figure(value: number | null | undefined, digits: number): string {
  return value === null || value === undefined || !Number.isFinite(value) ? 'n/a' : value.toFixed(digits);
}

function probability(p: number | null): string {
  return p === null ? 'n/a' : p.toPrecision(4);
}

/** Tab-separated lines; a tab or a line break inside a cell would make two of it and becomes a space. */
export function toTsv(lines: readonly (readonly string[])[]): string {
  return lines
    .map((cells) => `${cells.map((cell) => cell.replace(/[\t\r\n]+/g, ' ')).join('\t')}\n`)
    .join('');
}
