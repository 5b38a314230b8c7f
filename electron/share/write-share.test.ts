import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ShareFormat, ShareOverride } from '../../shared/share/records.ts';
import { emptyDataset, sequenceElement, setElement, setString } from '../deidentify/header/dicom-dataset.ts';
import { explicitLittleEndian } from '../deidentify/header/read-dicom.ts';
import { writeDicom } from '../deidentify/header/write-dicom.ts';
import { reviewHandlers } from '../review/handlers.ts';
import { newNifti, writeNifti } from '../volume/nifti.ts';
import { quietContext } from '../worker/task.ts';
import { product } from './product.ts';
import { type Fixture, instance, keys, makeFixture, planted, policy, SIZE } from './share-fixture.ts';
import { writeShare } from './write-share.ts';

let fixture: Fixture;
beforeEach(async () => {
  fixture = await makeFixture(mkdtempSync(join(tmpdir(), 'share-')));
});
afterEach(() => {
  fixture.db.close();
  chmodSync(fixture.root, 0o755);
  rmSync(fixture.root, { recursive: true, force: true });
});

function share(
  options: {
    formats?: ShareFormat[];
    dir?: string;
    checkpoint?: (place: string) => void;
    policy?: typeof policy;
    resume?: boolean;
    overrides?: ShareOverride[];
  } = {},
) {
  return writeShare(
    {
      dir: options.dir ?? fixture.shareDir,
      formats: options.formats ?? ['bids', 'dicom'],
      overrides: options.overrides ?? [],
      policy: options.policy ?? policy,
      resume: options.resume ?? true,
    },
    {
      db: fixture.db,
      projectDir: fixture.projectDir,
      keys,
      ...(options.checkpoint ? { checkpoint: options.checkpoint } : {}),
    },
    quietContext,
  );
}

function filesBelow(dir: string): string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((e) => e.isFile())
    .map((e) => join(e.parentPath, e.name).slice(dir.length + 1))
    .sort();
}

/** The test's own search, which knows nothing of the product's: raw and unzipped bytes, three encodings. */
function searchFor(dir: string, texts: readonly string[]): string[] {
  const hits: string[] = [];
  for (const file of filesBelow(dir)) {
    const raw = readFileSync(join(dir, file));
    for (const bytes of [raw, ...(file.endsWith('.gz') ? [gunzipSync(raw)] : [])]) {
      const views = [
        bytes.toString('latin1'),
        bytes.toString('utf8'),
        bytes.toString('utf16le'),
        bytes.subarray(1).toString('utf16le'),
        file,
      ];
      for (const text of texts)
        if (views.some((v) => v.toLowerCase().includes(text.toLowerCase()))) hits.push(`${file}: ${text}`);
    }
  }
  return hits;
}

const everything = [...planted.names, ...planted.ids, ...planted.others];

describe('writeShare', () => {
  it('shares BIDS and DICOM with every check passed and no identifier in any byte', async () => {
    expect(searchFor(fixture.sourceDir, everything).length).toBeGreaterThan(30); // the search can find
    const before = filesBelow(fixture.sourceDir).map((f) =>
      readFileSync(join(fixture.sourceDir, f)).toString('base64'),
    );
    const receipt = await share();
    const failed = receipt.checks.filter((c) => c.state === 'failed');
    expect(failed).toEqual([]);
    expect(receipt.checks.map((c) => c.id)).toEqual(
      expect.arrayContaining([
        'reviewed',
        'headers',
        'faces',
        'voxels',
        'dicom-readback',
        'dciodvfy',
        'bids',
        'bytes',
        'counts',
      ]),
    );
    expect(receipt.scans).toHaveLength(2);
    expect(receipt.held.map((h) => h.seriesId).sort()).toEqual([3, 4]);
    expect(searchFor(fixture.shareDir, everything)).toEqual([]);
    expect(existsSync(join(fixture.shareDir, '.refacade-partial'))).toBe(false);
    const manifest = JSON.parse(readFileSync(join(fixture.shareDir, 'manifest.json'), 'utf8'));
    const onDisk = filesBelow(fixture.shareDir);
    expect(
      [
        ...manifest.files.map((f: { path: string }) => f.path),
        'manifest.json',
        'refacade-receipt.html',
        'refacade-receipt.json',
      ].sort(),
    ).toEqual(onDisk);
    expect(onDisk.filter((f) => f.endsWith('.dcm'))).toHaveLength(16);
    expect(onDisk.filter((f) => f.endsWith('_T1w.nii.gz'))).toHaveLength(2);
    // A policy that does not keep patient characteristics says nothing about people.
    expect(readFileSync(join(fixture.shareDir, 'participants.tsv'), 'utf8')).toMatch(
      /^participant_id\nsub-\w{8}\nsub-\w{8}\n$/,
    );
    // Sources are as they were.
    expect(
      filesBelow(fixture.sourceDir).map((f) => readFileSync(join(fixture.sourceDir, f)).toString('base64')),
    ).toEqual(before);
  });

  it('keeps age and sex when the policy does, with 89 and over as one group', async () => {
    const keeping = { ...policy, options: { ...policy.options, retainPatientCharacteristics: true } };
    await share({ policy: keeping, formats: ['bids'] });
    const lines = readFileSync(join(fixture.shareDir, 'participants.tsv'), 'utf8').trim().split('\n');
    expect(lines[0]).toBe('participant_id\tage\tsex');
    expect(
      lines
        .slice(1)
        .map((l) => l.split('\t').slice(1).join(' '))
        .sort(),
    ).toEqual(['57 F', '89+ M']);
  });

  it('puts the edit and nothing else into the DICOM pixels (read with pydicom)', async (test) => {
    if (!existsSync('/usr/bin/python3')) test.skip('python3 with pydicom is not installed');
    await share({ formats: ['dicom'] });
    const script = new URL('../../build/oracle/share_pydicom.py', import.meta.url).pathname;
    const said = JSON.parse(
      execFileSync(
        '/usr/bin/python3',
        [script, join(fixture.sourceDir, 'dicom'), join(fixture.shareDir, 'DICOM')],
        { encoding: 'utf8' },
      ),
    );
    expect(said).toMatchObject({
      instances: 16,
      // 9 slices × 13 columns × 6 rows were emptied to 3.
      changed: 9 * 13 * 6,
      changedTo: [3],
      sameGeometry: true,
      uidsInCommon: 0,
      privateElements: 0,
      patientNames: 1,
      identityRemoved: ['YES'],
      imageType: ['DERIVED'],
      faceStatement: ['NO'],
    });
    expect(said.datesInCommon).toEqual([]);
  });

  it.for([false, true])(
    'keeps references between instances (read with pydicom), UIDs retained: %s',
    async (retainUids, test) => {
      const uid = (n: number) => `1.2.826.0.1.3680043.10.543.77.1.${n}`;
      for (let s = 0; s < SIZE; s++) {
        const dataset = instance(s);
        // The next slice, itself, and (from the fixture) an image that is not in the project.
        const items = [((s + 1) % SIZE) + 1, s + 1].map((n) => {
          const item = emptyDataset();
          setString(item, '00081150', '1.2.840.10008.5.1.4.1.1.4');
          setString(item, '00081155', uid(n));
          return item;
        });
        setElement(dataset, sequenceElement('00082112', items));
        writeFileSync(
          join(fixture.sourceDir, 'dicom', `Quentrell_${s}.dcm`),
          writeDicom({ dataset, transferSyntaxUid: explicitLittleEndian }),
        );
      }
      const options = { ...policy.options, retainUids };
      const receipt = await share({ formats: ['dicom'], policy: { ...policy, options } });
      expect(receipt.checks.find((c) => c.id === 'dicom-readback')?.state).toBe('ok');
      expect(receipt.checks.filter((c) => c.state === 'failed')).toEqual([]);
      if (!existsSync('/usr/bin/python3')) test.skip('python3 with pydicom is not installed');
      const script = new URL('../../build/oracle/share_pydicom.py', import.meta.url).pathname;
      const said = JSON.parse(
        execFileSync(
          '/usr/bin/python3',
          [script, join(fixture.sourceDir, 'dicom'), join(fixture.shareDir, 'DICOM')],
          { encoding: 'utf8' },
        ),
      );
      expect(said).toMatchObject({ instances: SIZE, referencesWithin: 2 * SIZE, referencesElsewhere: SIZE });
    },
  );

  it('carries nothing that people typed about the scans, and nobody of the staff', async () => {
    const typed = ['Weberlein', 'head nurse', 'Krawuttke', 'ENOENT', '/mnt/ward', 'phone call', 'Ottokar'];
    const { db, projectDir } = fixture;
    const review = reviewHandlers(() => ({ db, projectDir, clock: () => new Date(), changed() {} }));
    const reviewer = 'Dr. Anna Weberlein';
    const note = 'Wife of our head nurse; ear still visible';
    review['review.decide']({ derivativeId: 1, decision: 'accept', note, reviewer });
    const because = db.prepare('UPDATE series SET state = ?, state_reason = ? WHERE id = ?');
    because.run('excluded', 'Krawuttke asked us not to.', 3);
    because.run('failed', "ENOENT: no such file, open '/mnt/ward/Krawuttke/1.dcm'", 4);
    because.run('needs-review', `Sent back in review by ${reviewer}. Note: ${note}`, 2);
    db.exec(
      "UPDATE derivative SET verdict = json_set(verdict, '$.state', 'needs-review', '$.reason', '') WHERE id = 2",
    );
    const overrides = [{ seriesId: 2, reason: 'agreed in a phone call', by: 'Ottokar Weberlein' }];
    const receipt = await share({ overrides });
    expect(receipt.checks.filter((c) => c.state === 'failed')).toEqual([]);
    expect(receipt.scans.map((s) => [s.seriesId, s.verdict, s.override]).sort()).toEqual([
      [1, 'passed, accepted in review', null],
      [2, 'needs-review', 'The reason and the person are recorded in the lab.'],
    ]);
    expect(receipt.held.map((h) => [h.seriesId, h.reason]).sort()).toEqual([
      [3, 'Excluded in the lab.'],
      [4, 'De-identification failed.'],
    ]);
    expect(searchFor(fixture.shareDir, typed)).toEqual([]);
    expect(searchFor(fixture.projectDir, typed).length).toBeGreaterThanOrEqual(5); // the lab keeps it

    rmSync(fixture.shareDir, { recursive: true });
    review['review.decide']({ derivativeId: 1, decision: 'reject', note, reviewer });
    const rejected = await share({ overrides });
    expect(rejected.held.find((h) => h.seriesId === 1)?.reason).toBe('Excluded in the lab.');
    expect(searchFor(fixture.shareDir, typed)).toEqual([]);
  });

  it('goes on where a killed process stopped, without writing finished scans again', async () => {
    const places: string[] = [];
    const die = (when: string) => (place: string) => {
      places.push(place);
      if (place === when) throw new Error('killed');
    };
    await expect(share({ checkpoint: die('1:bids written') })).rejects.toThrow('killed');
    expect(filesBelow(fixture.shareDir).every((f) => f.startsWith('.refacade-partial'))).toBe(true);
    await expect(share({ checkpoint: die('before the manifest') })).rejects.toThrow('killed');
    const image = filesBelow(fixture.shareDir).find((f) => f.endsWith('_T1w.nii.gz'))!;
    const written = statSync(join(fixture.shareDir, image)).ino;
    writeFileSync(join(fixture.shareDir, '.refacade-partial', 'content', 'left-over.part'), 'half');
    places.length = 0;
    await expect(share({ checkpoint: die('moved DICOM') })).rejects.toThrow('killed');
    expect(places.filter((p) => p.endsWith('written'))).toEqual([]);
    const receipt = await share();
    expect(receipt.checks.filter((c) => c.state === 'failed')).toEqual([]);
    expect(existsSync(join(fixture.shareDir, '.refacade-partial'))).toBe(false);
    expect(filesBelow(fixture.shareDir).some((f) => f.includes('.part'))).toBe(false);
    expect(statSync(join(fixture.shareDir, image.replace('.refacade-partial/content/', ''))).ino).toBe(
      written,
    );
  });

  it('writes a scan again when its file was damaged after a crash', async () => {
    await expect(
      share({
        formats: ['bids'],
        checkpoint: (p) => {
          if (p === 'before the manifest') throw new Error('killed');
        },
      }),
    ).rejects.toThrow();
    const image = filesBelow(fixture.shareDir).find((f) => f.endsWith('_T1w.nii.gz'))!;
    writeFileSync(join(fixture.shareDir, image), 'damaged');
    const receipt = await share({ formats: ['bids'] });
    expect(receipt.checks.filter((c) => c.state === 'failed')).toEqual([]);
    expect(
      statSync(join(fixture.shareDir, image.replace('.refacade-partial/content/', ''))).size,
    ).toBeGreaterThan(200);
  });

  it('does not release what the byte search condemns', async () => {
    // Somebody whose number is a word that the sidecars must contain.
    fixture.db.prepare("UPDATE subject SET patient_id = 'RepetitionTime' WHERE id = 2").run();
    const receipt = await share({ formats: ['bids'] });
    expect(receipt.leaks.length).toBeGreaterThan(0);
    expect(receipt.checks.find((c) => c.id === 'bytes')?.state).toBe('failed');
    expect(filesBelow(fixture.shareDir).filter((f) => !f.startsWith('.refacade-partial'))).toEqual([
      'refacade-receipt.html',
      'refacade-receipt.json',
    ]);
    expect(readFileSync(join(fixture.shareDir, 'refacade-receipt.html'), 'utf8')).toContain('Not released');
    // Put right, the same folder can be used.
    fixture.db.prepare("UPDATE subject SET patient_id = 'KRN5582913' WHERE id = 2").run();
    expect((await share({ formats: ['bids'] })).leaks).toEqual([]);
  });

  const faults: [string, (f: Fixture) => void, number, RegExp][] = [
    [
      'a source file is gone',
      (f) => rmSync(join(f.sourceDir, 'dicom', 'Quentrell_5.dcm')),
      1,
      /^A source file of this scan is missing\.$/,
    ],
    [
      'a source file is a link to itself',
      (f) => {
        const path = join(f.sourceDir, 'dicom', 'Quentrell_5.dcm');
        rmSync(path);
        symlinkSync(path, path);
      },
      1,
      /^A source file of this scan is missing\.$/,
    ],
    [
      'a source file is not DICOM any more',
      (f) => writeFileSync(join(f.sourceDir, 'dicom', 'Quentrell_5.dcm'), Buffer.alloc(4000, 0xff)),
      1,
      /^A source file of this scan is damaged or cannot be read\.$/,
    ],
    [
      'the edited image is gone',
      (f) => rmSync(join(f.projectDir, 'derivatives', '2', 'edited.nii.gz')),
      2,
      /^The edited image of this scan is missing\.$/,
    ],
    [
      'the edit mask is gone',
      (f) => rmSync(join(f.projectDir, 'derivatives', '1', 'edit-mask.nii.gz')),
      1,
      /^The edit mask of this scan is missing\.$/,
    ],
    [
      'the edit mask is not of this scan',
      (f) =>
        copyFileSync(
          join(f.root, 'other-mask.nii.gz'),
          join(f.projectDir, 'derivatives', '2', 'edit-mask.nii.gz'),
        ),
      2,
      /^Expected an edit mask on the voxels of the scan, got 27 for 4096\.$/,
    ],
    [
      'the working volume is damaged',
      (f) => writeFileSync(join(f.projectDir, 'volumes', '1.nii'), 'damaged'),
      1,
      /^The original image of this scan is damaged or cannot be read\.$/,
    ],
    [
      'a NIfTI source is gone',
      (f) => rmSync(join(f.sourceDir, 'nifti', 'KRN5582913_T1.nii.gz')),
      2,
      /^A source file of this scan is missing\.$/,
    ],
  ];
  it.each(faults)('holds one scan and shares the other when %s', async (_name, spoil, seriesId, reason) => {
    const affine = Float64Array.of(1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1);
    const other = { data: new Uint8Array(27), shape: [3, 3, 3], affine, slope: 1, inter: 0 };
    await writeNifti(join(fixture.root, 'other-mask.nii.gz'), newNifti(other));
    spoil(fixture);
    const receipt = await share();
    expect(receipt.checks.filter((c) => c.state === 'failed')).toEqual([]);
    expect(receipt.scans.map((s) => s.seriesId)).toEqual([3 - seriesId]);
    expect(receipt.held.find((h) => h.seriesId === seriesId)?.reason).toMatch(reason);
    expect(searchFor(fixture.shareDir, [...everything, fixture.root])).toEqual([]);
    const label = receipt.held.find((h) => h.seriesId === seriesId)!.subjectLabel;
    expect(filesBelow(fixture.shareDir).filter((f) => f.includes(label))).toEqual([]);
  });

  it('looks again for a source that has come back', async () => {
    const path = join(fixture.sourceDir, 'dicom', 'Quentrell_5.dcm');
    const bytes = readFileSync(path);
    rmSync(path);
    const die = (place: string) => {
      if (place === 'before the manifest') throw new Error('killed');
    };
    await expect(share({ checkpoint: die })).rejects.toThrow('killed');
    writeFileSync(path, bytes);
    const receipt = await share();
    expect(receipt.scans.map((s) => [s.seriesId, s.formats]).sort()).toEqual([
      [1, ['bids', 'dicom']],
      [2, ['bids']],
    ]);
  });

  it("ends when the share's own disk fails", async () => {
    const broken = (place: string) => {
      if (place !== '1:bids written') return;
      const content = join(fixture.shareDir, '.refacade-partial', 'content');
      writeFileSync(join(content, 'DICOM'), 'a file where a folder should be');
    };
    await expect(share({ checkpoint: broken })).rejects.toThrow(/file, not a folder|EEXIST|ENOTDIR/);
  });

  it('names what the policy keeps against the profile, in receipt, manifest and files', async () => {
    const overrides = {
      SeriesDescription: 'K',
      '00101030': 'K',
      Manufacturer: 'K',
      PatientSex: 'Z',
    } as const;
    for (let s = 0; s < SIZE; s++) {
      const dataset = instance(s);
      setString(dataset, '0008103E', 'T1 after a fall from a horse');
      const bytes = writeDicom({ dataset, transferSyntaxUid: explicitLittleEndian });
      writeFileSync(join(fixture.sourceDir, 'dicom', `Quentrell_${s}.dcm`), bytes);
    }
    const receipt = await share({ policy: { ...policy, overrides }, formats: ['dicom'] });
    expect(receipt.checks.filter((c) => c.state === 'failed')).toEqual([]);
    expect(receipt.checks.find((c) => c.id === 'headers')?.evidence).toMatch(
      / Kept against the profile: Series Description \(0008,103E\), Patient's Weight \(0010,1030\)\.$/,
    );
    const manifest = JSON.parse(readFileSync(join(fixture.shareDir, 'manifest.json'), 'utf8'));
    expect(manifest.keptAgainstProfile).toEqual([
      { tag: '(0008,103E)', name: 'Series Description', action: 'kept' },
      { tag: '(0010,1030)', name: "Patient's Weight", action: 'kept' },
    ]);
    expect(searchFor(fixture.shareDir, ['Profile with exceptions, policy']).length).toBe(SIZE);
  });

  it('lets an override keep an institution, and nothing that says who somebody is', async () => {
    const keeping = (tag: string) => ({ ...policy, overrides: { [tag]: 'K' as const } });
    const institution = await share({ policy: keeping('InstitutionName') });
    expect(institution.leaks).toEqual([]);
    expect(institution.checks.filter((c) => c.state === 'failed')).toEqual([]);
    expect(searchFor(fixture.shareDir, ['St. Brannock Infirmary']).length).toBe(SIZE);
    for (const [tag, kind] of [
      ['PatientID', 'patient-id'],
      ['00100030', 'birth-date'],
      ['ReferringPhysicianName', 'physician'],
    ] as const) {
      rmSync(fixture.shareDir, { recursive: true });
      const refused = await share({ policy: keeping(tag), formats: ['dicom'] });
      expect(new Set(refused.leaks.map((l) => l.identifierKind))).toEqual(new Set([kind]));
    }
  });

  it('is no reason to refuse a share that a station, a node or a person is called like the scanner', async () => {
    for (let s = 0; s < SIZE; s++) {
      const dataset = instance(s);
      setString(dataset, '00081090', 'MAGNETOM Vida');
      setString(dataset, '00081010', 'MAGNETOM');
      setString(dataset, '00400241', 'VIDA', 'AE');
      const bytes = writeDicom({ dataset, transferSyntaxUid: explicitLittleEndian });
      writeFileSync(join(fixture.sourceDir, 'dicom', `Quentrell_${s}.dcm`), bytes);
    }
    fixture.db.exec("UPDATE subject SET patient_name = 'Marquez^Vida' WHERE id = 2");
    const receipt = await share();
    expect(receipt.leaks).toEqual([]);
    expect(receipt.checks.filter((c) => c.state === 'failed')).toEqual([]);
    expect(searchFor(fixture.shareDir, ['MAGNETOM Vida']).length).toBeGreaterThanOrEqual(SIZE + 1);
    expect(searchFor(fixture.shareDir, ['Marquez'])).toEqual([]);
  });

  it('holds a series whose volume does not belong to its instances, and shares the rest', async () => {
    const path = join(fixture.sourceDir, 'dicom', 'Quentrell_5.dcm');
    const bytes = readFileSync(path);
    bytes[bytes.length - 101]! ^= 1; // one pixel is no longer what the volume was made from
    writeFileSync(path, bytes);
    const receipt = await share({ formats: ['dicom', 'bids'] });
    const scan = receipt.scans.find((s) => s.seriesId === 1)!;
    expect(scan.formats).toEqual(['bids']);
    expect(scan.notes.join(' ')).toMatch(/do not belong together/);
    expect(filesBelow(fixture.shareDir).some((f) => f.endsWith('.dcm'))).toBe(false);
    expect(receipt.checks.filter((c) => c.state === 'failed')).toEqual([]);
    rmSync(fixture.shareDir, { recursive: true });
    const dicomOnly = await share({ formats: ['dicom'] });
    expect(dicomOnly.scans).toEqual([]);
    expect(dicomOnly.held).toHaveLength(4);
    expect(existsSync(join(fixture.shareDir, 'manifest.json'))).toBe(false);
  });

  const refused: [string, (f: Fixture) => string, RegExp][] = [
    [
      'a folder with something in it',
      (f) => {
        mkdirSync(f.shareDir);
        writeFileSync(join(f.shareDir, 'thesis.doc'), 'x');
        return f.shareDir;
      },
      /not empty/,
    ],
    ['a folder inside the sources', (f) => join(f.sourceDir, 'dicom', 'out'), /inside a source folder/],
    ['the project folder', (f) => f.projectDir, /project folder/],
    ['a folder around the sources', (f) => f.root, /contains a source folder|not empty/],
    [
      'a path through a file',
      (f) => {
        writeFileSync(join(f.root, 'file'), 'x');
        return join(f.root, 'file', 'share');
      },
      /file, not a folder|EEXIST|ENOTDIR/,
    ],
  ];
  it.each(refused)('refuses %s', async (_name, dir, message) => {
    await expect(share({ dir: dir(fixture) })).rejects.toThrow(message);
  });

  it.skipIf(process.getuid?.() === 0)('explains a folder it may not write to', async () => {
    const locked = join(fixture.root, 'locked');
    mkdirSync(locked, { mode: 0o555 });
    await expect(share({ dir: join(locked, 'share') })).rejects.toThrow(
      /may not be written to\. Ask for write permission/,
    );
  });

  it('refuses when no scan may leave', async () => {
    fixture.db.exec("UPDATE series SET state = 'excluded'");
    await expect(share()).rejects.toThrow(/None of 4 scans may leave/);
  });

  it('states the version of package.json', () => {
    const file = new URL('../../package.json', import.meta.url);
    expect(product.version).toBe(JSON.parse(readFileSync(file, 'utf8')).version);
  });
});
