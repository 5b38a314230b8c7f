export interface Spot {
  /** Centre in pixels, y downwards. */
  readonly x: number;
  readonly y: number;
}

/** How points lie: anywhere, or one row of points under the other, all of a row at one height. */
export type Layout = 'scatter' | 'rows';

/**
 * Where a key leads from one point of a plot.
 *
 * In a scatter, left and right go through all points by x and up and down by y. In rows, left and right go through all
 * points as they are read, and up and down to the nearest point of the next row. So every point can be reached.
 *
 * @param now index in `spots`
 * @returns index of the next point, `now` where there is none that way; undefined for keys that are not ours
 */
export function spotAfterKey(
  spots: readonly Spot[],
  now: number,
  key: string,
  layout: Layout,
): number | undefined {
  const from = spots[now];
  if (!from) return undefined;
  const across = inOrder(spots, layout === 'rows' ? ['y', 'x'] : ['x', 'y']);
  const step = (order: readonly number[], by: 1 | -1) => order[order.indexOf(now) + by] ?? now;
  switch (key) {
    case 'Home':
      return across[0];
    case 'End':
      return across.at(-1);
    case 'ArrowRight':
      return step(across, 1);
    case 'ArrowLeft':
      return step(across, -1);
    case 'ArrowDown':
      return layout === 'rows' ? nearestInRow(spots, now, 1) : step(inOrder(spots, ['y', 'x']), 1);
    case 'ArrowUp':
      return layout === 'rows' ? nearestInRow(spots, now, -1) : step(inOrder(spots, ['y', 'x']), -1);
    default:
      return undefined;
  }
}

/** Indices by the first coordinate in whole pixels, then the second; points in one place keep their order. */
function inOrder(spots: readonly Spot[], [first, second]: readonly ['x' | 'y', 'x' | 'y']): number[] {
  const at = (n: number, axis: 'x' | 'y') => spots[n]?.[axis] ?? 0;
  return spots
    .map((_, n) => n)
    .sort(
      (a, b) => Math.round(at(a, first)) - Math.round(at(b, first)) || at(a, second) - at(b, second) || a - b,
    );
}

function nearestInRow(spots: readonly Spot[], now: number, by: 1 | -1): number {
  const from = spots[now] as Spot;
  const ahead = spots.flatMap((spot, n) => {
    const rows = by * (Math.round(spot.y) - Math.round(from.y));
    return rows > 0 ? [{ n, rows, aside: Math.abs(spot.x - from.x) }] : [];
  });
  return ahead.sort((a, b) => a.rows - b.rows || a.aside - b.aside)[0]?.n ?? now;
}
