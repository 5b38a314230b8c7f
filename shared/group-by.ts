/** Items with the same key together, in the order of their first one; Node 21 has this as `Map.groupBy`. */
export function groupBy<T, K>(items: readonly T[], key: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const k = key(item);
    const own = groups.get(k);
    if (own) own.push(item);
    else groups.set(k, [item]);
  }
  return groups;
}
