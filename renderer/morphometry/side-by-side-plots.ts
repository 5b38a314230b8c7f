import * as Plot from '@observablehq/plot';
import type { EngineId, SideBySide } from '../../shared/morphometry/records.ts';
import { formatPercent } from '../ui/format.ts';
import { STYLE, tagPoints } from '../ui/plot-points.ts';
import { ENGINE_NAMES } from './engine-names.ts';

type SharedStructure = SideBySide['structures'][number];
type Side = SharedStructure['engines'][number] & { structure: string };

const COLORS: Readonly<Record<EngineId, string>> = {
  'tissue-em': 'var(--rf-accent)',
  regional: 'var(--rf-review)',
};
const short = (side: Side) => ENGINE_NAMES[side.engine].short;

/**
 * Mean change of each structure by each engine with its 95 % interval; the engine is written beside its mark, and the
 * thin bars around zero are the scan–rescan floors.
 */
export function meanChangePlot(structures: readonly SharedStructure[], width: number): SVGSVGElement {
  const sides: Side[] = structures.flatMap(({ structure, engines }) =>
    engines.map((side) => ({ ...side, structure })),
  );
  const withFloor = sides.filter((side) => side.floorPercent !== null);
  const reach = Math.max(
    0.5,
    ...sides
      .flatMap((side) => [side.ciLow, side.ciHigh, side.meanPercentChange, side.floorPercent])
      .map((v) => Math.abs(v ?? 0)),
  );
  const plot = Plot.plot({
    width,
    height: 68 * structures.length + 60,
    marginLeft: 72,
    marginRight: 44,
    marginBottom: 40,
    style: STYLE,
    x: { label: 'mean change, % →', grid: true, domain: [-1.1 * reach, 1.1 * reach] },
    y: { label: null, domain: Object.values(ENGINE_NAMES).map((name) => name.short), padding: 0.3 },
    fy: { label: null, domain: structures.map((s) => s.structure), padding: 0.15 },
    marks: [
      Plot.axisFy({ anchor: 'right', label: null, fontWeight: 600 }),
      Plot.barX(withFloor, {
        fy: 'structure',
        y: short,
        x1: (side: Side) => -(side.floorPercent ?? 0),
        x2: (side: Side) => side.floorPercent ?? 0,
        fill: 'var(--rf-dim)',
        fillOpacity: 0.18,
        title: (side: Side) => `scan–rescan floor ${formatPercent(side.floorPercent).replace('+', '')}`,
      }),
      Plot.ruleX([0], { stroke: 'var(--rf-dim)' }),
      Plot.ruleY(
        sides.filter((side) => side.ciLow !== null),
        {
          fy: 'structure',
          y: short,
          x1: (side: Side) => side.ciLow ?? side.meanPercentChange,
          x2: (side: Side) => side.ciHigh ?? side.meanPercentChange,
          stroke: (side: Side) => COLORS[side.engine],
          strokeWidth: 2,
        },
      ),
      Plot.dot(sides, {
        fy: 'structure',
        y: short,
        x: 'meanPercentChange',
        r: 5,
        symbol: (side: Side) => (side.engine === 'regional' ? 'square' : 'circle'),
        fill: (side: Side) => COLORS[side.engine],
        title: describe,
      }),
    ],
  });
  return tagPoints(plot, []);
}

function describe(side: Side): string {
  const interval =
    side.ciLow === null
      ? ''
      : `, 95 % interval ${formatPercent(side.ciLow)} to ${formatPercent(side.ciHigh)}`;
  return `${side.structure}, ${short(side)}: ${formatPercent(side.meanPercentChange)}${interval}, ${side.n} scans`;
}

/** One structure's change by one engine against the other's, a point per scan; both axes have the same scale. */
export function agreementPlot({ structure, pairs }: SharedStructure, width: number): SVGSVGElement {
  type Point = (typeof pairs)[number];
  const reach = Math.max(
    5.5,
    ...pairs.flatMap((p) => [Math.abs(p.tissuePercentChange), Math.abs(p.regionalPercentChange)]),
  );
  const domain = [-1.05 * reach, 1.05 * reach];
  const marks = { stroke: 'var(--rf-failed)', strokeDasharray: '5 4' };
  const plot = Plot.plot({
    width,
    height: Math.min(width, 380),
    marginLeft: 48,
    marginBottom: 40,
    style: STYLE,
    x: { label: `${structure} by the tissue engine, % →`, labelAnchor: 'right', domain, grid: true },
    y: { label: `↑ ${structure} by the regional engine, %`, domain, grid: true },
    marks: [
      Plot.ruleX([0], { stroke: 'var(--rf-dim)' }),
      Plot.ruleY([0], { stroke: 'var(--rf-dim)' }),
      Plot.ruleX([-5, 5], marks),
      Plot.ruleY([-5, 5], marks),
      Plot.line([domain[0], domain[1]], {
        x: (v: number) => v,
        y: (v: number) => v,
        stroke: 'var(--rf-dim)',
      }),
      Plot.dot(pairs, {
        x: 'tissuePercentChange',
        y: 'regionalPercentChange',
        r: 3.5,
        fill: 'var(--rf-accent)',
        fillOpacity: 0.55,
        stroke: 'var(--rf-accent)',
        title: (p: Point) =>
          `${p.subjectLabel}: tissue ${formatPercent(p.tissuePercentChange)}, regional ${formatPercent(p.regionalPercentChange)} (series ${p.seriesId})`,
      }),
    ],
  });
  return tagPoints(plot, pairs);
}
