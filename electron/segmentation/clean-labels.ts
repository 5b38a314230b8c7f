import { connectedParts, type Parts } from './connected-parts.ts';

export interface CleanResult {
  /** Share of the brain's voxels outside its largest connected part, before anything was cleaned. */
  readonly apartShare: number;
  /** Voxels that got another channel. */
  readonly moved: number;
}

/** A second part of the brain smaller than this share of it is a mistake; a larger one is kept and reported. */
const STRAY_SHARE = 0.05;

/**
 * Leaves one connected part of each brain structure, in place.
 *
 * First small islands of "brain" away from the brain take the label around them; then, inside the brain, every part
 * of a structure but its largest does. Volumes are not touched by this: they are sums of probabilities.
 *
 * @param channel winning channel per voxel, i-fastest
 * @param brain 1 per channel that belongs to the brain
 * @param scattered 1 per channel that lies in many places by nature (fluid around the brain)
 */
export function cleanLabels(
  channel: Uint8Array,
  shape: readonly number[],
  brain: Uint8Array,
  scattered: Uint8Array,
): CleanResult {
  const whole = connectedParts(channel, shape, brain);
  const sizes = sizesOf(whole);
  const total = whole.order.length;
  const largest = sizes.length > 0 ? Math.max(...sizes) : 0;
  let moved = 0;
  for (let n = 0; n < sizes.length; n++) {
    if (sizes[n]! === largest || sizes[n]! > STRAY_SHARE * total) continue;
    moved += giveToNeighbour(channel, shape, whole, n, (c) => brain[c] === 0);
  }

  const kinds = brain.map((b, c) => (b && !scattered[c] ? c + 1 : 0)); // + 1: kind 0 is background
  const parts = connectedParts(channel, shape, kinds);
  const partSizes = sizesOf(parts);
  const keep = new Map<number, number>();
  for (let n = 0; n < partSizes.length; n++) {
    const best = keep.get(parts.kind[n]!);
    if (best === undefined || partSizes[n]! > partSizes[best]!) keep.set(parts.kind[n]!, n);
  }
  for (let n = 0; n < partSizes.length; n++) {
    if (keep.get(parts.kind[n]!) === n) continue;
    moved += giveToNeighbour(channel, shape, parts, n, (c) => c !== parts.kind[n]! - 1);
  }
  return { apartShare: total === 0 ? 0 : 1 - largest / total, moved };
}

function sizesOf(parts: Parts): number[] {
  return parts.kind.map((_, n) => parts.start[n + 1]! - parts.start[n]!);
}

/** Gives a part the channel it shares most faces with, among those allowed; nothing happens without one. */
function giveToNeighbour(
  channel: Uint8Array,
  shape: readonly number[],
  parts: Parts,
  part: number,
  allowed: (channel: number) => boolean,
): number {
  const [nx, ny, nz] = shape as [number, number, number];
  const faces = new Uint32Array(256);
  for (let n = parts.start[part]!; n < parts.start[part + 1]!; n++) {
    const at = parts.order[n]!;
    const i = at % nx;
    const j = Math.floor(at / nx) % ny;
    const k = Math.floor(at / (nx * ny));
    if (i > 0) faces[channel[at - 1]!]!++;
    if (i < nx - 1) faces[channel[at + 1]!]!++;
    if (j > 0) faces[channel[at - nx]!]!++;
    if (j < ny - 1) faces[channel[at + nx]!]!++;
    if (k > 0) faces[channel[at - nx * ny]!]!++;
    if (k < nz - 1) faces[channel[at + nx * ny]!]!++;
  }
  let best = -1;
  for (let c = 0; c < 256; c++) {
    if (faces[c]! > 0 && allowed(c) && (best < 0 || faces[c]! > faces[best]!)) best = c;
  }
  if (best < 0) return 0;
  for (let n = parts.start[part]!; n < parts.start[part + 1]!; n++) channel[parts.order[n]!] = best;
  return parts.start[part + 1]! - parts.start[part]!;
}
