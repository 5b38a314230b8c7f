import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { apply } from '../../shared/geometry/affine.ts';
import type { SharedPicture } from '../../shared/share/records.ts';
import { slicePicture } from '../review/pictures-slice.ts';
import { readNifti } from '../volume/nifti.ts';
import type { Volume } from '../volume/volume.ts';
import { product } from './product.ts';
import type { ShareFolder } from './share-folder.ts';
import { type FileRecord, writeWholeFile } from './whole-file.ts';
import type { ScanToWrite } from './write-scan.ts';

/** Where the pictures of a share lie, beside its receipt. */
export const PICTURES = 'refacade-pictures';
/** Pixels along the longer side of a drawn slice; the receipt shows about 96. */
const SLICE_SIZE = 256;

export interface WrittenPictures {
  readonly files: readonly FileRecord[];
  readonly pictures: readonly SharedPicture[];
}

/**
 * Puts pictures of the de-identified scan, and of nothing else, beside the receipt.
 *
 * The surface is the reviewer's own picture. The slice is drawn anew from the edited voxels, because the
 * reviewer's carries the outline of the edit: the border of the edit makes a face easier to regrow and
 * leaves only as a mask, when the policy says so. A picture that cannot be made is left out; it is no
 * reason to hold a scan.
 *
 * @throws ShareWriteError when the share cannot be written to
 */
export async function writePictures(
  scan: ScanToWrite,
  folder: ShareFolder,
  checkpoint: (place: string) => void,
): Promise<WrittenPictures> {
  const key = `${scan.selected.scan.seriesId}:pictures`;
  const fingerprint = fingerprintOf(scan);
  const before = await folder.journal.finished(key, fingerprint, folder.contentDir);
  if (before) return { files: before.files, pictures: before.files.map(pictureOf) };

  const files: FileRecord[] = [];
  for (const view of ['front', 'sagittal'] as const) {
    const path = `${PICTURES}/${scan.pictureStem}-${view}.png`;
    const bytes = await (view === 'front' ? surface(scan) : slice(scan)).catch(() => null);
    if (bytes) files.push(await writeWholeFile(folder.contentDir, path, bytes));
    else await rm(join(folder.contentDir, ...path.split('/')), { force: true });
  }
  checkpoint(`${key} written`);
  folder.journal.append({ unit: { key, fingerprint, files, facts: {} } });
  return { files, pictures: files.map(pictureOf) };
}

function pictureOf({ path }: FileRecord): SharedPicture {
  return { view: basename(path).endsWith('-front.png') ? 'front' : 'sagittal', path };
}

function surfacePath(scan: ScanToWrite): string {
  return join(scan.derivativeDir, 'pictures', 'after-front.png');
}

/** The reviewer's surface render of the edited scan; null when there is none. */
async function surface(scan: ScanToWrite): Promise<Uint8Array | null> {
  if (!existsSync(surfacePath(scan))) return null;
  const bytes = await readFile(surfacePath(scan));
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]); // PNG §5.2
  return bytes.subarray(0, 8).equals(signature) ? bytes : null;
}

/** The sagittal slice of the edited scan through the middle of the edit. */
async function slice(scan: ScanToWrite): Promise<Uint8Array> {
  const { volume } = await readNifti(join(scan.derivativeDir, 'edited.nii.gz'));
  const maskPath = join(scan.derivativeDir, 'edit-mask.nii.gz');
  const mask = existsSync(maskPath) ? (await readNifti(maskPath)).volume : null;
  const positionRas = mask ? centreOf(mask) : null;
  return slicePicture(volume, 'sagittal', { size: SLICE_SIZE, ...(positionRas ? { positionRas } : {}) });
}

/** Centre of gravity of a mask, RAS mm; null when it is empty. */
function centreOf({ data, shape, affine }: Volume): [number, number, number] | null {
  const [nx, ny, nz] = shape as [number, number, number];
  let [count, si, sj, sk, v] = [0, 0, 0, 0, 0];
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, v++) {
        if (!(data[v]! > 0)) continue;
        count++;
        si += i;
        sj += j;
        sk += k;
      }
  return count === 0 ? null : apply(affine, si / count, sj / count, sk / count);
}

/** Everything the pictures depend on. */
function fingerprintOf(scan: ScanToWrite): string {
  const stamp = (path: string) => {
    if (!existsSync(path)) return null;
    const { size, mtimeMs } = statSync(path);
    return [size, mtimeMs];
  };
  const facts = [
    product.version,
    scan.selected.derivative.id,
    scan.pictureStem,
    stamp(surfacePath(scan)),
    stamp(join(scan.derivativeDir, 'edited.nii.gz')),
    stamp(join(scan.derivativeDir, 'edit-mask.nii.gz')),
  ];
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex');
}
