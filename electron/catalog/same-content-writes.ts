import type { Problem } from '../../shared/problem.ts';
import type { Db } from './database.ts';

/** A NIfTI file whose size another one has as well. */
export interface SameSizeFile {
  rootId: number;
  path: string;
  size: number;
  seriesId: number;
  subjectId: number;
}

/** Present NIfTI files that are not alone with their size; without masks, which may well be alike, and without what a person excluded. */
export function filesOfSharedSize(db: Db): SameSizeFile[] {
  return db
    .prepare(
      `SELECT f.root_id AS rootId, f.path, f.size, s.id AS seriesId, s.subject_id AS subjectId
       FROM source_file f JOIN instance i ON i.file_id = f.id JOIN series s ON s.id = i.series_id
       WHERE f.kind = 'nifti' AND f.state <> 'missing' AND s.kind <> 'derived' AND NOT (s.state = 'excluded' AND s.quarantine IS NULL) AND f.size IN
         (SELECT size FROM source_file WHERE kind = 'nifti' AND state <> 'missing' GROUP BY size HAVING count(*) > 1)
       ORDER BY f.id`,
    )
    .all() as SameSizeFile[];
}

/**
 * Says of every file of a group that others hold the same image; what was said of files of these sizes
 * before is dropped.
 *
 * @param sizes sizes that were looked at; null for all
 */
export function replaceSameContent(
  db: Db,
  sizes: ReadonlySet<number> | null,
  groups: ReadonlyArray<ReadonlyArray<SameSizeFile>>,
  addProblem: (p: Problem, seriesId: number) => void,
): void {
  const said = db
    .prepare(
      `SELECT p.id, f.size FROM problem p JOIN instance i ON i.series_id = p.series_id JOIN source_file f ON f.id = i.file_id
       WHERE p.code = 'same-content'`,
    )
    .all() as Array<{ id: number; size: number }>;
  const drop = db.prepare('DELETE FROM problem WHERE id = ?');
  for (const { id, size } of said) if (sizes === null || sizes.has(size)) drop.run(id);
  for (const group of groups) {
    for (const file of group) {
      const other = group.find((f) => f.subjectId !== file.subjectId)!;
      const more = group.length > 2 ? ` and ${group.length - 2} more` : '';
      addProblem(
        {
          code: 'same-content',
          level: 'warning',
          subject: file.path,
          message: `This file holds the same bytes as ${other.path}${more}, yet they stand as different people: one scan may be counted and shared several times.`,
          fix: 'If it is one scan, exclude all but one. If it is one person, give the files BIDS names (sub-XX) and import again.',
        },
        file.seriesId,
      );
    }
  }
}
