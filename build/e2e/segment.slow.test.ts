// The commands `segment` and `doctor` of the built program, with the tiny test network, a damaged one and none.
import { execFile } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import oracle from '../../electron/segmentation/segmentation.fixture.json' with { type: 'json' };
import { readNifti } from '../../electron/volume/nifti.ts';

const program = resolve('dist/cli/main.js');
const root = mkdtempSync(join(tmpdir(), 'refacade-segment-'));
const fixtures = resolve('electron/inference/fixtures');
const scan = join(root, 'scan.nii.gz');
const out = join(root, 'out');

function refacade(models: string, ...args: string[]) {
  const env = {
    ...process.env,
    REFACADE_MODELS: models,
    REFACADE_EP: 'cpu',
    REFACADE_USER_DATA: join(root, 'user'),
  };
  return new Promise<{ code: number; stdout: string; stderr: string }>((done) => {
    execFile(process.execPath, [program, ...args], { env }, (error, stdout, stderr) =>
      done({ code: error ? Number((error as { code?: number }).code ?? 1) : 0, stdout, stderr }),
    );
  });
}

beforeAll(() => {
  writeFileSync(scan, Buffer.from(oracle.scan, 'base64'));
  mkdirSync(out);
  cpSync(join(fixtures, 'tiny'), join(root, 'damaged', 'tiny'), { recursive: true });
  writeFileSync(join(root, 'damaged', 'tiny', 'model.onnx'), 'not a network');
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('refacade segment', () => {
  it('writes labels and a table of volumes, and ends with 2 because this ball is no brain', async () => {
    const [labels, table] = [join(out, 'labels.nii.gz'), join(out, 'volumes.tsv')];
    const run = await refacade(fixtures, 'segment', scan, labels, '--volumes', table, '--json');
    expect(run.code, run.stderr).toBe(2);
    const json = JSON.parse(run.stdout);
    expect(json).toMatchObject({ provider: 'cpu', labelsFile: labels, volumesFile: table });
    const [header, ...rows] = readFileSync(table, 'utf8').trimEnd().split('\n');
    expect(header).toBe('label\tstructure\tvolume_mm3');
    expect(rows).toHaveLength(5);
    rows.forEach((row, n) => {
      const [label, structure, mm3] = row.split('\t');
      expect([Number(label), structure]).toEqual([json.structures[n].label, json.structures[n].structure]);
      // Oracle: torch, in build/oracle/segmentation.py.
      expect(Math.abs(Number(mm3) / oracle.volumesMm3[n]! - 1)).toBeLessThan(1e-3);
    });
    const written = await readNifti(labels);
    const source = await readNifti(scan);
    expect(written.volume.shape).toEqual(source.volume.shape);
    expect(written.volume.affine).toEqual(source.volume.affine);
    expect(new Set(written.volume.data)).toEqual(new Set([130, 258, 24, 3, 2]));
    expect(readdirSync(out).sort()).toEqual(['labels.nii.gz', 'volumes.tsv']);
  });

  it.each([
    [
      'without a model says where one is expected',
      join(root, 'nowhere'),
      scan,
      'l.nii.gz',
      /nowhere.headseg \(model\.onnx and card\.json\)/,
    ],
    [
      'with damaged weights says so',
      join(root, 'damaged'),
      scan,
      'l.nii.gz',
      /Expected \d+ bytes in .*model\.onnx, got 13/,
    ],
    ['refuses what is no scan', fixtures, program, 'l.nii.gz', /Expected a NIfTI header/],
    ['refuses an output it cannot write', fixtures, scan, 'l.nii', /ending in \.nii\.gz/],
  ])('%s, with 1 and no output', async (_name, models, input, name, message) => {
    const run = await refacade(models, 'segment', input, join(out, name), '--json');
    expect(run.code).toBe(1);
    expect(JSON.parse(run.stdout).error.message).toMatch(message);
    expect(existsSync(join(out, 'l.nii.gz'))).toBe(false);
    expect(readdirSync(out).filter((n) => n.startsWith('.'))).toEqual([]);
  });
});

describe('refacade doctor', () => {
  const findings = async (models: string) => {
    const { stdout } = await refacade(models, 'doctor', '--json');
    const all = JSON.parse(stdout).findings as { name: string; ok: boolean; detail: string }[];
    return all.filter((f) => f.name === 'Model' || f.name === 'Inference');
  };

  it('names the model and what it runs on', async () => {
    expect(await findings(fixtures)).toEqual([
      { name: 'Model', ok: true, detail: expect.stringMatching(/^tiny 1\.0\.0, .*SHA-256 as on its card$/) },
      { name: 'Inference', ok: true, detail: expect.stringMatching(/^runs on cpu \(/) },
    ]);
  });

  it('a build without a model is in order; a damaged model is not', async () => {
    expect(await findings(join(root, 'nowhere'))).toEqual([
      { name: 'Model', ok: true, detail: expect.stringMatching(/^none in .*nowhere: .*without a network/) },
    ]);
    const damaged = await findings(join(root, 'damaged'));
    expect(damaged.map((f) => f.ok)).toEqual([false, false]);
    expect(damaged[0]!.detail).toMatch(/got 13/);
  });
});
