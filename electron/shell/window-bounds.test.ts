import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readWindowState, restoreWindow, saveWindowState } from './window-bounds.ts';

const screens = [
  { x: 0, y: 0, width: 1920, height: 1040 },
  { x: -1920, y: 0, width: 1920, height: 1080 },
];
const standard = { width: 1440, height: 900, maximized: false };

describe('restoreWindow', () => {
  it.each([
    ['nothing saved', undefined, standard],
    ['not an object', 'x', standard],
    ['no size', { x: 1, y: 1 }, standard],
    ['nonsense size', { width: Number.NaN, height: -3 }, standard],
    ['absurd size', { width: 1e9, height: 900 }, standard],
    [
      'as it was',
      { x: 50, y: 60, width: 1300, height: 800, maximized: true },
      { x: 50, y: 60, width: 1300, height: 800, maximized: true },
    ],
    [
      'on the second screen',
      { x: -1800, y: 5, width: 1300, height: 800 },
      { x: -1800, y: 5, width: 1300, height: 800, maximized: false },
    ],
    [
      'on a screen that is gone',
      { x: 4000, y: 0, width: 1300, height: 800 },
      { width: 1300, height: 800, maximized: false },
    ],
    [
      'title bar above the screen',
      { x: 0, y: -300, width: 1300, height: 800 },
      { width: 1300, height: 800, maximized: false },
    ],
    [
      'too small',
      { x: 0, y: 0, width: 10, height: 10 },
      { x: 0, y: 0, width: 1024, height: 680, maximized: false },
    ],
  ])('%s', (_name, saved, expected) => {
    expect(restoreWindow(saved, screens)).toEqual(expected);
  });

  it('writes and reads back, and survives a damaged file', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'refacade-window-')), 'deep', 'window.json');
    const state = { x: 1, y: 2, width: 1200, height: 700, maximized: false };
    saveWindowState(file, state);
    expect(readWindowState(file)).toEqual(state);
    writeFileSync(file, '{');
    expect(readWindowState(file)).toBeUndefined();
  });
});
