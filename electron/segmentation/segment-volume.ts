import { voxelVolumeMm3 } from '../../shared/geometry/affine.ts';
import type { Problem } from '../../shared/problem.ts';
import type { ModelCard } from '../inference/model-card.ts';
import type { Volume } from '../volume/volume.ts';
import { borderAreas, checkStructures } from './check-structures.ts';
import { cleanLabels } from './clean-labels.ts';
import { labelGrid } from './label-grid.ts';
import type { Block, Shape3 } from './network.ts';
import { networkInput } from './network-input.ts';
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

/** Mean certainty by which a second look with as many findings must be ahead. */
const CLEARLY_SURER = 0.03;

/**
 * Segments a scan: conform, network, volumes and centroids, labels on the scan's own grid, checks.
 *
 * When the checks find what a coil's shading may have caused, the network looks a second time, at evened-out intensities;
 * the result with fewer findings is kept, of equals the first unless the second is clearly surer; the second says that it is.
 *
 * @param subject the scan's name in problems
 * @throws SegmentationInputError for a scan that no head can be found in
 */
export async function segmentVolume(
  volume: Volume,
  card: ModelCard,
  run: RunBlocks,
  subject: string,
  onStep: (fraction: number, message: string) => void | Promise<void> = () => {},
): Promise<VolumeSegmentation> {
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

function warnings({ problems }: VolumeSegmentation): readonly Problem[] {
  return problems.filter((p) => p.level !== 'info');
}

async function look(
  volume: Volume,
  card: ModelCard,
  run: RunBlocks,
  subject: string,
  evened: boolean,
  onStep: (fraction: number, message: string) => void | Promise<void>,
): Promise<VolumeSegmentation> {
  await onStep(0.05, 'bringing the scan to the network’s grid');
  const input = networkInput(volume, card.input, evened);
  const map = new ProbabilityMap(input.grid, card.labels.length);
  await onStep(0.1, 'running the network');
  await run(input.image, input.shape, (block) => map.add(block));

  await onStep(0.75, 'labelling the scan');
  const shape = volume.shape.slice(0, 3);
  const native = labelGrid(map, { shape, affine: volume.affine });
  const isIn = (labels: readonly number[]) =>
    Uint8Array.from(card.labels, ({ label }) => (labels.includes(label) ? 1 : 0));
  const brain = isIn(BRAIN_LABELS);
  const scattered = isIn(SCATTERED);
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
  const table = Int16Array.from(card.labels, ({ label }) => label);
  const data = new Int16Array(native.channel.length);
  for (let n = 0; n < data.length; n++) data[n] = table[native.channel[n]!]!;
  return {
    labels: { data, shape, affine: volume.affine, slope: 1, inter: 0 },
    structures,
    confidence,
    problems,
  };
}
