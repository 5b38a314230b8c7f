import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UserError } from '../dispatch.ts';
import { brainPhantom } from '../morphometry/brain-phantom.ts';
import { BRAIN_LABELS, type Segmenter } from '../segmentation/segmentation.ts';
import { newNifti, writeNifti } from '../volume/nifti.ts';
import type { Output } from './output.ts';
import { createVolumesCommand } from './volumes.ts';

/** A brain without a head: only a mask from the network can find it, so the tissue numbers show where it came from. */
const phantom = brainPhantom({ voxelSizeMm: [4, 4, 4] });
const dir = mkdtempSync(join(tmpdir(), 'refacade-volumes-test-'));
const file = join(dir, 'brain.nii.gz');
const broken = join(dir, 'broken.nii');
beforeAll(() => writeNifti(file, newNifti(phantom.volume)));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

let workDir = '';
let closed = 0;

function segmenter(failure = ''): Segmenter {
  return {
    async segment(_path, outDir) {
      workDir = outDir;
      if (failure) throw new Error(failure);
      mkdirSync(outDir, { recursive: true });
      const labels = Int16Array.from(phantom.brain, (inside) => (inside ? 3 : 130));
      await writeNifti(join(outDir, 'labels.nii.gz'), newNifti({ ...phantom.volume, data: labels }, 4));
      const record = {
        model: { id: 'test', version: '1', sha256: 'x' },
        provider: 'cpu',
        labelsFile: 'labels.nii.gz',
        structures: BRAIN_LABELS.map((label) => ({
          label,
          structure: String(label),
          volumeMm3: 40_000,
          centroidRas: null,
          confidence: 0.9,
        })),
        confidence: 0.9,
        problems: [],
        seconds: 1,
      };
      writeFileSync(join(outDir, 'segmentation.json'), JSON.stringify(record));
      return record;
    },
    async close() {
      closed++;
    },
  };
}

async function run(args: string[], from: Segmenter | undefined, input = file) {
  const results: unknown[] = [];
  const notes: string[] = [];
  const output: Output = {
    json: true,
    text() {},
    note: (line) => void notes.push(line),
    progress() {},
    result: (value) => void results.push(value),
  };
  const code = await createVolumesCommand(async () => from).run([input, ...args], output);
  return { code, notes, result: results[0] as { engine: string } & Record<string, never> };
}

describe('volumes', () => {
  it('gives the regional engine’s structures and leaves no files behind', async () => {
    const { code, result } = await run(['--engine', 'regional'], segmenter());
    expect(code).toBe(0);
    expect(result).toMatchObject({
      engine: 'regional',
      volumes: { TIV: 32 * 40_000, 'left lateral ventricle': 80_000, 'brain stem': 40_000 },
      details: { model: { id: 'test' }, provider: 'cpu', confidence: 0.9 },
    });
    expect(existsSync(workDir)).toBe(false);
  });

  it('runs the tissue engine when none is named, in the network’s brain', async () => {
    const before = closed;
    const { result } = await run([], segmenter());
    expect(result).toMatchObject({ engine: 'tissue-em', details: { brainMask: 'network' } });
    const { TIV } = (result as unknown as { volumes: Record<string, number> }).volumes;
    const inside = phantom.brain.reduce((sum, v) => sum + v, 0) * 64;
    expect(TIV! / inside).toBeCloseTo(1, 6);
    expect(closed).toBe(before + 1);
  });

  it('gives both for "all", and says of each what kept it from measuring', async () => {
    const both = await run(['--engine', 'all'], segmenter());
    expect(both.result).toMatchObject({ engines: [{ engine: 'tissue-em' }, { engine: 'regional' }] });
    writeFileSync(broken, 'not a NIfTI file');
    const refused = await run(['--engine', 'all'], segmenter('The model file is damaged.'), broken);
    expect(refused.code).toBe(2);
    expect(refused.result).toMatchObject({
      engines: [
        { engine: 'tissue-em', failure: expect.stringMatching(/NIfTI/) },
        { engine: 'regional', failure: expect.stringContaining('damaged') },
      ],
    });
  });

  it('is an error in words where the regional engine has no model, or the engine does not exist', async () => {
    await expect(run(['--engine', 'regional'], undefined)).rejects.toThrow(/no segmentation model/i);
    await expect(run(['--engine', 'spm'], undefined)).rejects.toThrow(UserError);
  });
});
