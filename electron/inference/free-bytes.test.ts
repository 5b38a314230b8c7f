import { expect, it } from 'vitest';
import { freeBytes, obtainableBytes } from './free-bytes.ts';

it('is what the system says, and on macOS a quarter of all memory at least', () => {
  expect(obtainableBytes(3e8, 16e9, 'linux')).toBe(3e8);
  expect(obtainableBytes(3e8, 16e9, 'win32')).toBe(3e8);
  expect(obtainableBytes(3e8, 16e9, 'darwin')).toBe(4e9);
  expect(obtainableBytes(9e9, 16e9, 'darwin')).toBe(9e9);
  expect(freeBytes()).toBeGreaterThan(0);
});
