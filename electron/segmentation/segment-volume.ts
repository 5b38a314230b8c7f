import { voxelVolumeMm3 } from '../../shared/geometry/affine.ts';
import type { Problem } from '../../shared/problem.ts';
import type { ModelCard } from '../inference/model-card.ts';
import type { Volume } from '../volume/volume.ts';
import { borderAreas, checkStructures } from './check-structures.ts';
import { cleanLabels } from './clean-labels.ts';
import { fineLook, isFine, type RunFine, relabel } from './fine-look.ts';
import { labelGrid } from './label-grid.ts';
import type { Block, Shape3 } from './network.ts';
import { type NetworkInput, networkInput } from './network-input.ts';
import { ProbabilityMap } from './probability-map.ts';
import { BRAIN_LABELS, type HeadSegmentation } from './segmentation.ts';
import { softVolumes } from './soft-volumes.ts';

/** Runs the network over a padded image, whole or in tiles, and hands each part on as it comes. */
export type RunBlocks = (image: Float32Array, shape: Shape3, take: (block: Block) => void) => Promise<void>;

/** Fluid around the brain lies in many places by nature. */
const SCATTERED = [24];

export interface VolumeSegmentation {
  /** Labels on the scan's own grid (its first frame), slope 1. */
  readonly labels: Volume<Int16Array>;
  readonly structures: HeadSegmentation['structures'];
  readonly confidence: number;
  readonly problems: HeadSegmentation['problems'];
  /** Voxel size at which the brain was named and measured. */
  readonly spacingMm: number;
}

/** Findings that shading may be the reason of; a brain cut by the field of view is not among them. */
const MAYBE_SHADING = [
  'segmentation-unsure',
  'brain-volume-implausible',
  'structures-missing',
  'structure-volume-unusual',
  'sides-differ',
  'brain-in-pieces',
];

/** Least share of the voxels that either look calls brain that both must. */
const LEAST_SHARED = 0.85;

/** Mean certainty by which a second look with as many findings must be ahead. */
const CLEARLY_SURER = 0.03;

/**
 * Segments a scan: conform, network, volumes and centroids, labels on the scan's own grid, checks.
 *
 * When the checks find what a coil's shading may have caused, the network looks a second time, at evened-out intensities;
 * the result with fewer findings is kept, of equals the first unless the second is clearly surer; the second says that it is.
 * The brain of a scan that is fine enough is named once more at half the network's spacing, where the model has a second
 * network for that: labels and volumes are then its own, checks and certainty stay the first network's.
 *
 * @param subject the scan's name in problems
 * @param runFine runs the second network; without it the first one's result stands
 * @throws SegmentationInputError for a scan that no head can be found in
 */
export async function segmentVolume(
  volume: Volume,
  card: ModelCard,
  run: RunBlocks,
  subject: string,
  onStep: (fraction: number, message: string) => void | Promise<void> = () => {},
  runFine?: RunFine,
): Promise<VolumeSegmentation> {
  const { input, map, ...found } = await bestLook(volume, card, run, subject, onStep);
  const shape = volume.shape.slice(0, 3);
  const kinds = channelKinds(card);
  let { structures, problems, channel } = found;
  let { spacingMm } = card.input;
  if (runFine && isFine(volume, card)) {
    const fine = await fineLook(volume, card, input, map, kinds.brain, kinds.scattered, runFine);
    const finer = fine instanceof ProbabilityMap ? relabelled(channel, volume, fine, kinds) : undefined;
    if (fine instanceof ProbabilityMap && finer) {
      channel = finer;
      const volumes = softVolumes(fine, kinds.brain, kinds.scattered);
      structures = structures.map((s, c) => (kinds.brain[c] ? { ...s, ...volumes[c]! } : s));
      spacingMm /= 2;
    } else if (fine !== 'no brain') {
      problems = [...problems, coarseOnly(subject, fine === 'no memory')];
    }
  }
  const table = Int16Array.from(card.labels, ({ label }) => label);
  const { confidence } = found;
  const data = new Int16Array(channel.length);
  for (let n = 0; n < data.length; n++) data[n] = table[channel[n]!]!;
  return {
    structures,
    confidence,
    problems,
    spacingMm,
    labels: { data, shape, affine: volume.affine, slope: 1, inter: 0 },
  };
}

/**
 * The labels with those of the second look near the brain, cleaned; undefined where both looks do not see one brain: the
 * checks were made on the first one's.
 */
function relabelled(
  channel: Uint8Array,
  { shape, affine }: Volume,
  fine: ProbabilityMap,
  { brain, scattered }: ReturnType<typeof channelKinds>,
): Uint8Array | undefined {
  const grid = { shape: shape.slice(0, 3), affine };
  const finer = channel.slice();
  relabel(finer, grid, fine);
  cleanLabels(finer, grid.shape, brain, scattered);
  let [both, either] = [0, 0];
  for (let n = 0; n < channel.length; n++) {
    const [a, b] = [brain[channel[n]!]!, brain[finer[n]!]!];
    both += a & b;
    either += a | b;
  }
  return both >= LEAST_SHARED * either ? finer : undefined;
}

function coarseOnly(subject: string, noMemory: boolean): Problem {
  return {
    code: 'second-look-left-out',
    level: noMemory ? 'info' : 'warning',
    subject,
    message: noMemory
      ? 'There was not enough memory to look at the brain once more at half the voxel size; the first look stands.'
      : 'Looked at once more at half the voxel size the brain is another one than at first; the first look stands.',
    fix: noMemory
      ? 'Close other programs and measure the scan again.'
      : 'Look at the labels; volumes of this scan are coarser than those of others like it.',
  };
}

/** What one look found, and what it was found with. */
interface Look extends Omit<VolumeSegmentation, 'labels' | 'spacingMm'> {
  readonly input: NetworkInput;
  readonly map: ProbabilityMap;
  /** Cleaned winning channels on the scan's own grid. */
  readonly channel: Uint8Array;
}

async function bestLook(
  volume: Volume,
  card: ModelCard,
  run: RunBlocks,
  subject: string,
  onStep: (fraction: number, message: string) => void | Promise<void>,
): Promise<Look> {
  const first = await look(volume, card, run, subject, false, onStep);
  if (!warnings(first).some((p) => MAYBE_SHADING.includes(p.code))) return first;
  const again = (fraction: number, message: string) => onStep(fraction, `second look: ${message}`);
  const second = await look(volume, card, run, subject, true, again);
  const fewer = warnings(first).length - warnings(second).length;
  if (fewer < 0 || (fewer === 0 && second.confidence < first.confidence + CLEARLY_SURER)) return first;
  const note: Problem = {
    code: 'intensities-evened',
    level: 'info',
    subject,
    message:
      `The network first saw ${warnings(first).length} things amiss; with the coil's shading evened out it saw ` +
      `${warnings(second).length} (certainty ${percent(second.confidence)} instead of ${percent(first.confidence)}), and that result was kept.`,
    fix: 'Compare its volumes with those of other scans with care: evening out moves them a little.',
  };
  return { ...second, problems: [...second.problems, note] };
}

const percent = (share: number) => `${Math.round(100 * share)} %`;

function warnings({ problems }: Pick<VolumeSegmentation, 'problems'>): readonly Problem[] {
  return problems.filter((p) => p.level !== 'info');
}

async function look(
  volume: Volume,
  card: ModelCard,
  run: RunBlocks,
  subject: string,
  evened: boolean,
  onStep: (fraction: number, message: string) => void | Promise<void>,
): Promise<Look> {
  await onStep(0.05, 'bringing the scan to the network’s grid');
  const input = networkInput(volume, card.input, evened);
  const map = new ProbabilityMap(input.grid, card.labels.length);
  await onStep(0.1, 'running the network');
  await run(input.image, input.shape, (block) => map.add(block));

  await onStep(0.75, 'labelling the scan');
  const shape = volume.shape.slice(0, 3);
  const native = labelGrid(map, { shape, affine: volume.affine });
  const { brain, scattered } = channelKinds(card);
  const { apartShare } = cleanLabels(native.channel, shape, brain, scattered);

  await onStep(0.9, 'checking the structures');
  const volumes = softVolumes(map, brain, scattered);
  const structures = card.labels.map(({ label, structure }, c) => ({
    label,
    structure,
    ...volumes[c]!,
    confidence: native.counts[c]! > 0 ? native.confidence[c]! / native.counts[c]! : 0,
  }));
  const sumOver = (values: Float64Array) => values.reduce((sum, v, c) => sum + (brain[c] ? v : 0), 0);
  const brainVoxels = sumOver(native.counts);
  const confidence = brainVoxels > 0 ? sumOver(native.confidence) / brainVoxels : 0;
  // The limits were set on sums over the whole head, which stray probability makes larger than the reported volumes.
  const voxelMm3 = voxelVolumeMm3(input.grid.affine);
  const problems = checkStructures(
    {
      structures: structures.map((s, c) => ({ ...s, volumeMm3: map.everywhere(c) * voxelMm3 })),
      confidence,
      apartShare,
      notFinite: input.notFinite,
      borderMm2: borderAreas(native.channel, shape, brain, volume.affine),
      affine: volume.affine,
    },
    card.populationLimits,
    subject,
  );
  return { input, map, channel: native.channel, structures, confidence, problems };
}

/** 1 per channel that belongs to the brain, and that lies in many places by nature. */
function channelKinds({ labels }: ModelCard): { brain: Uint8Array; scattered: Uint8Array } {
  const isIn = (values: readonly number[]) =>
    Uint8Array.from(labels, ({ label }) => (values.includes(label) ? 1 : 0));
  return { brain: isIn(BRAIN_LABELS), scattered: isIn(SCATTERED) };
}
