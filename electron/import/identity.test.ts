import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { comparableName, identityName } from './identity.ts';
import { type ImportFixture, importFixture } from './import-fixture.ts';
import { testNiftiFile } from './nifti/write-test-file.ts';

let f: ImportFixture;
beforeEach(() => {
  f = importFixture();
});
afterEach(() => f.close());
const people = () => new Set(f.series().map((s) => s.label)).size;
const issuer = (name: string) => ({ extra: [['00100021', 'LO', name]] as const });

it('spells a name one way, whatever stands between and after its parts', () => {
  const spellings = [
    'Smith^John',
    'SMITH JOHN',
    'Smith, John',
    'smith^john^^^',
    'Smith^John^A^Dr',
    'Smith^John=',
  ];
  expect(new Set(spellings.map(identityName))).toEqual(new Set(['smithjohn']));
  expect(identityName('=山田^太郎')).toBe('山田太郎');
  expect(comparableName('Smith^John^A')).toBe('smithjohna');
});

describe('one Patient ID at two sites', () => {
  it('is two people where neither issuer nor birth date tells them apart but the name does', async () => {
    f.putHead('siteA/001', {
      patientId: '001',
      patientName: 'Smith^John',
      birthDate: '',
      studyUid: '2.25.1',
      seriesUid: '2.25.1.1',
    });
    f.putHead('siteB/001', {
      patientId: '001',
      patientName: 'Doe^Jane',
      birthDate: '',
      studyUid: '2.25.2',
      seriesUid: '2.25.2.1',
    });
    await f.import();
    expect(people()).toBe(2);
    for (const s of f.series()) {
      expect(s.state).toBe('queued');
      expect(f.codes(s.id)).toContain('patient-id-shared');
    }
  });

  it('is one person where the name is only spelled differently', async () => {
    const names = ['Smith^John', 'SMITH JOHN', 'Smith^John^^^', 'Smith^John^A^Dr'];
    for (const [n, patientName] of names.entries())
      f.putHead(`v${n}`, {
        patientId: '001',
        patientName,
        birthDate: '',
        studyUid: `2.25.${n + 1}`,
        seriesUid: `2.25.${n + 1}.1`,
      });
    await f.import();
    expect(people()).toBe(1);
    expect(f.series().map((s) => s.session_label)).toHaveLength(4);
  });

  it('keeps a person whose birth date is known, whatever the name says', async () => {
    f.putHead('a', { patientName: 'Smith^Ann', studyUid: '2.25.1', seriesUid: '2.25.1.1' });
    f.putHead('b', { patientName: 'Jones^Ann', studyUid: '2.25.2', seriesUid: '2.25.2.1' });
    await f.import();
    expect(people()).toBe(1);
  });
});

describe('one study', () => {
  it('is of one person when an archive added an issuer to some of its series, at once or later', async () => {
    f.putHead('a/1', { studyUid: '2.25.1', seriesUid: '2.25.1.1' });
    f.putHead('a/2', { studyUid: '2.25.1', seriesUid: '2.25.1.2', ...issuer('HOSP') });
    f.putHead('b/1', { patientId: 'P2', studyUid: '2.25.2', seriesUid: '2.25.2.1' });
    await f.import();
    f.putHead('b/2', { patientId: 'P2', studyUid: '2.25.2', seriesUid: '2.25.2.2', ...issuer('HOSP') });
    await f.import();
    expect(f.series().map((s) => [s.patient_id, s.state])).toHaveLength(4);
    expect(people()).toBe(2);
    expect(f.series().every((s) => s.state === 'queued')).toBe(true);
    expect(f.series().flatMap((s) => f.codes(s.id))).not.toContain('study-of-several-patients');
  });

  it('is of one person when the issuer, or the name, is missing in some files of one series', async () => {
    f.putHead('a', { studyUid: '2.25.1', seriesUid: '2.25.1.1' });
    f.putHead('b', { patientId: 'P2', birthDate: '', studyUid: '2.25.2', seriesUid: '2.25.2.1' });
    f.putSlice('a/99.dcm', 1, { studyUid: '2.25.1', seriesUid: '2.25.1.1', ...issuer('HOSP') });
    f.putSlice('b/99.dcm', 1, {
      patientId: 'P2',
      patientName: '',
      birthDate: '',
      studyUid: '2.25.2',
      seriesUid: '2.25.2.1',
    });
    await f.import();
    expect(f.series()).toMatchObject([
      { state: 'queued', instance_count: 40 },
      { state: 'queued', instance_count: 40 },
    ]);
  });

  it.each([
    [
      'issuers',
      { extra: [['00100021', 'LO', 'H1']] as const },
      { extra: [['00100021', 'LO', 'H2']] as const },
    ],
    ['birth dates', { birthDate: '19800101' }, { birthDate: '' }],
    [
      'names without birth date',
      { birthDate: '', patientName: 'A^B' },
      { birthDate: '', patientName: 'C^D' },
    ],
    ['Patient IDs', { patientId: 'P1' }, { patientId: 'P2' }],
  ])('with two %s is set aside until it has one patient again', async (_, one, other) => {
    f.putHead('1', { studyUid: '2.25.1', seriesUid: '2.25.1.1', ...one });
    await f.import();
    f.db.exec("UPDATE series SET state = 'passed', state_reason = 'well'");
    f.putHead('2', { studyUid: '2.25.1', seriesUid: '2.25.1.2', ...other });
    await f.import();
    expect(people()).toBe(2);
    for (const s of f.series()) {
      expect([s.state, s.quarantine]).toEqual(['excluded', 'identity']);
      expect(f.codes(s.id)).toContain('study-of-several-patients');
    }
    f.putHead('2', { studyUid: '2.25.1', seriesUid: '2.25.1.2', description: 't1_mprage_again', ...one });
    await f.import();
    expect(people()).toBe(1);
    expect(f.series().map((s) => [s.state, s.quarantine, s.state_reason])).toEqual([
      ['passed', null, 'well'],
      ['queued', null, ''],
    ]);
    expect(f.series().flatMap((s) => f.codes(s.id))).not.toContain('study-of-several-patients');
  });

  it('stays included when a person decided so', async () => {
    f.putHead('1', { studyUid: '2.25.1', seriesUid: '2.25.1.1', patientId: 'P1' });
    f.putHead('2', { studyUid: '2.25.1', seriesUid: '2.25.1.2', patientId: 'P2' });
    await f.import();
    f.db.exec("UPDATE series SET state = 'queued', quarantine = NULL, state_reason = '' WHERE id = 1");
    f.putHead('other', { patientId: 'P3', studyUid: '2.25.3', seriesUid: '2.25.3.1' });
    await f.import();
    expect(f.series().map((s) => s.state)).toEqual(['queued', 'excluded', 'queued']);
  });
});

describe('sessions', () => {
  it('of BIDS follow the number in their label', async () => {
    const image = testNiftiFile({ shape: [100, 100, 100] });
    for (const ses of ['ses-1', 'ses-2', 'ses-10'])
      f.put(`ds/sub-01/${ses}/anat/sub-01_${ses}_T1w.nii`, image);
    await f.import();
    expect(
      f
        .series()
        .map((s) => `${s.description} ${s.session_label}`)
        .sort(),
    ).toEqual(['sub-01_ses-10_T1w ses-03', 'sub-01_ses-1_T1w ses-01', 'sub-01_ses-2_T1w ses-02']);
  });

  const labels = () => Object.fromEntries(f.series().map((s) => [s.series_instance_uid, s.session_label]));

  it('of one day follow the time of the study', async () => {
    const at = (time: string) => ({ extra: [['00080030', 'TM', time]] as const });
    f.putHead('pm', { studyUid: '2.25.1', seriesUid: '2.25.1.1', ...at('170000') });
    f.putHead('am', { studyUid: '2.25.2', seriesUid: '2.25.2.1', ...at('09') });
    await f.import();
    expect(labels()).toEqual({ '2.25.2.1': 'ses-01', '2.25.1.1': 'ses-02' });
    // Cutting all ties blanks the dates; the times must go with them.
    const times = () => f.db.prepare('SELECT study_time FROM study').pluck().all();
    expect(times()).toHaveLength(2);
    f.db.exec("UPDATE study SET study_date = ''");
    expect(times()).toEqual(['', '']);
  });
});
