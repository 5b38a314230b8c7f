import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { maxDifference, type Vec3 } from '../../../shared/geometry/affine.ts';
import { modelsDir } from '../../inference/model-card.ts';
import { readNifti } from '../../volume/nifti.ts';
import type { Volume } from '../../volume/volume.ts';
import { type AverageHead, REGION } from './face-frame.ts';

const file = z.object({
  name: z.string().regex(/^[\w.-]+\.nii\.gz$/),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

/** What the application reads of `models/average-head/card.json`; the rest of the card is for people. */
const averageHeadCard = z.object({
  id: z.literal('average-head'),
  version: z.string().min(1),
  files: z.object({ intensity: file, surface: file, regions: file }),
  /** Bits of the region file. */
  regionBits: z.record(z.string(), z.number().int()),
  centroids: z
    .array(
      z.object({
        label: z.number().int(),
        structure: z.string(),
        at: z.tuple([z.number(), z.number(), z.number()]),
        /** Deviation over people after their affine, mm per axis. */
        deviationMm: z.number().positive(),
        /** 1 / mm². */
        weight: z.number().positive(),
      }),
    )
    .min(4),
  /** Average mm → ICBM152 mm as the brain's outline places them, 4×4 row-major. */
  toOutline: z.array(z.number()).length(16),
});
export type AverageHeadCard = z.infer<typeof averageHeadCard>;

/** The folder of the average head does not hold what it should; the message says what was expected and what is there. */
export class AverageHeadError extends Error {
  override name = 'AverageHeadError';
}

const loaded = new Map<string, Promise<AverageHead | undefined>>();

/**
 * The population-average head, read and checked once per process.
 *
 * @param folder the models folder; default: that of this build
 * @returns undefined when there is none
 * @throws AverageHeadError when a file is missing, damaged, or not the one the card describes
 */
export function averageHead(folder = ownModels()): Promise<AverageHead | undefined> {
  let head = loaded.get(folder);
  if (!head) {
    head = loadAverageHead(join(folder, 'average-head'));
    loaded.set(folder, head);
    // A damaged file may be put right while the application runs.
    head.catch(() => loaded.delete(folder));
  }
  return head;
}

/** Reads and checks one folder, without keeping it. See {@link averageHead}. */
export async function loadAverageHead(dir: string): Promise<AverageHead | undefined> {
  if (!existsSync(join(dir, 'card.json'))) return undefined;
  const card = await readCard(dir);
  const [intensity, surface, regions] = await Promise.all([
    readVolume(dir, card.files.intensity),
    readVolume(dir, card.files.surface),
    readVolume(dir, card.files.regions),
  ]);
  for (const other of [surface, regions]) {
    if (
      other.volume.shape.join() !== intensity.volume.shape.join() ||
      maxDifference(other.volume.affine, intensity.volume.affine) > 1e-3
    ) {
      throw new AverageHeadError(`Expected the files of ${dir} on one grid, got different ones.`);
    }
  }
  if (!(regions.volume.data instanceof Uint8Array)) {
    throw new AverageHeadError(`Expected bytes in ${card.files.regions.name}, got another type.`);
  }
  const sha256 = createHash('sha256')
    .update([intensity, surface, regions].map((v) => v.sha256).join(' '))
    .digest('hex');
  return {
    id: card.id,
    version: card.version,
    sha256,
    intensity: real(intensity.volume),
    surface: real(surface.volume),
    regions: { ...regions.volume, data: regions.volume.data },
    centroids: card.centroids.map(({ label, at, weight }) => ({ label, at: at as Vec3, weight })),
    toOutline: Float64Array.from(card.toOutline),
  };
}

async function readCard(dir: string): Promise<AverageHeadCard> {
  const path = join(dir, 'card.json');
  let json: unknown;
  try {
    json = JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw new AverageHeadError(`Expected a card in ${path}, got: ${(cause as Error).message}`, { cause });
  }
  const parsed = averageHeadCard.safeParse(json);
  if (!parsed.success) {
    const [first] = parsed.error.issues;
    throw new AverageHeadError(
      `Expected the card of an average head in ${path}, got one whose ${first?.path.join('.') || 'content'} is wrong: ${first?.message}`,
      { cause: parsed.error },
    );
  }
  for (const [name, bit] of Object.entries(REGION)) {
    if (parsed.data.regionBits[name] !== bit) {
      throw new AverageHeadError(
        `Expected region "${name}" as bit ${bit} in ${path}, got ${parsed.data.regionBits[name]}.`,
      );
    }
  }
  return parsed.data;
}

async function readVolume(dir: string, { name, sha256 }: z.infer<typeof file>) {
  const path = join(dir, name);
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw new AverageHeadError(
      `Expected a file of the average head at ${path}: ${(cause as Error).message}`,
      {
        cause,
      },
    );
  }
  const got = createHash('sha256').update(bytes).digest('hex');
  if (got !== sha256) {
    throw new AverageHeadError(
      `Expected SHA-256 ${sha256} of ${path}, got ${got}: the file is damaged or not the one its card describes.`,
    );
  }
  return { volume: (await readNifti(bytes)).volume, sha256 };
}

/** Stored integers as the quantity they mean. */
function real(volume: Volume): Volume<Float32Array> {
  const data = Float32Array.from(volume.data, (v) => v * volume.slope + volume.inter);
  return { data, shape: volume.shape, affine: volume.affine, slope: 1, inter: 0 };
}

/** Models beside the build this file was bundled into, or beside the sources when it runs from them. */
export function ownModels(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  for (let dir = here; dirname(dir) !== dir; dir = dirname(dir)) {
    if (basename(dir) === 'dist') return modelsDir(dir);
  }
  return modelsDir(join(here, '..', '..', '..', 'dist'));
}
