import { describe, expect, it } from 'vitest';
import {
  type AuditReport,
  auditLimits,
  type Estimate,
  type MethodAudit,
  type RecognitionFigures,
} from '../../shared/risk/records.ts';
import { tradeOffPoints } from './trade-off-plot.ts';

const estimate = (value: number | null): Estimate => ({
  value,
  low: value === null ? null : value / 2,
  high: value === null ? null : 2 * value,
  n: 40,
});
const figures = (network: RecognitionFigures['network'], rank1: number | null): RecognitionFigures => ({
  network,
  probes: 40,
  withoutFace: 0,
  faceFound: estimate(1),
  facesByView: [],
  rank1: estimate(rank1),
  rank5: estimate(rank1),
  auc: estimate(0.5),
  eer: estimate(0.5),
  dPrime: estimate(0),
  roc: [],
  genuine: { from: 0, to: 1, counts: [1] },
  impostor: { from: 0, to: 1, counts: [1] },
  threshold: 0.6,
  accepted: estimate(0),
});
const method = (name: string, more: Partial<MethodAudit> = {}): MethodAudit => ({
  method: name,
  scans: 40,
  states: { safe: 40, 'at-risk': 0, 'cannot-tell': 0 },
  recognition: [figures('human', 0.1), figures('face-api', 0.2)],
  distance: {
    n: 40,
    meanMm: estimate(2),
    p95Mm: estimate(6),
    averageMeanMm: estimate(3),
    averageN: 40,
    closer: 0,
    p: 0.5,
    pairs: [],
  },
  morphometry: [
    { engine: 'tissue-em', meanAbsPercent: estimate(0.4), over5Percent: 0, failedAfter: 0 },
    { engine: 'regional', meanAbsPercent: estimate(null), over5Percent: 0, failedAfter: 0 },
  ],
  secondsPerScan: 14.2,
  ...more,
});
const report = (methods: MethodAudit[]): AuditReport => ({
  at: '2026-01-01T00:00:00Z',
  people: 40,
  galleryPeople: 40,
  borrowed: 0,
  chanceRank1: 1 / 40,
  chanceRank5: 5 / 40,
  upperBound: [figures('human', 1), figures('face-api', 0.9)],
  sees: ['human', 'face-api'],
  methods,
  limits: auditLimits.parse({}),
  tools: '',
  sentence: '',
  caveats: [],
  problems: [],
  seconds: { look: null, distance: null },
});

describe('tradeOffPoints', () => {
  it('gives recognition in percent, one point per method and network, with its time', () => {
    const points = tradeOffPoints(report([method('blur')]), {
      measure: 'recognition',
      networks: ['human', 'face-api'],
      engine: 'tissue-em',
    });
    expect(points.map((point) => [point.label, point.x.value, point.y.value, point.hollow])).toEqual([
      ['blur, 14 s', 0.4, 10, false],
      ['', 0.4, 20, true],
    ]);
    expect(points[0]?.y.low).toBe(5);
  });
  it('gives distances in millimetres whatever the network', () => {
    const points = tradeOffPoints(report([method('blur')]), {
      measure: 'distance',
      networks: [],
      engine: 'tissue-em',
    });
    expect(points.map((point) => point.y.value)).toEqual([2]);
  });
  it('has no point for a method that misses either figure', () => {
    const methods = [method('a', { distance: null }), method('b')];
    const choice = { measure: 'distance', networks: [], engine: 'tissue-em' } as const;
    expect(tradeOffPoints(report(methods), choice).map((point) => point.method)).toEqual(['b']);
    expect(tradeOffPoints(report(methods), { ...choice, engine: 'regional' })).toEqual([]);
  });
  it('keeps the look of a method when another one is missing', () => {
    const choice = { measure: 'distance', networks: [], engine: 'tissue-em' } as const;
    const [all, some] = [
      tradeOffPoints(report([method('a'), method('b')]), choice),
      tradeOffPoints(report([method('a', { distance: null }), method('b')]), choice),
    ];
    expect(some[0]?.look).toEqual(all[1]?.look);
  });
});
