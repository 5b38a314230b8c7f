/** The network gave something that is no number: half-precision devices overflow. */
export class NotFiniteError extends Error {
  override name = 'NotFiniteError';
}

/**
 * The place of a value that is not a number or infinite; -1 where there is none.
 *
 * An answer holds tens of millions of values, nearly always sound ones: their sum tells that in a tenth of a search's time.
 */
export function indexOfNotFinite(values: Float32Array): number {
  let sum = 0;
  for (let n = 0; n < values.length; n++) sum += values[n]!;
  return Number.isFinite(sum) ? -1 : values.findIndex((v) => !Number.isFinite(v));
}
