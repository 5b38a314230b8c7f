import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineContract } from '../shared/rpc.ts';
import { createDispatch, UserError } from './dispatch.ts';

const contract = defineContract({
  'demo.double': { input: z.object({ n: z.number() }), output: z.object({ n: z.number() }) },
  'demo.drift': { input: z.object({}), output: z.object({ n: z.number() }) },
  'demo.refuse': { input: z.object({}), output: z.object({}) },
});
const dispatch = createDispatch(contract, {
  'demo.double': ({ n }) => ({ n: 2 * n }),
  'demo.drift': () => ({ n: 'two' }) as never,
  'demo.refuse': () => {
    throw new UserError('not-today', 'It is closed.', 'Come back tomorrow.');
  },
});

describe('dispatch', () => {
  it.each([
    ['demo.double', { n: 2 }, { ok: true, value: { n: 4 } }],
    ['demo.double', { n: 'two' }, { ok: false, error: { code: 'bad-input' } }],
    ['demo.double', null, { ok: false, error: { code: 'bad-input' } }],
    ['demo.drift', {}, { ok: false, error: { code: 'bad-output' } }],
    ['demo.refuse', {}, { ok: false, error: { code: 'not-today', fix: 'Come back tomorrow.' } }],
    ['demo.nothing', {}, { ok: false, error: { code: 'unknown-procedure' } }],
    ['constructor', {}, { ok: false, error: { code: 'unknown-procedure' } }],
    ['__proto__', {}, { ok: false, error: { code: 'unknown-procedure' } }],
  ])('%s %j', async (name, input, expected) => {
    expect(await dispatch(name, input)).toMatchObject(expected);
  });
});
