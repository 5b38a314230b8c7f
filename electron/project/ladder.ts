import type { Policy, Rung, Verdict } from '../../shared/deidentify/records.ts';
import type { FaceState, SeriesLayout } from '../../shared/import/records.ts';
import { maskOut } from '../deidentify/face/methods/mask-out.ts';
import { faceMethod } from '../deidentify/face/methods.ts';
import { REGION_PARAMS } from '../deidentify/face/regions.ts';

/**
 * The methods to try on a scan in order: the chosen one, then the policy's ladder.
 *
 * The policy's parameters belong to the policy's method; another method chosen for a batch starts with its own defaults.
 * A rung that repeats an earlier one is left out.
 *
 * A few slices cannot hold another face or a smoothed one, and show no profile of a brain to cut along: they have one rung,
 * the emptying of the regions that the policy chose.
 */
export function rungsOf(method: string, policy: Policy, layout: SeriesLayout = '3d'): Rung[] {
  if (layout === '2d') return [{ method: maskOut.id, params: regionSwitches(method, policy) }];
  const first = { method, params: method === policy.method ? policy.methodParams : {} };
  const rungs: Rung[] = [];
  for (const rung of [first, ...policy.ladder]) {
    if (!rungs.some((other) => sameRung(other, rung))) rungs.push(rung);
  }
  return rungs;
}

function regionSwitches(method: string, policy: Policy): Rung['params'] {
  const given = method === policy.method ? policy.methodParams : {};
  return Object.fromEntries(Object.entries(given).filter(([name]) => name in REGION_PARAMS));
}

/** What a person is told where {@link rungsOf} put another method in the place of the chosen one; '' where it did not. */
export function replacedMethod(chosen: string, used: string, layout: SeriesLayout): string {
  if (layout !== '2d' || chosen === used) return '';
  return `A few slices cannot be edited with ${titleOf(chosen)}: ${titleOf(used)} was used instead.`;
}

/** A verdict that tells where another method took the place of the chosen one, see {@link replacedMethod}. */
export function withReplacedMethod(
  verdict: Verdict,
  chosen: string,
  used: string,
  layout: SeriesLayout,
): Verdict {
  const replaced = replacedMethod(chosen, used, layout);
  return replaced ? { ...verdict, assumptions: [replaced, ...verdict.assumptions] } : verdict;
}

function sameRung(a: Rung, b: Rung): boolean {
  const text = (r: Rung) => JSON.stringify([r.method, Object.entries(r.params).sort()]);
  return text(a) === text(b);
}

/**
 * Whether another method could do better: the method failed, or too little of the face changed.
 *
 * A scan without a face, or whose face was gone before, is not helped by another method; nor is one whose brain is in doubt.
 */
export function wantsNextRung(verdict: Verdict, faceBefore: FaceState): boolean {
  if (verdict.state === 'passed' || faceBefore === 'brain-only' || faceBefore === 'removed') return false;
  if (verdict.state === 'failed') return true;
  return verdict.numbers.some((n) => n.name.startsWith('faceSurface') && n.ok === false);
}

export interface Attempt {
  readonly id: number;
  readonly verdict: Verdict;
}

const ORDER: Readonly<Record<Verdict['state'], number>> = { passed: 0, 'needs-review': 1, failed: 2 };

/** The attempt to go on with: passed before needs review before failed, then the least concern, then the earlier one. */
export function bestAttempt<A extends Attempt>(attempts: readonly A[]): A {
  return attempts.reduce((best, next) => {
    const order = ORDER[next.verdict.state] - ORDER[best.verdict.state];
    return order < 0 || (order === 0 && next.verdict.concern < best.verdict.concern) ? next : best;
  });
}

/** @example ordinal(2) // '2nd' */
export function ordinal(n: number): string {
  const tens = n % 100;
  const suffix = tens >= 11 && tens <= 13 ? 'th' : (['th', 'st', 'nd', 'rd'][n % 10] ?? 'th');
  return `${n}${suffix}`;
}

/** A later attempt's verdict says which one it is and why there were others. */
export function nameAttempt(
  verdict: Verdict,
  number: number,
  method: string,
  earlier: readonly { readonly method: string; readonly reason: string }[],
): Verdict {
  if (number === 1) return verdict;
  // A stored verdict of a later attempt begins with its name already.
  const named = (n: number, id: string, reason: string) => {
    const name = `${ordinal(n)} attempt, ${titleOf(id)}: `;
    return reason.startsWith(name) ? reason : name + reason;
  };
  return {
    ...verdict,
    reason: named(number, method, verdict.reason),
    assumptions: [...verdict.assumptions, ...earlier.map((e, n) => named(n + 1, e.method, e.reason))],
  };
}

export function titleOf(method: string): string {
  return faceMethod(method).title;
}
