import type { HeaderChange } from '../../shared/deidentify/records.ts';

/** Attributes to show: changed ones or all, whose words contain every word of the search. */
export function filterChanges(
  changes: readonly HeaderChange[],
  only: 'changed' | 'all',
  search: string,
): HeaderChange[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return changes.filter((change) => {
    if (only === 'changed' && change.action === 'keep' && change.before === change.after) return false;
    const text =
      `${change.tag} ${change.name} ${change.before} ${change.after} ${change.rule} ${change.action}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

/** How many attributes each action touches, most first. */
export function countActions(changes: readonly HeaderChange[]): [HeaderChange['action'], number][] {
  const counts = new Map<HeaderChange['action'], number>();
  for (const change of changes) counts.set(change.action, (counts.get(change.action) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]);
}
