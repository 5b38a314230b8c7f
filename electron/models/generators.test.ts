// The generators of an installation, each in the inference process built from the sources, on tiny networks.
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
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { FACE_SPACE } from '../deidentify/face/generate-face.ts';
import { bundleWorker } from '../inference/fixtures/bundle-worker.ts';
import { makeGenerator } from '../inference/fixtures/make-generator.ts';
import { testChannels } from '../inference/generator.ts';
import { WorkerExitedError } from '../inference/process-client.ts';
import { spawnNodeWorker } from '../inference/spawn-node.ts';
import type { GenerateRequest, WorkerProcess } from '../inference/worker-contract.ts';
import { diagnoseGenerators } from '../project/doctor.ts';
import { createGenerators, type Generators, type GeneratorsOptions } from './generators.ts';

const root = mkdtempSync(join(tmpdir(), 'refacade-generators-'));
const folders = { shipped: join(root, 'shipped'), packs: join(root, 'packs') };
const input = join(root, 'channels.f32');
const [nx, ny, nz] = FACE_SPACE.shape;
const BOX = nx * ny * nz;
const channels = testChannels(FACE_SPACE.shape);
let distDir: string;
let open: Generators[] = [];
let children: WorkerProcess<never, unknown>[] = [];
/** Called with each order that goes to a process. */
let onOrder: (order: GenerateRequest, child: WorkerProcess<never, unknown>) => void = () => {};

beforeAll(async () => {
  const bundle = await bundleWorker();
  distDir = bundle.dir;
  mkdirSync(join(distDir, 'inference'));
  cpSync(bundle.file, join(distDir, 'inference', 'main.js'));
  makeGenerator(join(folders.shipped, 'cgan-3d'), 'volume');
  makeGenerator(join(folders.packs, 'slices-2.5d'), 'slices', { method: 'pix2pix-2.5d', version: '3.1.0' });
  writeFileSync(input, new Uint8Array(channels.buffer));
});
afterEach(async () => {
  await Promise.all(open.map((g) => g.close()));
  [open, children, onOrder] = [[], [], () => {}];
});
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
  if (distDir) rmSync(distDir, { recursive: true, force: true });
});

function generators(more: Partial<GeneratorsOptions> = {}): Generators {
  const made = createGenerators({
    folders,
    distDir,
    threads: 1,
    forced: 'cpu',
    backOffMs: 1,
    spawn: (file) => {
      const child = spawnNodeWorker<never, never>(file);
      children.push(child);
      const post = child.post;
      return Object.assign(child, {
        post(message: never) {
          post(message);
          const order = message as unknown as GenerateRequest;
          if (order.type === 'generate') onOrder(order, child);
        },
      }) as never;
    },
    ...more,
  });
  open.push(made);
  return made;
}

/** A face in a file, and its voxel at a place in the box. */
function voxelOf(path: string) {
  const bytes = readFileSync(path);
  expect(bytes.length).toBe(4 * BOX);
  return (x: number, y: number, z: number) => bytes.readFloatLE(4 * (x + nx * (y + ny * z)));
}

/** The tiny network's own formula: make-tiny-generators.py. */
function byHand(x: number, y: number, z: number, slices: boolean): number {
  const c = (channel: number, i: number, j: number, k: number) =>
    channels[channel * BOX + i + nx * (j + ny * k)]!;
  const sum = c(0, x + 1, y, z) / 2 + c(1, x, y + 1, z) / 4 - c(2, x, y, z - 1) + 2 * c(3, x, y, z);
  return slices ? sum + c(3, x - 1, y, z) / 8 : sum;
}

const places: [number, number, number][] = [
  [1, 2, 3],
  [40, 50, 60],
  [7, 90, 100],
  [94, 94, 110],
];

describe('generating faces', () => {
  it('with shipped ones and packs, each in a process of its own, saying what made them', async () => {
    const g = generators();
    expect(children).toHaveLength(0);
    const [a, b] = [join(root, 'a.f32'), join(root, 'b.f32')];
    const [first, second] = await Promise.all([
      g.generate('cgan-3d', input, a),
      g.generate('slices-2.5d', input, b),
    ]);
    expect(first).toEqual({
      model: expect.stringMatching(/^cgan-3d 1\.0\.0 sha256:[0-9a-f]{64}$/),
      provider: 'cpu',
    });
    expect(second.model).toMatch(/^slices-2\.5d 3\.1\.0 sha256:/);
    for (const at of places) {
      expect(voxelOf(a)(...at)).toBeCloseTo(byHand(...at, false), 4);
      expect(voxelOf(b)(...at)).toBeCloseTo(byHand(...at, true), 4);
    }
    expect(children).toHaveLength(2);
    rmSync(a);
    rmSync(b);
  });

  it('one after the other in one process, in the order they came', async () => {
    const g = generators();
    const order: number[] = [];
    const [a, b] = [join(root, 'one.f32'), join(root, 'two.f32')];
    onOrder = ({ outPath }) => order.push(outPath === a ? 1 : 2);
    const first = g.generate('cgan-3d', input, a).then(() => {
      // The second was not even asked for before the first was there.
      expect(existsSync(b)).toBe(false);
    });
    await Promise.all([first, g.generate('cgan-3d', input, b)]);
    expect(order).toEqual([1, 2]);
    expect(readFileSync(a).equals(readFileSync(b))).toBe(true);
    expect(children).toHaveLength(1);
    rmSync(a);
    rmSync(b);
  });

  it('a crash fails the face that was made, with how it happened; the next one works', async () => {
    const g = generators();
    let fatal = true;
    onOrder = (_, child) => {
      if (fatal) child.kill();
      fatal = false;
    };
    const [a, b] = [join(root, 'dies.f32'), join(root, 'lives.f32')];
    const first = g.generate('cgan-3d', input, a);
    const second = g.generate('cgan-3d', input, b);
    await expect(first).rejects.toThrow(WorkerExitedError);
    await expect(first).rejects.toThrow(/face generation process stopped: it was killed, as the system does/);
    expect((await second).provider).toBe('cpu');
    expect(existsSync(a)).toBe(false);
    expect(children).toHaveLength(2);
    rmSync(b);
  });

  it('an abort ends a running face and one that waits; nothing is left, the next one works', async () => {
    const g = generators({ cancelMs: 50 });
    const [running, waiting] = [new AbortController(), new AbortController()];
    onOrder = () => running.abort(new Error('cancelled by the user'));
    const [a, b, c] = ['a', 'b', 'c'].map((n) => join(root, `abort-${n}.f32`)) as [string, string, string];
    const first = g.generate('slices-2.5d', input, a, { signal: running.signal });
    const second = g.generate('slices-2.5d', input, b, { signal: waiting.signal });
    const third = g.generate('slices-2.5d', input, c);
    waiting.abort(new Error('changed my mind'));
    await expect(second).rejects.toThrow('changed my mind');
    await expect(first).rejects.toThrow('cancelled by the user');
    onOrder = () => {};
    expect((await third).provider).toBe('cpu');
    expect(readdirSync(root).filter((n) => n.startsWith('abort'))).toEqual(['abort-c.f32']);
    rmSync(c);
  });

  it('channels of another size fail alone', async () => {
    const g = generators();
    const short = join(root, 'short.f32');
    writeFileSync(short, new Uint8Array(400));
    const out = join(root, 'never.f32');
    await expect(g.generate('cgan-3d', short, out)).rejects.toThrow(
      /Expected 4128768 values in .*short\.f32, got 100/,
    );
    expect(existsSync(out)).toBe(false);
    await g.generate('cgan-3d', input, out);
    expect(children).toHaveLength(1);
    rmSync(out);
  });

  it('ends an idle process and starts another when one is needed', async () => {
    const g = generators({ idleMs: 1 });
    const out = join(root, 'idle.f32');
    await g.generate('cgan-3d', input, out);
    await new Promise<void>((over) => children[0]!.onExit(() => over()));
    rmSync(out);
    await g.generate('cgan-3d', input, out);
    expect(children).toHaveLength(2);
    rmSync(out);
  });
});

describe('what there is', () => {
  it('is listed; names that are none are refused with those that are', async () => {
    const g = generators();
    expect((await g.list()).map((m) => [m.id, m.origin, m.state])).toEqual([
      ['cgan-3d', 'shipped', 'ready'],
      ['slices-2.5d', 'pack', 'ready'],
    ]);
    expect([g.has('cgan-3d'), g.has('slices-2.5d'), g.has('nobody'), g.has('../shipped/cgan-3d')]).toEqual([
      true,
      true,
      false,
      false,
    ]);
    for (const name of ['nobody', '../shipped/cgan-3d', '']) {
      await expect(g.generate(name, input, join(root, 'x'))).rejects.toThrow(
        /Expected a face generator named ".*"; this installation has cgan-3d, slices-2\.5d\. Choose/,
      );
    }
    expect(children).toHaveLength(0);
  });

  it('a damaged or foreign one says so and leaves the others alone', async () => {
    const spoiled = { shipped: folders.shipped, packs: join(root, 'spoiled') };
    makeGenerator(join(spoiled.packs, 'flipped'), 'volume');
    const weights = readFileSync(join(spoiled.packs, 'flipped', 'model.onnx'));
    weights[300]! ^= 1;
    writeFileSync(join(spoiled.packs, 'flipped', 'model.onnx'), weights);
    makeGenerator(join(spoiled.packs, 'elsewhere'), 'volume', {
      space: { averageHead: '2.0.0', low: [0, 0, 0], shape: [64, 64, 64], spacingMm: 2 },
    });
    makeGenerator(join(spoiled.packs, 'cardless'), 'volume');
    writeFileSync(join(spoiled.packs, 'cardless', 'card.json'), '{ "id": ');
    const g = generators({ folders: spoiled });
    const list = await g.list();
    expect(list.map((m) => [m.id, m.state])).toEqual([
      ['cgan-3d', 'ready'],
      ['cardless', 'damaged'],
      ['elsewhere', 'damaged'],
      ['flipped', 'damaged'],
    ]);
    expect(list[1]!.reason).toMatch(/Expected a model card/);
    expect(list[2]!.reason).toMatch(
      /Expected a generator for 96×96×112.*got elsewhere for 64×64×64.*2\.0\.0/,
    );
    expect(list[3]!.reason).toMatch(/Expected SHA-256 .*damaged/);
    await expect(g.generate('flipped', input, join(root, 'x'))).rejects.toThrow(/SHA-256/);
    await expect(g.generate('elsewhere', input, join(root, 'x'))).rejects.toThrow(/64×64×64/);
    await expect(g.generate('cardless', input, join(root, 'x'))).rejects.toThrow(/model card/);
    const out = join(root, 'beside.f32');
    expect((await g.generate('cgan-3d', input, out)).provider).toBe('cpu');
    rmSync(out);
    const findings = await diagnoseGenerators(g);
    expect(findings.map((f) => f.ok)).toEqual([true, false, false, false]);
    expect(findings[0]!.detail).toMatch(/^cgan-3d 1\.0\.0, 0\.0 MB, SHA-256 as on its card, runs on cpu/);
    expect(findings[3]!.detail).toMatch(/^flipped 1\.0\.0 \(pack\): Expected SHA-256/);
  });

  it('closing lets nothing new in', async () => {
    const g = generators();
    const attempt = g.generate('cgan-3d', input, join(root, 'closed.f32'));
    const outcome = expect(attempt).rejects.toThrow(WorkerExitedError);
    await g.close();
    await outcome;
    expect(existsSync(join(root, 'closed.f32'))).toBe(false);
    await expect(g.generate('slices-2.5d', input, join(root, 'late.f32'))).rejects.toThrow(/being closed/);
  });
});
