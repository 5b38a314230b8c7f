import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ownModels } from '../deidentify/face/average-head.ts';
import { sha256OfFile } from '../deidentify/face/face-files.ts';
import type { PrimaryScan } from '../deidentify/session/place-in-session.ts';
import { LookCache } from '../risk/looks.ts';
import { DISTANCE_VERSION } from '../risk/surface-distance.ts';
import { makerOf } from '../segmentation/segmentation.ts';
import { readSegmentation } from './source-segmentation.ts';

/**
 * Under which key a surface distance is kept: whatever decides over the number is in it, so that a newer network or average
 * head has it measured again.
 *
 * @param order `hashes`: SHA-256 of the original and of the edited scan; the segmentations by which the face is found
 * @param averageDir folder of the average head; that of this build unless told otherwise
 */
export async function distanceKey(
  order: {
    readonly hashes: readonly string[];
    readonly segmentationPath: string | undefined;
    readonly primary: PrimaryScan | undefined;
  },
  averageDir = join(ownModels(), 'average-head'),
): Promise<string> {
  const { hashes, segmentationPath, primary } = order;
  return LookCache.key(
    'distance',
    ...hashes,
    foundBy(segmentationPath),
    primary ? `${await sha256OfFile(primary.volumePath)} ${foundBy(primary.segmentationPath)}` : 'no primary',
    await averageHeadAt(averageDir),
    String(DISTANCE_VERSION),
  );
}

/** What made a segmentation; a scan without one has its brain found by a surface model. */
function foundBy(segmentationPath: string | undefined): string {
  if (!segmentationPath) return 'outline';
  try {
    const { model, volumeRule } = readSegmentation(segmentationPath);
    return makerOf(model.sha256, volumeRule);
  } catch {
    return 'unreadable segmentation';
  }
}

/** The card of the average head and the files it names, as they lie there: a damaged one is another one. */
async function averageHeadAt(dir: string): Promise<string> {
  const card = join(dir, 'card.json');
  if (!existsSync(card)) return 'no average head';
  const shas = [await sha256OfFile(card)];
  try {
    const { files } = JSON.parse(readFileSync(card, 'utf8')) as { files: Record<string, { name: string }> };
    for (const { name } of Object.values(files)) shas.push(await sha256OfFile(join(dir, name)));
  } catch {
    shas.push('incomplete');
  }
  return shas.join(' ');
}
