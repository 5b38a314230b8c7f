/**
 * Surface and render benchmark: `npm run bench -- render [FILE.nii.gz …] [--runs 5] [--size 512]`.
 *
 * Without files: a phantom head of 2 mm and one of 1 mm voxels. Prints medians in milliseconds: finding the surface
 * (the scan already read), picturing it from every view, and a view with its share of the surface when the five
 * views of an audit are made. Beside each in brackets: processor time of all threads, which a busy machine changes little.
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
    const found: Cost[] = [];
    const seen = SURFACE_VIEWS.map(() => [] as Cost[]);
    for (let run = 0; run < runs; run++) {
      const surface = measured(found, () => headSurface(volume));
      const frame = frameOf(surface);
      SURFACE_VIEWS.forEach((view, v) => {
        measured(seen[v]!, () => renderHead(surface, { view, size, frame }));
      });
    }
    const of = (costs: readonly Cost[], pick: keyof Cost) => median(costs.map((cost) => cost[pick]));
    const text = (costs: readonly Cost[]) =>
      `${of(costs, 'wall').toFixed(0)} [${of(costs, 'cpu').toFixed(0)}]`;
    const shared = (pick: keyof Cost) =>
      AUDIT_VIEWS.reduce((sum, view) => sum + of(seen[SURFACE_VIEWS.indexOf(view)]!, pick), of(found, pick)) /
      AUDIT_VIEWS.length;
    const views = SURFACE_VIEWS.map((view, v) => `${view} ${text(seen[v]!)}`).join(', ');
    console.log(
      `${name}, ${volume.shape.slice(0, 3).join(' × ')} voxels: surface ${text(found)}; ${views}; ` +
        `a view of five with its share ${shared('wall').toFixed(0)} [${shared('cpu').toFixed(0)}]`,
    );
  }
  return 0;
}

interface Cost {
  readonly wall: number;
  readonly cpu: number;
}

function measured<T>(costs: Cost[], work: () => T): T {
  const before = process.cpuUsage();
  const began = performance.now();
  const result = work();
  const wall = performance.now() - began;
  const { user, system } = process.cpuUsage(before);
  costs.push({ wall, cpu: (user + system) / 1000 });
  return result;
}

function heads(files: readonly string[]): [string, () => Promise<Volume>][] {
  if (files.length > 0)
    return files.map((file) => [basename(file), async () => (await readNifti(file)).volume]);
  return [2, 1].map((voxelSizeMm) => [
    `phantom of ${voxelSizeMm} mm`,
    async () => headPhantom({ seed: 4, voxelSizeMm, fieldOfViewMm: [240, 256, 256] }).volume,
  ]);
}
