import type { Policy } from '../../shared/deidentify/records.ts';

/** What a person picked for the next batch of one project. */
export interface BatchChoice {
  /** Method picked in place of the policy's own; undefined where the policy decides. */
  readonly method: string | undefined;
  readonly seed: number;
  /** Brain volumes are measured before and after. */
  readonly measure: boolean;
}

type Recipe = Pick<Policy, 'name' | 'method'>;

/** Belongs to no policy: it outlives a change of policy. */
type Free = Omit<BatchChoice, 'method'>;

interface Kept extends Free {
  /** The method, and the recipe it was picked over: another recipe has a method of its own. */
  readonly picked: { readonly method: string; readonly over: Recipe } | undefined;
}

const FIRST: Kept = { seed: 1, measure: true, picked: undefined };

export interface BatchChoices {
  readonly subscribe: (watcher: () => void) => () => void;
  /** Changes with every pick, for `useSyncExternalStore`. */
  readonly version: () => number;
  /** @param methods ids that are known here; a picked method that is gone no longer counts; undefined while not known */
  readonly of: (project: string, policy: Recipe, methods?: readonly string[]) => BatchChoice;
  readonly pickMethod: (project: string, policy: Recipe, method: string) => void;
  readonly set: (project: string, change: Partial<Free>) => void;
  /** Gives the method back to the policy, e.g. when another policy is chosen. */
  readonly followPolicy: (project: string) => void;
}

/**
 * Method, seed and measuring of the next batch, for each project, remembered for this window.
 *
 * Lives outside the screen: looking at another step loses nothing. Not stored with the project: a method that differs
 * from the policy is a decision about the batch at hand, and every de-identified scan records method and seed.
 */
export function createBatchChoices(): BatchChoices {
  const all = new Map<string, Kept>();
  const watchers = new Set<() => void>();
  let version = 0;
  const keptOf = (project: string) => all.get(project) ?? FIRST;
  const put = (project: string, change: Partial<Kept>) => {
    all.set(project, { ...keptOf(project), ...change });
    version++;
    for (const watcher of watchers) watcher();
  };
  return {
    subscribe: (watcher) => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    version: () => version,
    of: (project, policy, methods) => {
      const { picked, ...free } = keptOf(project);
      const stands =
        picked?.over.name === policy.name &&
        picked.over.method === policy.method &&
        (methods === undefined || methods.includes(picked.method));
      return { ...free, method: stands ? picked.method : undefined };
    },
    pickMethod: (project, { name, method: own }, method) =>
      put(project, { picked: { method, over: { name, method: own } } }),
    set: put,
    followPolicy: (project) => put(project, { picked: undefined }),
  };
}
