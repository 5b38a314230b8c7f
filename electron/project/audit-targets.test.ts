import { expect, it } from 'vitest';
import { emptyCatalog } from '../catalog/empty-catalog.ts';
import { sourceVersionKey } from '../catalog/import-writes.ts';
import { auditTargets } from './audit-targets.ts';

it('looks at no version of files that the series had before', () => {
  const { db, addSeries } = emptyCatalog();
  const [changed, kept] = [1, 2].map((n) => addSeries({ state: 'passed', description: `${n}` })) as [
    number,
    number,
  ];
  const add = db.prepare(
    `INSERT INTO derivative (series_id, method, method_params, seed, policy_name, policy, folder, verdict, state, steps, seconds, created_at, current)
     VALUES (?, ?, '{}', 1, 'p', '{}', 'f', '{}', 'passed', '[]', 1, ?, ?)`,
  );
  for (const id of [changed, kept]) add.run(id, 'template', '2026-01-01T00:00:00.000Z', 0);
  db.prepare('INSERT INTO setting (key, value) VALUES (?, ?)').run(
    sourceVersionKey(changed),
    '2026-02-01T00:00:00.000Z',
  );
  add.run(changed, 'quickshear', '2026-03-01T00:00:00.000Z', 1);
  const found = auditTargets(db, 'all').map((t) => [t.seriesId, t.method]);
  expect(found).toEqual([
    [changed, 'quickshear'],
    [kept, 'template'],
  ]);
});
