import { describe, expect, it } from 'vitest';
import { placeLabels } from './place-labels.ts';

const frame = { left: 0, right: 400, top: 0, bottom: 300 };

describe('placeLabels', () => {
  it('puts a lone label to the right', () => {
    expect(placeLabels([{ x: 100, y: 100, text: 'blur' }], frame)).toEqual([
      { dx: 10, dy: 0, anchor: 'start' },
    ]);
  });
  it('turns to the left at the right edge', () => {
    expect(placeLabels([{ x: 390, y: 100, text: 'quickshear' }], frame)[0]?.anchor).toBe('end');
  });
  it('keeps labels of neighbouring points apart', () => {
    const points = [
      { x: 200, y: 150, text: 'template' },
      { x: 204, y: 154, text: 'mask-out' },
      { x: 198, y: 158, text: 'quickshear' },
    ];
    const spots = placeLabels(points, frame).map(({ dx, dy, anchor }, n) => {
      const { x = 0, y = 0, text = '' } = points[n] ?? {};
      const width = 6.6 * text.length;
      const left = x + dx - (anchor === 'start' ? 0 : anchor === 'end' ? width : width / 2);
      return { left, right: left + width, y: y + dy };
    });
    for (const [n, a] of spots.entries())
      for (const b of spots.slice(n + 1)) {
        const apart = a.right <= b.left || b.right <= a.left || Math.abs(a.y - b.y) >= 15;
        expect(apart).toBe(true);
      }
  });
  it('leaves occupied boxes free', () => {
    const taken = [{ left: 105, right: 200, top: 80, bottom: 120 }];
    expect(placeLabels([{ x: 100, y: 100, text: 'blur' }], frame, taken)[0]?.anchor).toBe('end');
  });
});
