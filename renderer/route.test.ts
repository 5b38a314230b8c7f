import { describe, expect, it } from 'vitest';
import { formatRoute, parseRoute } from './route.ts';

describe('route', () => {
  it('reads back what it writes', () => {
    expect(parseRoute(formatRoute('review', { item: 4, note: 'a&b=c' }))).toEqual({
      step: 'review',
      params: { item: '4', note: 'a&b=c' },
    });
  });
  it.each(['', '#', '#/', '#/nowhere', '#/../etc'])('%j is the project screen', (hash) => {
    expect(parseRoute(hash).step).toBe('project');
  });
});
