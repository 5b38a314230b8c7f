import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { UserError } from '../dispatch.ts';
import { writePng } from '../review/write-png.ts';
import { frameOf, renderHead, type SurfaceRender } from '../risk/render.ts';
import { headSurface } from '../risk/surface.ts';
import { type LightSet, SURFACE_VIEWS, type SurfaceView } from '../risk/views.ts';
import { readNifti } from '../volume/nifti.ts';
import { need, needFile, needOtherFiles } from './arguments.ts';
import type { Command } from './command.ts';

/** Rows of the contact sheet that `--view all` gives; an empty place stays black. */
const SHEET: readonly (readonly (SurfaceView | undefined)[])[] = [
  ['front', 'front-left-30', 'front-left-60', 'left'],
  [undefined, 'front-right-30', 'front-right-60', 'right'],
];

export const renderCommand: Command = {
  name: 'render',
  usage: `render IN.nii[.gz] OUT.png --view ${[...SURFACE_VIEWS, 'all'].join('|')} [--size 512] [--lights even|side] [--yaw DEGREES] [--json]`,
  summary: 'picture the surface of a head as a PNG file',
  async run(args, output) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        view: { type: 'string' },
        size: { type: 'string', default: '512' },
        lights: { type: 'string', default: 'even' },
        yaw: { type: 'string', default: '0' },
      },
    });
    const input = needFile(positionals[0]);
    const out = resolve(need(positionals[1], 'an output file'));
    if (!out.toLowerCase().endsWith('.png'))
      throw new UserError('bad-arguments', `Expected a name ending in .png, got ${out}.`);
    needOtherFiles([input], { 'The output': out });
    const view = choose('--view', need(values.view, '--view'), [...SURFACE_VIEWS, 'all'] as const);
    const lights: LightSet = choose('--lights', values.lights, ['even', 'side'] as const);
    const size = whole('--size', values.size, 16, 4096);
    const yaw = number('--yaw', values.yaw, -180, 180);

    const { volume } = await readNifti(input);
    const surface = headSurface(volume);
    const options = { size, lights, frame: frameOf(surface), turnDegrees: { yaw } };
    const picture =
      view === 'all'
        ? contactSheet(size, (each) => renderHead(surface, { ...options, view: each }))
        : renderHead(surface, { ...options, view });
    const { width, height, gray } = picture;
    await mkdir(dirname(out), { recursive: true });
    const bytes = await writePng(out, { width, height, channels: 1, data: gray });
    output.text(`Written to ${out}. It shows the face as the scan holds it: keep it where the scan is kept.`);
    output.result({
      file: out,
      view,
      width,
      height,
      lights,
      yaw,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    });
    return 0;
  },
};

function contactSheet(size: number, picture: (view: SurfaceView) => SurfaceRender): SurfaceRender {
  const width = size * SHEET[0]!.length;
  const gray = new Uint8Array(width * size * SHEET.length);
  for (const [r, row] of SHEET.entries())
    for (const [c, view] of row.entries()) {
      if (view === undefined) continue;
      const tile = picture(view).gray;
      for (let y = 0; y < size; y++)
        gray.set(tile.subarray(y * size, (y + 1) * size), (r * size + y) * width + c * size);
    }
  return { width, height: size * SHEET.length, gray };
}

function choose<T extends string>(option: string, value: string, known: readonly T[]): T {
  const found = known.find((k) => k === value);
  if (found !== undefined) return found;
  throw new UserError(
    'bad-arguments',
    `Expected ${option} to be one of ${known.join(', ')}, got "${value}".`,
  );
}

function number(option: string, text: string, least: number, most: number): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (value >= least && value <= most) return value;
  throw new UserError(
    'bad-arguments',
    `Expected ${option} to be a number from ${least} to ${most}, got "${text}".`,
  );
}

function whole(option: string, text: string, least: number, most: number): number {
  const value = number(option, text, least, most);
  if (Number.isInteger(value)) return value;
  throw new UserError('bad-arguments', `Expected ${option} to be a whole number, got "${text}".`);
}
