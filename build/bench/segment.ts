/**
 * Head-segmentation benchmark: `npm run bench -- segment [--runs 3] [--threads 2] [--provider cpu] [--sizes 256@1,192@1,128@1,128@2]`.
 *
 * One phantom head on cubes of N voxels of S mm (`N@S`), each segmented `--runs` times by the inference process with
 * the model beside the build folder (`REFACADE_MODELS` names another). Prints medians: seconds in all, of reading and
 * conforming, of the network, of labelling, of checking and writing; and the process's largest resident memory so far
 * (Linux), for which each size gets a process of its own. The first run of a process also pays for its start and
 * self-test, which is printed apart.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { findDist } from '../../electron/dist-dir.ts';
import { createSegmenter } from '../../electron/inference/create-segmenter.ts';
import { modelsDir } from '../../electron/inference/model-card.ts';
import { spawnNodeWorker } from '../../electron/inference/spawn-node.ts';
import { median } from '../../shared/statistics/median.ts';
import { headPhantom } from '../phantom/head.ts';
import { peakMegabytes, writeCube } from './cube.ts';

const steps = [
  ['read and conform', /^(reading|bringing)/],
  ['network', /^running/],
  ['label', /^labelling/],
  ['check and write', /^(checking|writing)/],
] as const;

export async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      runs: { type: 'string', default: '3' },
      threads: { type: 'string', default: '2' },
      provider: { type: 'string', default: 'cpu' },
      sizes: { type: 'string', default: '256@1,192@1,128@1,128@2' },
    },
  });
  // dist/build/bench.js: the build folder is one up from the programs of the checkout.
  const distDir = findDist();
  const root = mkdtempSync(join(tmpdir(), 'refacade-bench-'));
  const head = headPhantom({ seed: 4, voxelSizeMm: 2, fieldOfViewMm: [256, 256, 256] }).volume;
  try {
    console.log(
      `${values.runs} runs each, ${values.threads} threads, provider ${values.provider}; medians in seconds`,
    );
    for (const size of values.sizes.split(',')) {
      const [n, mm] = size.split('@').map(Number) as [number, number];
      const path = join(root, `${size}.nii.gz`);
      await writeCube(head, n, mm, path);
      let pid: number | undefined;
      const segmenter = createSegmenter({
        modelsDir: modelsDir(distDir),
        distDir,
        threads: Number(values.threads),
        forced: values.provider,
        spawn: (file) => {
          const child = spawnNodeWorker(file);
          pid = child.pid;
          return child;
        },
      });
      if (!segmenter) {
        console.error(`No model in ${modelsDir(distDir)}: nothing to measure.`);
        return 1;
      }
      try {
        const begin = performance.now();
        await segmenter.describe();
        const start = (performance.now() - begin) / 1000;
        const totals: number[] = [];
        const parts = steps.map(() => [] as number[]);
        let peak = Number.NaN;
        for (let run = 0; run < Number(values.runs); run++) {
          const marks: [number, string][] = [];
          const began = performance.now();
          await segmenter.segment(path, join(root, 'out'), {
            onProgress: (_f, message) => marks.push([performance.now(), message]),
          });
          const end = performance.now();
          totals.push((end - began) / 1000);
          marks.push([end, '']);
          steps.forEach(([, pattern], s) => {
            let spent = 0;
            for (let m = 0; m + 1 < marks.length; m++) {
              if (pattern.test(marks[m]![1])) spent += marks[m + 1]![0] - marks[m]![0];
            }
            parts[s]!.push(spent / 1000);
          });
          peak = peakMegabytes(pid);
        }
        const shares = steps.map(([name], s) => `${name} ${median(parts[s]!).toFixed(2)}`).join(', ');
        console.log(
          `${n}³ at ${mm} mm: ${median(totals).toFixed(2)} s (${shares}); peak ${peak.toFixed(0)} MB; start ${start.toFixed(2)} s`,
        );
      } finally {
        await segmenter.close();
      }
    }
    return 0;
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}
