import { describe, expect, it } from 'vitest';
import { LEAST_CONFIDENCE } from '../segmentation/check-structures.ts';
import { BRAIN_LABELS, type HeadSegmentation } from '../segmentation/segmentation.ts';
import { segmentationDoubt } from './trust-segmentation.ts';

/** An adult's head: 1.4 litres inside the skull, and a skull that must not count. */
const good: HeadSegmentation = {
  model: { id: 'test', version: '1', sha256: 'x' },
  provider: 'cpu',
  labelsFile: 'labels.nii.gz',
  structures: [...BRAIN_LABELS, 165].map((label) => ({
    label,
    structure: String(label),
    volumeMm3: label === 165 ? 9_000_000 : 1_400_000 / BRAIN_LABELS.length,
    centroidRas: null,
    confidence: 0.9,
  })),
  confidence: 0.9,
  problems: [],
  seconds: 1,
};
const scaled = (factor: number) => ({
  ...good,
  structures: good.structures.map((s) => ({ ...s, volumeMm3: factor * s.volumeMm3 })),
});
const problem = (level: 'warning' | 'error') => ({
  ...good,
  problems: [{ code: 'x', level, subject: 'scan', message: 'The top is cut.' }],
});

describe('segmentationDoubt', () => {
  it.each([
    ['an adult', good, ''],
    ['confidence at the limit', { ...good, confidence: LEAST_CONFIDENCE }, ''],
    ['confidence below it', { ...good, confidence: LEAST_CONFIDENCE - 0.01 }, 'unsure'],
    ['confidence that is no number', { ...good, confidence: Number.NaN }, 'unsure'],
    ['a warning', problem('warning'), ''],
    ['an error', problem('error'), 'The top is cut.'],
    ['a brain of 0.14 litres', scaled(0.1), '140 ml'],
    ['a brain of 14 litres', scaled(10), '14000 ml'],
  ])('judges %s', (_what, segmentation, words) => {
    const doubt = segmentationDoubt(segmentation);
    if (words === '') expect(doubt).toBe('');
    else expect(doubt).toContain(words);
  });
});
