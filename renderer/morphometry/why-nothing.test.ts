import { expect, it } from 'vitest';
import { whyNothing } from './why-nothing.ts';

it('asks for de-identification where nothing is de-identified', () => {
  expect(whyNothing({ scans: 0 }, { scans: 0, waiting: 0 }).text).toMatch(/^De-identify scans first/);
});

it('asks for measuring where scans are de-identified', () => {
  for (const waiting of [3, 2])
    expect(whyNothing({ scans: 3 - waiting }, { scans: 3, waiting }).text).toMatch(
      /^“Measure what is missing”/,
    );
});

it('points at the failures where measuring failed in every scan', () => {
  const why = whyNothing({ scans: 3 }, { scans: 3, waiting: 0 });
  expect(why.title).toBe('No scan could be compared.');
  expect(why.text).not.toMatch(/first|Measure/);
});
