import { existsSync, readFileSync } from 'node:fs';
import { newNifti, writeNifti } from '../../electron/volume/nifti.ts';
import { resample } from '../../electron/volume/resample.ts';
import type { Volume } from '../../electron/volume/volume.ts';
import { diag } from '../../shared/geometry/affine.ts';

/** A head on n³ voxels of `mm` mm around its own middle. */
export async function writeCube(head: Volume, n: number, mm: number, path: string): Promise<void> {
  const affine = diag(mm, mm, mm);
  for (let axis = 0; axis < 3; axis++) {
    const middle = head.affine[axis * 4 + 3]! + head.affine[axis * 5]! * ((head.shape[axis]! - 1) / 2);
    affine[axis * 4 + 3] = middle - ((n - 1) / 2) * mm;
  }
  const { data } = resample(head, { shape: [n, n, n], affine });
  const volume = { data: Int16Array.from(data), shape: [n, n, n], affine, slope: 1, inter: 0 };
  await writeNifti(path, newNifti(volume));
}

/** Largest resident memory of a process so far; NaN where the system does not say. */
export function peakMegabytes(pid: number | undefined): number {
  const file = `/proc/${pid}/status`;
  if (!existsSync(file)) return Number.NaN;
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(file, 'utf8'))?.[1]) / 1024;
}
