// As on Windows, where the files of an ended thread are held for a while: here nothing can be removed at all.
import { expect, it, vi } from 'vitest';
import { createInlinePool } from './pool.ts';

vi.mock('node:fs/promises', async (original) => ({
  ...(await original<typeof import('node:fs/promises')>()),
  rm: async () => {
    throw new Error('EBUSY: resource busy or locked');
  },
}));

it('files that cannot be removed do not change how a task ended', async () => {
  const pool = createInlinePool(
    {
      good: async () => 'done',
      bad: async () => {
        throw new Error('cancelled by the user');
      },
    },
    { generate: async () => ({ model: 'none', provider: 'cpu' }) },
  );
  expect(await pool.run('good', {})).toBe('done');
  await expect(pool.run('bad', {})).rejects.toThrow('cancelled by the user');
});
