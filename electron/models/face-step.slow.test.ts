// The face step of a scan with a generator in its own process: what a scan's verdict says when that process dies.
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { averageHeadPhantom } from '../../build/phantom/average-head.ts';
import { headPhantom } from '../../build/phantom/head.ts';
import { verdictLimits } from '../../shared/deidentify/records.ts';
import { identity } from '../../shared/geometry/affine.ts';
import { deidentifyFace } from '../deidentify/face/deidentify-face.ts';
import { bundleWorker } from '../inference/fixtures/bundle-worker.ts';
import { makeGenerator } from '../inference/fixtures/make-generator.ts';
import { spawnNodeWorker } from '../inference/spawn-node.ts';
import { newNifti } from '../volume/nifti.ts';
import { createInlinePool } from '../worker/pool.ts';
import type { Task } from '../worker/task.ts';
import { createGenerators, type Generators } from './generators.ts';

const root = mkdtempSync(join(tmpdir(), 'refacade-face-step-'));
let generators: Generators;
let distDir: string;
/** Orders to generate after which the process is killed. */
let fatal = 0;
let asked = 0;

beforeAll(async () => {
  const bundle = await bundleWorker();
  distDir = bundle.dir;
  mkdirSync(join(distDir, 'inference'));
  cpSync(bundle.file, join(distDir, 'inference', 'main.js'));
  makeGenerator(join(root, 'models', 'cgan-3d'), 'volume');
  generators = createGenerators({
    folders: { shipped: join(root, 'models'), packs: join(root, 'packs') },
    distDir,
    threads: 1,
    forced: 'cpu',
    backOffMs: 1,
    spawn: (file) => {
      const child = spawnNodeWorker<never, never>(file);
      const post = child.post;
      return Object.assign(child, {
        post(message: never) {
          post(message);
          if ((message as { type: string }).type !== 'generate') return;
          asked++;
          if (asked <= fatal) child.kill();
        },
      }) as never;
    },
  });
});
afterAll(async () => {
  await generators?.close();
  rmSync(root, { recursive: true, force: true });
  if (distDir) rmSync(distDir, { recursive: true, force: true });
});

const phantom = headPhantom({ seed: 5, voxelSizeMm: 3, fieldOfViewMm: [184, 230, 204] });
const face: Task<{ method: string }, Awaited<ReturnType<typeof deidentifyFace>>> = (params, context) =>
  deidentifyFace(
    newNifti(phantom.volume),
    {
      method: params.method,
      params: {},
      seed: 1,
      limits: verdictLimits.parse({}),
      inputSha256: '0'.repeat(64),
      average: averageHeadPhantom(),
      placed: {
        brain: phantom.brainMask,
        brainMm3: null,
        standardToWorld: identity(),
        frame: { averageToWorld: identity(), residualMm: 0, source: 'centroids', problems: [] },
        problems: [],
        assumptions: [],
        steps: [],
        carried: false,
      },
    },
    context,
  );
type Result = Awaited<ReturnType<typeof deidentifyFace>>;

it('a scan whose generator dies fails with the reason and is left as it was; the next one gets its face', async () => {
  fatal = 1;
  const pool = createInlinePool({ face }, { generate: generators.generate });
  const results = await Promise.all([
    pool.run<Result>('face', { method: 'cgan-3d' }),
    pool.run<Result>('face', { method: 'cgan-3d' }),
  ]);
  // Whose channels were written first is open.
  const [first, second] = results.sort((a, b) => a.verdict.state.localeCompare(b.verdict.state)) as [
    Result,
    Result,
  ];
  expect([first.verdict.state, second.verdict.state]).toEqual(['failed', 'passed']);
  expect(first.verdict.problems).toContainEqual(
    expect.objectContaining({
      code: 'method-failed',
      message: expect.stringMatching(/face generation process stopped: it was killed/),
    }),
  );
  expect(first.changedMask.every((v) => v === 0)).toBe(true);
  expect(second.changedMask.some((v) => v === 1)).toBe(true);
  expect(second.steps.at(-1)).toMatchObject({
    name: 'face:cgan-3d',
    model: expect.stringMatching(/^cgan-3d 1\.0\.0 sha256:[0-9a-f]{64}/),
  });
}, 400_000);

it('a method whose generator is not there fails with what there is', async () => {
  const pool = createInlinePool({ face }, { generate: generators.generate });
  const result = await pool.run<Result>('face', { method: 'pix2pix-2.5d' });
  expect(result.verdict.state).toBe('failed');
  expect(result.verdict.problems[0]!.message).toMatch(
    /Expected a face generator named "pix2pix-2\.5d"; this installation has cgan-3d/,
  );
}, 400_000);

it('a cancelled scan ends with the reason of the cancel', async () => {
  const stop = new AbortController();
  const reason = new Error('cancelled by the user');
  const pool = createInlinePool(
    { face },
    {
      generate: (id, input, output, options) => {
        stop.abort(reason);
        return generators.generate(id, input, output, options);
      },
    },
  );
  await expect(pool.run('face', { method: 'cgan-3d' }, { signal: stop.signal })).rejects.toBe(reason);
}, 400_000);
