import { expect, it } from 'vitest';
import { excludeOutcome } from './exclude-outcome.ts';

it('says why a scan that is worked on was not excluded, and nothing where it was', () => {
  expect(excludeOutcome(1)).toBe('');
  expect(excludeOutcome(0)).toMatch(/being worked on.*cancel its batch/);
});
