import type { importContract } from '../../shared/import/contract.ts';
import { type QuarantineClass, quarantineClass } from '../../shared/import/records.ts';
import type { Handlers } from '../../shared/rpc.ts';
import type { Db } from '../catalog/database.ts';
import { ImportWrites } from '../catalog/import-writes.ts';

export interface ImportContext {
  db: Db;
  /** Puts an import on the job queue. */
  startImport(sources: string[]): { batchId: string } | Promise<{ batchId: string }>;
  /** Takes what waits to be done with these series out of the queue. */
  cancelJobs(seriesIds: readonly number[]): void;
}

const meanings: Record<QuarantineClass, string> = {
  'not-a-head-volume': 'Not a whole head: another body part, single slices or a small box.',
  localizer: 'Planning images of a few slices.',
  'secondary-capture': 'Screen captures and converted pictures; names may be burned into them.',
  derived: 'Computed from other images: reformats, maps, projections.',
  'non-image': 'Reports, plans, presentation states and other objects without an image.',
  'missing-geometry': 'Positions, orientation or spacing are missing or cannot be right.',
  'inconsistent-geometry': 'Slices that do not make one regular volume: gaps, tilt, mixed orientations.',
  identity: 'Files of one series that name more than one patient.',
  unreadable: 'Files that are cut off or damaged.',
  duplicate: 'Second copies of instances that are already in the catalog.',
  'unsupported-contrast': 'Head images whose face the present methods do not handle.',
};

/** Answers for the `import.*` questions. */
export function importHandlers(context: ImportContext): Handlers<typeof importContract> {
  const { db } = context;
  const writes = new ImportWrites(db);
  return {
    'import.start': ({ sources }) => context.startImport(sources),
    'import.report': () => writes.report(),
    'import.quarantine': () => {
      const rows = db
        .prepare(
          'SELECT quarantine AS class, count(*) AS count FROM series WHERE quarantine IS NOT NULL GROUP BY quarantine',
        )
        .all() as Array<{
        class: string;
        count: number;
      }>;
      return rows.map((row) => {
        const name = quarantineClass.parse(row.class);
        return { class: name, count: row.count, meaning: meanings[name] };
      });
    },
    'import.setKind': ({ seriesIds, kind }) => ({ changed: writes.setKind(seriesIds, kind) }),
    'import.exclude': ({ seriesIds, reason }) => {
      context.cancelJobs(seriesIds);
      return { changed: writes.exclude(seriesIds, reason) };
    },
    'import.include': ({ seriesIds }) => ({ changed: writes.include(seriesIds) }),
  };
}
