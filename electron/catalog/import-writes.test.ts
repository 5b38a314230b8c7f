import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ImportFixture, importFixture } from '../import/import-fixture.ts';

let f: ImportFixture;
beforeEach(() => {
  f = importFixture();
});
afterEach(() => f.close());

/** Gives every series a result and a measurement of its original. */
const deidentifyAll = () =>
  f.db.exec(`UPDATE series SET state = 'passed' WHERE state = 'queued';
    INSERT INTO derivative (series_id, method, method_params, seed, policy_name, policy, folder, verdict, state, steps, seconds, created_at)
      SELECT id, 'm', '{}', 1, 'p', '{}', 'f', '{}', 'passed', '[]', 1, '' FROM series;
    INSERT INTO measurement (series_id, engine, structure, volume_mm3) SELECT id, 'tissue-em', 'GM', 1 FROM series;`);

describe('a series that an import no longer makes', () => {
  it('goes with the copied folder it was made of', async () => {
    f.putHead('a');
    f.putHead('copy');
    await f.import();
    expect(f.series().map((s) => s.quarantine)).toEqual([null, 'duplicate']);
    f.remove('copy');
    expect(await f.import()).toMatchObject({ filesMissing: 40 });
    expect(f.series()).toMatchObject([{ quarantine: null, state: 'queued', instance_count: 40 }]);
  });

  it('goes when the Patient ID was corrected and a new head came too', async () => {
    f.putHead('a', { patientId: 'TYPO' });
    await f.import();
    f.putHead('a', { patientId: 'CORRECT' });
    f.putHead('b', { patientId: 'P2', studyUid: '2.25.9', seriesUid: '2.25.9.1' });
    await f.import();
    expect(f.series().map((s) => s.source_key)).toEqual(
      expect.arrayContaining([expect.stringContaining('CORRECT'), expect.stringContaining('P2')]),
    );
    expect(f.series()).toHaveLength(2);
  });

  it('keeps its results as history only, and takes part again when its files come back', async () => {
    f.putHead('a', { patientId: 'TYPO' });
    await f.import();
    deidentifyAll();
    f.putHead('a', { patientId: 'CORRECT' });
    await f.import();
    const [old, now] = f.series();
    expect(old).toMatchObject({ state: 'excluded', instance_count: 0 });
    expect(f.codes(old!.id)).toEqual(['source-regrouped']);
    expect(now).toMatchObject({ state: 'queued', instance_count: 40 });
    expect(f.db.prepare('SELECT count(*) FROM derivative WHERE current = 1').pluck().get()).toBe(0);
    expect(f.db.prepare('SELECT count(*) FROM measurement').pluck().get()).toBe(0);
    f.putHead('a', { patientId: 'TYPO' });
    await f.import();
    expect(f.series()).toMatchObject([{ id: old!.id, state: 'queued', instance_count: 40 }]);
  });
});

it('reads a decimal series number again', async () => {
  const extra = [['00200011', 'IS', '3.7']] as const;
  f.putHead('a', { extra });
  await f.import();
  f.putHead('a', { extra, description: 't1_mprage_repeat' });
  await f.import();
  expect(f.series()).toMatchObject([{ series_number: 3, description: 't1_mprage_repeat' }]);
});
