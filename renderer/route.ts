import { useSyncExternalStore } from 'react';

export const STEPS = ['project', 'import', 'deidentify', 'review', 'impact', 'audit', 'share'] as const;
export type StepName = (typeof STEPS)[number];

export interface Route {
  readonly step: StepName;
  /** What the screen itself remembers, e.g. `series=12`. */
  readonly params: Readonly<Record<string, string>>;
}

/** `#/review?item=4` → step and parameters; anything unknown is the project screen. */
export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?');
  const step = STEPS.find((name) => name === path) ?? 'project';
  return { step, params: Object.fromEntries(new URLSearchParams(query)) };
}

export function formatRoute(
  step: StepName,
  params: Readonly<Record<string, string | number | undefined>> = {},
): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params))
    if (value !== undefined && value !== '') query.set(name, String(value));
  const text = query.toString();
  return `#/${step}${text ? `?${text}` : ''}`;
}

export function go(step: StepName, params: Readonly<Record<string, string | number | undefined>> = {}): void {
  window.location.hash = formatRoute(step, params);
}

/** Changes parameters of the present screen, keeping the others; no new entry in the history. */
export function setParams(change: Readonly<Record<string, string | number | undefined>>): void {
  const route = parseRoute(window.location.hash);
  history.replaceState(null, '', formatRoute(route.step, { ...route.params, ...change }));
  window.dispatchEvent(new HashChangeEvent('hashchange'));
}

let cached: { hash: string; route: Route } = { hash: '\0', route: { step: 'project', params: {} } };

export function useRoute(): Route {
  return useSyncExternalStore(
    (watcher) => {
      window.addEventListener('hashchange', watcher);
      return () => window.removeEventListener('hashchange', watcher);
    },
    () => {
      if (cached.hash !== window.location.hash)
        cached = { hash: window.location.hash, route: parseRoute(window.location.hash) };
      return cached.route;
    },
  );
}
