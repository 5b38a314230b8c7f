import type { Policy } from '../../shared/deidentify/records.ts';
import { type CallOutput, type ReplyError, toReplyError } from '../client.ts';

/** One method tried on the scan that is compared. */
export type Outcome =
  | { readonly state: 'waiting' }
  | { readonly state: 'running'; readonly startedAt: number }
  | { readonly state: 'done'; readonly preview: CallOutput<'deidentify.previewFace'> }
  | { readonly state: 'failed'; readonly error: ReplyError };

/** What is compared: results of another scan, seed or recipe are not shown beside these. */
export interface Subject {
  /** `projectKeyOf` the open project: another one has scans of the same numbers. */
  readonly project: string;
  readonly seriesId: number;
  readonly policy: string;
  readonly seed: number;
  /** `recipeOf` the policy; one that is edited under its name is another subject. */
  readonly recipe: string;
}

/** Everything of a policy that changes a face or the verdict on it, to tell recipes apart. */
export function recipeOf(policy: Pick<Policy, 'method' | 'methodParams' | 'limits' | 'ladder'>): string {
  return JSON.stringify([policy.method, policy.methodParams, policy.limits, policy.ladder]);
}

export type Outcomes = ReadonlyMap<string, Outcome>;

type Ask = (
  input: { seriesId: number; policy: string; method: string; seed: number },
  signal: AbortSignal,
) => Promise<CallOutput<'deidentify.previewFace'>>;

/** Comparisons that are remembered; the host keeps the pictures of about as many previews of one scan. */
const REMEMBERED = 12;
const NOTHING: Outcomes = new Map();
/** Going on after one of these would end somebody's newer preview, or fail for every method alike. */
const ENDS_ALL = new Set(['preview-replaced', 'no-connection']);

const keyOf = (subject: Subject) => JSON.stringify(subject);

export interface Comparisons {
  readonly subscribe: (watcher: () => void) => () => void;
  readonly outcomes: (subject: Subject) => Outcomes;
  /** What is worked on now, on this or another scan. */
  readonly running: () => Subject | undefined;
  /** Tries these methods one after the other; a run on another subject ends first. */
  readonly start: (subject: Subject, methods: readonly string[]) => Promise<void>;
  /** Ends what runs; what is done stays, and a method that was being tried again keeps its earlier result. */
  readonly cancel: () => void;
}

/**
 * Methods tried on one scan one after the other, remembered for this window.
 *
 * Lives outside the screen: looking at another tab neither ends a run nor loses what is done.
 *
 * @param ask `deidentify.previewFace`; the host runs one at a time and a newer one ends the older
 */
export function createComparisons(ask: Ask, clock: () => number = Date.now): Comparisons {
  const all = new Map<string, Outcomes>();
  const watchers = new Set<() => void>();
  let run:
    | { readonly subject: Subject; readonly ended: AbortController; readonly earlier: Outcomes }
    | undefined;

  const tell = () => {
    for (const watcher of watchers) watcher();
  };
  const put = (subject: Subject, outcomes: Outcomes) => {
    const key = keyOf(subject);
    all.delete(key);
    all.set(key, outcomes);
    for (const old of all.keys()) {
      if (all.size <= REMEMBERED) break;
      all.delete(old);
    }
    tell();
  };
  const of = (subject: Subject) => all.get(keyOf(subject)) ?? NOTHING;
  const set = (subject: Subject, method: string, outcome: Outcome) =>
    put(subject, new Map(of(subject)).set(method, outcome));

  const end = () => {
    if (!run) return;
    const { subject, ended, earlier } = run;
    run = undefined;
    ended.abort();
    const kept = [...of(subject)].flatMap(([method, outcome]): [string, Outcome][] => {
      if (outcome.state !== 'waiting' && outcome.state !== 'running') return [[method, outcome]];
      const before = earlier.get(method);
      return before ? [[method, before]] : [];
    });
    put(subject, new Map(kept));
  };

  return {
    subscribe: (watcher) => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    outcomes: of,
    running: () => run?.subject,
    cancel: end,
    async start(subject, methods) {
      end();
      const ended = new AbortController();
      run = { subject, ended, earlier: of(subject) };
      const { seriesId, policy, seed } = subject;
      const waiting = methods.map((method) => [method, { state: 'waiting' }] as const);
      put(subject, new Map([...of(subject), ...waiting]));
      for (const method of methods) {
        set(subject, method, { state: 'running', startedAt: clock() });
        try {
          const preview = await ask({ seriesId, policy, method, seed }, ended.signal);
          if (ended.signal.aborted) return;
          set(subject, method, { state: 'done', preview });
        } catch (reason) {
          if (ended.signal.aborted) return;
          const error = toReplyError(reason);
          set(subject, method, { state: 'failed', error });
          if (ENDS_ALL.has(error.code)) break;
        }
      }
      end();
    },
  };
}
