import { describe, expect, it } from 'vitest';
import { createBatchChoices } from './batch-choices.ts';

const outside = { name: 'Share outside', method: 'template' };
const inside = { name: 'Share inside', method: 'quickshear' };

describe('what a person picked for the batch', () => {
  it('is what was picked last, and the policy decides before', () => {
    const choices = createBatchChoices();
    expect(choices.of('/a', outside)).toEqual({ method: undefined, seed: 1, measure: true });
    choices.pickMethod('/a', outside, 'blur');
    choices.set('/a', { seed: 4711 });
    choices.pickMethod('/a', outside, 'mask-out');
    choices.set('/a', { measure: false });
    expect(choices.of('/a', outside)).toEqual({ method: 'mask-out', seed: 4711, measure: false });
  });

  it('is not inherited by another project, and is there again when the first one comes back', () => {
    const choices = createBatchChoices();
    choices.pickMethod('/a', outside, 'blur');
    choices.set('/a', { seed: 4711 });
    expect(choices.of('/b', outside)).toMatchObject({ method: undefined, seed: 1 });
    choices.set('/b', { seed: 2 });
    expect(choices.of('/a', outside)).toMatchObject({ method: 'blur', seed: 4711 });
  });

  it('gives the method back to a policy that was switched meanwhile and keeps the seed', () => {
    const choices = createBatchChoices();
    choices.pickMethod('/a', outside, 'blur');
    choices.set('/a', { seed: 4711 });
    expect(choices.of('/a', inside)).toMatchObject({ method: undefined, seed: 4711 });
    choices.followPolicy('/a');
    expect(choices.of('/a', outside)).toMatchObject({ method: undefined, seed: 4711 });
  });

  it('gives the method back to a policy whose own method was edited under its name', () => {
    const choices = createBatchChoices();
    choices.pickMethod('/a', outside, 'blur');
    expect(choices.of('/a', { ...outside, method: 'cgan-3d' }).method).toBeUndefined();
  });

  it('does not stand on a method that is no longer here', () => {
    const choices = createBatchChoices();
    choices.pickMethod('/a', outside, 'site-a-faces');
    expect(choices.of('/a', outside, ['template', 'blur']).method).toBeUndefined();
    expect(choices.of('/a', outside, ['template', 'site-a-faces']).method).toBe('site-a-faces');
  });

  it('tells whoever watches, until they stop', () => {
    const choices = createBatchChoices();
    const seen: number[] = [];
    const stop = choices.subscribe(() => seen.push(choices.version()));
    choices.set('/a', { seed: 2 });
    choices.pickMethod('/a', outside, 'blur');
    stop();
    choices.followPolicy('/a');
    expect(seen).toEqual([1, 2]);
  });
});
