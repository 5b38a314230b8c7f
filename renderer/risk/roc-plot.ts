import * as Plot from '@observablehq/plot';
import type { AuditReport, FaceNetwork } from '../../shared/risk/records.ts';
import { STYLE, tagPoints } from '../ui/plot-points.ts';
import { formatFixed } from './figures.ts';
import { lookOf } from './method-looks.ts';

interface Curve {
  readonly name: string;
  readonly color: string;
  readonly dash: string;
  readonly width: number;
  readonly auc: number | null;
  readonly roc: readonly { falseAccept: number; trueAccept: number }[];
}

type RocPoint = Curve['roc'][number];
const x = (point: RocPoint) => 100 * point.falseAccept;
const y = (point: RocPoint) => 100 * point.trueAccept;

/**
 * How often the own original is recognised against how often a stranger is, for every threshold: each method, the
 * untouched heads as the upper bound, and the diagonal of guessing. The legend is part of the picture.
 */
export function rocPlot(report: AuditReport, network: FaceNetwork, width: number): SVGSVGElement {
  const find = (list: AuditReport['upperBound']) => list.find((figures) => figures.network === network);
  const upper = find(report.upperBound);
  const curves: Curve[] = [
    ...(upper
      ? [
          {
            name: 'untouched heads',
            color: 'var(--rf-dim)',
            dash: 'none',
            width: 4,
            auc: upper.auc.value,
            roc: upper.roc,
          },
        ]
      : []),
    ...report.methods.flatMap((method, n) => {
      const figures = find(method.recognition);
      if (!figures) return [];
      const { color, dash } = lookOf(n);
      return [{ name: method.method, color, dash, width: 2, auc: figures.auc.value, roc: figures.roc }];
    }),
  ].filter((curve) => curve.roc.length > 0);
  const limit = 100 * report.limits.maxFalseAccept;
  const size = Math.min(width, 430);
  const plot = Plot.plot({
    width,
    height: size,
    marginLeft: 48,
    marginBottom: 46,
    marginRight: 14,
    style: STYLE,
    x: { label: 'strangers let through, % →', labelAnchor: 'right', domain: [0, 100], grid: true, ticks: 6 },
    y: { label: '↑ own originals recognised, %', domain: [0, 100], grid: true, ticks: 6 },
    marks: [
      Plot.line(
        [
          [0, 0],
          [100, 100],
        ],
        { stroke: 'var(--rf-dim)', strokeDasharray: '5 4' },
      ),
      Plot.ruleX([limit], { stroke: 'var(--rf-failed)', strokeDasharray: '2 3' }),
      ...curves.map((curve) =>
        Plot.line(curve.roc, {
          x,
          y,
          stroke: curve.color,
          strokeWidth: curve.width,
          strokeDasharray: curve.dash,
          title: () => `${curve.name}: AUC ${formatFixed(curve.auc, 2)}`,
        }),
      ),
      ...legend([
        ...curves.map((curve) => ({ ...curve, name: `${curve.name}, AUC ${formatFixed(curve.auc, 2)}` })),
        { name: 'guessing', color: 'var(--rf-dim)', dash: '5 4', width: 1.5 },
        { name: `policy: ${limit} % let through`, color: 'var(--rf-failed)', dash: '2 3', width: 1.5 },
      ]),
    ],
  });
  return tagPoints(plot, []);
}

/** Samples and names in the lower right, where only curves below the diagonal could be. */
function legend(entries: readonly Pick<Curve, 'name' | 'color' | 'dash' | 'width'>[]): Plot.Markish[] {
  return entries.flatMap((entry, n) => {
    const level = 4 + 6 * (entries.length - 1 - n);
    return [
      Plot.link([level], {
        x1: 50,
        x2: 58,
        y1: level,
        y2: level,
        stroke: entry.color,
        strokeWidth: entry.width,
        strokeDasharray: entry.dash,
      }),
      Plot.text([level], {
        x: 59.5,
        y: level,
        text: () => entry.name,
        textAnchor: 'start',
        fill: 'var(--rf-text)',
        stroke: 'var(--rf-panel)',
        strokeWidth: 3,
      }),
    ];
  });
}
