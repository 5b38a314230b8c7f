import type { z } from 'zod';
import type { projectSummary } from '../../shared/project/contract.ts';
import { CatalogReads } from '../catalog/catalog.ts';
import type { Db } from '../catalog/database.ts';
import { measurableSql } from '../morphometry/measurable-kinds.ts';
import { auditState } from '../risk/handlers.ts';
import type { ProjectFolder } from './project-folder.ts';

type ProjectSummary = z.input<typeof projectSummary>;
type Step = ProjectSummary['next']['step'];

/** What the rail and the project page show: totals, each step's state, and the next sensible action. */
export function summarise(db: Db, folder: ProjectFolder, policyName: string): ProjectSummary {
  const count = (sql: string) => db.prepare(sql).pluck().get() as number;
  const counts = new CatalogReads(db).counts();
  const series = count('SELECT count(*) FROM series');
  const derivatives = count('SELECT count(*) FROM derivative WHERE current = 1');
  // Contrasts that the tissue engine does not model are not waiting for it, nor are scans that were set aside.
  const measurable = count(
    `SELECT count(*) FROM derivative d JOIN series s ON s.id = d.series_id WHERE d.current = 1 AND ${measurableSql('s')}`,
  );
  const toReview = counts['needs-review'];
  const reviewed = count(
    'SELECT count(DISTINCT derivative_id) FROM review r JOIN derivative d ON d.id = r.derivative_id WHERE d.current = 1',
  );
  const measured = count(
    `SELECT count(DISTINCT m.derivative_id) FROM measurement m JOIN series s ON s.id = m.series_id
     JOIN derivative d ON d.id = m.derivative_id AND d.current = 1 WHERE m.failure = '' AND ${measurableSql('s')}`,
  );
  const measureFailed = count(
    `SELECT count(DISTINCT m.series_id) FROM measurement m JOIN series s ON s.id = m.series_id
     LEFT JOIN derivative d ON d.id = m.derivative_id
     WHERE m.failure <> '' AND ifnull(d.current, 1) = 1 AND ${measurableSql('s')}`,
  );
  const audit = auditState(db);
  const shares = count("SELECT count(*) FROM share WHERE state = 'complete'");
  const sharesFailed = count("SELECT count(*) FROM share WHERE state = 'failed'");
  const steps: ProjectSummary['steps'] = [
    {
      id: 'import',
      done: series,
      waiting: 0,
      failed: count("SELECT count(*) FROM source_file WHERE kind = 'unreadable'"),
    },
    { id: 'deidentify', done: derivatives, waiting: counts.queued + counts.running, failed: counts.failed },
    { id: 'review', done: reviewed, waiting: toReview, failed: 0 },
    { id: 'impact', done: measured, waiting: Math.max(0, measurable - measured), failed: measureFailed },
    {
      id: 'audit',
      done: audit.states.safe + audit.states['cannot-tell'],
      waiting: audit.waiting,
      failed: audit.states['at-risk'],
    },
    {
      id: 'share',
      done: shares,
      waiting: counts.passed > 0 && shares === 0 ? counts.passed : 0,
      failed: sharesFailed,
    },
  ];
  return {
    dir: folder.dir,
    name: folder.name,
    createdAt: folder.createdAt,
    subjects: count('SELECT count(*) FROM subject'),
    sessions: count('SELECT count(*) FROM study'),
    series,
    problems: count('SELECT count(*) FROM problem'),
    counts,
    steps,
    next: nextAction(series, counts.queued, toReview, counts.failed, counts.passed, audit.waiting, shares),
    policyName,
  };
}

function nextAction(
  series: number,
  queued: number,
  review: number,
  failed: number,
  passed: number,
  unaudited: number,
  shares: number,
): { step: Step; label: string } {
  const scans = (n: number) => `${n} scan${n === 1 ? '' : 's'}`;
  if (series === 0) return { step: 'import', label: 'Import a folder' };
  if (queued > 0) return { step: 'deidentify', label: `De-identify ${scans(queued)}` };
  // Before review, so that whoever looks at a scan sees what the audit found.
  if (unaudited > 0) return { step: 'audit', label: `Audit ${scans(unaudited)}` };
  if (review > 0) return { step: 'review', label: `Review ${scans(review)}` };
  if (passed > 0 && shares === 0) return { step: 'share', label: `Share ${scans(passed)}` };
  if (failed > 0) return { step: 'deidentify', label: `Look at ${scans(failed)} that failed` };
  if (passed > 0) return { step: 'impact', label: 'See the morphometry impact' };
  return { step: 'import', label: 'Import another folder' };
}
