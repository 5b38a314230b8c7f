import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { policy as policySchema } from '../../shared/deidentify/records.ts';
import { loadCandidates } from './load-scans.ts';
import { mainNumbers, measuredChanges } from './scan-numbers.ts';
import { selectScans } from './select-scans.ts';
import { type Fixture, makeFixture } from './share-fixture.ts';

const policy = policySchema.parse({ name: 'p' });
const number = (name: string, value: number | null, ok: boolean | null = true) => ({
  name,
  label: 'as the verdict says it',
  value,
  unit: 'mm³',
  limit: '',
  ok,
});

describe('mainNumbers', () => {
  it.each([
    ['a share as percent', number('faceSurfaceChanged', 0.8923), 'faceSurfaceChanged', 89.2, '%'],
    ['mm³ as mL', number('brainMm3', 1_388_449), 'brainMl', 1388.4, 'mL'],
    ['edited mm³ as mL', number('editedMm3', 0, null), 'editedMl', 0, 'mL'],
    ['counts as they are', number('brainVoxelsChanged', 12, false), 'brainVoxelsChanged', 12, ''],
    [
      'what could not be measured',
      number('outsideVoxelsChanged', null, null),
      'outsideVoxelsChanged',
      null,
      '',
    ],
  ])('says %s', (_what, found, name, value, unit) => {
    expect(mainNumbers([found])).toEqual([{ name, value, unit, ok: found.ok, label: expect.any(String) }]);
  });

  it('leaves the less important out and keeps one order', () => {
    const numbers = [number('editedMm3', 1), number('seen', 1), number('brainMm3', 1), number('cutEdge', 0)];
    expect(mainNumbers(numbers).map((n) => n.name)).toEqual(['brainMl', 'editedMl']);
    expect(mainNumbers([])).toEqual([]);
  });
});

describe('measuredChanges', () => {
  let fixture: Fixture;
  beforeEach(async () => {
    fixture = await makeFixture(mkdtempSync(join(tmpdir(), 'share-numbers-')));
  });
  afterEach(() => {
    fixture.db.close();
    rmSync(fixture.root, { recursive: true, force: true });
  });

  const measure = (
    seriesId: number,
    derivativeId: number | null,
    volumes: Record<string, number>,
    engine = 'tissue-em',
  ) => {
    const insert = fixture.db.prepare(
      'INSERT INTO measurement (series_id, derivative_id, engine, structure, volume_mm3) VALUES (?, ?, ?, ?, ?)',
    );
    for (const [structure, mm3] of Object.entries(volumes))
      insert.run(seriesId, derivativeId, engine, structure, mm3);
  };
  const changes = () =>
    measuredChanges(fixture.db, selectScans(loadCandidates(fixture.db), policy, []).shared);

  it('is nothing when no scan was measured', () => {
    measure(1, null, { GM: 600_000 });
    const { bySeries, cohort } = changes();
    expect([bySeries.size, cohort]).toEqual([0, null]);
  });

  it('compares the original with the current derivative and counts what moved by more than 5 %', () => {
    measure(1, null, { GM: 600_000, WM: 500_000, CSF: 300_000, TIV: 1_400_000 });
    measure(1, 1, { GM: 606_000, WM: 500_000, CSF: 270_000, TIV: 1_376_000 });
    measure(2, null, { GM: 500_000, WM: 400_000, CSF: 200_000, TIV: 1_100_000 });
    measure(2, 2, { GM: 485_000, WM: 400_000, CSF: 200_000, TIV: 1_085_000 });
    // Another engine's numbers are not mixed in.
    measure(1, null, { hippocampus: 4000 }, 'regional');
    measure(1, 1, { hippocampus: 1000 }, 'regional');
    const { bySeries, cohort } = changes();
    expect(bySeries.get(1)).toEqual([
      { structure: 'GM', percentChange: 1 },
      { structure: 'WM', percentChange: 0 },
      { structure: 'CSF', percentChange: -10 },
      { structure: 'TIV', percentChange: -1.71 },
    ]);
    expect(bySeries.get(2)?.[0]).toEqual({ structure: 'GM', percentChange: -3 });
    expect(cohort).toEqual({
      engine: 'tissue-em',
      compared: 2,
      failed: 0,
      over5Percent: 1,
      structures: [
        { structure: 'GM', n: 2, meanPercentChange: -1 },
        { structure: 'WM', n: 2, meanPercentChange: 0 },
        { structure: 'CSF', n: 2, meanPercentChange: -5 },
        { structure: 'TIV', n: 2, meanPercentChange: -1.54 },
      ],
    });
  });

  it('counts a failure, and looks at nothing that stays or was superseded', () => {
    measure(1, null, { GM: 600_000 });
    fixture.db
      .prepare(
        "INSERT INTO measurement (series_id, derivative_id, engine, structure, failure) VALUES (1, 1, 'tissue-em', '', 'No brain was found.')",
      )
      .run();
    measure(2, null, { GM: 500_000 });
    measure(2, 2, { GM: 100_000 });
    expect(changes().cohort).toMatchObject({ compared: 1, failed: 1, over5Percent: 1 });
    expect(changes().bySeries.has(1)).toBe(false);
    fixture.db.exec("UPDATE series SET state = 'excluded' WHERE id = 2");
    expect(changes().cohort).toMatchObject({ compared: 0, failed: 1, over5Percent: 0 });
    fixture.db.exec('UPDATE derivative SET current = 0 WHERE id = 1');
    expect(changes().cohort).toBeNull();
  });
});
