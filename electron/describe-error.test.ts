import { expect, it } from 'vitest';
import { z } from 'zod';
import { describeError } from './describe-error.ts';
import { UserError } from './dispatch.ts';

it.each([
  [new UserError('x', 'The disk is full.', 'Free some space.'), 'The disk is full. Free some space.'],
  [new Error('plain'), 'plain'],
  [new TypeError(''), 'TypeError'],
  ['text', 'text'],
])('says what happened and what to do: %s', (error, expected) => {
  expect(describeError(error)).toBe(expected);
});

it('has words for a schema that does not fit', () => {
  const { error } = z.strictObject({ a: z.number() }).safeParse({ b: 1 });
  expect(describeError(error)).toContain('b');
});
