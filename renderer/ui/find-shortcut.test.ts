import { describe, expect, it } from 'vitest';
import { findShortcut, type Shortcut } from './find-shortcut.ts';

const key = (keys: string, does: string, alt = false): Shortcut => ({ keys, does, alt, run() {} });
const lists = [
  [key('1', 'go to Project', true), key('t', 'theme')],
  [key('1', 'accept'), key('ArrowRight', 'next scan'), key('t', 'title')],
];
const does = (pressed: string, more: { altKey?: boolean; repeat?: boolean } = {}) =>
  findShortcut({ key: pressed, altKey: false, repeat: false, ...more }, lists)?.does;

describe('findShortcut', () => {
  it('hears a key that is held down once, and goes on moving with the arrows', () => {
    expect(does('1')).toBe('accept');
    expect(does('1', { repeat: true })).toBeUndefined();
    expect(does('1', { altKey: true, repeat: true })).toBeUndefined();
    expect(does('ArrowRight', { repeat: true })).toBe('next scan');
  });

  it('asks the newest list first, tells Alt apart and takes capitals', () => {
    expect(does('1', { altKey: true })).toBe('go to Project');
    expect(does('T')).toBe('title');
    expect(does('x')).toBeUndefined();
  });
});
