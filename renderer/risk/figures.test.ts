import { describe, expect, it } from 'vitest';
import { formatEstimate, formatFixed, formatShare, intervalText, probesText } from './figures.ts';

describe('formatShare', () => {
  it.each([
    [0.525, '53 %'],
    [0, '0 %'],
    [1, '100 %'],
    // Chance among 40 people would read "3 %" without its digit.
    [0.025, '2.5 %'],
    [0.0996, '10 %'],
    [null, '–'],
  ])('%s reads %s', (share, text) => {
    expect(formatShare(share)).toBe(text);
  });
});

describe('formatFixed', () => {
  it('writes a true minus, and none before a rounded zero', () => {
    expect(formatFixed(-0.148, 2)).toBe('−0.15');
    expect(formatFixed(-0.001, 2)).toBe('0.00');
  });
});

describe('formatEstimate', () => {
  it('puts the interval behind the value', () => {
    expect(formatEstimate({ value: 0.525, low: 0.38, high: 0.68, n: 40 }, 'share')).toBe('53 % (38–68)');
  });
  it('leaves out an interval that does not exist', () => {
    expect(formatEstimate({ value: 2.71, low: null, high: null, n: 1 }, 'mm')).toBe('2.7 mm');
    expect(formatEstimate({ value: null, low: null, high: null, n: 0 }, 'mm')).toBe('–');
    expect(formatEstimate(undefined, 'mm')).toBe('–');
  });
  it('writes "to" where a dash would stand beside a minus', () => {
    expect(intervalText({ value: 0, low: -0.6, high: 0.3, n: 40 }, 'tenths')).toBe('−0.6 to 0.3');
  });
});

describe('probesText', () => {
  it('counts people of the reference and scans of a method', () => {
    expect(probesText(40, 'people')).toBe('40 people');
    expect(probesText(44, 'scans')).toBe('44 scans');
    expect(probesText(1, 'people')).toBe('1 person');
    expect(probesText(1, 'scans')).toBe('1 scan');
  });
});
