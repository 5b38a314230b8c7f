// The WebGPU provider on software Vulkan (SwiftShader of Debian's Chromium): slow, but the same arithmetic.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import oracle from '../segmentation/segmentation.fixture.json' with { type: 'json' };
import { readNifti } from '../volume/nifti.ts';
import { bundleWorker } from './fixtures/bundle-worker.ts';
import { spawnNodeWorker } from './spawn-node.ts';
import { InferenceClient } from './worker-client.ts';

const chromium = '/usr/lib/chromium';
const driver = join(chromium, 'vk_swiftshader_icd.json');
const there = existsSync(driver) && existsSync(join(chromium, 'libvulkan.so.1'));

describe.skipIf(!there)(`WebGPU on software Vulkan (needs ${driver} and libvulkan.so.1 beside it)`, () => {
  const root = mkdtempSync(join(tmpdir(), 'refacade-webgpu-'));
  const scan = join(root, 'scan.nii.gz');
  const clients: InferenceClient[] = [];
  let bundle: { dir: string; file: string };
  const client = (forced?: string) => {
    const made = new InferenceClient({
      spawn: (file) =>
        spawnNodeWorker(file, {
          VK_ICD_FILENAMES: driver,
          // Where the loader library is, on a machine without one of its own.
          LD_LIBRARY_PATH: [process.env.LD_LIBRARY_PATH, chromium].filter(Boolean).join(':'),
        }),
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

  it('is passed over for the CPU, because it is only software', async () => {
    const { provider, reports } = await client().describe();
    expect(provider).toBe('cpu');
    expect(reports.find((r) => r.provider === 'webgpu')).toMatchObject({
      state: 'slower',
      detail: expect.stringMatching(/same answer as the CPU within .*slower/),
    });
  });
});
