/**
 * Compares the tissue engine with the DLMUSE volumes of the IXI heads, over all of them.
 *
 * Usage: bench morphometry [--data DIR] [--every N] [--own-brain] [--bias-fwhm MM]
 *
 * By default DLMUSE's own intracranial mask is the brain mask, which isolates the classifier; with `--own-brain` the
 * whole pipeline runs and differences of the masks come in. DLMUSE labels each 2 mm voxel as one region and gives
 * sulcal voxels to the gyrus, so its cortical CSF is small and its GM and WM large by definition: read the bias
 * with that in mind, and the correlation as the agreement. GM = 601, WM = 604 + brain stem 35, CSF = 600 +
 * ventricles 509, TIV = 702 of the regions in muse_roi_dict.csv. Nothing is tuned per scan.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { extractBrain } from '../../electron/deidentify/face/brain-extract.ts';
import { segmentTissue } from '../../electron/morphometry/tissue-em.ts';
import { readNifti } from '../../electron/volume/nifti.ts';
import { dice } from '../../shared/statistics/dice.ts';
import { mean } from '../../shared/statistics/mean.ts';
import { pearson } from '../../shared/statistics/pearson.ts';

const quantities: Record<string, readonly string[]> = {
  GM: ['601'],
  WM: ['604', '35'],
  CSF: ['600', '509'],
  TIV: ['702'],
};
/** DLMUSE labels that are white matter or fluid; every other region is grey. */
const whiteLabels = new Set([35, 40, 41, 81, 82, 83, 84, 85, 86, 87, 88, 89, 90, 91, 92, 93, 94, 95]);
const fluidLabels = new Set([1, 4, 11, 49, 50, 51, 52]);

export async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      data: { type: 'string', default: join(process.cwd(), '..', 'shared', 'data') },
      every: { type: 'string', default: '1' },
      'own-brain': { type: 'boolean', default: false },
      'bias-fwhm': { type: 'string', default: '' },
    },
  });
  const labelDir = join(values.data, 'labels', 'ixi_dlmuse');
  if (!existsSync(labelDir)) {
    console.error(`No DLMUSE labels under ${labelDir}; name the data folder with --data.`);
    return 1;
  }
  const table = readTable(join(values.data, 'labels', 'ixi_dlmuse_volumes.csv'));
  const options = values['bias-fwhm'] === '' ? {} : { biasFwhmMm: Number(values['bias-fwhm']) };
  const files = readdirSync(labelDir)
    .filter((name) => name.endsWith('_dlmuse.nii.gz'))
    .sort()
    .filter((_, i) => i % Number(values.every) === 0);
  const got = new Map(Object.keys(quantities).map((q) => [q, [] as number[]]));
  const reference = new Map(Object.keys(quantities).map((q) => [q, [] as number[]]));
  const overlaps = new Map(['GM', 'WM', 'CSF', 'mask'].map((q) => [q, [] as number[]]));
  const failures: string[] = [];
  let seconds = 0;
  for (const [n, file] of files.entries()) {
    const id = file.replace(/^ixi2mm_/, '').replace('_dlmuse.nii.gz', '');
    const scan = (await readNifti(join(values.data, 'heads', file.replace('_dlmuse', '')))).volume;
    const labels = (await readNifti(join(labelDir, file))).volume.data;
    const icv = Uint8Array.from(labels as ArrayLike<number>, (v) => (v > 0 ? 1 : 0));
    const brain = values['own-brain']
      ? (await extractBrain(scan, { signal: new AbortController().signal })).mask
      : icv;
    const started = performance.now();
    const result = segmentTissue(scan, brain, options);
    seconds += (performance.now() - started) / 1000;
    if ((n + 1) % 10 === 0) console.error(`${n + 1} of ${files.length}`);
    const row = table.get(id);
    if (result.failure !== '' || !row) {
      failures.push(`${id}: ${result.failure || 'no DLMUSE volumes'}`);
      continue;
    }
    const hard = Uint8Array.from(labels as ArrayLike<number>, (v) =>
      v === 0 ? 0 : fluidLabels.has(v) ? 1 : whiteLabels.has(v) ? 3 : 2,
    );
    for (const [name, label] of [
      ['CSF', 1],
      ['GM', 2],
      ['WM', 3],
    ] as const) {
      overlaps.get(name)!.push(dice(hard, result.labels, label) ?? 0);
    }
    overlaps.get('mask')!.push(dice(icv, brain, 1) ?? 0);
    for (const [quantity, regions] of Object.entries(quantities)) {
      got.get(quantity)!.push(result.volumes[quantity as 'GM']);
      reference
        .get(quantity)!
        .push(regions.reduce((sum, region) => sum + (row.get(region) ?? Number.NaN), 0));
    }
  }
  const how = values['own-brain'] ? 'own brain extraction' : 'DLMUSE intracranial mask';
  console.log(
    `Tissue EM against DLMUSE, ${how}: n = ${files.length - failures.length}, failed ${failures.length}`,
  );
  for (const failure of failures) console.log(`  failed ${failure}`);
  for (const quantity of Object.keys(quantities)) {
    const a = got.get(quantity)!;
    const b = reference.get(quantity)!;
    const bias = mean(a.map((x, i) => (100 * (x - b[i]!)) / b[i]!));
    const overlap = overlaps.get(quantity);
    console.log(
      `  ${quantity.padEnd(4)} r = ${pearson(a, b)?.toFixed(3)}  mean bias ${bias.toFixed(1)} %  ours ${(mean(a) / 1000).toFixed(0)} ml, DLMUSE ${(mean(b) / 1000).toFixed(0)} ml` +
        (overlap ? `  Dice ${mean(overlap).toFixed(3)}` : ''),
    );
  }
  console.log(`  mask Dice ${mean(overlaps.get('mask')!).toFixed(3)}`);
  console.log(`  ${(seconds / files.length).toFixed(2)} s per scan for the classifier (2 mm)`);
  return 0;
}

/** DLMUSE volumes in mm³: scan id → region number → volume. */
function readTable(path: string): Map<string, Map<string, number>> {
  const [header, ...rows] = readFileSync(path, 'utf8')
    .trim()
    .split(/\r?\n/)
    .map((line) => line.split(','));
  return new Map(rows.map((row) => [row[0]!, new Map(row.map((cell, i) => [header![i]!, Number(cell)]))]));
}
