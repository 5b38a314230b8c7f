import type { Network, Shape3 } from '../segmentation/network.ts';

/** A network loaded on one execution provider. */
export interface OpenNetwork<N = Network> {
  readonly network: N;
  close(): Promise<void>;
}

/** A fixed question in two sizes, by whose answer a provider is trusted and by whose speed it is chosen. */
export interface SelfTest<N> {
  run(network: N, size: 'small' | 'large'): Promise<Float32Array>;
  /** The CPU has no one to be compared with. @throws ProviderError when its answer cannot be right */
  check(answer: Float32Array): void;
}

/** What became of one execution provider. */
export interface ProviderReport {
  readonly provider: string;
  readonly state: 'used' | 'slower' | 'wrong' | 'unavailable';
  /** In words, with the figures. */
  readonly detail: string;
}

export interface ChosenProvider<N = Network> {
  readonly provider: string;
  readonly open: OpenNetwork<N>;
  readonly reports: readonly ProviderReport[];
}

/** The provider that was asked for cannot be used. */
export class ProviderError extends Error {
  override name = 'ProviderError';
}

/** In this order; a name that the runtime does not know on this platform is left out. */
const PREFERENCE = ['cuda', 'webgpu', 'dml', 'coreml'];
/** Largest difference of a value to the CPU's; graphics cards round their products differently. */
const TOLERANCE = 0.02;
/** A device that is this many times slower on a small question is not asked a larger one: it is software. */
const HOPELESS = 4;
const SMALL = 32;
const LARGE = 64;

/**
 * Chooses where the network runs: the first provider that gives the CPU's answer and is not slower than the CPU.
 *
 * The self-test is a fixed question put to the CPU first; its answer is what every other provider must give, within
 * 0.02 of each value. A forced provider is used whatever its speed, and so is a preferred one while its answer is right:
 * the stopwatch says something else on another day, and two scans that are compared must not run on two devices.
 *
 * @param open loads the network on a provider
 * @param known providers of this runtime
 * @param preferred the provider that was chosen before; the others are looked at only when it fails
 * @param excluded providers that took the process down or failed at their work, with what happened
 * @param onTrial told before each provider is tried, in case the process does not survive it
 * @throws ProviderError when a forced provider fails; whatever `open('cpu')` throws when even the CPU fails
 */
export async function chooseProvider<N>(options: {
  readonly open: (provider: string) => Promise<OpenNetwork<N>>;
  readonly known: readonly string[];
  readonly test: SelfTest<N>;
  readonly forced?: string | undefined;
  readonly preferred?: string | undefined;
  readonly excluded?: Readonly<Record<string, string>>;
  readonly onTrial?: (provider: string) => void;
  /** Milliseconds from any beginning. */
  readonly now?: () => number;
}): Promise<ChosenProvider<N>> {
  const {
    open,
    known,
    test,
    forced,
    preferred,
    excluded = {},
    onTrial = () => {},
    now = () => performance.now(),
  } = options;
  if (forced && !known.includes(forced)) {
    throw new ProviderError(
      `Expected one of the execution providers ${known.join(', ')}; got "${forced}" (REFACADE_EP).`,
    );
  }
  onTrial('cpu');
  const cpu = await open('cpu');
  const expected = await test.run(cpu.network, 'small');
  test.check(expected);
  const candidates = forced ? [forced] : inTurn(known, preferred);
  const reports: ProviderReport[] = [];
  let cpuSmall: number | undefined;
  let cpuLarge: number | undefined;
  for (const provider of candidates) {
    if (provider === 'cpu') continue;
    let tried: OpenNetwork<N> | undefined;
    const reject = async (state: ProviderReport['state'], detail: string) => {
      reports.push({ provider, state, detail });
      await tried?.close().catch(() => {});
    };
    if (excluded[provider] !== undefined) {
      await reject('unavailable', excluded[provider]);
      continue;
    }
    onTrial(provider);
    try {
      tried = await open(provider);
      const difference = largestDifference(await test.run(tried.network, 'small'), expected);
      if (!(difference <= TOLERANCE)) {
        await reject('wrong', `its answer differs from the CPU's by ${difference.toPrecision(2)}`);
        continue;
      }
      const agrees = `same answer as the CPU within ${difference.toPrecision(2)}`;
      if (!forced && provider !== preferred) {
        cpuSmall ??= await seconds(test, cpu.network, 'small', now);
        const own = await seconds(test, tried.network, 'small', now);
        if (own > HOPELESS * cpuSmall) {
          await reject('slower', `${agrees}, but ${(own / cpuSmall).toFixed(0)} times slower`);
          continue;
        }
        await test.run(tried.network, 'large'); // the first run of a size prepares the device
        cpuLarge ??= await seconds(test, cpu.network, 'large', now);
        const ownLarge = await seconds(test, tried.network, 'large', now);
        const speed = `${ownLarge.toFixed(2)} s where the CPU takes ${cpuLarge.toFixed(2)} s`;
        if (ownLarge > cpuLarge) {
          await reject('slower', `${agrees}, but slower: ${speed}`);
          continue;
        }
        reports.push({ provider, state: 'used', detail: `${agrees}, ${speed}` });
      } else {
        const why = forced ? 'forced' : 'chosen before';
        reports.push({ provider, state: 'used', detail: `${agrees}, ${why}` });
      }
      await cpu.close();
      return { provider, open: tried, reports };
    } catch (error) {
      await reject('unavailable', firstLine(error));
    }
  }
  if (forced && forced !== 'cpu') {
    await cpu.close();
    throw new ProviderError(`REFACADE_EP asks for ${forced}, which cannot be used: ${reports[0]?.detail}.`);
  }
  reports.push({ provider: 'cpu', state: 'used', detail: forced ? 'forced' : 'self-test passed' });
  return { provider: 'cpu', open: cpu, reports };
}

/** Providers to try, the CPU left out: none where it was chosen before. */
function inTurn(known: readonly string[], preferred: string | undefined): string[] {
  if (preferred === 'cpu') return [];
  const there = PREFERENCE.filter((p) => known.includes(p));
  return [...there.filter((p) => p === preferred), ...there.filter((p) => p !== preferred)];
}

/** A smooth bright ball with fine texture, 0…1.1: the same numbers on every machine. */
export function testImage(n: number): Float32Array {
  const out = new Float32Array(n ** 3);
  for (let at = 0; at < out.length; at++) {
    const r = Math.hypot((at % n) - n / 2, (Math.floor(at / n) % n) - n / 2, Math.floor(at / n / n) - n / 2);
    const grain = (Math.imul(at + 1, 2654435761) >>> 0) / 2 ** 32;
    out[at] = 1.1 / (1 + Math.exp((r - n / 3) / 2)) - 0.2 * grain;
  }
  return out.map((v) => Math.min(1.1, Math.max(0, v)));
}

const cube = (n: number): Shape3 => [n, n, n];

/** The faster of two runs; a run of seconds needs no second opinion. */
async function seconds<N>(
  test: SelfTest<N>,
  network: N,
  size: 'small' | 'large',
  now: () => number,
): Promise<number> {
  let best = Infinity;
  for (let run = 0; run === 0 || (run === 1 && best < 1); run++) {
    const started = now();
    await test.run(network, size);
    best = Math.min(best, (now() - started) / 1000);
  }
  return best;
}

/** A segmentation network's: the test image, whose answer must at least be probabilities. */
export function segmentationTest(channels: number): SelfTest<Network> {
  const images = { small: testImage(SMALL), large: testImage(LARGE) };
  return {
    run: (network, size) => network(images[size], cube(size === 'small' ? SMALL : LARGE)),
    check: (answer) => checkProbabilities(answer, channels),
  };
}

function checkProbabilities(values: Float32Array, channels: number): void {
  const count = values.length / channels;
  for (let n = 0; n < count; n += 97) {
    let sum = 0;
    for (let c = 0; c < channels; c++) sum += values[c * count + n]!;
    if (!(Math.abs(sum - 1) < 1e-3)) {
      throw new ProviderError(`Expected probabilities that add up to 1 from the network, got ${sum}.`);
    }
  }
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  let worst = a.length === b.length ? 0 : Infinity;
  for (let n = 0; n < a.length; n++) {
    const d = Math.abs(a[n]! - b[n]!);
    if (!(d <= worst)) worst = d;
  }
  return worst;
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  // Runtimes put source paths before what they mean.
  return (text.split('\n')[0] ?? '').replace(/^\S*\/onnxruntime_src\/.*? was false\. /, '').slice(0, 300);
}
