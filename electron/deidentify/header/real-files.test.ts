/** The profile on real files: other programs read the result, nothing of the subject is left, nothing new is invalid. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { listPolicies } from '../policies.ts';
import { pseudonymsFrom } from '../pseudonyms.ts';
import { checkExport, newConsistency } from './check-export.ts';
import { deidentifyFile } from './deidentify-file.ts';
import { getString } from './dicom-dataset.ts';
import { identifiersOf } from './identifiers.ts';
import { previewHeader } from './preview-header.ts';
import { NotDicomError, readDicom } from './read-dicom.ts';
import { writeDicom } from './write-dicom.ts';

const dicomDir = fileURLToPath(new URL('../../../../shared/data/dicom/', import.meta.url));
const headsDir = fileURLToPath(new URL('../../../../shared/data/heads/', import.meta.url));
const keys = pseudonymsFrom(new Uint8Array(32).fill(3));
const share = listPolicies('')[0]!;
const temporary: string[] = [];
afterAll(() => {
  for (const dir of temporary) rmSync(dir, { recursive: true, force: true });
});

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'refacade-real-'));
  temporary.push(dir);
  return dir;
}

const files = existsSync(dicomDir)
  ? readdirSync(dicomDir, { recursive: true })
      .map((f) => join(dicomDir, String(f)))
      .filter((f) => statSync(f).isFile() && !f.includes('DICOMDIR'))
  : [];

function subjectOf(file: ReturnType<typeof readDicom>, path: string) {
  const sourceKey = getString(file.dataset, '00100020') || path;
  return { sourceKey, label: keys.subjectLabel(sourceKey) };
}

describe.skipIf(files.length === 0)('real files (needs ../shared/data/dicom)', () => {
  it.each(listPolicies(''))('pass the ten kinds of check under "$name", and twice equals once', (recipe) => {
    const consistency = newConsistency();
    let checked = 0;
    for (const [i, path] of files.entries()) {
      // Every second slice of the two long plain series; everything else.
      if (/adi_brain_T1|CTHead/.test(path) && i % 2) continue;
      let source: ReturnType<typeof readDicom>;
      try {
        source = readDicom(readFileSync(path));
      } catch (error) {
        expect(error).toBeInstanceOf(NotDicomError);
        continue;
      }
      const subject = subjectOf(source, path);
      const written = writeDicom(deidentifyFile(source, recipe, keys, subject).file);
      const back = readDicom(written);
      const wrong = checkExport(source.dataset, back.dataset, recipe, {
        consistency,
        pixels: 'untouched',
      }).filter((c) => !c.ok);
      expect(wrong, path).toEqual([]);
      if (checked++ % 5 === 0) {
        const again = writeDicom(deidentifyFile(back, recipe, keys, subject).file);
        expect(Buffer.compare(again, written), path).toBe(0);
      }
    }
    expect(checked).toBeGreaterThan(200);
  });

  it('hold no identifier of their subject in any byte before the pixels', () => {
    const kinds = new Set([
      'patient-name',
      'patient-id',
      'birth-date',
      'accession',
      'physician',
      'uid',
      'phone',
      'serial',
    ]);
    for (const path of files) {
      let source: ReturnType<typeof readDicom>;
      try {
        source = readDicom(readFileSync(path));
      } catch {
        continue;
      }
      const { file } = deidentifyFile(source, share, keys, subjectOf(source, path));
      file.dataset.elements.delete('7FE00010');
      const text = Buffer.from(writeDicom(file)).toString('latin1').toLowerCase();
      for (const { kind, text: secret } of identifiersOf(source.dataset)) {
        if (!kinds.has(kind) || secret.length < 5) continue;
        const at = text.indexOf(secret.toLowerCase());
        // A number may turn up inside a longer one that is not it.
        const around = at < 0 ? '' : text.slice(Math.max(0, at - 1), at + secret.length + 1);
        const alone = at >= 0 && !/^[a-z0-9.].*|.*[a-z0-9.]$/.test(around.replace(secret.toLowerCase(), '#'));
        expect(alone, `${path} ${kind}`).toBe(false);
      }
    }
  });

  const series = join(dicomDir, 'FNNDSC_data', 'adi_brain_T1');
  const hasDciodvfy = spawnSync('dciodvfy', ['-version']).error === undefined;
  it.skipIf(!hasDciodvfy || !existsSync(series))(
    'give dciodvfy nothing that it did not find in the source (needs dicom3tools)',
    () => {
      const dir = folder();
      const findings = (path: string): Set<string> => {
        const run = spawnSync('dciodvfy', [path], { encoding: 'utf8' });
        return new Set(
          `${run.stdout}${run.stderr}`
            .split('\n')
            .filter((l) => /^(?:Error|Warning)/.test(l))
            .map((l) => l.replace(/PN \[1\] = <[^>]*>/, '')),
        );
      };
      for (const name of readdirSync(series).slice(0, 3)) {
        const path = join(series, name);
        const source = readDicom(readFileSync(path));
        for (const recipe of listPolicies('')) {
          const out = join(dir, 'out.dcm');
          writeFileSync(out, writeDicom(deidentifyFile(source, recipe, keys, subjectOf(source, path)).file));
          const old = findings(path);
          expect(
            [...findings(out)].filter((f) => !old.has(f)),
            recipe.name,
          ).toEqual([]);
        }
      }
    },
  );

  const python = spawnSync('/usr/bin/python3', ['-c', 'import pydicom']).status === 0;
  it.skipIf(!python)('are read by pydicom with our stamps in them (needs python3-pydicom)', () => {
    const dir = folder();
    const path = files.find((f) => f.endsWith('MR_small_jpeg_ls_lossless.dcm'))!;
    const source = readDicom(readFileSync(path));
    const subject = subjectOf(source, path);
    const out = join(dir, 'out.dcm');
    writeFileSync(out, writeDicom(deidentifyFile(source, share, keys, subject).file));
    const script = `import pydicom,json,sys; d=pydicom.dcmread(sys.argv[1]); print(json.dumps([str(d.PatientID), d.PatientIdentityRemoved, [i.CodeValue for i in d.DeidentificationMethodCodeSequence], d.LongitudinalTemporalInformationModified, str(d.file_meta.TransferSyntaxUID)]))`;
    const run = spawnSync('/usr/bin/python3', ['-c', script, out], { encoding: 'utf8' });
    expect(JSON.parse(run.stdout)).toEqual([
      subject.label,
      'YES',
      ['113100', '113107'],
      'MODIFIED',
      '1.2.840.10008.1.2.4.80',
    ]);
  });

  it('preview lists what will happen to every attribute and writes nothing', async () => {
    const path = join(series, readdirSync(series)[0]!);
    const source = readDicom(readFileSync(path));
    const preview = await previewHeader({ format: 'dicom', path }, share, keys, subjectOf(source, path));
    expect(preview.changes.length).toBeGreaterThan(source.dataset.elements.size);
    expect(preview.changes.find((c) => c.tag === '(0010,0010)')).toMatchObject({ action: 'dummy' });
    expect(preview.fileName).toMatch(/^sub-[A-Z2-7]{8}_ses-01_image\/IM00001\.dcm$/);
  });
});

describe.skipIf(!existsSync(headsDir))('NIfTI preview (needs ../shared/data/heads)', () => {
  it('lists header fields and sidecar fields, and names the file by the pseudonym', async () => {
    const dir = folder();
    const sidecarPath = join(dir, 'a.json');
    writeFileSync(sidecarPath, JSON.stringify({ PatientName: 'Quillfeather', EchoTime: 0.003 }));
    const name = readdirSync(headsDir).find((f) => f.endsWith('.nii.gz'))!;
    const subject = { sourceKey: 'n', label: keys.subjectLabel('n'), sessionLabel: 'ses-02', kind: 'T1w' };
    const preview = await previewHeader(
      { format: 'nifti', path: join(headsDir, name), sidecarPath },
      share,
      keys,
      subject,
    );
    expect(preview.fileName).toBe(`${subject.label}_ses-02_T1w.nii.gz`);
    expect(preview.changes.map((c) => c.tag)).toEqual(
      expect.arrayContaining(['descrip', 'aux_file', 'PatientName', 'EchoTime']),
    );
  });
});
