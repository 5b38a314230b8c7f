import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { deidentifyFace } from '../../electron/deidentify/face/deidentify-face.ts';
import { readNifti } from '../../electron/volume/nifti.ts';
import { quietContext } from '../../electron/worker/task.ts';
import { verdictLimits } from '../../shared/deidentify/records.ts';

/**
 * Faces and brains over a folder of heads: Dice against reference brain masks, face states, verdicts, seconds.
 *
 * Usage: face [data folder with heads/ and labels/ixi_dlmuse/, default ../shared/data] [every n-th IXI head] [method]
 * Prints one line per head as JSON, then a summary.
 */
export async function main(args: readonly string[]): Promise<void> {
  const [folder = join(process.cwd(), '..', 'shared', 'data'), every = '1', method = 'quickshear'] = args;
  const all = (await readdir(join(folder, 'heads'))).filter((f) => f.endsWith('.nii.gz')).sort();
  const ixi = all.filter((f) => f.startsWith('ixi')).filter((_, n) => n % Number(every) === 0);
  const files = [...all.filter((f) => !f.startsWith('ixi')), ...ixi];
  const dices: number[] = [];
  const seconds: number[] = [];
  const shares: number[] = [];
  const count = { state: {} as Record<string, number>, verdict: {} as Record<string, number> };
  let brainChanged = 0;
  for (const [n, file] of files.entries()) {
    const image = await readNifti(join(folder, 'heads', file));
    const work = { method, params: {}, seed: 1, limits: verdictLimits.parse({}), inputSha256: '' };
    const result = await deidentifyFace(image, work, quietContext);
    const value = (name: string) => result.verdict.numbers.find((v) => v.name === name)?.value ?? Number.NaN;
    let dice: number | undefined;
    if (file.startsWith('ixi')) {
      const label = await readNifti(
        join(folder, 'labels/ixi_dlmuse', file.replace('.nii.gz', '_dlmuse.nii.gz')),
      );
      dice = diceOf(result.brain, label.volume.data);
      dices.push(dice);
    }
    seconds.push(result.seconds);
    if (result.faceState === 'intact') shares.push(value('faceSurfaceChanged'));
    brainChanged += value('brainVoxelsChanged');
    count.state[result.faceState] = (count.state[result.faceState] ?? 0) + 1;
    count.verdict[result.verdict.state] = (count.verdict[result.verdict.state] ?? 0) + 1;
    console.log(
      JSON.stringify({
        n: `${n + 1}/${files.length}`,
        file,
        seconds: round(result.seconds),
        dice: dice === undefined ? null : round(dice, 4),
        brainCm3: Math.round(value('brainMm3') / 1000),
        faceState: result.faceState,
        verdict: result.verdict.state,
        moved: round(value('faceSurfaceChanged')),
        reason: result.verdict.state === 'passed' ? '' : result.verdict.reason,
      }),
    );
  }
  console.log(
    JSON.stringify({
      heads: files.length,
      method,
      dice: spread(dices),
      seconds: spread(seconds),
      moved: spread(shares),
      brainChanged,
      ...count,
    }),
  );
}

function diceOf(mask: Uint8Array, label: ArrayLike<number>): number {
  let [a, b, both] = [0, 0, 0];
  for (let n = 0; n < mask.length; n++) {
    const l = label[n]! > 0 ? 1 : 0;
    a += mask[n]!;
    b += l;
    both += l & mask[n]!;
  }
  return (2 * both) / (a + b);
}

function spread(values: number[]): Record<string, number> {
  const s = [...values].sort((a, b) => a - b);
  const at = (p: number) => round(s[Math.min(s.length - 1, Math.floor(p * s.length))] ?? Number.NaN, 4);
  return {
    n: s.length,
    mean: round(s.reduce((a, b) => a + b, 0) / s.length, 4),
    min: at(0),
    p5: at(0.05),
    median: at(0.5),
    max: at(1),
  };
}

function round(value: number, digits = 2): number {
  return Number(value.toFixed(digits));
}
