import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Problem } from '../../../shared/problem.ts';
import { readSegmentation } from '../../project/source-segmentation.ts';
import { BRAIN_LABELS, type HeadSegmentation } from '../../segmentation/segmentation.ts';
import { boxOf, cut, paste } from '../../volume/distance.ts';
import { readNifti } from '../../volume/nifti.ts';
import { type Volume, voxelsPerFrame } from '../../volume/volume.ts';
import { dilate, erode, fillHoles, largestComponent } from './morphology.ts';

/** A segmentation as the face job uses it. */
export interface SegmentedBrain {
  readonly segmentation: HeadSegmentation;
  /** 0/1 on the scan's grid: all brain labels, closed and without holes. */
  readonly mask: Uint8Array;
  /** Nothing speaks against it: no warnings, and the network was sure. */
  readonly good: boolean;
}

/** Mean probability from which labels are believed without a second opinion. */
const SURE = 0.7;

/**
 * The brain of a scan from the network's label map.
 *
 * @param path `segmentation.json` of the same volume
 * @throws Error when the label map does not lie on the scan's grid
 */
export async function segmentedBrain(path: string, volume: Volume): Promise<SegmentedBrain> {
  const segmentation = readSegmentation(path);
  const labels = await readNifti(readFileSync(join(dirname(path), segmentation.labelsFile)));
  const frame = voxelsPerFrame(volume.shape);
  if (voxelsPerFrame(labels.volume.shape) !== frame || !sameShape(labels.volume.shape, volume.shape)) {
    throw new Error(
      `Expected labels on the scan's grid (${volume.shape.slice(0, 3).join('×')}), got ${labels.volume.shape.join('×')}.`,
    );
  }
  const wanted: boolean[] = [];
  for (const label of BRAIN_LABELS) wanted[label] = true;
  const { data, slope, inter } = labels.volume;
  const brain = new Uint8Array(frame);
  for (let n = 0; n < frame; n++) if (wanted[Math.round(data[n]! * slope + inter)]) brain[n] = 1;
  const mask = solid(brain, volume.shape);
  const doubt = segmentation.problems.some((p) => p.level !== 'info');
  return { segmentation, mask, good: !doubt && segmentation.confidence >= SURE && mask.includes(1) };
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a[0] === b[0] && a[1] === b[1] && a[2] === b[2];
}

/** Sulci closed, holes filled, stray pieces gone. */
function solid(brain: Uint8Array, shape: readonly number[]): Uint8Array {
  const out = new Uint8Array(brain.length);
  const box = boxOf(brain, shape, [4, 4, 4]);
  if (!box) return out;
  const part = largestComponent(cut(brain, shape, box), box.size);
  paste(fillHoles(erode(dilate(part, box.size, 2), box.size, 2), box.size), out, shape, box);
  return out;
}

/** Overlap of two masks, 0…1. */
export function overlap(a: Uint8Array, b: Uint8Array): number {
  let [na, nb, both] = [0, 0, 0];
  for (let n = 0; n < a.length; n++) {
    na += a[n]!;
    nb += b[n]!;
    both += a[n]! & b[n]!;
  }
  return na + nb > 0 ? (2 * both) / (na + nb) : 0;
}

/** Below this overlap two outlines of one brain disagree strongly. */
export const AGREE = 0.9;

export function brainsDisagree(dice: number): Problem {
  return {
    code: 'brain-outlines-disagree',
    level: 'warning',
    subject: 'brain',
    message: `Network and surface model outline the brain differently (overlap ${dice.toFixed(2)}, at least ${AGREE} is expected); both were protected.`,
    fix: 'Look at the outline of the brain; the face may be cut less than it should.',
  };
}
