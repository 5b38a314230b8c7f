import { expect, it } from 'vitest';
import { compare } from '../morphometry/compare.ts';
import type { ComparisonRow } from '../morphometry/comparison-rows.ts';
import { print, probability } from './compare.ts';

it.each([
  [null, '–'],
  [0.04999, '0.0500'],
  [0.0001, '0.0001'],
  [0.00009, '<0.0001'],
  [1e-12, '<0.0001'],
])('a p value of %s is printed as %s, never as zero', (p, text) => {
  expect(probability(p)).toBe(text);
});

/** The table and the lines above it for this many people with this many scans each. */
function printed(people: number, scansEach: number): string[] {
  const rows: ComparisonRow[] = Array.from({ length: people * scansEach }, (_, n) => ({
    seriesId: n,
    subjectId: n % people,
    subjectLabel: `sub-${n % people}`,
    before: { failure: '', volumes: { GM: 600_000 }, dice: {} },
    after: { failure: '', volumes: { GM: 590_000 - n }, dice: {} },
  }));
  const lines: string[] = [];
  print(compare('tissue-em', 'm', rows), { text: (line) => void lines.push(...line.split('\n')) });
  return lines;
}

it('a comparison is printed with scans and people where they differ', () => {
  const [, counts, header, gm] = printed(20, 2);
  expect(counts).toContain('compared 40 (of 20 people)');
  expect(header!.split(/\s{2,}/).slice(0, 3)).toEqual(['structure', 'n', 'people']);
  expect(gm!.split(/\s{2,}/).slice(0, 3)).toEqual(['GM', '40', '20']);
  expect(gm).toContain('<0.0001');
  const each = printed(20, 1).join('\n');
  expect(each).toContain('compared 20\n');
  expect(each).not.toContain('people');
});
