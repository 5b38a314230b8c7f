import { leastSlices } from './initial-state.ts';

/** No imaged box of a person is smaller or larger along an axis, mm. */
const leastMm = 10;
const mostMm = 2000;

/**
 * What is wrong with the size of a volume, in words; undefined for one that could be of a person.
 *
 * A file written in metres, micrometres or centimetres by mistake has voxels a thousand or ten times too
 * large or too small. A few slices alone may be thinner than any head and are not judged.
 *
 * @param shape extents, the first three along the axes
 * @param voxelSizeMm of the same axes
 */
export function implausibleExtent(
  shape: readonly number[],
  voxelSizeMm: readonly number[],
): string | undefined {
  const axes = shape.slice(0, 3);
  if (axes.length < 3 || voxelSizeMm.length < 3 || axes.some((n) => n < leastSlices)) return undefined;
  const extents = axes.map((n, i) => n * voxelSizeMm[i]!);
  if (extents.every((mm) => mm >= leastMm && mm <= mostMm)) return undefined;
  const words = (values: readonly number[]) => values.map((v) => Number(v.toPrecision(3))).join(' × ');
  return `Expected ${leastMm} mm to ${mostMm} mm along each axis; the header gives ${words(extents)} mm (voxels of ${words(voxelSizeMm.slice(0, 3))} mm).`;
}

/** How an implausible size is set aside. */
export const implausibleSize = {
  quarantine: 'missing-geometry',
  reason: 'Its voxel sizes cannot be right: no part of a person measures that.',
} as const;

export const implausibleSizeFix =
  'Correct the voxel size, or its unit of length, at the source (NIfTI: pixdim, sform and xyzt_units; DICOM: PixelSpacing and positions), then import again.';
