import { describe, expect, it } from 'vitest';
import { type CallOutput, ReplyError } from '../client.ts';
import { createComparisons, recipeOf, type Subject } from './comparisons.ts';

type Preview = CallOutput<'deidentify.previewFace'>;
const subject = (seriesId: number): Subject => ({
  project: 'a',
  seriesId,
  policy: 'p',
  seed: 4,
  recipe: '',
});

/** A host that answers when told to. */
function host() {
  const asked: { method: string; answer: (method?: string) => void; refuse: (code: string) => void }[] = [];
  const comparisons = createComparisons(
    ({ method }, signal) =>
      new Promise<Preview>((resolve, reject) => {
        const refuse = (code: string) => reject(new ReplyError(code, code));
        signal.addEventListener('abort', () => refuse('cancelled'));
        asked.push({ method, refuse, answer: (ran = method) => resolve({ method: ran } as Preview) });
      }),
    () => 1000,
  );
  const states = (of: Subject) =>
    Object.fromEntries([...comparisons.outcomes(of)].map(([method, { state }]) => [method, state]));
  return { asked, comparisons, states };
}
const settled = () => new Promise((done) => setTimeout(done));

describe('createComparisons', () => {
  it('tries one method after the other and goes on after one that fails', async () => {
    const { asked, comparisons, states } = host();
    const done = comparisons.start(subject(1), ['blur', 'template']);
    expect(states(subject(1))).toEqual({ blur: 'running', template: 'waiting' });
    expect(asked).toHaveLength(1);
    asked[0]?.refuse('failed');
    await settled();
    expect(states(subject(1))).toEqual({ blur: 'failed', template: 'running' });
    asked[1]?.answer();
    await done;
    expect(states(subject(1))).toEqual({ blur: 'failed', template: 'done' });
    expect(comparisons.running()).toBeUndefined();
  });

  it('keeps what is done when cancelled, and the earlier result of what was tried again', async () => {
    const { asked, comparisons, states } = host();
    const first = comparisons.start(subject(1), ['blur', 'template', 'quickshear']);
    asked[0]?.answer();
    await settled();
    comparisons.cancel();
    await first;
    expect(states(subject(1))).toEqual({ blur: 'done' });
    const again = comparisons.start(subject(1), ['blur']);
    expect(states(subject(1))).toEqual({ blur: 'running' });
    comparisons.cancel();
    await again;
    expect(states(subject(1))).toEqual({ blur: 'done' });
  });

  it('ends the run on another scan, and takes nothing of it for its own', async () => {
    const { asked, comparisons, states } = host();
    const one = comparisons.start(subject(1), ['blur', 'template']);
    const two = comparisons.start(subject(2), ['quickshear']);
    await one;
    expect(states(subject(1))).toEqual({});
    expect(comparisons.running()).toEqual(subject(2));
    asked[1]?.answer();
    await two;
    expect(states(subject(2))).toEqual({ quickshear: 'done' });
  });

  it('stops where a preview somebody asked for took its place, instead of ending that one', async () => {
    const { asked, comparisons, states } = host();
    const run = comparisons.start(subject(1), ['blur', 'template']);
    asked[0]?.refuse('preview-replaced');
    await run;
    expect(asked).toHaveLength(1);
    expect(states(subject(1))).toEqual({ blur: 'failed' });
  });

  it('does not show one seed, recipe or project beside another', async () => {
    const { asked, comparisons, states } = host();
    const run = comparisons.start(subject(1), ['blur']);
    asked[0]?.answer();
    await run;
    expect(states({ ...subject(1), seed: 5 })).toEqual({});
    expect(states({ ...subject(1), recipe: 'edited' })).toEqual({});
    expect(states({ ...subject(1), project: 'b' })).toEqual({});
  });
});

describe('recipeOf', () => {
  const limits = { minFaceSurfaceChanged: 0.65, minBrainMm3: 700_000, maxBrainMm3: 2_100_000 };
  const policy = { method: 'blur', methodParams: { sigmaMm: 4 }, limits, ladder: [] };

  it('is another one after an edit under the same name', () => {
    expect(recipeOf({ ...policy })).toBe(recipeOf(policy));
    for (const edit of [
      { method: 'quickshear' },
      { methodParams: { sigmaMm: 8 } },
      { limits: { ...limits, minFaceSurfaceChanged: 0.5 } },
      { ladder: [{ method: 'quickshear', params: {} }] },
    ])
      expect(recipeOf({ ...policy, ...edit })).not.toBe(recipeOf(policy));
  });
});
