/**
 * Plots of a receipt as SVG text, drawn without a browser: the same figures give the same bytes.
 *
 * Colours are classes (`m0` … `m5`, `ref`) that the page fills, so that dark screens and paper have their own; lines
 * also differ by dashes and marks by shape, for printers without colour.
 */

import { NETWORK_NAMES } from '../risk/network-names.ts';
import type { Estimate, FaceNetwork } from '../risk/records.ts';
import type { SharedAuditReport, SharedMethodAudit } from './audit-records.ts';
import { escapeHtml } from './receipt-text.ts';

const WIDTH = 340;
/** The frame of the data in drawing units. */
const LEFT = 46;
const RIGHT = WIDTH - 14;
const TOP = 28;
const BOTTOM = 250;
const LEGEND_ROW = 16;

interface Axis {
  readonly label: string;
  readonly max: number;
  readonly ticks: readonly number[];
}

interface LegendEntry {
  /** SVG of a sample around (0, 0), 22 units wide. */
  readonly sample: string;
  readonly text: string;
}

const DASHES = ['', '7 3', '2 3', '9 3 2 3', '4 2', '1 2'];

/**
 * Recognition (rank-1) against what the edits did to the measured volumes, one mark per method and network, with
 * both intervals, beside chance and untouched heads.
 *
 * @returns '' where no network can be believed or nothing was measured
 */
export function recognitionPlot(report: SharedAuditReport): string {
  const engine = engineOf(report.methods);
  if (!engine || report.sees.length === 0) return '';
  const points = report.methods.flatMap((m, n) =>
    report.sees.flatMap((network) => {
      const y = m.recognition.find((f) => f.network === network)?.rank1;
      const x = changeOf(m, engine);
      return x && y?.value != null
        ? [
            {
              x,
              y: inPercent(y),
              look: n,
              shape: shapeOf(network),
              text: `${m.method}, ${NETWORK_NAMES[network]}`,
            },
          ]
        : [];
    }),
  );
  if (points.length === 0) return '';
  const x = changeAxis(points.map((p) => p.x));
  const y = percentAxis('Own original first, % (lower is safer)');
  const untouched = report.sees.flatMap((network) => {
    const value = report.upperBound.find((f) => f.network === network)?.rank1;
    return value?.value != null
      ? [{ y: inPercent(value), shape: shapeOf(network), text: `untouched, ${NETWORK_NAMES[network]}` }]
      : [];
  });
  const chance = at(y, 100 * report.chanceRank1);
  const body = [
    `<line class="ref" x1="${LEFT}" x2="${RIGHT}" y1="${chance}" y2="${chance}" stroke-dasharray="3 3"/>`,
    ...untouched.map((u) => mark(LEFT, at(y, u.y.value!), u.shape, 'ref hollow')),
    ...points.map((p) => point(p, x, y)),
  ];
  const legend = [
    ...points.map((p) => ({ sample: mark(11, 0, p.shape, look(p.look)), text: p.text })),
    ...untouched.map((u) => ({ sample: mark(11, 0, u.shape, 'ref hollow'), text: u.text })),
    { sample: `<line class="ref" x1="0" x2="22" y1="0" y2="0" stroke-dasharray="3 3"/>`, text: 'chance' },
  ];
  return frame('Recognition and change of volumes', x, y, body, legend);
}

/**
 * Distance of the new face from the true one against what the edits did to the measured volumes, beside the distance
 * of a population-average face.
 *
 * @returns '' where nothing was measured
 */
export function distancePlot(report: SharedAuditReport): string {
  const engine = engineOf(report.methods);
  if (!engine) return '';
  const points = report.methods.flatMap((m, n) => {
    const x = changeOf(m, engine);
    return x && m.distance?.meanMm.value != null
      ? [{ x, y: m.distance.meanMm, look: n, shape: 'circle' as const, text: m.method }]
      : [];
  });
  if (points.length === 0) return '';
  const x = changeAxis(points.map((p) => p.x));
  // The average face of the method with the most scans; it differs between methods only by which scans they have.
  const [most] = report.methods
    .flatMap((m) => (m.distance?.averageMeanMm.value != null ? [m.distance] : []))
    .sort((a, b) => b.averageN - a.averageN);
  const average = most?.averageMeanMm.value ?? null;
  const y = niceAxis(
    'Distance, mm (higher is safer)',
    Math.max(average ?? 0, ...points.map((p) => p.y.high ?? p.y.value!)),
  );
  const line = average === null ? 0 : at(y, average);
  const body = [
    ...(average === null
      ? []
      : [`<line class="ref" x1="${LEFT}" x2="${RIGHT}" y1="${line}" y2="${line}" stroke-dasharray="3 3"/>`]),
    ...points.map((p) => point(p, x, y)),
  ];
  const legend = [
    ...points.map((p) => ({ sample: mark(11, 0, p.shape, look(p.look)), text: p.text })),
    ...(average === null
      ? []
      : [
          {
            sample: `<line class="ref" x1="0" x2="22" y1="0" y2="0" stroke-dasharray="3 3"/>`,
            text: 'average face',
          },
        ]),
  ];
  return frame('Distance and change of volumes', x, y, body, legend);
}

/**
 * How often the own original is accepted against how often a stranger is, for one network.
 *
 * @returns '' without a curve
 */
export function rocPlot(report: SharedAuditReport, network: FaceNetwork): string {
  const upper = report.upperBound.find((f) => f.network === network)?.roc ?? [];
  const curves = report.methods.flatMap((m, n) => {
    const roc = m.recognition.find((f) => f.network === network)?.roc ?? [];
    return roc.length > 0 ? [{ roc, look: n, text: m.method }] : [];
  });
  if (curves.length === 0) return '';
  const x = percentAxis('Strangers accepted, %');
  const y = percentAxis('Own originals accepted, %');
  const path = (roc: typeof upper) =>
    roc
      .map((p, n) => `${n === 0 ? 'M' : 'L'}${across(x, 100 * p.falseAccept)} ${at(y, 100 * p.trueAccept)}`)
      .join('');
  const body = [
    `<line class="ref" x1="${LEFT}" x2="${RIGHT}" y1="${BOTTOM}" y2="${TOP}" stroke-dasharray="3 3"/>`,
    ...(upper.length > 0 ? [`<path class="ref wide" d="${path(upper)}"/>`] : []),
    ...curves.map((c) => `<path class="${look(c.look)}"${dash(c.look)} d="${path(c.roc)}"/>`),
  ];
  const legend = [
    ...curves.map((c) => ({
      sample: `<line class="${look(c.look)}"${dash(c.look)} x1="0" x2="22" y1="0" y2="0"/>`,
      text: c.text,
    })),
    ...(upper.length > 0
      ? [{ sample: '<line class="ref wide" x1="0" x2="22" y1="0" y2="0"/>', text: 'untouched heads' }]
      : []),
    { sample: `<line class="ref" x1="0" x2="22" y1="0" y2="0" stroke-dasharray="3 3"/>`, text: 'chance' },
  ];
  return frame(`ROC, ${NETWORK_NAMES[network]}`, x, y, body, legend);
}

type Shape = 'circle' | 'square';

function shapeOf(network: FaceNetwork): Shape {
  return network === 'human' ? 'circle' : 'square';
}

interface Point {
  readonly x: Estimate;
  readonly y: Estimate;
  readonly look: number;
  readonly shape: Shape;
}

/** A mark with its two intervals; what lies outside the frame is cut at its edge. */
function point(p: Point, x: Axis, y: Axis): string {
  const [cx, cy] = [across(x, p.x.value!), at(y, p.y.value!)];
  const bars =
    (p.x.low !== null && p.x.high !== null
      ? `<line x1="${across(x, p.x.low)}" x2="${across(x, p.x.high)}" y1="${cy}" y2="${cy}"/>`
      : '') +
    (p.y.low !== null && p.y.high !== null
      ? `<line x1="${cx}" x2="${cx}" y1="${at(y, p.y.low)}" y2="${at(y, p.y.high)}"/>`
      : '');
  return `<g class="${look(p.look)}">${bars}</g>${mark(cx, cy, p.shape, look(p.look))}`;
}

function mark(x: number, y: number, shape: Shape, look: string): string {
  return shape === 'circle'
    ? `<circle class="mark ${look}" cx="${x}" cy="${y}" r="4"/>`
    : `<rect class="mark ${look}" x="${fixed(x - 3.5)}" y="${fixed(y - 3.5)}" width="7" height="7"/>`;
}

function look(method: number): string {
  return `m${method % DASHES.length}`;
}

function dash(method: number): string {
  const pattern = DASHES[method % DASHES.length]!;
  return pattern ? ` stroke-dasharray="${pattern}"` : '';
}

function across({ max }: Axis, value: number): number {
  return fixed(LEFT + (Math.min(Math.max(value, 0), max) / max) * (RIGHT - LEFT));
}

function at({ max }: Axis, value: number): number {
  return fixed(BOTTOM - (Math.min(Math.max(value, 0), max) / max) * (BOTTOM - TOP));
}

/** A tenth of a unit is less than a screen shows. */
function fixed(value: number): number {
  return Math.round(value * 10) / 10;
}

function inPercent({ value, low, high, n }: Estimate): Estimate {
  const of = (share: number | null) => share && 100 * share;
  return { value: of(value), low: of(low), high: of(high), n };
}

function percentAxis(label: string): Axis {
  return { label, max: 100, ticks: [0, 20, 40, 60, 80, 100] };
}

function changeAxis(values: readonly Estimate[]): Axis {
  return niceAxis(
    'Mean change of GM, WM, CSF and TIV, %',
    Math.max(...values.map((v) => v.high ?? v.value!)),
  );
}

/** From zero to a round number at or above `highest`, in three to five steps of 1, 2 or 5 times a power of ten. */
function niceAxis(label: string, highest: number): Axis {
  const rough = Math.max(highest, 1e-3) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((n) => n * power).find((s) => s >= rough)!;
  const count = Math.max(1, Math.ceil(Math.max(highest, 1e-3) / step - 1e-9));
  const ticks = Array.from({ length: count + 1 }, (_, n) => Number((n * step).toPrecision(6)));
  return { label, max: ticks.at(-1)!, ticks };
}

/** The engine whose changes are shown: the first that measured one of the methods. */
function engineOf(methods: readonly SharedMethodAudit[]): string | undefined {
  return methods.flatMap((m) => m.morphometry).find((m) => m.meanAbsPercent.value !== null)?.engine;
}

function changeOf(method: SharedMethodAudit, engine: string): Estimate | null {
  const change = method.morphometry.find((m) => m.engine === engine)?.meanAbsPercent;
  return change && change.value !== null ? change : null;
}

/** Name of the engine behind the horizontal axis; null when there is no picture of it. */
export function plottedEngine(report: SharedAuditReport): string | null {
  return engineOf(report.methods) ?? null;
}

function frame(
  title: string,
  x: Axis,
  y: Axis,
  body: readonly string[],
  legend: readonly LegendEntry[],
): string {
  const rows = Math.ceil(legend.length / 2);
  const height = BOTTOM + 48 + rows * LEGEND_ROW;
  const middle = (TOP + BOTTOM) / 2;
  const parts = [
    `<text class="title" x="4" y="13">${escapeHtml(title)}</text>`,
    ...x.ticks.map((t) => {
      const px = across(x, t);
      return `<line class="grid" x1="${px}" x2="${px}" y1="${TOP}" y2="${BOTTOM}"/><text x="${px}" y="${BOTTOM + 15}" text-anchor="middle">${t}</text>`;
    }),
    ...y.ticks.map((t) => {
      const py = at(y, t);
      return `<line class="grid" x1="${LEFT}" x2="${RIGHT}" y1="${py}" y2="${py}"/><text x="${LEFT - 6}" y="${fixed(py + 3.5)}" text-anchor="end">${t}</text>`;
    }),
    `<text x="${(LEFT + RIGHT) / 2}" y="${BOTTOM + 32}" text-anchor="middle">${escapeHtml(x.label)}</text>`,
    `<text transform="translate(12 ${middle}) rotate(-90)" text-anchor="middle">${escapeHtml(y.label)}</text>`,
    ...body,
    ...legend.map(({ sample, text }, n) => {
      const left = LEFT + (n % 2) * 140;
      const top = BOTTOM + 52 + Math.floor(n / 2) * LEGEND_ROW;
      return `<g transform="translate(${left} ${top})">${sample}<text x="28" y="3.5">${escapeHtml(shortened(text))}</text></g>`;
    }),
  ];
  return `<svg class="plot" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escapeHtml(title)}">${parts.join('')}</svg>`;
}

function shortened(text: string): string {
  return text.length > 22 ? `${text.slice(0, 21)}…` : text;
}
