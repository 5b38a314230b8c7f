import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { apply } from '../../shared/geometry/affine.ts';
import { frameOf, type RenderFrame, renderHead } from '../risk/render.ts';
import { type HeadSurface, headSurface, NoSurfaceError } from '../risk/surface.ts';
import { readNifti } from '../volume/nifti.ts';
import type { Volume } from '../volume/volume.ts';
import { quietContext, type TaskContext } from '../worker/task.ts';
import { displayWindow, SLICE_CONVENTION, type SlicePlane, sliceRaster } from './pictures-slice.ts';
import type { Raster } from './png.ts';
import { writePng } from './write-png.ts';

export interface PicturesParams {
  /** The scan before and after its face was edited, NIfTI, on one grid. */
  readonly beforePath: string;
  readonly afterPath: string;
  /** 0/1 NIfTI of the voxels that were edited, on the same grid; without it no outline is drawn. */
  readonly maskPath?: string;
  /** Folder that receives the pictures; made when missing. */
  readonly outDir: string;
  /** Adds the surface in a three-quarter view, in which two faces differ most plainly. */
  readonly threeQuarter?: boolean;
}

/** A written picture; shared/review adds the address it is served under. */
export interface WrittenPicture {
  /** File name in `outDir`, e.g. `before-front.png`. */
  readonly name: string;
  readonly label: string;
  readonly stage: 'before' | 'after';
  readonly view: SurfaceName | SlicePlane;
}

/** Before and after lie on different grids, so no slice of one is the slice of the other. */
export class PictureGridError extends Error {
  override readonly name = 'PictureGridError';
}

type SurfaceName = 'front' | 'three-quarter' | 'left' | 'right';

const SURFACE_LABEL: Readonly<Record<SurfaceName, string>> = {
  front: 'surface from the front',
  'three-quarter': "surface in a three-quarter view from the patient's left",
  left: "surface from the patient's left",
  right: "surface from the patient's right",
};
const STANDARD_SURFACES = ['front', 'left', 'right'] as const;
/** Between the front (0°) and the patient's left (90°). */
const THREE_QUARTER_DEGREES = 40;
const PLANES: readonly SlicePlane[] = ['sagittal', 'coronal', 'axial'];

/**
 * The still pictures a reviewer looks at: for the scan before and after, three surface renders and three
 * slices through the middle of the edit.
 *
 * Both scans are shown alike: one camera, one air threshold and one gray window, taken from the scan before.
 * Slices carry the outline of the edit in both. Files appear under their final name only when complete.
 *
 * @returns twelve pictures, six per stage; fourteen with the three-quarter view
 * @throws PictureGridError when the scans or the mask differ in shape
 */
export async function makePictures(
  params: PicturesParams,
  context: TaskContext = quietContext,
): Promise<WrittenPicture[]> {
  const before = (await readNifti(params.beforePath)).volume;
  const after = (await readNifti(params.afterPath)).volume;
  const mask = params.maskPath === undefined ? undefined : (await readNifti(params.maskPath)).volume;
  requireSameGrid(before, after, 'the edited scan');
  if (mask !== undefined) requireSameGrid(before, mask, 'the edit mask');
  await mkdir(params.outDir, { recursive: true });

  const positionRas = editCentre(mask) ?? apply(before.affine, ...middleOf(before));
  const window = displayWindow(before);
  const surfaceBefore = surfaceOrNothing(before);
  const frame = surfaceBefore === undefined ? undefined : frameOf(surfaceBefore);

  const surfaces: readonly SurfaceName[] = params.threeQuarter
    ? [...STANDARD_SURFACES, 'three-quarter']
    : STANDARD_SURFACES;
  const total = 2 * (surfaces.length + PLANES.length);
  const pictures: WrittenPicture[] = [];
  for (const stage of ['before', 'after'] as const) {
    const volume = stage === 'before' ? before : after;
    const who = stage === 'before' ? 'Original' : 'De-identified';
    const surface = stage === 'before' ? surfaceBefore : surfaceOrNothing(after, surfaceBefore);
    const keep = async (view: WrittenPicture['view'], label: string, raster: Raster) => {
      context.signal.throwIfAborted();
      const name = `${stage}-${view}.png`;
      await writePng(join(params.outDir, name), raster);
      pictures.push({ name, label, stage, view });
      context.progress(pictures.length / total, `picture ${pictures.length} of ${total}`);
    };
    for (const view of surfaces)
      await keep(view, `${who}, ${SURFACE_LABEL[view]}`, surfaceRaster(surface, view, frame));
    for (const plane of PLANES) {
      const options = { positionRas, window, mask: mask?.data };
      const label = `${who}, ${plane} slice through the edit. ${SLICE_CONVENTION}`;
      await keep(plane, label, sliceRaster(volume, plane, options));
    }
  }
  return pictures;
}

const RENDER_SIZE = 512;

function surfaceRaster(
  surface: HeadSurface | undefined,
  view: SurfaceName,
  frame: RenderFrame | undefined,
): Raster {
  if (surface === undefined)
    return { width: RENDER_SIZE, height: RENDER_SIZE, channels: 1, data: new Uint8Array(RENDER_SIZE ** 2) };
  const camera =
    view === 'three-quarter'
      ? ({ view: 'front', turnDegrees: { yaw: THREE_QUARTER_DEGREES } } as const)
      : { view };
  const { width, height, gray } = renderHead(surface, { ...camera, size: RENDER_SIZE, frame });
  return { width, height, channels: 1, data: gray };
}

/** An emptied scan has no surface: its render is black, which is what the reviewer must see. */
function surfaceOrNothing(volume: Volume, levels?: HeadSurface): HeadSurface | undefined {
  try {
    return headSurface(volume, { levels });
  } catch (error) {
    if (error instanceof NoSurfaceError) return undefined;
    throw error;
  }
}

/** Centre of gravity of the edit, RAS mm; `undefined` when nothing was edited. */
function editCentre(mask: Volume | undefined): [number, number, number] | undefined {
  if (mask === undefined) return undefined;
  const [nx, ny, nz] = mask.shape as [number, number, number];
  let count = 0;
  let si = 0;
  let sj = 0;
  let sk = 0;
  let v = 0;
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, v++) {
        if (!(mask.data[v]! > 0)) continue;
        count += 1;
        si += i;
        sj += j;
        sk += k;
      }
  return count === 0 ? undefined : apply(mask.affine, si / count, sj / count, sk / count);
}

function middleOf({ shape }: Volume): [number, number, number] {
  return [(shape[0]! - 1) / 2, (shape[1]! - 1) / 2, (shape[2]! - 1) / 2];
}

function requireSameGrid(before: Volume, other: Volume, what: string): void {
  const a = before.shape.slice(0, 3).join(' × ');
  const b = other.shape.slice(0, 3).join(' × ');
  if (a !== b) throw new PictureGridError(`expected ${what} on the original's grid of ${a} voxels, got ${b}`);
}
