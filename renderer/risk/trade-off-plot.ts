import * as Plot from '@observablehq/plot';
import type { EngineId } from '../../shared/morphometry/records.ts';
import { NETWORK_NAMES } from '../../shared/risk/network-names.ts';
import type { AuditReport, Estimate, FaceNetwork } from '../../shared/risk/records.ts';
import { formatSeconds } from '../ui/format.ts';
import { type Box, placeLabels } from '../ui/place-labels.ts';
import { STYLE, tagPicks } from '../ui/plot-points.ts';
import { formatEstimate } from './figures.ts';
import { lookOf, type MethodLook } from './method-looks.ts';

export type PrivacyMeasure = 'recognition' | 'distance';

export interface TradeOffChoice {
  readonly measure: PrivacyMeasure;
  /** Whose recognition; ignored for distances. */
  readonly networks: readonly FaceNetwork[];
  readonly engine: EngineId;
}

interface Point {
  readonly method: string;
  readonly look: MethodLook;
  /** Drawn hollow: the second of two networks. */
  readonly hollow: boolean;
  readonly label: string;
  /** Mean |change| of volumes, %. */
  readonly x: Estimate;
  /** Percent recognised, or mm. */
  readonly y: Estimate;
  readonly title: string;
}

interface Line {
  readonly label: string;
  readonly y: number;
  readonly low: number | null;
  readonly high: number | null;
  readonly dash: string;
}

/** The second network's marks stand aside by this, or equal rates would hide each other; pixels. */
const SHIFT = 9;
const AT = { x: (p: Point) => p.x.value, y: (p: Point) => p.y.value };
const HEIGHT = 380;
const MARGIN = { left: 52, right: 18, top: 24, bottom: 48 } as const;

/** Methods with both figures of a choice; the others have no point. */
export function tradeOffPoints(report: AuditReport, choice: TradeOffChoice): Point[] {
  return report.methods.flatMap((method, n) => {
    const x = method.morphometry.find((item) => item.engine === choice.engine)?.meanAbsPercent;
    if (!x || x.value === null) return [];
    const time = method.secondsPerScan === null ? '' : `, ${formatSeconds(method.secondsPerScan)}`;
    const change = `${formatEstimate(x, 'percent')} mean |change|`;
    if (choice.measure === 'distance') {
      const y = method.distance?.meanMm;
      if (!y || y.value === null) return [];
      return [
        {
          method: method.method,
          look: lookOf(n),
          hollow: false,
          label: `${method.method}${time}`,
          x,
          y,
          title: `${method.method}: ${formatEstimate(y, 'mm')} from the true face, ${change}${time} a scan, ${method.scans} scans`,
        },
      ];
    }
    return choice.networks.flatMap((network, second) => {
      const rank1 = method.recognition.find((figures) => figures.network === network)?.rank1;
      if (!rank1 || rank1.value === null) return [];
      return [
        {
          method: method.method,
          look: lookOf(n),
          hollow: second > 0,
          // Colour and shape tie the second network's mark to the first one's label.
          label: second > 0 ? '' : `${method.method}${time}`,
          x,
          y: inPercent(rank1),
          title: `${method.method}, ${NETWORK_NAMES[network]}: rank-1 ${formatEstimate(rank1, 'share')}, ${change}${time} a scan, ${method.scans} scans`,
        },
      ];
    });
  });
}

/**
 * Privacy against utility: one point per method (and network) with both 95 % intervals and its time per scan; what
 * could have been seen at best and what guessing gives are lines, the average face likewise.
 *
 * @returns an SVG whose points carry `data-pick`, the method
 */
export function tradeOffPlot(report: AuditReport, choice: TradeOffChoice, width: number): SVGSVGElement {
  const points = tradeOffPoints(report, choice);
  const lines = linesOf(report, choice);
  const recognition = choice.measure === 'recognition';
  const xMax = 1.12 * Math.max(0.1, ...points.map(({ x }) => x.high ?? x.value ?? 0));
  const yMax = recognition
    ? 104
    : 1.12 * Math.max(1, ...points.map(({ y }) => y.high ?? y.value ?? 0), ...lines.map((line) => line.y));
  const toX = (x: number) => MARGIN.left + (x / xMax) * (width - MARGIN.left - MARGIN.right);
  const yMin = -0.09 * yMax;
  const toY = (y: number) =>
    HEIGHT - MARGIN.bottom - ((y - yMin) / (yMax - yMin)) * (HEIGHT - MARGIN.top - MARGIN.bottom);
  const frame: Box = {
    left: MARGIN.left,
    right: width - 4,
    top: MARGIN.top - 8,
    bottom: HEIGHT - MARGIN.bottom + 2,
  };
  const spots = points.map((point) => ({
    ...point,
    left: toX(point.x.value ?? 0) + (point.hollow ? SHIFT : 0),
    top: toY(point.y.value ?? 0),
  }));
  const named = spots.filter((spot) => spot.label !== '');
  const labels = placeLabels(
    named.map(({ left, top, label }) => ({ x: left, y: top, text: label })),
    frame,
    [
      ...lines.map(({ y, label }) => ({
        left: width - MARGIN.right - 6.6 * label.length,
        right: width,
        top: toY(y) - 16,
        bottom: toY(y),
      })),
      ...spots.flatMap((spot) => obstaclesOf(spot, toX, toY)),
    ],
  );
  const plot = Plot.plot({
    width,
    height: HEIGHT,
    marginLeft: MARGIN.left,
    marginRight: MARGIN.right,
    marginTop: MARGIN.top,
    marginBottom: MARGIN.bottom,
    style: STYLE,
    x: {
      label: 'mean |change| of GM, WM, CSF and TIV, % →',
      labelAnchor: 'right',
      domain: [0, xMax],
      grid: true,
      ticks: 6,
    },
    y: {
      label: recognition
        ? `↑ own original found first, %; lower is safer${markNames(choice.networks)}`
        : '↑ distance to the true face, mm; higher is safer',
      // Room for labels below the points at zero.
      domain: [yMin, yMax],
      grid: true,
      ticks: recognition ? [0, 20, 40, 60, 80, 100] : 6,
    },
    symbol: {
      domain: report.methods.map((method) => method.method),
      range: report.methods.map((_, n) => lookOf(n).symbol),
    },
    marks: [
      Plot.ruleY([0], { stroke: 'var(--rf-border)' }),
      ...lines.flatMap((line) => [
        ...(line.low === null || line.high === null
          ? []
          : [
              Plot.rect([line], {
                x1: 0,
                x2: xMax,
                y1: 'low',
                y2: (item: Line) => Math.min(item.high ?? 0, yMax),
                fill: 'var(--rf-dim)',
                fillOpacity: 0.12,
              }),
            ]),
        Plot.ruleY([line], { y: 'y', stroke: 'var(--rf-dim)', strokeWidth: 1.5, strokeDasharray: line.dash }),
        Plot.text([line], {
          x: xMax,
          y: 'y',
          text: 'label',
          textAnchor: 'end',
          dy: -8,
          fill: 'var(--rf-dim)',
          stroke: 'var(--rf-panel)',
          strokeWidth: 3,
        }),
      ]),
      ...[points.filter((p) => !p.hollow), points.filter((p) => p.hollow)].flatMap((group, second) =>
        marksOf(group, second * SHIFT),
      ),
      ...named.map((point, n) =>
        Plot.text([point], {
          ...AT,
          text: 'label',
          dx: labels[n]?.dx ?? 0,
          dy: labels[n]?.dy ?? 0,
          textAnchor: labels[n]?.anchor ?? 'start',
          fill: 'var(--rf-text)',
          stroke: 'var(--rf-panel)',
          strokeWidth: 3,
        }),
      ),
    ],
  });
  return tagPicks(
    plot,
    'rf-method',
    [...points.filter((p) => !p.hollow), ...points.filter((p) => p.hollow)].map((point) => point.method),
  );
}

/** Which network has which mark, where there are two. */
function markNames([first, second]: readonly FaceNetwork[]): string {
  if (!first || !second) return '';
  return ` (filled: ${NETWORK_NAMES[first]}, hollow: ${NETWORK_NAMES[second]})`;
}

/** Both intervals and the mark of each point, moved aside by `dx` pixels. */
function marksOf(points: readonly Point[], dx: number): Plot.Markish[] {
  return [
    Plot.ruleX(
      points.filter((p) => p.y.low !== null),
      {
        x: AT.x,
        y1: (p: Point) => p.y.low,
        y2: (p: Point) => p.y.high,
        dx,
        stroke: (p: Point) => p.look.color,
        strokeWidth: 1.5,
      },
    ),
    Plot.ruleY(
      points.filter((p) => p.x.low !== null),
      {
        y: AT.y,
        x1: (p: Point) => p.x.low,
        x2: (p: Point) => p.x.high,
        dx,
        stroke: (p: Point) => p.look.color,
        strokeWidth: 1.5,
      },
    ),
    Plot.dot(points, {
      ...AT,
      className: 'rf-method',
      r: 6,
      dx,
      symbol: 'method',
      fill: (p: Point) => (p.hollow ? 'var(--rf-panel)' : p.look.color),
      stroke: (p: Point) => p.look.color,
      strokeWidth: 2,
      title: 'title',
    }),
  ];
}

/** A mark and its intervals as boxes that labels keep clear of. */
function obstaclesOf(
  { x, y, left, top, hollow, label }: Point & { left: number; top: number },
  toX: (x: number) => number,
  toY: (y: number) => number,
): Box[] {
  const shift = hollow ? SHIFT : 0;
  const value = (estimate: Estimate) => estimate.value ?? 0;
  return [
    {
      left: toX(x.low ?? value(x)) + shift,
      right: toX(x.high ?? value(x)) + shift,
      top: top - 1,
      bottom: top + 1,
    },
    { left: left - 1, right: left + 1, top: toY(y.high ?? value(y)), bottom: toY(y.low ?? value(y)) },
    ...(label === '' ? [{ left: left - 6, right: left + 6, top: top - 6, bottom: top + 6 }] : []),
  ];
}

/** What the points are held against: untouched heads and chance, or the average face. */
function linesOf(report: AuditReport, { measure, networks }: TradeOffChoice): Line[] {
  if (measure === 'distance') {
    // The average face differs between methods only by which scans they have.
    const [most] = report.methods
      .flatMap((method) => (method.distance?.averageMeanMm.value != null ? [method.distance] : []))
      .sort((a, b) => b.averageN - a.averageN);
    if (!most || most.averageMeanMm.value === null) return [];
    const { value, low, high } = most.averageMeanMm;
    return [
      { label: `average face ${formatEstimate(most.averageMeanMm, 'mm')}`, y: value, low, high, dash: '5 4' },
    ];
  }
  const upper = networks.flatMap((network): Line[] => {
    const rank1 = report.upperBound.find((figures) => figures.network === network)?.rank1;
    if (!rank1 || rank1.value === null) return [];
    const { value, low, high } = inPercent(rank1);
    return [
      {
        label: `untouched, ${NETWORK_NAMES[network]} ${formatEstimate(rank1, 'share')}`,
        y: value ?? 0,
        low,
        high,
        dash: 'none',
      },
    ];
  });
  const chance = 100 * report.chanceRank1;
  if (upper.length === 0) return [];
  const label = `chance ${chance < 10 ? Number(chance.toFixed(1)) : Math.round(chance)} %`;
  return [...upper, { label, y: chance, low: null, high: null, dash: '5 4' }];
}

function inPercent({ value, low, high, n }: Estimate): Estimate {
  const of = (share: number | null) => (share === null ? null : 100 * share);
  return { value: of(value), low: of(low), high: of(high), n };
}
