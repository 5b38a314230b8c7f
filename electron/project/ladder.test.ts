import { describe, expect, it } from 'vitest';
import { policy as policySchema, type Verdict } from '../../shared/deidentify/records.ts';
import { bestAttempt, nameAttempt, ordinal, replacedMethod, rungsOf, wantsNextRung } from './ladder.ts';

const number = (name: string, ok: boolean | null) => ({
  name,
  label: name,
  value: 1,
  unit: '',
  limit: '',
  ok,
});
const verdict = (state: Verdict['state'], faceOk: boolean | null = true, concern = 10): Verdict => ({
  state,
  reason: `it ${state}`,
  next: '',
  numbers: [number('brainMm3', true), number('faceSurfaceChanged', faceOk)],
  assumptions: [],
  problems: [],
  concern,
});

describe('rungsOf', () => {
  const ladder = [{ method: 'mask-out' }, { method: 'quickshear', params: { bufferMm: 5 } }];
  const policy = policySchema.parse({ name: 'p', method: 'template', methodParams: { ears: false }, ladder });

  it('begins with the policy’s method and its parameters', () => {
    expect(rungsOf('template', policy)).toEqual([
      { method: 'template', params: { ears: false } },
      { method: 'mask-out', params: {} },
      { method: 'quickshear', params: { bufferMm: 5 } },
    ]);
  });

  it('gives another chosen method its own defaults and leaves repeated rungs out', () => {
    expect(rungsOf('mask-out', policy).map((r) => r.method)).toEqual(['mask-out', 'quickshear']);
    expect(rungsOf('quickshear', policy).map((r) => [r.method, r.params])).toEqual([
      ['quickshear', {}],
      ['mask-out', {}],
      ['quickshear', { bufferMm: 5 }],
    ]);
  });

  it('is only the emptying of the chosen regions for a few slices', () => {
    const ears = { ...policy, methodParams: { ears: false, seamMm: 20 } };
    expect(rungsOf('template', ears, '2d')).toEqual([{ method: 'mask-out', params: { ears: false } }]);
    expect(rungsOf('quickshear', ears, '2d')).toEqual([{ method: 'mask-out', params: {} }]);
    expect(replacedMethod('template', 'mask-out', '2d')).toMatch(/Average face: Mask out was used instead/);
    expect(replacedMethod('mask-out', 'mask-out', '2d')).toBe('');
    expect(replacedMethod('template', 'mask-out', '3d')).toBe('');
  });

  it('is one method for a policy of an earlier version', () => {
    expect(rungsOf('quickshear', policySchema.parse({ name: 'old' }))).toHaveLength(1);
  });
});

describe('wantsNextRung', () => {
  it.each<[string, Verdict, 'intact' | 'removed' | 'brain-only' | 'unknown', boolean]>([
    ['passed', verdict('passed'), 'intact', false],
    ['too little of the face', verdict('needs-review', false), 'intact', true],
    ['failed', verdict('failed', null), 'intact', true],
    ['only the brain in doubt', verdict('needs-review', true), 'intact', false],
    ['face was gone before', verdict('needs-review', false), 'removed', false],
    ['no face at all', verdict('failed', null), 'brain-only', false],
  ])('%s', (_, v, faceBefore, expected) => {
    expect(wantsNextRung(v, faceBefore)).toBe(expected);
  });
});

describe('bestAttempt', () => {
  it('prefers passed, then needs review by concern, then failed; the earlier of equals', () => {
    const a = (id: number, v: Verdict) => ({ id, verdict: v });
    expect(bestAttempt([a(1, verdict('failed')), a(2, verdict('needs-review'))]).id).toBe(2);
    expect(
      bestAttempt([a(1, verdict('needs-review', false, 70)), a(2, verdict('needs-review', false, 61))]).id,
    ).toBe(2);
    expect(bestAttempt([a(1, verdict('passed', true, 90)), a(2, verdict('needs-review', true, 1))]).id).toBe(
      1,
    );
    expect(bestAttempt([a(1, verdict('passed')), a(2, verdict('passed'))]).id).toBe(1);
  });
});

describe('nameAttempt', () => {
  it('names later attempts and the reasons of the ones before', () => {
    const named = nameAttempt(verdict('passed'), 2, 'mask-out', [{ method: 'template', reason: 'too like' }]);
    expect(named.reason).toBe('2nd attempt, Mask out: it passed');
    expect(named.assumptions).toEqual(['1st attempt, Average face: too like']);
    expect(nameAttempt(verdict('passed'), 1, 'template', []).reason).toBe('it passed');
  });
  it('counts like people do', () => {
    expect([1, 2, 3, 4, 11, 12, 13, 21].map(ordinal)).toEqual([
      '1st',
      '2nd',
      '3rd',
      '4th',
      '11th',
      '12th',
      '13th',
      '21st',
    ]);
  });
});
