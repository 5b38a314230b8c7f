import { describe, expect, it } from 'vitest';
import { diag } from '../../shared/geometry/affine.ts';
import { borderAreas, checkStructures, type Findings } from './check-structures.ts';

const volumes: Record<string, [number, number]> = {
  'left cerebral white matter': [2, 230_000],
  'right cerebral white matter': [41, 232_000],
  'left cerebral cortex': [3, 250_000],
  'right cerebral cortex': [42, 251_000],
  'left lateral ventricle': [4, 7_000],
  'right lateral ventricle': [43, 2_900],
  'left hippocampus': [17, 3_900],
  'right hippocampus': [53, 4_000],
  CSF: [24, 250_000],
  'head outside the brain': [258, 2_000_000],
};
const findings = (changed: Record<string, number> = {}, more: Partial<Findings> = {}): Findings => ({
  structures: Object.entries(volumes).map(([structure, [label, mm3]]) => ({
    label,
    structure,
    volumeMm3: changed[structure] ?? mm3,
    centroidRas: [0, 0, 0],
    confidence: 0.95,
  })),
  confidence: 0.95,
  apartShare: 0.001,
  notFinite: 0,
  borderMm2: [
    [0, 0],
    [0, 0],
    [20, 0],
  ],
  affine: diag(1, 1, 1),
  ...more,
});
const limits = { 'left hippocampus': { low: 2000, high: 6000 } };
const messages = (f: Findings) => checkStructures(f, limits, 'scan').map((p) => `${p.code}: ${p.message}`);

describe('structural checks', () => {
  it('has nothing to say about an ordinary head, unequal ventricles included', () => {
    expect(messages(findings())).toEqual([]);
  });

  it.each([
    [
      findings({ 'left cerebral cortex': 1e6, 'right cerebral cortex': 1.1e6 }),
      /^brain-volume-implausible: .*2830 ml; expected 700 ml to 2200 ml/,
    ],
    [findings({ 'right hippocampus': 3 }), /^structures-missing: .*right hippocampus/],
    [findings({ 'left hippocampus': 6500 }), /^structure-volume-unusual: Left hippocampus .*6500 mm³/],
    [findings({ 'right hippocampus': 1500 }), /^sides-differ: .*hippocampus.*3900 mm³ left, 1500 mm³ right/],
    [findings({}, { apartShare: 0.124 }), /^brain-in-pieces: 12 %/],
    [findings({}, { confidence: 0.41 }), /^segmentation-unsure: .*41 %/],
    [findings({}, { notFinite: 0.0123 }), /^values-not-finite: 1\.2 %/],
  ])('one finding, in words', (f, message) => {
    const found = messages(f);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(message);
  });

  it('remarks on a few odd structures deep in the brain, and warns of many or of an outer one', () => {
    const levels = (f: Findings) => checkStructures(f, limits, 'scan').map((p) => p.level);
    expect(levels(findings({ 'right hippocampus': 1500 }))).toEqual(['info']);
    expect(levels(findings({ 'right hippocampus': 3 }))).toEqual(['info']);
    expect(levels(findings({ 'right cerebral cortex': 100_000 }))).toEqual(['warning']);
    const deep = ['thalamus', 'caudate', 'putamen', 'pallidum'].flatMap((name, n) => [
      { ...findings().structures[6]!, label: 10 + n, structure: `left ${name}` },
      { ...findings().structures[6]!, label: 49 + n, structure: `right ${name}`, volumeMm3: 900 },
    ]);
    const all = { ...findings(), structures: [...findings().structures, ...deep] };
    expect(levels(all)).toEqual(['warning', 'warning', 'warning', 'warning']);
  });

  it('names the body side where the brain is cut, whichever way the scan is stored', () => {
    const borderMm2: [number, number][] = [
      [0, 900],
      [0, 0],
      [400, 0],
    ];
    expect(messages(findings({}, { borderMm2 }))[0]).toContain('(right, bottom)');
    // First axis back→front, second top→bottom, third right→left.
    const affine = Float64Array.of(0, 0, -1, 0, 1, 0, 0, 0, 0, -1, 0, 0, 0, 0, 0, 1);
    expect(messages(findings({}, { borderMm2, affine }))[0]).toContain('(front, right)');
  });

  it('measures the brain in the outermost planes in mm²', () => {
    const channel = new Uint8Array(3 * 4 * 5);
    for (let n = 0; n < channel.length; n += 3) channel[n] = 1; // the whole first plane of the first axis
    expect(borderAreas(channel, [3, 4, 5], Uint8Array.of(0, 1), diag(1, 2, 3))).toEqual([
      [4 * 5 * 6, 0],
      [5 * 3, 5 * 3],
      [4 * 2, 4 * 2],
    ]);
  });
});
