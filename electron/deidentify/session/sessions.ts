import type { ScanSession } from '../../../shared/deidentify/records.ts';
import type { Db } from '../../catalog/database.ts';
import { UserError } from '../../dispatch.ts';

/** Coarsest slice that still shows a face well enough to find it, mm. */
const FINE_MM = 3;

const settingKey = (studyId: number) => `session-primary:${studyId}`;

/**
 * The scans of one imaging session and the one that leads: a T1-weighted 3-D scan, the finest of them; a person's
 * choice goes before the rule. What was excluded leads nobody.
 */
export function readScanSession(db: Db, seriesId: number): ScanSession {
  const studyId = db.prepare('SELECT study_id FROM series WHERE id = ?').pluck().get(seriesId) as
    | number
    | undefined;
  if (studyId === undefined) throw new UserError('no-such-series', `There is no series ${seriesId}.`);
  const rows = db
    .prepare(
      `SELECT id AS seriesId, kind, layout, description, voxel_size_mm AS size FROM series
       WHERE study_id = ? AND quarantine IS NULL AND state <> 'excluded' ORDER BY id`,
    )
    .all(studyId) as (Omit<ScanSession['scans'][number], 'voxelSizeMm'> & { size: string })[];
  const scans = rows.map(({ size, ...row }) => ({ ...row, voxelSizeMm: JSON.parse(size) as number[] }));
  const chosen = Number(
    db.prepare('SELECT value FROM setting WHERE key = ?').pluck().get(settingKey(studyId)),
  );
  if (scans.some((scan) => scan.seriesId === chosen)) {
    return { studyId, scans, primary: chosen, chosenBy: 'user', reason: 'Chosen by a person.' };
  }
  const primary = choosePrimary(scans);
  return {
    studyId,
    scans,
    primary,
    chosenBy: 'rule',
    reason:
      primary === null
        ? `No T1-weighted 3-D scan with slices of ${FINE_MM} mm or less: every scan of this session is looked at on its own.`
        : 'The finest T1-weighted 3-D scan of the session.',
  };
}

/**
 * Makes a scan the leading one of its session; `null` gives the choice back to the rule.
 *
 * @throws UserError when the scan is not one of the session
 */
export function choosePrimaryScan(db: Db, studyId: number, seriesId: number | null): void {
  if (seriesId === null) {
    db.prepare('DELETE FROM setting WHERE key = ?').run(settingKey(studyId));
    return;
  }
  const belongs = db
    .prepare(
      "SELECT 1 FROM series WHERE id = ? AND study_id = ? AND quarantine IS NULL AND state <> 'excluded'",
    )
    .get(seriesId, studyId);
  if (!belongs) {
    throw new UserError(
      'not-in-session',
      `Series ${seriesId} is not a usable scan of this session.`,
      'Choose one of the scans of the session that is neither set aside nor excluded.',
    );
  }
  db.prepare(
    'INSERT INTO setting (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
  ).run(settingKey(studyId), String(seriesId));
}

function choosePrimary(scans: ScanSession['scans']): number | null {
  const fit = scans
    .filter((s) => s.kind === 'T1w' && s.layout === '3d' && s.voxelSizeMm.length === 3)
    .filter((s) => Math.max(...s.voxelSizeMm) <= FINE_MM);
  const coarseness = (s: ScanSession['scans'][number]) =>
    s.voxelSizeMm.reduce((product, size) => product * size, 1);
  fit.sort((a, b) => coarseness(a) - coarseness(b) || a.seriesId - b.seriesId);
  return fit[0]?.seriesId ?? null;
}
