import type { Comparison, EngineState } from '../../shared/morphometry/records.ts';

/** Why there is nothing to compare, and what to do. */
export interface WhyNothing {
  readonly title: string;
  readonly text: string;
}

/** @param state undefined while it is on its way */
export function whyNothing(
  { scans }: Pick<Comparison, 'scans'>,
  state: Pick<EngineState, 'scans' | 'waiting'> | undefined,
): WhyNothing {
  const measure = '“Measure what is missing” measures each original and its de-identified version.';
  if (Math.max(scans, state?.scans ?? 0) === 0)
    return { title: 'Nothing to compare yet.', text: `De-identify scans first; then ${measure}` };
  if (state?.waiting !== 0) return { title: 'Nothing to compare yet.', text: measure };
  return {
    title: 'No scan could be compared.',
    text: 'Every scan failed to be measured before or after de-identification; the failures above say why.',
  };
}
