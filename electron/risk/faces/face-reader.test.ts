// The application's end, against small programs that speak the protocol or misbehave; the networks themselves are in
// face-networks.slow.test.ts.
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { spawnNodeWorker } from '../../inference/spawn-node.ts';
import type { WorkerProcess } from '../../inference/worker-contract.ts';
import type { FaceAnswer, FaceRequest } from './face-contract.ts';
import {
  createFaceReader,
  type FaceReader,
  type FaceReaderOptions,
  type GrayPicture,
} from './face-reader.ts';

const root = mkdtempSync(join(tmpdir(), 'refacade-faces-'));
let readers: FaceReader[] = [];
let children: WorkerProcess<FaceRequest, FaceAnswer>[] = [];
afterEach(async () => {
  await Promise.all(readers.map((r) => r.close()));
  [readers, children] = [[], []];
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** A build folder with stand-ins for the packages, and a program that does this on `read`. */
function build(
  name: string,
  onRead: string,
  onStart = "send({ type: 'ready', provider: 'wasm', reports: [] })",
): string {
  const dir = join(root, name);
  const packages = {
    'human/models/faceres.bin': '1.2.3',
    'face-api/model/face_recognition_model.bin': '4.5.6',
  };
  for (const [file, version] of Object.entries(packages)) {
    write(join(dir, 'node_modules', '@vladmandic', file), '');
    write(
      join(dir, 'node_modules', '@vladmandic', file.split('/')[0]!, 'package.json'),
      JSON.stringify({ version }),
    );
  }
  const wasm = join(dir, 'node_modules', '@tensorflow', 'tfjs-backend-wasm');
  write(join(wasm, 'dist', 'tfjs-backend-wasm-simd.wasm'), '');
  write(join(wasm, 'package.json'), '{ "version": "7.8.9" }');
  write(
    join(dir, 'dist', 'faces', 'main.js'),
    `let packages;
     const send = (m) => process.send(m);
     const reading = (score) => ({ type: 'done', result: [
       { network: 'human', found: true, score, descriptor: [1] },
       { network: 'face-api', found: false, score: 0, descriptor: null } ] });
     process.on('message', async (m) => {
       if (m.type === 'start') { packages = m.packages; ${onStart}; }
       if (m.type === 'read') { const bytes = Buffer.from(m.gray, 'base64'); ${onRead}; }
     });
     process.on('disconnect', () => process.exit(0));`,
  );
  return join(dir, 'dist');
}

function open(distDir: string, more: Partial<FaceReaderOptions> = {}): FaceReader {
  const reader = createFaceReader({
    distDir,
    backOffMs: 1,
    spawn: (file) => {
      const child = spawnNodeWorker<FaceRequest, FaceAnswer>(file);
      children.push(child);
      return child;
    },
    ...more,
  });
  readers.push(reader!);
  return reader!;
}

/** Two pixels by two, the first of which says which picture it is. */
const picture = (first: number): GrayPicture => ({
  width: 2,
  height: 2,
  gray: Uint8Array.of(first, 200, 0, 255),
});
const GOOD = 'send({ ...reading(bytes[0] / 100), id: m.id })';

describe('the reader', () => {
  it('is left out where a package is not installed', () => {
    const distDir = build('missing', GOOD);
    expect(createFaceReader({ distDir })).toBeDefined();
    rmSync(join(root, 'missing', 'node_modules', '@vladmandic', 'face-api', 'model'), { recursive: true });
    expect(createFaceReader({ distDir })).toBeUndefined();
  });

  it('tells its process where the packages are, and its caller their versions', async () => {
    const distDir = build(
      'versions',
      'process.stderr.write(JSON.stringify(packages), () => process.exit(1))',
    );
    const reader = open(distDir);
    expect(reader.version).toMatch(/human 1\.2\.3, face-api 4\.5\.6, tfjs 7\.8\.9, reading \d+/);
    const human = join(root, 'versions', 'node_modules', '@vladmandic', 'human');
    expect(existsSync(human)).toBe(true);
    await expect(reader.read([picture(1)])).rejects.toThrow(JSON.stringify({ dir: human, version: '1.2.3' }));
  });

  it('gives the readings in the order of the pictures, whose pixels arrive unchanged', async () => {
    const reader = open(
      build(
        'order',
        `if ([...bytes].join() !== bytes[0] + ',200,0,255' || m.width !== 2 || m.height !== 2) process.exit(1); ${GOOD}`,
      ),
    );
    const heard: [number, string][] = [];
    const larger = new Uint8Array(64);
    larger.set(picture(9).gray, 30);
    const pictures = [picture(3), picture(7), { ...picture(9), gray: larger.subarray(30, 34) }];
    const readings = await reader.read(pictures, { onProgress: (f, m) => heard.push([f, m]) });
    expect(readings.map((r) => r[0]!.score)).toEqual([0.03, 0.07, 0.09]);
    expect(readings[0]).toEqual([
      { network: 'human', found: true, score: 0.03, descriptor: [1] },
      { network: 'face-api', found: false, score: 0, descriptor: null },
    ]);
    expect(heard.map(([f]) => Math.round(100 * f))).toEqual([33, 67, 100]);
    expect(heard[1]![1]).toBe('looked at picture 2 of 3');
    expect(await reader.read([])).toEqual([]);
    expect(children).toHaveLength(1);
  });

  it('says what it runs on; a backend that takes the process down is left out', async () => {
    const onStart = `if (!m.excluded.wasm) { send({ type: 'trial', provider: 'wasm' }); setTimeout(() => process.abort(), 20); }
      else send({ type: 'ready', provider: 'cpu', reports: [{ provider: 'wasm', state: 'unavailable', detail: m.excluded.wasm }] })`;
    const { detail } = await open(build('backends', GOOD, onStart)).describe();
    expect(detail).toMatch(
      /human 1\.2\.3 and face-api 4\.5\.6 run on cpu; wasm unavailable: tried, and it crashed/,
    );
  });

  it('says why the networks cannot be used', async () => {
    const onStart =
      "send({ type: 'unusable', error: { name: 'FaceNetworkError', message: 'weights are damaged' } })";
    const reader = open(build('unusable', GOOD, onStart));
    await expect(reader.describe()).rejects.toMatchObject({ name: 'FaceNetworkError' });
    await expect(reader.read([picture(1)])).rejects.toThrow('weights are damaged');
  });
});

describe('what goes wrong', () => {
  it('a crash fails the read with its reason, not the one that waits; the next read starts a new process', async () => {
    const reader = open(
      build(
        'crash',
        `if (bytes[0] === 13) process.stderr.write('out of luck\\n', () => process.abort()); else ${GOOD}`,
      ),
    );
    const doomed = reader.read([picture(1), picture(13), picture(2)]);
    const waiting = reader.read([picture(5)]);
    await expect(doomed).rejects.toMatchObject({
      name: 'WorkerExitedError',
      message: expect.stringMatching(/face process stopped: it crashed \(SIGABRT\).*out of luck/s),
    });
    expect((await waiting)[0]![0]!.score).toBe(0.05);
    expect((await reader.read([picture(6)]))[0]![0]!.score).toBe(0.06);
    expect(children).toHaveLength(2);
  });

  it('a picture that cannot be read fails its read by name, and the rest of it is not asked for', async () => {
    const asked: number[] = [];
    const failing = `if (bytes[0] === 13) send({ type: 'failed', id: m.id, error: { name: 'RangeError', message: 'no such size' } }); else ${GOOD}`;
    const reader = open(build('failing', failing), {
      spawn: (file) => {
        const child = spawnNodeWorker<FaceRequest, FaceAnswer>(file);
        const post: typeof child.post = (message) => {
          if (message.type === 'read') asked.push(Buffer.from(message.gray, 'base64')[0]!);
          child.post(message);
        };
        return { ...child, post };
      },
    });
    await expect(reader.read([picture(13), picture(2), picture(3)])).rejects.toMatchObject({
      name: 'RangeError',
      message: 'no such size',
    });
    expect((await reader.read([picture(4)]))[0]![0]!.score).toBe(0.04);
    expect(asked).toEqual([13, 4]);
  });

  it('a cancelled read ends with the reason of its signal; another goes on', async () => {
    const reader = open(build('cancel', `setTimeout(() => ${GOOD}, 30)`));
    const stop = new AbortController();
    const cancelled = reader.read([picture(1), picture(2), picture(3)], {
      signal: stop.signal,
      onProgress: () => stop.abort(new Error('enough')),
    });
    const other = reader.read([picture(4)]);
    await expect(cancelled).rejects.toThrow('enough');
    expect((await other)[0]![0]!.score).toBe(0.04);
    await expect(
      reader.read([picture(5)], { signal: AbortSignal.abort(new Error('too late')) }),
    ).rejects.toThrow('too late');
    expect(children).toHaveLength(1);
  });

  it('a process that does not answer is ended when its read is cancelled', async () => {
    const stop = new AbortController();
    const deaf = `if (bytes[0] === 13) { send({ type: 'progress', id: m.id, fraction: 0, message: '' }); setTimeout(() => { for (;;); }, 20); } else ${GOOD}`;
    const reader = open(build('deaf', deaf), {
      cancelMs: 50,
      spawn: (file) => {
        const child = spawnNodeWorker<FaceRequest, FaceAnswer>(file);
        children.push(child);
        child.onMessage((answer) => {
          if (answer.type === 'progress') stop.abort(new Error('enough'));
        });
        return child;
      },
    });
    await expect(reader.read([picture(13)], { signal: stop.signal })).rejects.toThrow('enough');
    expect((await reader.read([picture(2)]))[0]![0]!.score).toBe(0.02);
    expect(children).toHaveLength(2);
  });

  it('ends its process when idle, and all of its reads when closed', async () => {
    const reader = open(build('idle', `setTimeout(() => ${GOOD}, 20)`), { idleMs: 1 });
    await reader.read([picture(1)]);
    await new Promise<void>((over) => children[0]!.onExit(() => over()));
    const outcomes = Promise.allSettled([reader.read([picture(1), picture(2)]), reader.read([picture(3)])]);
    await reader.close();
    expect((await outcomes).map((o) => o.status)).toEqual(['rejected', 'rejected']);
    await expect(reader.read([picture(1)])).rejects.toMatchObject({ name: 'WorkerExitedError' });
  });
});
