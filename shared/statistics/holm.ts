/**
 * Holm's step-down correction of p values for several tests.
 *
 * The i-th smallest of m is multiplied by (m − i + 1), then made non-decreasing and cut at 1. Null entries (tests
 * that could not be made) stay null and do not count in m.
 *
 * @see Holm 1979, Scand. J. Statist. 6:65–70; the same as R's p.adjust(method = "holm")
 * @example holm([0.01, 0.04, 0.03]) // [0.03, 0.06, 0.06]
 */
export function holm(p: readonly (number | null)[]): (number | null)[] {
  const order = p.flatMap((value, i) => (value === null ? [] : [i])).sort((a, b) => p[a]! - p[b]!);
  const result: (number | null)[] = p.map(() => null);
  let running = 0;
  order.forEach((index, place) => {
    running = Math.max(running, Math.min(1, (order.length - place) * p[index]!));
    result[index] = running;
  });
  return result;
}
