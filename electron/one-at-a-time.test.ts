import { expect, it } from 'vitest';
import { oneAtATime } from './one-at-a-time.ts';

const open = new AbortController().signal;
const pause = (ms: number) => new Promise((r) => setTimeout(r, ms));

it('lets one work on an output while the others wait and find it done', async () => {
  const made = new Set<string>();
  let [works, together, most] = [0, 0, 0];
  const ensure = (output: string) =>
    oneAtATime(output, open, async () => {
      if (made.has(output)) return 'found';
      works++;
      most = Math.max(most, ++together);
      await pause(5);
      together--;
      made.add(output);
      return 'made';
    });
  expect(await Promise.all([ensure('a'), ensure('a'), ensure('a')])).toEqual(['made', 'found', 'found']);
  expect([works, most]).toEqual([1, 1]);
  await Promise.all([ensure('b'), ensure('c')]);
  expect(most).toBe(2);
});

it('takes over when the one at work fails, and waits no longer than its own signal', async () => {
  let turn = 0;
  const work = () =>
    oneAtATime('d', open, async () => {
      await pause(5);
      if (turn++ === 0) throw new Error('aborted');
      return turn;
    });
  const stop = new AbortController();
  const [first, second] = [work(), work()];
  const third = oneAtATime('d', stop.signal, async () => 0);
  const gaveUp = expect(third).rejects.toThrow('enough');
  stop.abort(new Error('enough'));
  await expect(first).rejects.toThrow('aborted');
  await gaveUp;
  expect(await second).toBe(2);
});
