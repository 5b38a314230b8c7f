import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Reply } from '../../shared/rpc.ts';
import { createApp } from '../app.ts';
import { faceMethods } from '../deidentify/face/methods.ts';
import { diagnoseFaceMethods, type Finding } from './doctor.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'refacade-doctor-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** An atlas of one small file with its card. */
function addAtlas(task: 'average-head' | 'face-shapes') {
  const dir = join(root, 'models', task);
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, 'a.nii.gz'), task);
  const sha256 = createHash('sha256').update(task).digest('hex');
  const card = { id: task, version: '1.2.0', task, licence: 'x', files: { a: { name: 'a.nii.gz', sha256 } } };
  writeFileSync(join(dir, 'card.json'), JSON.stringify(card));
  return join(dir, 'a.nii.gz');
}
const look = () => diagnoseFaceMethods({ shipped: join(root, 'models'), packs: join(root, 'packs') });
const onlyQuickshear = {
  name: 'Face methods',
  ok: false,
  detail: expect.stringMatching(/^only quickshear can be used: .*average-head.* Install again/),
};

describe('atlases and face methods', () => {
  it('are in order, and those that need a model which is not there are named', async () => {
    addAtlas('average-head');
    addAtlas('face-shapes');
    expect(await look()).toEqual([
      {
        name: 'Average head',
        ok: true,
        detail: expect.stringMatching(/^average-head 1\.2\.0, .*SHA-256 as/),
      },
      { name: 'Face shapes', ok: true, detail: expect.stringMatching(/^face-shapes 1\.2\.0, /) },
      {
        name: 'Face methods',
        ok: true,
        detail: expect.stringMatching(
          /^template, mask-out, blur, quickshear can be used; .*needs the model pix2pix-2\.5d, which this installation does not have/,
        ),
      },
    ]);
  });

  it('a damaged average head leaves one method, and both are told', async () => {
    const file = addAtlas('average-head');
    addAtlas('face-shapes');
    writeFileSync(file, 'average-heaD');
    expect(await look()).toEqual([
      { name: 'Average head', ok: false, detail: expect.stringMatching(/^average-head: Expected SHA-256/) },
      { name: 'Face shapes', ok: true, detail: expect.any(String) },
      onlyQuickshear,
    ]);
  });

  it('damaged face shapes are told; methods that do without them work', async () => {
    addAtlas('average-head');
    rmSync(addAtlas('face-shapes'));
    const [, shapes, methods] = await look();
    expect(shapes).toMatchObject({ name: 'Face shapes', ok: false });
    expect(methods).toMatchObject({
      ok: true,
      detail: expect.stringMatching(/face-shapes, which is damaged/),
    });
  });

  it('without any model the one that works is named', async () => {
    expect(await look()).toEqual([onlyQuickshear]);
    expect(faceMethods.filter((m) => !m.needsAverage).map((m) => m.id)).toEqual(['quickshear']);
  });

  it('the doctor of the application says so', async () => {
    const app = createApp({ userDataDir: root, distDir: root, modelsDir: join(root, 'models') });
    try {
      const reply = (await app.dispatch('project.doctor', { part: 'inference' })) as Reply<Finding[]>;
      expect(reply).toMatchObject({ ok: true, value: expect.arrayContaining([onlyQuickshear]) });
    } finally {
      await app.close();
    }
  });
});
