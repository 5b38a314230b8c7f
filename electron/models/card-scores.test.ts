import { describe, expect, it } from 'vitest';
import { cardScores } from './card-scores.ts';

describe('scores of a card as rows', () => {
  it('are named by their way, with what was measured and how', () => {
    const rows = cardScores({
      hours: 0.8,
      how: 'on 22 people never trained on',
      ixi: {
        n: 22,
        brainDice: 0.98039,
        volumeRatio: { icv: 1.0284, grey: 1.0063 },
        deep: { surface: { faceMm: { median: 2.5, p95: 7.25, n: 22 } } },
      },
      faceFound: { value: 0.955, n: 200, how: 'renders in which a face is found' },
      trained: true,
    });
    const how = 'on 22 people never trained on';
    expect(rows).toEqual([
      { name: 'hours', value: '0.8', how },
      { name: 'ixi: n', value: '22', how },
      { name: 'ixi: brain Dice', value: '0.9804', how },
      { name: 'ixi: volume ratio', value: 'icv 1.0284, grey 1.0063', how },
      { name: 'ixi: deep: surface: face mm', value: 'median 2.5, p95 7.25, n 22', how },
      { name: 'face found', value: '0.955, n 200', how: 'renders in which a face is found' },
      { name: 'trained', value: 'yes', how },
    ]);
  });

  it('leave long lists and a figure for each label in the card', () => {
    const structures = Object.fromEntries(Array.from({ length: 32 }, (_, n) => [n, 0.9]));
    const people = Array.from({ length: 22 }, (_, n) => `person ${n}`);
    expect(cardScores({ people, structures, seeds: [1, 2], nothing: null, none: {} })).toEqual([
      { name: 'seeds', value: '1, 2', how: '' },
    ]);
  });
});
