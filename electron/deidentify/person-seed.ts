import { createHash } from 'node:crypto';
import type { Db } from '../catalog/database.ts';

/**
 * The seed of a person's new face: every scan of a person gets the same face, and two people two faces.
 *
 * Same project, same seed of the batch, same face: it depends on the person's pseudonym and on nothing of the scan.
 *
 * @returns 0 … 2³¹ − 1
 */
export function personSeed(db: Db, seriesId: number, seed: number): number {
  const label = db
    .prepare('SELECT u.label FROM series s JOIN subject u ON u.id = s.subject_id WHERE s.id = ?')
    .pluck()
    .get(seriesId) as string | undefined;
  const hash = createHash('sha256')
    .update(`${seed} ${label ?? `series ${seriesId}`}`)
    .digest();
  return hash.readUInt32BE(0) >>> 1;
}
