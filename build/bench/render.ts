/**
 * Surface and render benchmark: `npm run bench -- render [FILE.nii.gz …] [--runs 5] [--size 512]`.
 *
 * Without files: a phantom head of 2 mm and one of 1 mm voxels. Prints medians in milliseconds: finding the surface
 * (the scan already read), picturing it from every view, and a view with its share of the surface when the five
 * views of an audit are made.
 */
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { AUDIT_VIEWS } from '../../electron/risk/look-conditions.ts';
import { frameOf, renderHead } from '../../electron/risk/render.ts';
import { headSurface } from '../../electron/risk/surface.ts';
import { SURFACE_VIEWS } from '../../electron/risk/views.ts';
import { readNifti } from '../../electron/volume/nifti.ts';
import type { Volume } from '../../electron/volume/volume.ts';
import { median } from '../../shared/statistics/median.ts';
import { headPhantom } from '../phantom/head.ts';

export async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { runs: { type: 'string', default: '5' }, size: { type: 'string', default: '512' } },
  });
  const runs = Number(values.runs);
  const size = Number(values.size);
  console.log(`${runs} runs each, ${size} × ${size} pixels; medians in ms`);
  for (const [name, open] of heads(positionals)) {
    const volume = await open();
    const surfaceMs: number[] = [];
    const viewMs = SURFACE_VIEWS.map(() => [] as number[]);
    for (let run = 0; run < runs; run++) {
      const began = performance.now();
      const surface = headSurface(volume);
      surfaceMs.push(performance.now() - began);
      const frame = frameOf(surface);
      SURFACE_VIEWS.forEach((view, v) => {
        const start = performance.now();
        renderHead(surface, { view, size, frame });
        viewMs[v]!.push(performance.now() - start);
      });
    }
    const found = median(surfaceMs);
    const views = SURFACE_VIEWS.map((view, v) => `${view} ${median(viewMs[v]!).toFixed(0)}`).join(', ');
    const audit = AUDIT_VIEWS.reduce(
      (sum, view) => sum + median(viewMs[SURFACE_VIEWS.indexOf(view)]!),
      found,
    );
    console.log(
      `${name}, ${volume.shape.slice(0, 3).join(' × ')} voxels: surface ${found.toFixed(0)}; ${views}; ` +
        `a view of five with its share ${(audit / AUDIT_VIEWS.length).toFixed(0)}`,
    );
  }
  return 0;
}

function heads(files: readonly string[]): [string, () => Promise<Volume>][] {
  if (files.length > 0)
    return files.map((file) => [basename(file), async () => (await readNifti(file)).volume]);
  return [2, 1].map((voxelSizeMm) => [
    `phantom of ${voxelSizeMm} mm`,
    async () => headPhantom({ seed: 4, voxelSizeMm, fieldOfViewMm: [240, 256, 256] }).volume,
  ]);
}
