import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { gunzipSync, inflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readNifti } from '../../electron/volume/nifti.ts';
import { reorient } from '../../electron/volume/reorient.ts';
import { maxDifference } from '../../shared/geometry/affine.ts';
import { type CohortTruth, writeCohort } from './cohort.ts';
import { headPhantom } from './head.ts';
import { main } from './sample-main.ts';

const runs = (program: string, ...args: string[]) => spawnSync(program, args).status === 0;
const pydicom = runs('/usr/bin/python3', '-c', 'import pydicom, numpy');
const dcm2niix = spawnSync('dcm2niix', ['-h']).error === undefined;
const dciodvfy = spawnSync('dciodvfy', ['/dev/null']).error === undefined;

/** Reads every file that has the DICM mark; prints per series UID: count, sum of pixels, patient name. */
const ORACLE = `
import sys, os, json, pydicom
out = {}
for root, _, names in os.walk(sys.argv[1]):
    for name in names:
        path = os.path.join(root, name)
        if open(path, 'rb').read(132)[128:] != b'DICM' or name == 'broken.dcm': continue
        d = pydicom.dcmread(path)
        s = out.setdefault(d.SeriesInstanceUID, {'files': 0, 'sum': 0, 'name': str(d.PatientName)})
        s['files'] += 1
        s['sum'] += int(d.pixel_array.sum(dtype='int64'))
        assert str(d[0x00400275][0][0x00321060].value).startswith('MRI head')
print(json.dumps(out))
`;

let root: string;
let dir: string;
let cohort: CohortTruth;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'refacade-cohort-'));
  dir = join(root, 'lab');
  // 4 mm: the same folder as at 2 mm with fewer and smaller files.
  cohort = await writeCohort(dir, { seed: 1, voxelSizeMm: 4 });
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

function filesBelow(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.filter((e) => e.isFile()).map((e) => relative(folder, join(e.parentPath, e.name)));
}

/** A file's bytes as a reader sees them: gzip and deflated datasets opened. */
function plainBytes(path: string): Buffer {
  const bytes = readFileSync(path);
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return gunzipSync(bytes);
  if (bytes.includes('1.2.840.10008.1.2.1.99')) {
    const meta = 132 + 12 + bytes.readUInt32LE(140); // group length element, then the group
    return Buffer.concat([bytes.subarray(0, meta), inflateRawSync(bytes.subarray(meta))]);
  }
  return bytes;
}

describe('writeCohort', () => {
  it('lists exactly the files it wrote', () => {
    expect([...cohort.files].sort()).toEqual(filesBelow(dir).sort());
    const inSeries = cohort.series.reduce((sum, series) => sum + series.files, 0);
    expect(cohort.files).toHaveLength(inSeries + cohort.strays.length + 3); // sidecar, description, participants
  });

  it('holds every planted identifier where it says', () => {
    expect(cohort.identifiers.length).toBeGreaterThan(60);
    for (const { value, file, place } of cohort.identifiers) {
      if (place === 'pixels') continue;
      const found = place === 'path' ? file.includes(value) : plainBytes(join(dir, file)).includes(value);
      expect(found, `${value} in ${file} at ${place}`).toBe(true);
    }
    const kinds = new Set(cohort.identifiers.map((identifier) => identifier.kind));
    expect(kinds.size).toBe(14);
    // Nobody goes without: each person has at least a name planted.
    const named = cohort.identifiers.filter((i) => i.kind === 'name').map((i) => i.subject);
    expect(new Set(named)).toEqual(new Set(cohort.subjects.map((subject) => subject.key)));
  });

  it('has the accidents of a real folder', () => {
    expect(cohort.strays.map((stray) => stray.kind).sort()).toEqual([
      'duplicate',
      'text-named-dcm',
      'truncated-dicom',
    ]);
    const oddities = cohort.series.flatMap((series) => series.oddity ?? []).sort();
    expect(oddities).toEqual(
      ['already skull-stripped', 'burned-in text', 'missing slice', 'three orientations'].sort(),
    );
    expect(new Set(cohort.series.map((series) => series.kind)).size).toBe(5);
  });

  it('writes the same bytes for the same seed', async () => {
    const digest = async (name: string) => {
      await writeCohort(join(root, name), { seed: 5, voxelSizeMm: 8, subjects: 5 });
      const hash = createHash('sha256');
      for (const file of filesBelow(join(root, name)).sort())
        hash.update(file).update(readFileSync(join(root, name, file)));
      return hash.digest('hex');
    };
    expect(await digest('one')).toBe(await digest('two'));
  });

  it.skipIf(!pydicom)('is read whole by pydicom, RLE and deflate included (needs python3-pydicom)', () => {
    const out = execFileSync('/usr/bin/python3', ['-c', ORACLE, dir], { encoding: 'utf8' });
    const found = JSON.parse(out) as Record<string, { files: number; sum: number; name: string }>;
    for (const series of cohort.series.filter((s) => s.format === 'dicom')) {
      const person = cohort.subjects.find((s) => s.key === series.subject)!.person;
      const again = cohort.strays.some((s) => s.kind === 'duplicate') && series === cohort.series[0] ? 1 : 0;
      expect(found[series.seriesInstanceUid!]).toMatchObject({
        files: series.files + again,
        name: person.name,
      });
    }
    // The RLE series' pixels are the phantom's.
    const rle = cohort.series.find((s) => s.path === 'usb_stick/A/0001')!;
    const person = cohort.subjects.find((s) => s.key === rle.subject)!.person;
    const head = {
      seed: person.seed,
      voxelSizeMm: 4,
      axisCodes: 'LPS',
      obliqueDegrees: [-8, 3, 4],
      offsetRas: [-4, 20, 5],
    } as const; // prettier-ignore
    const sum = headPhantom(head).volume.data.reduce((total, value) => total + value, 0);
    expect(found[rle.seriesInstanceUid!]!.sum).toBe(sum);
  });

  it.skipIf(!dcm2niix)('is converted by dcm2niix to the phantom it came from (needs dcm2niix)', async () => {
    const series = cohort.series[0]!;
    execFileSync('dcm2niix', ['-z', 'n', '-b', 'n', '-f', 'out', '-o', root, join(dir, series.path)]);
    const got = reorient((await readNifti(join(root, 'out.nii'))).volume, 'RAS');
    const person = cohort.subjects[0]!.person;
    const head = { seed: person.seed, voxelSizeMm: 4, axisCodes: 'PIR', offsetRas: [3, 12, -8] } as const;
    const expected = reorient(headPhantom(head).volume, 'RAS');
    expect(got.shape.slice(0, 3)).toEqual(expected.shape);
    expect(maxDifference(got.affine, expected.affine)).toBeLessThan(1e-3);
    expect(Array.from(got.data)).toEqual(Array.from(expected.data));
  });

  it.skipIf(!dciodvfy)('gives dciodvfy no error in any MR series (needs dicom3tools)', () => {
    for (const series of cohort.series.filter((s) => s.format === 'dicom')) {
      if (series.kind === 'secondary-capture') continue; // deflated, which dciodvfy cannot read
      const file = cohort.files.find((f) => f.startsWith(`${series.path}/`))!;
      const { stderr, stdout } = spawnSync('dciodvfy', [join(dir, file)], { encoding: 'utf8' });
      const lines = `${stdout}${stderr}`.split('\n');
      expect(lines.filter((line) => line.startsWith('Error'))).toEqual([]);
      expect(lines).toContain('MRImage');
    }
  });
});

describe('sample main', () => {
  it.each([[[]], [['--seed']], [['a', 'b']], [['--what', 'a']]])('explains itself for %j', async (args) => {
    expect(await main(args as string[])).toBe(1);
  });

  it('leaves a folder that holds files alone', async () => {
    expect(await main([dir])).toBe(1);
  });
});
