import * as Plot from '@observablehq/plot';
import type { Pair, StructureComparison } from '../../shared/morphometry/records.ts';
import { formatPercent } from '../ui/format.ts';
import { STYLE, tagPoints } from '../ui/plot-points.ts';

interface Point extends Pair {
  structure: string;
}

function describe(point: Pair): string {
  return `${point.subjectLabel}: ${formatPercent(point.percentChange)} (series ${point.seriesId})`;
}

/**
 * Difference against mean of one structure, with bias and 1.96 SD limits.
 *
 * @returns an SVG whose circles carry `data-series`, in the order of `pairs`
 * @see Bland & Altman 1986, "Statistical methods for assessing agreement"
 */
export function blandAltmanPlot(comparison: StructureComparison, width: number): SVGSVGElement {
  const limits = [comparison.limitLowMm3, comparison.limitHighMm3].filter((limit) => limit !== null);
  const { pairs } = comparison;
  const plot = Plot.plot({
    width,
    height: 300,
    marginLeft: 64,
    marginBottom: 40,
    style: STYLE,
    x: { label: 'mean of before and after, mm³ →', labelAnchor: 'right', tickFormat: 's', nice: true },
    y: { label: '↑ after minus before, mm³', grid: true, nice: true },
    marks: [
      Plot.ruleY([0], { stroke: 'var(--rf-dim)' }),
      Plot.ruleY([comparison.biasMm3], { stroke: 'var(--rf-accent)', strokeWidth: 1.5 }),
      Plot.ruleY(limits, { stroke: 'var(--rf-accent)', strokeDasharray: '5 4' }),
      Plot.dot(pairs, {
        x: (pair: Pair) => (pair.before + pair.after) / 2,
        y: (pair: Pair) => pair.after - pair.before,
        r: 3.5,
        fill: 'var(--rf-accent)',
        fillOpacity: 0.55,
        stroke: 'var(--rf-accent)',
        title: describe,
      }),
    ],
  });
  return tagPoints(plot, drawn(pairs));
}

/** Percent change of every scan, one row of points per structure, with the 5 % marks. */
export function percentChangePlot(structures: readonly StructureComparison[], width: number): SVGSVGElement {
  const points: Point[] = structures.flatMap((item) =>
    item.pairs.map((pair) => ({ ...pair, structure: item.structure })),
  );
  const order = structures.map((item) => item.structure);
  const plot = Plot.plot({
    width,
    height: Math.max(300, 26 * order.length + 60),
    marginLeft: Math.min(160, 24 + 7 * Math.max(4, ...order.map((name) => name.length))),
    marginBottom: 40,
    style: STYLE,
    x: { label: 'change, % →', grid: true, nice: true },
    y: { label: null, domain: order },
    marks: [
      Plot.ruleX([0], { stroke: 'var(--rf-dim)' }),
      Plot.ruleX([-5, 5], { stroke: 'var(--rf-failed)', strokeDasharray: '5 4' }),
      Plot.dot(points, {
        x: 'percentChange',
        y: 'structure',
        r: 3,
        fill: (point: Point) => (Math.abs(point.percentChange) > 5 ? 'var(--rf-failed)' : 'var(--rf-accent)'),
        fillOpacity: 0.5,
        title: (point: Point) => `${point.structure}, ${describe(point)}`,
      }),
      Plot.tickX(structures, {
        x: (item: StructureComparison) => item.meanPercentChange,
        y: (item: StructureComparison) => item.structure,
        stroke: 'var(--rf-text)',
        strokeWidth: 2.5,
      }),
    ],
  });
  return tagPoints(plot, drawn(points));
}

/** Plot keeps the order of the data but leaves out points that are not finite. */
function drawn(points: readonly Pair[]): Pair[] {
  return points.filter(
    (point) =>
      Number.isFinite(point.percentChange) && Number.isFinite(point.before) && Number.isFinite(point.after),
  );
}
