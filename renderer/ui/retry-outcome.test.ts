import { expect, it } from 'vitest';
import { retryOutcome } from './retry-outcome.ts';

it('says how much is tried again, and why nothing is', () => {
  expect(retryOutcome(1)).toBe('1 job in the line again.');
  expect(retryOutcome(1200)).toBe('1,200 jobs in the line again.');
  expect(retryOutcome(0)).toMatch(/^Nothing to try again/);
});
