import * as Plot from '@observablehq/plot';
import type { AuditReport, FaceNetwork, Histogram, MethodAudit } from '../../shared/risk/records.ts';
import { STYLE, tagPoints } from '../ui/plot-points.ts';
import { formatFixed, type Probes, probesText } from './figures.ts';
import { lookOf } from './method-looks.ts';

interface Bin {
  readonly row: string;
  readonly from: number;
  readonly to: number;
  /** Share of the comparisons of its kind, %. */
  readonly share: number;
}

/**
 * Similarities to the own original (outline) and to strangers (filled), one row for untouched heads and one per method.
 *
 * Heights are shares of all comparisons of their kind, so that few own pairs and many strangers can be read together.
 */
export function similarityPlot(report: AuditReport, network: FaceNetwork, width: number): SVGSVGElement {
  const rows = [
    { row: 'untouched', color: 'var(--rf-text)', of: 'people' as Probes, list: report.upperBound },
    ...report.methods.map((method, n) => ({
      row: method.method,
      color: lookOf(n).color,
      of: 'scans' as Probes,
      list: method.recognition,
    })),
  ].flatMap(({ row, color, of, list }) => {
    const figures = list.find((item) => item.network === network);
    return figures ? [{ row, color, of, figures }] : [];
  });
  const strangers = rows.flatMap(({ row, figures }) => binsOf(row, figures.impostor));
  const own = rows.map(({ row, color, figures }) => ({ row, color, bins: binsOf(row, figures.genuine) }));
  const thresholds = rows.flatMap(({ row, figures: { threshold } }) =>
    threshold === null ? [] : [{ row, threshold }],
  );
  const used = [...strangers, ...own.flatMap((item) => item.bins)].filter((bin) => bin.share > 0);
  const xs = [...used.flatMap((bin) => [bin.from, bin.to]), ...thresholds.map((item) => item.threshold)];
  const plot = Plot.plot({
    width,
    height: 92 * rows.length + 60,
    marginLeft: 46,
    marginRight: 92,
    marginBottom: 46,
    style: STYLE,
    x: {
      label: 'similarity (line: own original, filled: strangers, dashed: threshold) →',
      labelAnchor: 'right',
      domain: [Math.min(...xs, 0.4), Math.max(...xs, 0.6)],
      grid: true,
    },
    y: { label: '↑ share, %', ticks: 3, nice: true },
    fy: { label: null, domain: rows.map((item) => item.row), padding: 0.18 },
    marks: [
      Plot.axisFy({ anchor: 'right', label: null, fontWeight: 600 }),
      Plot.rectY(strangers, {
        fy: 'row',
        x1: 'from',
        x2: 'to',
        y: 'share',
        inset: 0,
        fill: 'var(--rf-dim)',
        fillOpacity: 0.4,
      }),
      ...own.map(({ bins, color }) =>
        Plot.line(outline(bins), {
          fy: 'row',
          x: 'x',
          y: 'share',
          stroke: color,
          strokeWidth: 2,
        }),
      ),
      Plot.ruleX(thresholds, {
        fy: 'row',
        x: 'threshold',
        stroke: 'var(--rf-failed)',
        strokeDasharray: '5 4',
        title: (item: { threshold: number }) => `recognised from ${formatFixed(item.threshold, 2)}`,
      }),
      Plot.text(
        rows.map(({ row, of, figures }) => ({
          row,
          text:
            figures.withoutFace > 0
              ? `no face: ${figures.withoutFace} of ${figures.probes}`
              : probesText(figures.probes, of),
        })),
        {
          fy: 'row',
          text: 'text',
          frameAnchor: 'top-right',
          dx: 88,
          dy: 2,
          textAnchor: 'end',
          fill: 'var(--rf-dim)',
        },
      ),
      Plot.ruleY([0], { stroke: 'var(--rf-dim)' }),
    ],
  });
  return tagPoints(plot, []);
}

function binsOf(row: string, { from, to, counts }: Histogram): Bin[] {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const step = (to - from) / Math.max(1, counts.length);
  if (total === 0) return [];
  return counts.map((count, n) => ({
    row,
    from: from + n * step,
    to: from + (n + 1) * step,
    share: (100 * count) / total,
  }));
}

/** The upper edge of the bars as one line; empty bins at both ends are left out. */
function outline(bins: readonly Bin[]): { row: string; x: number; share: number }[] {
  const filled = bins.map((bin) => bin.share > 0);
  const [first, last] = [filled.indexOf(true), filled.lastIndexOf(true)];
  if (first < 0) return [];
  const kept = bins.slice(first, last + 1);
  const { row, from } = kept[0] as Bin;
  return [
    { row, x: from, share: 0 },
    ...kept.flatMap((bin) => [
      { row, x: bin.from, share: bin.share },
      { row, x: bin.to, share: bin.share },
    ]),
    { row, x: (kept.at(-1) as Bin).to, share: 0 },
  ];
}

type Pair = NonNullable<MethodAudit['distance']>['pairs'][number] & { readonly method: string };

/** Distance of every new face from the true one (filled), and of the average face for the same scan (hollow). */
export function distancePlot(report: AuditReport, width: number): SVGSVGElement {
  const methods = report.methods.filter((method) => method.distance);
  const place = new Map(report.methods.map((method, n) => [method.method, n]));
  const pairs = methods.flatMap(({ method, distance }) =>
    (distance?.pairs ?? []).map((pair): Pair => ({ ...pair, method })),
  );
  const averages = pairs.filter((pair) => pair.averageMm !== null);
  const color = (pair: Pair) => lookOf(place.get(pair.method) ?? 0).color;
  const names = methods.map((method) => method.method);
  const plot = Plot.plot({
    width,
    height: 64 * names.length + 60,
    marginLeft: 24 + 7 * Math.max(4, ...names.map((name) => name.length)),
    marginRight: 96,
    marginBottom: 46,
    style: STYLE,
    x: {
      label: 'mean distance to the true face, mm →',
      labelAnchor: 'right',
      grid: true,
      nice: true,
      zero: true,
    },
    y: { label: null, domain: names, padding: 0.1 },
    marks: [
      Plot.dot(pairs, {
        x: 'meanMm',
        y: 'method',
        dy: -12,
        r: 3.5,
        fill: color,
        fillOpacity: 0.5,
        title: (pair: Pair) =>
          `${pair.subjectLabel}, ${pair.method}: ${formatFixed(pair.meanMm, 2)} mm (series ${pair.seriesId})`,
      }),
      Plot.dot(averages, {
        x: 'averageMm',
        y: 'method',
        dy: 12,
        r: 3.5,
        fill: 'var(--rf-panel)',
        fillOpacity: 0.2,
        stroke: 'var(--rf-dim)',
        title: (pair: Pair) =>
          `${pair.subjectLabel}, average face: ${formatFixed(pair.averageMm, 2)} mm (series ${pair.seriesId})`,
      }),
      Plot.tickX(methods, {
        x: (method: MethodAudit) => method.distance?.meanMm.value ?? null,
        y: 'method',
        insetTop: 4,
        insetBottom: 30,
        stroke: 'var(--rf-text)',
        strokeWidth: 2.5,
      }),
      Plot.tickX(methods, {
        x: (method: MethodAudit) => method.distance?.averageMeanMm.value ?? null,
        y: 'method',
        insetTop: 30,
        insetBottom: 4,
        stroke: 'var(--rf-dim)',
        strokeWidth: 2.5,
      }),
      ...(['new face', 'average face'] as const).map((text, n) =>
        Plot.text(methods, {
          y: 'method',
          frameAnchor: 'right',
          text: () => text,
          dx: 90,
          dy: n === 0 ? -12 : 12,
          textAnchor: 'end',
          fill: 'var(--rf-dim)',
        }),
      ),
    ],
  });
  return tagPoints(plot, [...pairs, ...averages]);
}
