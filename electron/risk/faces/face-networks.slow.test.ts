// The real networks, in their process, on pictures of nobody: the average head, borrowed heads, and plain shapes.
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import faceBundle from '../../../build/face-bundle.json' with { type: 'json' };
import { installedAverageHead } from '../../deidentify/face/installed-average-head.ts';
import { picturesOfBorrowedHead } from '../borrowed-heads.ts';
import { surfaceFromDistance } from '../level-surface.ts';
import { lookRender } from '../look-conditions.ts';
import { frameOf, type RenderOptions, renderHead } from '../render.ts';
import type { HeadSurface } from '../surface.ts';
import { createFaceReader, type FaceReader, type FaceReading, type GrayPicture } from './face-reader.ts';

const average = await installedAverageHead();
let dir: string;
let reader: FaceReader;
let average0: HeadSurface;

beforeAll(async () => {
  if (!average) return;
  mkdirSync('.tsbuild', { recursive: true });
  // Inside the checkout, so that the weights are found in node_modules.
  dir = mkdtempSync(join(resolve('.tsbuild'), 'faces-'));
  const { entry, mainFields, alias } = faceBundle;
  await build({
    entryPoints: { 'faces/main': entry },
    outdir: dir,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    mainFields,
    alias,
    logLevel: 'warning',
    banner: {
      js: `import { createRequire as __cr } from 'node:module'; const require = __cr(import.meta.url);
        const __filename = import.meta.filename, __dirname = import.meta.dirname;`,
    },
  });
  reader = createFaceReader({ distDir: dir })!;
  average0 = surfaceFromDistance(average.surface);
});
afterAll(async () => {
  await reader?.close();
  if (dir) rmSync(dir, { recursive: true, force: true });
});

const look = (options: Omit<RenderOptions, 'levels'>, surface = average0) =>
  renderHead(surface, { frame: frameOf(surface), ...options });
const gallery = (view: RenderOptions['view']) => look({ ...lookRender('gallery'), view });
const probe = (view: RenderOptions['view']) => look({ ...lookRender('probe'), view });

function cosine(a: FaceReading, b: FaceReading): number {
  return a.descriptor!.reduce((sum, value, n) => sum + value * b.descriptor![n]!, 0);
}

/** A lit ball on black, shaded by its normals: worked out here, not by our renderer. */
function ball(size: number, radius: number, nose = 0): GrayPicture {
  const gray = new Uint8Array(size * size);
  for (let row = 0; row < size; row++)
    for (let column = 0; column < size; column++) {
      const [x, y] = [column - size / 2 - nose, row - size / 2];
      const height = radius * radius - x * x - y * y;
      if (height > 0) gray[row * size + column] = 20 + Math.round((220 * Math.sqrt(height)) / radius);
    }
  return { width: size, height: size, gray };
}

describe.skipIf(!average)('the face networks (skipped where the average head is missing)', () => {
  it('run on WebAssembly, from files', async () => {
    expect((await reader.describe()).detail).toMatch(/run on wasm$/);
  });

  it('both find the face of the average head from the front, and describe it by a vector of length one', async () => {
    const [readings] = await reader.read([gallery('front')]);
    expect(readings!.map((r) => [r.network, r.found])).toEqual([
      ['human', true],
      ['face-api', true],
    ]);
    expect(readings!.map((r) => r.descriptor!.length)).toEqual([1024, 128]);
    for (const { descriptor, score } of readings!) {
      expect(Math.hypot(...descriptor!)).toBeCloseTo(1, 6);
      expect(score).toBeGreaterThan(0.3);
      expect(score).toBeLessThanOrEqual(1);
    }
  });

  it('a picture always gives the same numbers, whatever was looked at before, and after a restart', async () => {
    const picture = gallery('front');
    const first = await reader.read([picture, ball(512, 180), gallery('front-left-30'), picture]);
    expect(first[3]).toEqual(first[0]);
    await reader.close();
    reader = createFaceReader({ distDir: dir })!;
    expect((await reader.read([picture]))[0]).toEqual(first[0]);
  });

  it('the same head, turned and lit from the side, is more alike than heads of another shape', async () => {
    const others = await Promise.all(
      [0, 1, 2, 3].map(async (number) => (await picturesOfBorrowedHead({ number, seed: 5 }))[0]!.picture),
    );
    const [own, turned, ...strangers] = await reader.read([gallery('front'), probe('front'), ...others]);
    for (const n of [0, 1]) {
      const genuine = cosine(own![n]!, turned![n]!);
      const seen = strangers.filter((s) => s[n]!.found);
      expect(seen.length).toBeGreaterThanOrEqual(2);
      for (const stranger of seen) expect(cosine(stranger[n]!, turned![n]!)).toBeLessThan(genuine);
    }
  });

  it('see no face in balls, in the back of a head, or in nothing', async () => {
    const back = { ...lookRender('gallery'), view: 'front', turnDegrees: { yaw: 180 } } as const;
    const nothing: GrayPicture = { width: 512, height: 512, gray: new Uint8Array(512 * 512) };
    const readings = await reader.read([
      ...[100, 150, 200].map((radius) => ball(512, radius)),
      ball(512, 150, 60),
      look(back),
      nothing,
    ]);
    expect(readings.flat().filter((r) => r.found)).toEqual([]);
    expect(readings.flat().filter((r) => r.descriptor !== null)).toEqual([]);
    expect(readings.at(-1)!.map((r) => r.score)).toEqual([0, 0]);
  });

  it('refuse a picture whose pixels do not fill it, and go on', async () => {
    const short: GrayPicture = { width: 512, height: 512, gray: new Uint8Array(100) };
    await expect(reader.read([short])).rejects.toMatchObject({
      name: 'RangeError',
      message: 'Expected 512 × 512 pixels, got 100.',
    });
    expect((await reader.read([gallery('front')]))[0]![0]!.found).toBe(true);
  });

  it('their program holds no way into a network', () => {
    const code = readFileSync(join(dir, 'faces', 'main.js'), 'utf8');
    expect(code).not.toMatch(
      /require\("(node:)?(http|https|net|tls|dgram)"\)|from "(node:)?(http|https|net|tls)"/,
    );
  });
});
