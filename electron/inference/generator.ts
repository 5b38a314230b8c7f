import { Tensor } from 'onnxruntime-node';
import type { Shape3 } from '../segmentation/network.ts';
import { type OpenNetwork, ProviderError, type SelfTest } from './device.ts';
import { boxVoxels, type GeneratorCard } from './generator-card.ts';
import { ModelCardError } from './model-card.ts';
import { indexOfNotFinite } from './not-finite.ts';
import { openSession } from './onnx-session.ts';

/** A face generator in memory. */
export interface Generator {
  /**
   * Makes a face on a box.
   *
   * @param channels the card's channels one after the other, each x fastest
   * @param shape of the box: the card's, or a smaller one for the self-test
   * @param onPart called before each part of the work with the share done; throws to stop
   * @returns tissue, x fastest
   */
  make(
    channels: Float32Array,
    shape: Shape3,
    onPart?: (fraction: number) => void | Promise<void>,
  ): Promise<Float32Array>;
  /** Extents that the file fixes (x is the batch for slices); undefined where any will do. */
  readonly fixed: readonly [number | undefined, number | undefined, number | undefined];
}

/** Slices in one run: memory stays small, and a cancel is heard between two. */
const BATCH = 8;

/**
 * Loads a generator into the inference runtime on one execution provider.
 *
 * @param weights bytes of the checked ONNX file
 * @throws ModelCardError when its input or output is not what the card says; the runtime's own error otherwise
 */
export async function openGenerator(
  weights: Uint8Array,
  card: GeneratorCard,
  provider: string,
  threads: number,
): Promise<OpenNetwork<Generator>> {
  const [input, output] = [card.input.name, card.output.name];
  const session = await openSession(weights, provider, threads, { input, output });
  const slices = card.input.layout === 'slices';
  const count = card.input.channels.length;
  const metadata = session.inputMetadata[0]!;
  const declared = metadata.isTensor ? metadata.shape : [];
  const expected = slices
    ? ['slices', 3 * count, ...card.space.shape.slice(1)]
    : [1, count, ...card.space.shape];
  const fits = expected.every(
    (n, at) => typeof declared[at] !== 'number' || n === declared[at] || n === 'slices',
  );
  if (declared.length !== expected.length || !fits) {
    throw new ModelCardError(
      `Expected a network that takes ${expected.join('×')} as its card says, got one that takes ${declared.join('×') || 'no tensor'}.`,
    );
  }
  const number = (at: number) => (typeof declared[at] === 'number' ? (declared[at] as number) : undefined);
  const fixed: Generator['fixed'] = slices
    ? [number(0), number(2), number(3)]
    : [number(2), number(3), number(4)];

  const run = async (data: Float32Array, dims: readonly number[]) => {
    const results = await session.run({ [input]: new Tensor('float32', data, dims) });
    const result = results[output]!;
    const wanted = [dims[0]!, 1, ...dims.slice(2)];
    if (result.type !== 'float32' || result.dims.join() !== wanted.join()) {
      throw new ModelCardError(
        `Expected ${result.type === 'float32' ? '' : 'float32 '}tissue of ${wanted.join('×')}, got ${result.type} of ${result.dims.join('×')}.`,
      );
    }
    return (await result.getData(true)) as Float32Array;
  };
  const generator: Generator = {
    fixed,
    async make(channels, shape, onPart = () => {}) {
      const [nx, ny, nz] = shape;
      const tensor = transposed(channels, count, shape);
      if (!slices) {
        await onPart(0);
        return untransposed(await run(tensor, [1, count, nx, ny, nz]), shape);
      }
      const tissue = new Float32Array(nx * ny * nz);
      const plane = ny * nz;
      const batch = fixed[0] ?? BATCH;
      for (let from = 0; from < nx; from += batch) {
        await onPart(from / nx);
        const n = fixed[0] ?? Math.min(batch, nx - from);
        const made = await run(sliceInput(tensor, count, shape, from, n), [n, 3 * count, ny, nz]);
        // A fixed batch may reach beyond the last slice.
        const used = Math.min(n, nx - from);
        tissue.set(made.subarray(0, used * plane), from * plane);
      }
      return untransposed(tissue, shape);
    },
  };
  return { network: generator, close: () => session.release() };
}

/** Each channel x fastest → each channel z fastest. */
function transposed(channels: Float32Array, count: number, shape: Shape3): Float32Array {
  const [nx, ny, nz] = shape;
  const n = boxVoxels(shape);
  if (channels.length !== count * n) {
    throw new RangeError(
      `Expected ${count} channels of ${shape.join('×')} voxels, got ${channels.length} values.`,
    );
  }
  const out = new Float32Array(channels.length);
  let at = 0;
  for (let c = 0; c < count; c++)
    for (let z = 0; z < nz; z++)
      for (let y = 0; y < ny; y++) {
        let to = c * n + nz * y + z;
        for (let x = 0; x < nx; x++, to += ny * nz) out[to] = channels[at++]!;
      }
  return out;
}

/** z fastest → x fastest. */
function untransposed(data: Float32Array, [nx, ny, nz]: Shape3): Float32Array {
  const out = new Float32Array(data.length);
  let at = 0;
  for (let x = 0; x < nx; x++)
    for (let y = 0; y < ny; y++) for (let z = 0; z < nz; z++) out[x + nx * (y + ny * z)] = data[at++]!;
  return out;
}

/** Rows of the slice before, the slice and the one after, channel by channel; edges repeat. */
function sliceInput(
  tensor: Float32Array,
  count: number,
  [nx, ny, nz]: Shape3,
  from: number,
  rows: number,
): Float32Array {
  const plane = ny * nz;
  const out = new Float32Array(rows * 3 * count * plane);
  let to = 0;
  for (let row = 0; row < rows; row++)
    for (let c = 0; c < count; c++)
      for (let step = -1; step <= 1; step++, to += plane) {
        const x = Math.min(nx - 1, Math.max(0, from + row + step));
        const at = (c * nx + x) * plane;
        out.set(tensor.subarray(at, at + plane), to);
      }
  return out;
}

/**
 * A generator's self-test: a blurred ball with its front taken out, the same numbers on every machine.
 *
 * Volumes are asked at 32³ and 64³ where the network takes any size, slices one and eight at a time.
 */
export function generatorTest(card: GeneratorCard): SelfTest<Generator> {
  const { shape } = card.space;
  const slices = card.input.layout === 'slices';
  const sizeOf = ({ fixed }: Generator, size: 'small' | 'large'): Shape3 => {
    const wanted = slices
      ? [size === 'small' ? 2 : BATCH, shape[1], shape[2]]
      : shape.map((n) => Math.min(n, size === 'small' ? 32 : 64));
    return wanted.map((n, axis) => fixed[axis] ?? n) as unknown as Shape3;
  };
  return {
    run(network, size) {
      const box = sizeOf(network, size);
      return network.make(testChannels(box), box);
    },
    check(answer) {
      const bad = indexOfNotFinite(answer);
      if (bad >= 0) {
        throw new ProviderError(
          `Expected numbers from the generator's self-test, got ${answer[bad]} among them.`,
        );
      }
    },
  };
}

/** A fixed head-like input: image without its front, what was removed, distance to the skin, noise. */
export function testChannels(shape: Shape3): Float32Array {
  const [nx, ny, nz] = shape;
  const n = boxVoxels(shape);
  const out = new Float32Array(4 * n);
  const radius = Math.min(...shape) / 2.5;
  for (let at = 0; at < n; at++) {
    const x = (at % nx) - nx / 2;
    const y = (Math.floor(at / nx) % ny) - ny / 2;
    const z = Math.floor(at / nx / ny) - nz / 2;
    const depth = Math.hypot(x, y, z) - radius;
    const removed = y > radius / 2 ? 1 : 0;
    const grain = (Math.imul(at + 1, 2654435761) >>> 0) / 2 ** 32;
    out[at] = removed ? 0 : 1 / (1 + Math.exp(depth / 2));
    out[n + at] = removed;
    out[2 * n + at] = Math.min(1, Math.max(-1, depth / 5));
    out[3 * n + at] = 2 * grain - 1;
  }
  return out;
}
