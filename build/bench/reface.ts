/**
 * Refacing benchmark: `npm run bench -- reface [--runs 3] [--methods template,pix2pix-2.5d,cgan-3d] [--sizes 256@1,192@1,128@2]`.
 *
 * One phantom head on cubes of N voxels of S mm (`N@S`): the head is segmented once, then its face is edited `--runs` times by
 * each method in turn. Prints medians: seconds of the face step, of the network alone (files, queue and process included),
 * of the segmentation before it; and the largest resident memory of the generator's process so far (Linux).
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { deidentifyFace } from '../../electron/deidentify/face/deidentify-face.ts';
import type { GenerateFace } from '../../electron/deidentify/face/generate-face.ts';
import { installedAverageHead } from '../../electron/deidentify/face/installed-average-head.ts';
import { findDist } from '../../electron/dist-dir.ts';
import { createSegmenter } from '../../electron/inference/create-segmenter.ts';
import { modelsDir } from '../../electron/inference/model-card.ts';
import { spawnNodeWorker } from '../../electron/inference/spawn-node.ts';
import { generateThroughFiles } from '../../electron/models/generate-face.ts';
import { createGenerators } from '../../electron/models/generators.ts';
import { readNifti } from '../../electron/volume/nifti.ts';
import { verdictLimits } from '../../shared/deidentify/records.ts';
import { median } from '../../shared/statistics/median.ts';
import { headPhantom } from '../phantom/head.ts';
import { peakMegabytes, writeCube } from './cube.ts';

export async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      runs: { type: 'string', default: '3' },
      methods: { type: 'string', default: 'template,pix2pix-2.5d,cgan-3d' },
      sizes: { type: 'string', default: '256@1,192@1,128@2' },
    },
  });
  const distDir = findDist();
  const shipped = modelsDir(distDir);
  const root = mkdtempSync(join(tmpdir(), 'refacade-bench-'));
  const head = headPhantom({ seed: 4, voxelSizeMm: 2, fieldOfViewMm: [256, 256, 256] }).volume;
  let pid: number | undefined;
  const generators = createGenerators({
    folders: { shipped, packs: join(root, 'packs') },
    distDir,
    spawn: (file) => {
      const child = spawnNodeWorker(file);
      pid = child.pid;
      return child as never;
    },
  });
  const segmenter = createSegmenter({ modelsDir: shipped, distDir });
  const average = await installedAverageHead();
  try {
    for (const size of values.sizes.split(',')) {
      const [n, mm] = size.split('@').map(Number) as [number, number];
      const path = join(root, `${size}.nii.gz`);
      await writeCube(head, n, mm, path);
      const image = await readNifti(path);
      const out = join(root, size);
      const began = performance.now();
      if (segmenter) await segmenter.segment(path, out);
      const segmented = (performance.now() - began) / 1000;
      console.log(`${n}³ at ${mm} mm: segmentation ${segmented.toFixed(1)} s, start of its process included`);
      const times = new Map<string, { all: number[]; network: number[]; peak: number }>();
      for (let run = 0; run < Number(values.runs); run++) {
        for (const method of values.methods.split(',')) {
          const row = times.get(method) ?? { all: [], network: [], peak: Number.NaN };
          times.set(method, row);
          let network = 0;
          const through = generateThroughFiles(generators.generate, join(root, 'scratch'));
          const generate: GenerateFace = async (model, channels, signal) => {
            await generators.describe(model); // the first start is not counted
            const start = performance.now();
            const face = await through(model, channels, signal);
            network = (performance.now() - start) / 1000;
            row.peak = peakMegabytes(pid);
            return face;
          };
          if (run === 0 && method !== 'template') await generators.describe(method);
          const start = performance.now();
          await deidentifyFace(
            image,
            {
              method,
              params: {},
              seed: run + 1,
              limits: verdictLimits.parse({}),
              inputSha256: '0'.repeat(64),
              segmentationPath: segmenter ? join(out, 'segmentation.json') : undefined,
              average,
            },
            { progress() {}, signal: new AbortController().signal, generate },
          );
          row.all.push((performance.now() - start) / 1000);
          row.network.push(network);
        }
      }
      for (const [method, { all, network, peak }] of times) {
        const alone =
          Math.max(...network) > 0
            ? `, network ${median(network).toFixed(1)} s, peak ${peak.toFixed(0)} MB`
            : '';
        console.log(`  ${method}: face step ${median(all).toFixed(1)} s${alone}`);
      }
    }
    return 0;
  } finally {
    await generators.close();
    await segmenter?.close();
    rmSync(root, { recursive: true, force: true });
  }
}
