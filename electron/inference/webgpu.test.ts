// The WebGPU provider on software Vulkan (SwiftShader of Debian's Chromium): slow, but the same arithmetic.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import oracle from '../segmentation/segmentation.fixture.json' with { type: 'json' };
import { readNifti } from '../volume/nifti.ts';
import { bundleWorker } from './fixtures/bundle-worker.ts';
import { makeGenerator } from './fixtures/make-generator.ts';
import { readFloats } from './float-file.ts';
import { testChannels } from './generator.ts';
import { GeneratorClient } from './generator-client.ts';
import { spawnNodeWorker } from './spawn-node.ts';
import { InferenceClient } from './worker-client.ts';

const chromium = '/usr/lib/chromium';
const driver = join(chromium, 'vk_swiftshader_icd.json');
const there = existsSync(driver) && existsSync(join(chromium, 'libvulkan.so.1'));

describe.skipIf(!there)(`WebGPU on software Vulkan (needs ${driver} and libvulkan.so.1 beside it)`, () => {
  const root = mkdtempSync(join(tmpdir(), 'refacade-webgpu-'));
  const scan = join(root, 'scan.nii.gz');
  const clients: { close(): Promise<void> }[] = [];
  let bundle: { dir: string; file: string };
  const spawn = <S, H>(file: string) =>
    spawnNodeWorker<S, H>(file, {
      VK_ICD_FILENAMES: driver,
      // Where the loader library is, on a machine without one of its own.
      LD_LIBRARY_PATH: [process.env.LD_LIBRARY_PATH, chromium].filter(Boolean).join(':'),
    });
  const client = (forced?: string) => {
    const made = new InferenceClient({
      spawn,
      workerFile: bundle.file,
      modelDir: resolve('electron/inference/fixtures/tiny'),
      threads: 1,
      forced,
    });
    clients.push(made);
    return made;
  };

  beforeAll(async () => {
    bundle = await bundleWorker();
    writeFileSync(scan, Buffer.from(oracle.scan, 'base64'));
  });
  afterAll(async () => {
    await Promise.all(clients.map((c) => c.close()));
    rmSync(root, { recursive: true, force: true });
    rmSync(bundle.dir, { recursive: true, force: true });
  });

  it('gives what the CPU gives: volumes within 1e-3, labels but for ties', async () => {
    const [cpu, gpu] = [client('cpu'), client('webgpu')];
    const a = await cpu.segment(scan, join(root, 'cpu'), undefined, () => {});
    const b = await gpu.segment(scan, join(root, 'gpu'), undefined, () => {});
    expect([a.provider, b.provider]).toEqual(['cpu', 'webgpu']);
    a.structures.forEach((s, n) => {
      expect(Math.abs(b.structures[n]!.volumeMm3 / s.volumeMm3 - 1)).toBeLessThan(1e-3);
    });
    const [x, y] = await Promise.all(
      ['cpu', 'gpu'].map(async (dir) => (await readNifti(join(root, dir, 'labels.nii.gz'))).volume.data),
    );
    let different = 0;
    for (let n = 0; n < x!.length; n++) if (x![n] !== y![n]) different++;
    expect(different / x!.length).toBeLessThan(1e-3);
  });

  it.each(['volume', 'slices'] as const)('makes the face that the CPU makes (%s)', async (network) => {
    const modelDir = join(root, network);
    const shape: [number, number, number] = [5, 6, 8];
    const { space } = makeGenerator(modelDir, network);
    makeGenerator(modelDir, network, { space: { ...space, shape } });
    const input = join(root, `${network}.channels`);
    writeFileSync(input, new Uint8Array(testChannels(shape).buffer));
    const faces: Float32Array[] = [];
    for (const forced of ['cpu', 'webgpu']) {
      const made = new GeneratorClient({ spawn, workerFile: bundle.file, modelDir, threads: 1, forced });
      clients.push(made);
      const out = join(root, `${network}.${forced}`);
      expect((await made.generate(input, out)).provider).toBe(forced);
      faces.push(await readFloats(out, 5 * 6 * 8));
    }
    const [cpu, gpu] = faces as [Float32Array, Float32Array];
    const off = cpu.reduce((worst, v, n) => Math.max(worst, Math.abs(v - gpu[n]!)), 0);
    expect(off).toBeLessThan(1e-3);
    expect(Math.max(...cpu) - Math.min(...cpu)).toBeGreaterThan(0.5);
  });

  it('is passed over for the CPU, because it is only software', async () => {
    const { provider, reports } = await client().describe();
    expect(provider).toBe('cpu');
    expect(reports.find((r) => r.provider === 'webgpu')).toMatchObject({
      state: 'slower',
      detail: expect.stringMatching(/same answer as the CPU within .*slower/),
    });
  });
});
