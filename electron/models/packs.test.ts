// Packs that a lab adds, good ones and hostile ones; their networks run in the inference process built from the sources.
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { modelsContract } from '../../shared/models/contract.ts';
import { createDispatch } from '../dispatch.ts';
import { bundleWorker } from '../inference/fixtures/bundle-worker.ts';
import { makeGenerator } from '../inference/fixtures/make-generator.ts';
import { spawnNodeWorker } from '../inference/spawn-node.ts';
import { createGenerators, type Generators } from './generators.ts';
import { modelsHandlers } from './handlers.ts';
import { listModels } from './installed-models.ts';
import { createPacks, MOST_PACK_BYTES, type Packs } from './packs.ts';

const root = mkdtempSync(join(tmpdir(), 'refacade-packs-'));
const folders = { shipped: join(root, 'shipped'), packs: join(root, 'user', 'models') };
/** What a lab was given: `new-face` in a folder of another name. */
const given = join(root, 'given');
let distDir: string;
let generators: Generators;
let packs: Packs;
let processes = 0;

beforeAll(async () => {
  const bundle = await bundleWorker();
  distDir = bundle.dir;
  mkdirSync(join(distDir, 'inference'));
  cpSync(bundle.file, join(distDir, 'inference', 'main.js'));
  makeGenerator(join(folders.shipped, 'cgan-3d'), 'volume');
});
beforeEach(() => {
  rmSync(given, { recursive: true, force: true });
  makeGenerator(given, 'volume', { id: 'new-face', title: 'New face' });
  processes = 0;
  open();
});
afterEach(async () => {
  await generators.close();
  rmSync(join(root, 'user'), { recursive: true, force: true });
});
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
  if (distDir) rmSync(distDir, { recursive: true, force: true });
});

function open(more: { trialRunMs?: number; distDir?: string } = {}): void {
  const options = {
    folders,
    distDir,
    threads: 1,
    forced: 'cpu',
    backOffMs: 1,
    cancelMs: 20,
    spawn: <S, H>(file: string) => {
      processes++;
      return spawnNodeWorker<S, H>(file);
    },
    ...more,
  };
  generators = createGenerators(options);
  packs = createPacks({ ...options, generators });
}

/** Everything below the packs' folder. */
const inPlace = () =>
  existsSync(folders.packs) ? readdirSync(folders.packs, { recursive: true }).sort() : [];
/** Folders of looks at packs that were left in the system's temporary folder. */
const staged = () => readdirSync(tmpdir()).filter((name) => name.startsWith('refacade-pack-'));

describe('a pack that is what its card says', () => {
  it('is looked at without a trace, added, listed, used and removed', async () => {
    const before = staged();
    const report = await packs.inspect(given);
    expect(report).toMatchObject({
      model: { id: 'new-face', title: 'New face', origin: 'pack' },
      problems: [],
    });
    expect(inPlace()).toEqual([]);
    expect(staged()).toEqual(before);

    const added = await packs.add(given);
    expect(added).toMatchObject({
      id: 'new-face',
      method: 'cgan-3d',
      origin: 'pack',
      state: 'ready',
      reason: '',
    });
    expect(inPlace()).toEqual(['new-face', join('new-face', 'card.json'), join('new-face', 'model.onnx')]);
    for (const file of ['card.json', 'model.onnx'])
      expect(
        readFileSync(join(folders.packs, 'new-face', file)).equals(readFileSync(join(given, file))),
      ).toBe(true);
    expect((await listModels(folders)).map((m) => [m.id, m.origin])).toEqual([
      ['cgan-3d', 'shipped'],
      ['new-face', 'pack'],
    ]);
    expect((await generators.describe('new-face')).provider).toBe('cpu');

    expect(await packs.remove('new-face')).toBe(true);
    expect(inPlace()).toEqual([]);
    expect(generators.has('new-face')).toBe(false);
    expect(await packs.remove('new-face')).toBe(false);
  });

  it('may have a dot in its name and slices as its layout; nothing but card and network is copied', async () => {
    rmSync(given, { recursive: true });
    makeGenerator(given, 'slices', { id: 'lab-2.5d', method: 'pix2pix-2.5d' });
    writeFileSync(join(given, 'install.sh'), 'rm -rf ~');
    expect(await packs.add(given)).toMatchObject({ id: 'lab-2.5d', state: 'ready' });
    expect(inPlace()).toEqual(['lab-2.5d', join('lab-2.5d', 'card.json'), join('lab-2.5d', 'model.onnx')]);
  });

  it('is added once when asked for twice at once', async () => {
    const [first, second] = await Promise.allSettled([packs.add(given), packs.add(given)]);
    expect(first.status).toBe('fulfilled');
    expect(second).toMatchObject({
      status: 'rejected',
      reason: {
        code: 'pack-refused',
        message: expect.stringContaining('"new-face", which is: remove that one first'),
      },
    });
  });
});

const card = () => join(given, 'card.json');
const weights = () => join(given, 'model.onnx');
const edit = (change: (card: Record<string, unknown> & { input: Record<string, unknown> }) => void) => () => {
  const json = JSON.parse(readFileSync(card(), 'utf8'));
  change(json);
  writeFileSync(card(), JSON.stringify(json));
};
const again =
  (...how: Parameters<typeof makeGenerator> extends [string, ...infer Rest] ? Rest : never) =>
  () => {
    rmSync(given, { recursive: true });
    makeGenerator(given, ...how);
  };

describe('a pack that is something else', () => {
  // Without running anything of it.
  it.each<[string, () => void, RegExp]>([
    [
      'no folder',
      () => rmSync(given, { recursive: true }),
      /Expected a folder with a card and a network at .*given/,
    ],
    [
      'a file for a folder',
      () => {
        rmSync(given, { recursive: true });
        writeFileSync(given, '');
      },
      /got the file .*given: choose the folder it lies in/,
    ],
    ['no card', () => rmSync(card()), /Expected the file card\.json in the pack's folder/],
    ['no network', () => rmSync(weights()), /Expected the file model\.onnx in the pack's folder/],
    [
      'a cut network',
      () => truncateSync(weights(), 300),
      /Expected 625 bytes in .*model\.onnx, got 300: it is cut short/,
    ],
    [
      'a longer network',
      () => writeFileSync(weights(), Buffer.alloc(700)),
      /Expected 625 bytes in .*got 700: it is another file/,
    ],
    [
      'another network',
      () => writeFileSync(weights(), Buffer.alloc(625)),
      /Expected SHA-256 [0-9a-f]{64} .*damaged/,
    ],
    [
      'a card that is no JSON',
      () => writeFileSync(card(), 'MZ\0\x01'),
      /Expected a model card in .*card\.json, got/,
    ],
    ['a card of nothing', () => writeFileSync(card(), 'null'), /Expected a card of a face generator/],
    [
      'a card of a foreign kind',
      () => cpSync('models/headseg/card.json', card()),
      /whose task is wrong: .*face-generation/,
    ],
    [
      'a page for a card',
      () => writeFileSync(card(), Buffer.alloc(2 ** 21, 32)),
      /Expected at most 1048576 bytes in/,
    ],
    [
      'no licence',
      edit((c) => {
        c.licence = ' ';
      }),
      /whose licence is wrong/,
    ],
    [
      'a method nobody knows',
      edit((c) => {
        c.method = 'magic';
      }),
      /whose method is wrong/,
    ],
    [
      'channels the application does not have',
      edit((c) => {
        c.input.channels = ['image', 'removed', 'shape', 'name'];
      }),
      /whose input\.channels\.3 is wrong/,
    ],
    [
      'another box',
      edit((c) => {
        (c.space as { low: number[] }).low = [0, 0, 0];
      }),
      /Expected a generator for 96×96×112 voxels of 2 mm from 5, 34, 0 .*got new-face for .*from 0, 0, 0/,
    ],
    [
      'another average head',
      edit((c) => {
        (c.space as { averageHead: string }).averageHead = '1.0.0';
      }),
      /got new-face for .*average head 1\.0\.0: use one made for this version/,
    ],
    [
      'the name of one that ships',
      edit((c) => {
        c.id = 'cgan-3d';
      }),
      /got "cgan-3d": give the pack another id/,
    ],
    ...[
      '../evil',
      '..',
      'a/b',
      'C:\\evil',
      '.hidden',
      'New Face',
      '',
      'lab-',
      'lab.',
      'aux',
      'con',
      'nul.1',
      'com1',
    ].map((id): [string, () => void, RegExp] => [
      `"${id}" for a name`,
      edit((c) => {
        c.id = id;
      }),
      /whose id is wrong/,
    ]),
    ...[
      '../model.onnx',
      '/etc/passwd',
      'sub/model.onnx',
      '..\\model.onnx',
      'card.json',
      'model.onnx\0.txt',
      'AUX.onnx',
    ].map((file): [string, () => void, RegExp] => [
      `"${file}" for its file`,
      edit((c) => {
        c.file = file;
      }),
      /whose file is wrong/,
    ]),
    [
      'a link for its network',
      () => {
        renameSync(weights(), join(root, 'elsewhere.onnx'));
        symlinkSync(join(root, 'elsewhere.onnx'), weights());
      },
      /Expected the file .*model\.onnx itself, got a link to another place: copy the file there/,
    ],
    [
      'a link for its card',
      () => {
        renameSync(card(), join(root, 'elsewhere.json'));
        symlinkSync(join(root, 'elsewhere.json'), card());
      },
      /Expected the file .*card\.json itself, got a link/,
    ],
    [
      'a folder for its network',
      () => {
        rmSync(weights());
        mkdirSync(weights());
      },
      /Expected the file .*model\.onnx itself, got a folder/,
    ],
    [
      'a huge network',
      () => {
        truncateSync(weights(), MOST_PACK_BYTES + 1);
        edit((c) => {
          c.bytes = MOST_PACK_BYTES + 1;
        })();
      },
      /Expected at most 67108864 bytes .*got 67108865: use a smaller one/,
    ],
  ])('%s is refused with its reason and leaves nothing', async (_name, spoil, reason) => {
    spoil();
    const before = staged();
    const { problems } = await packs.inspect(given);
    expect(problems.join(' ')).toMatch(reason);
    await expect(packs.add(given)).rejects.toMatchObject({
      code: 'pack-refused',
      message: expect.stringMatching(reason),
      fix: expect.stringContaining('Nothing was changed'),
    });
    expect(inPlace()).toEqual([]);
    expect(staged()).toEqual(before);
    expect(processes).toBe(0);
  });

  // By running its network in a process that is ended afterwards.
  it.each<[string, () => void, RegExp]>([
    [
      'a network with another input',
      edit((c) => {
        c.input.name = 'picture';
      }),
      /makes a face of 96×96×112 voxels: Expected a network from "picture" to "tissue" .*from "channels"/,
    ],
    [
      'a network of another layout',
      edit((c) => {
        c.input.layout = 'slices';
      }),
      /takes slices×12×96×112 as its card says, got one that takes 1×4×x×y×z/,
    ],
    [
      'a network for a smaller box',
      again('volume-fixed', { id: 'new-face' }),
      /got one that takes 1×4×5×6×8/,
    ],
    [
      'a network that reads other files',
      again('volume-elsewhere', { id: 'new-face' }),
      /whose weights are all in its file, got one that reads other files: export it in one piece/,
    ],
    [
      'a file that is no network',
      again('volume', { id: 'new-face' }, () => Buffer.from('#!/bin/sh\nrm -rf ~\n')),
      /makes a face of 96×96×112 voxels: \S/,
    ],
    [
      'a network for something else',
      again(
        'volume',
        { id: 'new-face', output: { name: 'probabilities', kind: 'tissue' }, input: { name: 'image' } },
        () => readFileSync(resolve('electron/inference/fixtures/tiny/model.onnx')),
      ),
      /takes 1×4×96×96×112 as its card says, got one that takes 1×1×depth×height×width/,
    ],
    [
      'a network that gives no numbers',
      again('volume', { id: 'new-face' }, (bytes) => {
        const at = bytes.indexOf(Buffer.from(Float32Array.of(2).buffer));
        bytes.writeFloatLE(Number.NaN, at);
        return bytes;
      }),
      /Expected numbers from the generator's self-test, got NaN/,
    ],
  ])('%s is refused with its reason and leaves nothing', async (_name, spoil, reason) => {
    spoil();
    const before = staged();
    await expect(packs.add(given)).rejects.toMatchObject({
      code: 'pack-refused',
      message: expect.stringMatching(reason),
    });
    expect(inPlace()).toEqual([]);
    expect(staged()).toEqual(before);
    expect(processes).toBe(1);
  });

  it('a network that crashes its process, or makes no face in time, is refused with that', async () => {
    const broken = join(root, 'broken-dist');
    const program = (onGenerate: string) => {
      mkdirSync(join(broken, 'inference'), { recursive: true });
      writeFileSync(join(broken, 'package.json'), '{ "type": "module" }');
      writeFileSync(
        join(broken, 'inference', 'main.js'),
        `process.on('message', (m) => {
           if (m.type === 'start') process.send({ type: 'ready', provider: 'cpu', reports: [] });
           if (m.type === 'generate') { ${onGenerate} }
         });`,
      );
    };
    program("process.stderr.write('illegal operator\\n', () => process.abort())");
    open({ distDir: broken });
    await expect(packs.add(given)).rejects.toThrow(
      /process stopped: it crashed \(SIGABRT\).*illegal operator/s,
    );
    program('setTimeout(() => {}, 60_000)');
    open({ distDir: broken, trialRunMs: 400 });
    await expect(packs.add(given)).rejects.toThrow(/makes a face of .*: it made no face in 0\.4 s/);
    expect(inPlace()).toEqual([]);
  });
});

describe('a pack in its place', () => {
  it('that is damaged later is listed with the reason, is not used, and can be removed', async () => {
    await packs.add(given);
    const file = join(folders.packs, 'new-face', 'model.onnx');
    const bytes = readFileSync(file);
    bytes[bytes.length >> 1]! ^= 8;
    writeFileSync(file, bytes);
    const list = await listModels(folders);
    expect(list.map((m) => [m.id, m.state])).toEqual([
      ['cgan-3d', 'ready'],
      ['new-face', 'damaged'],
    ]);
    expect(list[1]!.reason).toMatch(/Expected SHA-256/);
    await expect(generators.describe('new-face')).rejects.toThrow(/SHA-256/);
    rmSync(join(folders.packs, 'new-face', 'card.json'));
    expect((await listModels(folders))[1]).toMatchObject({ id: 'new-face', state: 'damaged', version: '' });
    expect(await packs.remove('new-face')).toBe(true);
  });

  it('whose name a new version of the application ships is shown as such; the shipped one is used', async () => {
    cpSync(given, join(folders.packs, 'cgan-3d'), { recursive: true });
    makeGenerator(join(folders.packs, 'cgan-3d'), 'volume', { version: '9.9.9' });
    const list = await listModels(folders);
    expect(list.map((m) => [m.id, m.origin, m.state])).toEqual([
      ['cgan-3d', 'shipped', 'ready'],
      ['cgan-3d', 'pack', 'damaged'],
    ]);
    expect(list[1]!.reason).toMatch(/give the pack another id/);
    expect(await packs.remove('cgan-3d')).toBe(true);
    expect((await listModels(folders)).map((m) => m.version)).toEqual(['1.0.0']);
  });

  it('is alone there: what a killed application left an hour ago goes with the next pack', async () => {
    const [old, young] = ['.adding-old', '.removing-young'].map((name) => join(folders.packs, name)) as [
      string,
      string,
    ];
    for (const left of [old, young]) makeGenerator(join(left, 'half'), 'volume');
    utimesSync(old, new Date(), new Date(Date.now() - 2 * 60 * 60_000));
    expect((await listModels(folders)).map((m) => m.id)).toEqual(['cgan-3d']);
    truncateSync(weights(), 300);
    await expect(packs.add(given)).rejects.toThrow(/cut short/);
    expect(readdirSync(folders.packs)).toEqual(['.removing-young']);
  });

  it('is added beside what cannot be cleared away', async () => {
    mkdirSync(folders.packs, { recursive: true });
    symlinkSync(join(root, 'nowhere'), join(folders.packs, '.adding-stuck'));
    expect(await packs.add(given)).toMatchObject({ id: 'new-face' });
    expect(readdirSync(folders.packs).sort()).toEqual(['.adding-stuck', 'new-face']);
  });

  it('may have a name that only begins like one of Windows', async () => {
    rmSync(given, { recursive: true });
    makeGenerator(given, 'volume', { id: 'auxiliary-1' });
    expect(await packs.add(given)).toMatchObject({ id: 'auxiliary-1', state: 'ready' });
    expect(await packs.remove('auxiliary-1')).toBe(true);
  });

  it('is told apart from what ships, which stays', async () => {
    await expect(packs.remove('cgan-3d')).rejects.toMatchObject({ code: 'shipped-model' });
    for (const id of ['..', '../shipped', 'shipped/cgan-3d', '']) expect(await packs.remove(id)).toBe(false);
    expect(existsSync(join(folders.shipped, 'cgan-3d', 'model.onnx'))).toBe(true);
  });
});

it('the questions of the contract are answered without a project, and changes are told', async () => {
  let changes = 0;
  const dispatch = createDispatch(
    modelsContract,
    modelsHandlers({
      folders,
      packs,
      changed: () => {
        changes++;
      },
    }),
  );
  expect(await dispatch('models.inspectPack', { folder: join(root, 'nowhere') })).toMatchObject({
    ok: true,
    value: { model: null, problems: [expect.stringContaining('Expected a folder')] },
  });
  expect(await dispatch('models.addPack', { folder: join(root, 'nowhere') })).toMatchObject({
    ok: false,
    error: { code: 'pack-refused' },
  });
  expect(changes).toBe(0);
  expect(await dispatch('models.addPack', { folder: given })).toMatchObject({
    ok: true,
    value: { id: 'new-face' },
  });
  expect(await dispatch('models.list', {})).toMatchObject({ value: [{ id: 'cgan-3d' }, { id: 'new-face' }] });
  expect(await dispatch('models.removePack', { id: 'new-face' })).toEqual({
    ok: true,
    value: { removed: true },
  });
  expect(changes).toBe(2);
});
