import { describe, expect, it } from 'vitest';
import {
  formatBytes,
  formatNumber,
  formatP,
  formatPercent,
  formatRate,
  formatSeconds,
  formatTimeLeft,
  plural,
} from './format.ts';

describe('format', () => {
  it.each([
    [null, 'time left not known yet'],
    [Number.NaN, 'time left not known yet'],
    [-1, 'time left not known yet'],
    [0, 'a few seconds left'],
    [12, 'about 15 s left'],
    [54, 'about 55 s left'],
    [55, 'about 1 min left'],
    [150, 'about 3 min left'],
    [3540, 'about 59 min left'],
    [3600, 'about 1 h left'],
    [5400, 'about 1 h 30 min left'],
    [7080, 'about 2 h left'],
  ])('time left of %s s is "%s"', (seconds, text) => {
    expect(formatTimeLeft(seconds)).toBe(text);
  });

  it.each([
    [0.44, '0.4 s'],
    [59.6, '1 min 00 s'],
    [200, '3 min 20 s'],
    [7500, '2 h 05 min'],
    [Number.POSITIVE_INFINITY, '–'],
  ])('%s s is "%s"', (seconds, text) => {
    expect(formatSeconds(seconds)).toBe(text);
  });

  it.each([
    [null, 'rate not known yet'],
    [0, 'rate not known yet'],
    [1, '1 min 00 s each'],
    [30, '30 per minute'],
    [120_000, '2,000 per second'],
  ])('rate %s is "%s"', (rate, text) => {
    expect(formatRate(rate)).toBe(text);
  });

  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [999_600, '1.0 MB'],
    [12_345_678, '12.3 MB'],
  ])('%s bytes is "%s"', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it('never loses a sign or prints a p value of zero', () => {
    expect(formatPercent(-0.004)).toBe('0.00 %');
    expect(formatPercent(-5.02)).toBe('−5.02 %');
    expect(formatPercent(12.34)).toBe('+12.3 %');
    expect(formatNumber(-1234.4)).toBe('−1,234');
    expect(formatNumber(0.5)).toBe('0.500');
    expect(formatP(1e-9)).toBe('< 0.001');
    expect(formatP(null)).toBe('–');
    expect(plural(1, 'scan')).toBe('1 scan');
    expect(plural(2, 'series', 'series')).toBe('2 series');
  });
});
