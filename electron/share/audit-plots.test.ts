import { describe, expect, it } from 'vitest';
import { distancePlot, recognitionPlot, rocPlot } from '../../shared/share/audit-plots.ts';
import { auditReport, blindReport, methodAudit } from './audit-fixture.ts';
import { sharedAuditReport } from './shared-audit.ts';

const methods = new Set(['quickshear', 'template']);
const report = sharedAuditReport(auditReport(), methods);

/** Every opened element is closed, in order: enough for text that we write ourselves. */
function wellFormed(svg: string): boolean {
  const open: string[] = [];
  for (const [, close, name, attributes] of svg.matchAll(/<(\/?)([a-z]+)((?:\s+[\w-]+="[^"<]*")*)\s*\/?>/g)) {
    const whole = svg.includes(`<${name}${attributes}/>`);
    if (close) {
      if (open.pop() !== name) return false;
    } else if (!whole) open.push(name!);
  }
  return open.length === 0 && !/<(?!\/?[a-z])/.test(svg);
}

describe('plots of a receipt', () => {
  const plots: [string, () => string][] = [
    ['recognition', () => recognitionPlot(report)],
    ['distance', () => distancePlot(report)],
    ['ROC', () => rocPlot(report, 'human')],
  ];
  it.each(plots)('%s: the same bytes each time, well-formed, with nothing to load or run', (_name, plot) => {
    const svg = plot();
    expect(plot()).toBe(svg);
    expect(svg).toMatch(/^<svg class="plot" viewBox="0 0 340 \d+" role="img" aria-label="[^"]+">.*<\/svg>$/);
    expect(wellFormed(svg)).toBe(true);
    expect(svg).not.toMatch(/NaN|undefined|Infinity|href|url\(|<script|<style| on\w+=/);
  });

  it('places marks by their figures and clips intervals at the frame', () => {
    // The frame is 280 × 222 from (46, 28): x in percent of 1 % change, y in percent of 100 %.
    const svg = recognitionPlot(report);
    const at = (change: number, rank1: number) =>
      [46 + 280 * change, 250 - 222 * rank1].map((v) => Math.round(v * 10) / 10);
    const [x, y] = at(0.62, 0.048);
    expect(svg).toContain(`<circle class="mark m0" cx="${x}" cy="${y}" r="4"/>`);
    // Template's interval of rank-1 begins below zero: at the axis.
    const [tx, ty] = at(0.35, 0.024);
    expect(svg).toContain(`<line x1="${tx}" x2="${tx}" y1="250" y2="${at(0, 0.074)[1]}"/>`);
    expect(svg).toContain(`<circle class="mark m1" cx="${tx}" cy="${ty}" r="4"/>`);
    expect(svg).toContain(`<circle class="mark ref hollow" cx="46" cy="${at(0, 0.976)[1]}" r="4"/>`);
    const chance = at(0, 1 / 42)[1];
    expect(svg).toContain(`<line class="ref" x1="46" x2="326" y1="${chance}" y2="${chance}"`);
  });

  it('draws the distance beside that of an average face', () => {
    const svg = distancePlot(report);
    const y = (mm: number) => Math.round((250 - (222 * mm) / 3) * 10) / 10;
    expect(svg).toContain(`y1="${y(2.12)}" y2="${y(2.12)}" stroke-dasharray="3 3"/>`);
    expect(svg).toMatch(new RegExp(`<circle class="mark m0" cx="[\\d.]+" cy="${y(2.41)}"`));
    expect(svg).toContain('>average face</text>');
  });

  it('draws a curve a method, untouched heads and chance', () => {
    const svg = rocPlot(report, 'face-api');
    expect(svg).toContain('>ROC, face-api</text>');
    expect(svg.match(/<path /g)).toHaveLength(3);
    expect(svg).toMatch(/<path class="m0" d="M46 250L/);
    expect(svg).toMatch(/<path class="m1" stroke-dasharray="7 3" d="M46 250L[^"]*L326 28"/);
    for (const text of ['quickshear', 'template', 'untouched heads', 'chance'])
      expect(svg).toContain(`>${text}</text>`);
  });

  it('draws nothing where nothing can be claimed or was measured', () => {
    const blind = sharedAuditReport(blindReport(), methods);
    expect([recognitionPlot(blind), distancePlot(blind), rocPlot(report, 'human') === '']).toEqual([
      '',
      '',
      false,
    ]);
    const unmeasured = sharedAuditReport(
      auditReport({ methods: [methodAudit('template', 0.02, null)] }),
      methods,
    );
    expect([recognitionPlot(unmeasured), distancePlot(unmeasured)]).toEqual(['', '']);
    const nobody = sharedAuditReport(auditReport({ methods: [] }), methods);
    expect([recognitionPlot(nobody), distancePlot(nobody), rocPlot(nobody, 'human')]).toEqual(['', '', '']);
  });

  it('has looks for more methods than one share holds', () => {
    const names = Array.from({ length: 9 }, (_, n) => `method-${n}`);
    const many = sharedAuditReport(
      auditReport({ methods: names.map((m, n) => methodAudit(m, n / 10, 1 + 3 * n)) }),
      new Set(names),
    );
    expect(recognitionPlot(many)).toContain('class="mark m5"');
    expect(rocPlot(many, 'human').match(/<path class="m\d"/g)).toHaveLength(9);
    expect(wellFormed(recognitionPlot(many))).toBe(true);
  });
});
