// The inference process itself, built from the sources, with the tiny network; and small programs that misbehave.
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { segmentVolume } from '../segmentation/segment-volume.ts';
import oracle from '../segmentation/segmentation.fixture.json' with { type: 'json' };
import { headSegmentation } from '../segmentation/segmentation.ts';
import { readNifti } from '../volume/nifti.ts';
import { bundleWorker } from './fixtures/bundle-worker.ts';
import { loadModelCard } from './model-card.ts';
import { openOnnxNetwork } from './onnx-network.ts';
import { WorkerExitedError } from './process-client.ts';
import { spawnNodeWorker } from './spawn-node.ts';
import { type ClientOptions, InferenceClient } from './worker-client.ts';
import type { WorkerProcess } from './worker-contract.ts';

const root = mkdtempSync(join(tmpdir(), 'refacade-inference-'));
const modelDir = resolve('electron/inference/fixtures/tiny');
const scan = join(root, 'scan.nii.gz');
const quiet = () => {};
let bundle: { dir: string; file: string };
let clients: InferenceClient[] = [];
let children: WorkerProcess[] = [];

beforeAll(async () => {
  bundle = await bundleWorker();
  writeFileSync(scan, Buffer.from(oracle.scan, 'base64'));
});
afterEach(async () => {
  await Promise.all(clients.map((c) => c.close()));
  [clients, children] = [[], []];
});
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
  if (bundle) rmSync(bundle.dir, { recursive: true, force: true });
});

function client(more: Partial<ClientOptions> = {}): InferenceClient {
  const made = new InferenceClient({
    spawn: (file) => {
      const child = spawnNodeWorker(file);
      children.push(child);
      return child;
    },
    workerFile: bundle.file,
    modelDir,
    threads: 1,
    forced: 'cpu',
    backOffMs: 1,
    ...more,
  });
  clients.push(made);
  return made;
}

/** A program that speaks the protocol and then does what it is told on `segment`. */
function misbehaving(name: string, body: string): string {
  const file = join(root, `${name}.mjs`);
  writeFileSync(
    file,
    `const send = (m) => process.send(m);
     const ready = () => send({ type: 'ready', provider: 'cpu', reports: [] });
     process.on('message', async (m) => { ${body} });`,
  );
  return file;
}

describe('segmenting in a process of its own', () => {
  it('gives what the CPU gives in this process, as files', async () => {
    const { card, weights } = loadModelCard(modelDir);
    const { network } = await openOnnxNetwork(readFileSync(weights), card, 'cpu', 1);
    const volume = (await readNifti(scan)).volume;
    const expected = await segmentVolume(
      volume,
      card,
      async (image, shape, take) =>
        take({
          probabilities: await network(image, shape),
          shape,
          origin: [0, 0, 0],
          from: [0, 0, 0],
          to: shape,
        }),
      'scan.nii.gz',
    );
    const out = join(root, 'result');
    const messages: string[] = [];
    const fractions: number[] = [];
    const record = await client().segment(scan, out, undefined, (f, m) => {
      fractions.push(f);
      messages.push(m);
    });
    expect(readdirSync(out).sort()).toEqual(['labels.nii.gz', 'segmentation.json']);
    expect(readdirSync(root).filter((n) => n.includes('partial'))).toEqual([]);
    expect(headSegmentation.parse(JSON.parse(readFileSync(join(out, 'segmentation.json'), 'utf8')))).toEqual(
      record,
    );
    expect(record).toMatchObject({ provider: 'cpu', model: { id: 'tiny', sha256: card.sha256 } });
    expect(record.structures).toEqual(expected.structures);
    expect(record.problems).toEqual(expected.problems);
    const written = await readNifti(join(out, 'labels.nii.gz'));
    const source = await readNifti(scan);
    expect(written.datatype).toBe(4);
    expect(written.volume.data).toEqual(expected.labels.data);
    expect(written.volume.affine).toEqual(source.volume.affine);
    expect([written.volume.slope, written.volume.inter]).toEqual([1, 0]);
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
    expect(messages).toContain('labelling the scan');
  });

  it('gives the same in parts as whole', async () => {
    const whole = await client().segment(scan, join(root, 'whole'), undefined, quiet);
    const messages: string[] = [];
    const parts = await client({ maxVoxels: 24 * 24 * 40 }).segment(
      scan,
      join(root, 'parts'),
      undefined,
      (_, m) => messages.push(m),
    );
    expect(messages.join()).toMatch(/in \d+ parts, to fit into memory/);
    whole.structures.forEach((s, n) => {
      expect(Math.abs(parts.structures[n]!.volumeMm3 / s.volumeMm3 - 1)).toBeLessThan(1e-5);
    });
    const labels = async (dir: string) => (await readNifti(join(root, dir, 'labels.nii.gz'))).volume.data;
    expect(await labels('parts')).toEqual(await labels('whole'));
  });

  it('a scan that cannot be segmented fails with its reason, and the next one does not mind', async () => {
    const bad = join(root, 'bad.nii.gz');
    writeFileSync(bad, gunzipSync(Buffer.from(oracle.scan, 'base64')).subarray(0, 5000));
    const c = client();
    const failing = c.segment(bad, join(root, 'bad'), undefined, quiet);
    const fine = c.segment(scan, join(root, 'fine'), undefined, quiet);
    await expect(failing).rejects.toThrow(/bad\.nii\.gz: .*cut short/);
    await expect(failing).rejects.toMatchObject({ name: 'NiftiError' });
    expect((await fine).structures).toHaveLength(5);
    expect(existsSync(join(root, 'bad'))).toBe(false);
    expect(children).toHaveLength(1);
  });

  it('damaged weights are refused by name and never run', async () => {
    const dir = join(root, 'damaged', 'tiny');
    cpSync(modelDir, dir, { recursive: true });
    const weights = readFileSync(join(dir, 'model.onnx'));
    weights[700]! ^= 1;
    writeFileSync(join(dir, 'model.onnx'), weights);
    const attempt = client({ modelDir: dir }).segment(scan, join(root, 'never'), undefined, quiet);
    await expect(attempt).rejects.toMatchObject({
      name: 'ModelCardError',
      message: expect.stringMatching(/Expected SHA-256 .*damaged/),
    });
    expect(existsSync(join(root, 'never'))).toBe(false);
  });

  it('works on one scan at a time, in the order they came', async () => {
    const c = client();
    const seen: string[] = [];
    await Promise.all(
      ['a', 'b', 'c'].map((name) => c.segment(scan, join(root, name), undefined, () => seen.push(name))),
    );
    const inOrder = [...seen].sort();
    expect(seen).toEqual(inOrder);
    expect(new Set(seen)).toEqual(new Set(['a', 'b', 'c']));
    expect(children).toHaveLength(1);
  });
});

describe('cancelling', () => {
  it('takes a waiting scan out at once and stops a running one, leaving no file; others go on', async () => {
    const c = client();
    const [running, waiting] = [new AbortController(), new AbortController()];
    const first = c.segment(scan, join(root, 'first'), running.signal, (_, m) => {
      if (m.startsWith('labelling')) running.abort(new Error('cancelled by the user'));
    });
    const second = c.segment(scan, join(root, 'second'), waiting.signal, quiet);
    const third = c.segment(scan, join(root, 'third'), undefined, quiet);
    waiting.abort(new Error('changed my mind'));
    await expect(second).rejects.toThrow('changed my mind');
    await expect(first).rejects.toThrow('cancelled by the user');
    expect((await third).provider).toBe('cpu');
    expect(existsSync(join(root, 'first'))).toBe(false);
    expect(existsSync(join(root, 'second'))).toBe(false);
    await expect(
      c.segment(scan, join(root, 'x'), AbortSignal.abort(new Error('too late')), quiet),
    ).rejects.toThrow('too late');
  });

  it('ends a process that does not listen, and the next scan gets a new one', async () => {
    const deaf = misbehaving(
      'deaf',
      `if (m.type === 'start') ready();
       if (m.type === 'segment') { send({ type: 'progress', id: m.id, fraction: 0, message: m.outDir }); setTimeout(() => { for (;;); }, 20); }`,
    );
    const c = client({ workerFile: deaf, cancelMs: 50 });
    for (let n = 0; n < 2; n++) {
      const stop = new AbortController();
      const attempt = c.segment(scan, join(root, 'deaf'), stop.signal, () => stop.abort(new Error('enough')));
      await expect(attempt).rejects.toThrow('enough');
    }
    expect(children).toHaveLength(2);
  });
});

describe('a process that was told to end', () => {
  it('gets no other scan, though its last word came before its end', async () => {
    const late = misbehaving(
      'late',
      `if (m.type === 'start') ready();
       if (m.type === 'segment' && m.outDir.includes('next')) send({ type: 'failed', id: m.id, error: { message: 'process ' + process.pid } });
       if (m.type === 'cancel') setTimeout(() => send({ type: 'cancelled', id: m.id }), 60);`,
    );
    const c = client({
      workerFile: late,
      cancelMs: 10,
      spawn: (file) => {
        const child = spawnNodeWorker(file);
        children.push(child);
        return { ...child, kill: () => void setTimeout(() => child.kill(), 250) };
      },
    });
    const stop = new AbortController();
    const first = c.segment(scan, join(root, 'first'), stop.signal, () => {});
    const next = c.segment(scan, join(root, 'next'), undefined, quiet);
    await c.describe();
    setTimeout(() => stop.abort(new Error('enough')), 50);
    await expect(first).rejects.toThrow('enough');
    await expect(next).rejects.toThrow(/^process \d+$/);
    await expect(next).rejects.not.toThrow(`process ${children[0]!.pid}`);
    expect(children).toHaveLength(2);
  });
});

describe('a process that dies', () => {
  it('fails the scan it worked on with how it died, not those that wait; a new one takes over', async () => {
    const c = client();
    let fatal = true;
    const first = c.segment(scan, join(root, 'dies'), undefined, () => {
      if (fatal) children[0]!.kill();
      fatal = false;
    });
    const second = c.segment(scan, join(root, 'survives'), undefined, quiet);
    await expect(first).rejects.toThrow(WorkerExitedError);
    await expect(first).rejects.toThrow(/stopped: it was killed, as the system does when memory runs out/);
    expect((await second).structures).toHaveLength(5);
    expect(children).toHaveLength(2);
    expect(existsSync(join(root, 'dies'))).toBe(false);
  });

  it('passes on what a native crash left on standard error', async () => {
    const crash = misbehaving(
      'crash',
      `if (m.type === 'start') ready();
       if (m.type === 'segment') { process.stderr.write('libruntime: illegal thing\\n', () => process.abort()); }`,
    );
    const attempt = client({ workerFile: crash }).segment(scan, join(root, 'no'), undefined, quiet);
    await expect(attempt).rejects.toThrow(/it crashed \(SIGABRT\).*illegal thing/s);
  });

  it('says so when it cannot even start', async () => {
    const c = client({ workerFile: join(root, 'nowhere.mjs') });
    await expect(c.segment(scan, join(root, 'no'), undefined, quiet)).rejects.toThrow(
      /stopped while starting: .*code 1/,
    );
    await expect(c.describe()).rejects.toThrow(WorkerExitedError);
  });

  it('leaves out a provider that takes it down or never answers', async () => {
    const trials = misbehaving(
      'trials',
      `if (m.type !== 'start') return;
       for (const provider of ['cpu', 'cuda', 'webgpu']) {
         if (m.excluded[provider]) continue;
         send({ type: 'trial', provider });
         if (provider === 'cuda') return setTimeout(() => process.abort(), 20);
         if (provider === 'webgpu') return;
       }
       send({ type: 'ready', provider: 'cpu', reports: Object.entries(m.excluded).map(([provider, detail]) => ({ provider, state: 'unavailable', detail })) });`,
    );
    const { provider, reports } = await client({ workerFile: trials, trialMs: 1500 }).describe();
    expect(provider).toBe('cpu');
    expect(reports).toEqual([
      { provider: 'cuda', state: 'unavailable', detail: expect.stringContaining('crashed (SIGABRT)') },
      { provider: 'webgpu', state: 'unavailable', detail: 'tried, and it did not answer in time' },
    ]);
    expect(children).toHaveLength(3);
  });
});

/**
 * A program with a choice of providers, which is what it tells on `start`: `body` is what it does at an order on a
 * graphics provider; on the CPU it answers at once with what it was started with.
 */
function onGraphics(name: string, body: string): string {
  return misbehaving(
    name,
    `if (m.type === 'start') {
       globalThis.told = { excluded: m.excluded, preferred: m.preferred };
       globalThis.provider = m.forced ?? ['cuda', 'webgpu', 'cpu'].find((p) => !m.excluded[p]);
       send({ type: 'ready', provider, reports: [
         ...Object.entries(m.excluded).map(([provider, detail]) => ({ provider, state: 'unavailable', detail })),
         { provider, state: 'used', detail: 'preferred ' + m.preferred } ] });
     }
     if (m.type !== 'segment') return;
     const done = () => send({ type: 'done', id: m.id, result: { provider, ...told } });
     if (provider === 'cpu') return done();
     ${body}`,
  );
}
const answerOf = (c: InferenceClient, name: string) => c.segment(scan, join(root, name), undefined, quiet);

describe('a graphics provider that passes its test and fails at a scan', () => {
  it.each([
    ['dies', `process.abort();`, /it crashed \(SIGABRT\)/],
    [
      'runs out of memory',
      `send({ type: 'failed', id: m.id, error: { name: 'OutOfMemoryError', message: 'Expected room; there is none.' } });`,
      /Expected room; there is none/,
    ],
    [
      'is lost',
      `send({ type: 'failed', id: m.id, error: { name: 'Error', message: 'WebGPU device was lost (2)' } });`,
      /device was lost/,
    ],
    ['hangs', '', /it said nothing for 1 s/],
  ])('%s: the scan is done without it, and the device says why', async (what, body, why) => {
    const failing = `if (provider === 'webgpu') return done(); ${body}`;
    const workerFile = onGraphics(`graphics ${what}`, failing);
    const c = client({ workerFile, forced: undefined, silentMs: 1000 });
    const answer = await answerOf(c, what);
    expect(answer).toMatchObject({ provider: 'webgpu', excluded: { cuda: expect.stringMatching(why) } });
    expect(await c.describe()).toMatchObject({
      provider: 'webgpu',
      reports: [
        { provider: 'cuda', state: 'unavailable', detail: expect.stringMatching(why) },
        { provider: 'webgpu', state: 'used' },
      ],
    });
    await answerOf(c, what);
    expect(children).toHaveLength(2);
  });

  it('is tried once more only; the next scan is done on the processor', async () => {
    const c = client({ workerFile: onGraphics('graphics all die', 'process.abort();'), forced: undefined });
    await expect(answerOf(c, 'all')).rejects.toThrow(/stopped: it crashed \(SIGABRT\)/);
    expect(children).toHaveLength(2);
    expect(await answerOf(c, 'all')).toMatchObject({
      provider: 'cpu',
      excluded: { cuda: expect.stringContaining('SIGABRT'), webgpu: expect.stringContaining('SIGABRT') },
    });
  });

  it('is not blamed for the scan’s own faults, nor left out where it was asked for', async () => {
    const fault = `send({ type: 'failed', id: m.id, error: { name: 'NiftiError', message: 'cut short' } });`;
    const c = client({ workerFile: onGraphics('graphics fault', fault), forced: undefined });
    await expect(answerOf(c, 'fault')).rejects.toThrow('cut short');
    expect((await c.describe()).provider).toBe('cuda');
    expect(children).toHaveLength(1);
    const forced = client({ workerFile: onGraphics('graphics forced', 'process.abort();'), forced: 'cuda' });
    await expect(answerOf(forced, 'forced')).rejects.toThrow(/stopped: it crashed/);
    await expect(answerOf(forced, 'forced')).rejects.toThrow(/stopped: it crashed/);
  });
});

describe('the life of the process', () => {
  const gone = (child: WorkerProcess) => new Promise<void>((over) => child.onExit(() => over()));

  it('stays on the provider that was chosen first, and then says more than “as before”', async () => {
    const c = client({ workerFile: onGraphics('chosen', 'done();'), forced: undefined, idleMs: 1 });
    expect(await answerOf(c, 'chosen')).toMatchObject({ provider: 'cuda' });
    await gone(children[0]!);
    expect(await answerOf(c, 'chosen')).toMatchObject({ provider: 'cuda', preferred: 'cuda', excluded: {} });
    expect((await c.describe()).reports).toEqual([
      { provider: 'cuda', state: 'used', detail: 'preferred undefined' },
    ]);
    expect(children).toHaveLength(2);
  });

  it('leaves the provider that was chosen first when it is not usable later', async () => {
    const fickle = misbehaving(
      'fickle',
      `if (m.type === 'segment') send({ type: 'done', id: m.id, result: told });
       if (m.type !== 'start') return;
       globalThis.told = { excluded: m.excluded, preferred: m.preferred };
       const reports = m.preferred === 'webgpu' ? [{ provider: 'webgpu', state: 'wrong', detail: 'it differs' }] : [];
       send({ type: 'ready', provider: m.preferred ? 'cpu' : 'webgpu', reports });`,
    );
    const c = client({ workerFile: fickle, forced: undefined, idleMs: 1 });
    const answers = [];
    for (let n = 0; n < 3; n++) {
      answers.push(await answerOf(c, 'fickle'));
      if (n < 2) await gone(children[n]!);
    }
    expect(answers).toEqual([
      { excluded: {} },
      { excluded: {}, preferred: 'webgpu' },
      { excluded: { webgpu: 'it differs' }, preferred: 'cpu' },
    ]);
    expect((await c.describe()).reports).toEqual([
      { provider: 'webgpu', state: 'wrong', detail: 'it differs' },
    ]);
  });

  it('goes on with the process that came up after a provider took one down', async () => {
    const second = misbehaving(
      'second',
      `if (m.type === 'segment') return send({ type: 'done', id: m.id, result: {} });
       if (m.type !== 'start') return;
       send({ type: 'trial', provider: 'cuda' });
       if (!m.excluded.cuda) return setTimeout(() => process.abort(), 20);
       ready();`,
    );
    const c = client({ workerFile: second, forced: undefined });
    await answerOf(c, 'second');
    await answerOf(c, 'second');
    expect(children).toHaveLength(2);
  });

  it('a start that nobody waits for any more is ended when idle, and no provider is blamed', async () => {
    const slow = misbehaving(
      'slow',
      `if (m.type === 'segment') return send({ type: 'done', id: m.id, result: { excluded } });
       if (m.type !== 'start') return;
       globalThis.excluded = m.excluded;
       send({ type: 'trial', provider: 'webgpu' });
       setTimeout(ready, 500);`,
    );
    const c = client({ workerFile: slow, forced: undefined, idleMs: 50 });
    const stop = new AbortController();
    const given = c.segment(scan, join(root, 'slow'), stop.signal, quiet);
    setTimeout(() => stop.abort(new Error('enough')), 200);
    await expect(given).rejects.toThrow('enough');
    await gone(children[0]!);
    await new Promise((resume) => setTimeout(resume, 100));
    expect(children).toHaveLength(1);
    // Who asks for the device meanwhile is waited for.
    const asked = c.describe();
    await expect(c.segment(scan, join(root, 'slow'), AbortSignal.timeout(200), quiet)).rejects.toThrow();
    expect((await asked).provider).toBe('cpu');
    expect(await answerOf(c, 'slow')).toEqual({ excluded: {} });
  });

  it('starts with the first scan, ends when idle, and starts again', async () => {
    const c = client({ idleMs: 1 });
    expect(children).toHaveLength(0);
    await c.segment(scan, join(root, 'one'), undefined, quiet);
    await new Promise<void>((over) => children[0]!.onExit(() => over()));
    await c.segment(scan, join(root, 'two'), undefined, quiet);
    expect(children).toHaveLength(2);
  });

  it('closing fails what waits and what runs, and lets nothing new in', async () => {
    const c = client();
    const all = [1, 2].map((n) => c.segment(scan, join(root, `closed${n}`), undefined, quiet));
    const outcomes = Promise.allSettled(all);
    await c.close();
    expect((await outcomes).map((o) => o.status)).toEqual(['rejected', 'rejected']);
    await expect(c.segment(scan, join(root, 'late'), undefined, quiet)).rejects.toThrow(WorkerExitedError);
  });
});
