import type { Db } from './database.ts';

interface StudyPlace {
  id: number;
  /** YYYYMMDD and HHMMSS… as the files say it; '' where they say nothing, as NIfTI does. */
  date: string;
  time: string;
  uid: string;
  label: string;
}

/**
 * Numbers each subject's studies ses-01, ses-02 … by date and time, those of BIDS by label; numbers that
 * results already carry stay.
 */
export function labelSessions(db: Db): void {
  const unlabelled = db
    .prepare(`SELECT DISTINCT subject_id FROM study WHERE session_label = ''`)
    .pluck()
    .all() as number[];
  const studiesOf = db.prepare(
    'SELECT id, study_date AS date, study_time AS time, study_instance_uid AS uid, session_label AS label FROM study WHERE subject_id = ?',
  );
  const resultOf = db.prepare(
    'SELECT 1 FROM derivative d JOIN series s ON s.id = d.series_id WHERE s.subject_id = ? LIMIT 1',
  );
  const put = db.prepare('UPDATE study SET session_label = ? WHERE id = ?');
  const name = (n: number) => `ses-${String(n).padStart(2, '0')}`;
  for (const id of unlabelled) {
    const studies = (studiesOf.all(id) as StudyPlace[]).sort(byTime);
    const settled = resultOf.get(id) !== undefined;
    const taken = new Set(settled ? studies.map((s) => s.label) : []);
    let next = 1;
    for (const study of studies) {
      if (settled && study.label) continue;
      while (taken.has(name(next))) next++;
      put.run(name(next), study.id);
      taken.add(name(next));
    }
  }
}

const byNumber = new Intl.Collator('en', { numeric: true });

/** Dates and times of DICOM order as text; what has none comes last. The key of a BIDS session ends in its label, ses-2 before ses-10. */
function byTime(a: StudyPlace, b: StudyPlace): number {
  const when = (s: StudyPlace) => `${s.date || '99999999'}|${s.time || '99'}`;
  if (when(a) !== when(b)) return when(a) < when(b) ? -1 : 1;
  return byNumber.compare(a.uid, b.uid) || (a.uid < b.uid ? -1 : 1);
}
