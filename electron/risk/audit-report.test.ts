import { describe, expect, it } from 'vitest';
import type { ScanAudit } from '../../shared/risk/records.ts';
import { distanceFigures } from './audit-report.ts';

/** `scans` scans of each person, all of one person with the same distances. */
function audits(people: number, scans: number): ScanAudit[] {
  return Array.from({ length: people * scans }, (_, n) => {
    const person = n % people;
    const side = (meanMm: number) => ({ meanMm, p95Mm: 3 * meanMm, shareOver2mm: 0.5, points: 900 });
    const distance = { edited: side(4 + 0.1 * person), average: side(3.5), regionFrom: 'average-head' };
    return { seriesId: n, derivativeId: n, subjectLabel: `sub-${person}`, distance } as unknown as ScanAudit;
  });
}

describe('distances of a method', () => {
  it('count a person with several scans once in test and intervals', () => {
    const [one, three] = [distanceFigures(audits(8, 1))!, distanceFigures(audits(8, 3))!];
    expect(three).toMatchObject({ n: 24, averageN: 24, p: one.p, meanMm: { n: 24 } });
    expect(one.p).toBeLessThan(0.05);
    for (const of of ['meanMm', 'p95Mm'] as const) {
      expect(three[of].value).toBeCloseTo(one[of].value!, 9);
      expect(three[of].low).toBeCloseTo(one[of].low!, 9);
      expect(three[of].high).toBeCloseTo(one[of].high!, 9);
    }
  });

  it('make no test with few people, however many scans they have', () => {
    expect(distanceFigures(audits(5, 4))!.p).toBeNull();
    expect(distanceFigures(audits(1, 4))!.meanMm).toMatchObject({ low: null, high: null });
  });
});
