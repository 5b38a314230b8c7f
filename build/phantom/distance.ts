/**
 * Signed distances to simple bodies, mm, negative inside.
 *
 * Ellipsoids and blends are approximate away from their surface, which is all a phantom needs.
 */

/** Ellipsoid about (cx, cy, cz) with semi-axes (rx, ry, rz). First-order distance: f·|f|/|∇f|. */
export function ellipsoid(
  x: number,
  y: number,
  z: number,
  cx: number,
  cy: number,
  cz: number,
  rx: number,
  ry: number,
  rz: number,
): number {
  const a = (x - cx) / rx;
  const b = (y - cy) / ry;
  const c = (z - cz) / rz;
  const k0 = Math.sqrt(a * a + b * b + c * c);
  if (k0 < 1e-6) return -Math.min(rx, ry, rz);
  const d = a / rx;
  const e = b / ry;
  const f = c / rz;
  return (k0 * (k0 - 1)) / Math.sqrt(d * d + e * e + f * f);
}

export function sphere(
  x: number,
  y: number,
  z: number,
  cx: number,
  cy: number,
  cz: number,
  r: number,
): number {
  const a = x - cx;
  const b = y - cy;
  const c = z - cz;
  return Math.sqrt(a * a + b * b + c * c) - r;
}

/** A rod from a to b whose radius runs linearly from `ra` to `rb`. */
export function rod(
  x: number,
  y: number,
  z: number,
  ax: number,
  ay: number,
  az: number,
  bx: number,
  by: number,
  bz: number,
  ra: number,
  rb: number,
): number {
  const ux = bx - ax;
  const uy = by - ay;
  const uz = bz - az;
  const px = x - ax;
  const py = y - ay;
  const pz = z - az;
  let t = (px * ux + py * uy + pz * uz) / (ux * ux + uy * uy + uz * uz);
  t = Math.max(0, Math.min(1, t));
  const dx = px - t * ux;
  const dy = py - t * uy;
  const dz = pz - t * uz;
  return Math.sqrt(dx * dx + dy * dy + dz * dz) - (ra + t * (rb - ra));
}

/** Union of two bodies whose seam is rounded over `k` mm. */
export function blend(a: number, b: number, k: number): number {
  const h = k - Math.abs(a - b);
  return h <= 0 ? Math.min(a, b) : Math.min(a, b) - (h * h) / (4 * k);
}

/** Body `a` without body `b`, edge rounded over `k` mm. */
export function carve(a: number, b: number, k: number): number {
  return -blend(-a, b, k);
}
