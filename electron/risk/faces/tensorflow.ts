// Methods on tensors (`a.div(b)`), which face-api uses, are an extra of TensorFlow.js.
import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops';
import '@tensorflow/tfjs-backend-cpu';
import { readFileSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import type { ProviderReport } from '../../inference/device.ts';
import type { Device } from '../../inference/worker-contract.ts';

/** No backend of TensorFlow.js can be used here. */
export class BackendError extends Error {
  override name = 'BackendError';
}

/** WebAssembly on one thread, and plain JavaScript, some twenty times slower, where that fails. */
const BACKENDS = ['wasm', 'cpu'] as const;

/**
 * Starts TensorFlow.js on the first backend that works.
 *
 * One thread, so that sums are always taken in the same order and a picture always gives the same numbers.
 *
 * @param wasmDir folder of the package with the WebAssembly binaries
 * @param excluded backends that took an earlier process down
 * @param onTrial told before each backend is tried, in case the process does not survive it
 * @throws BackendError when none works
 */
export async function openTensorflow(
  wasmDir: string,
  excluded: Readonly<Record<string, string>>,
  onTrial: (backend: string) => void,
): Promise<Device> {
  setWasmPaths(join(wasmDir, 'dist') + sep);
  tf.io.registerLoadRouter(
    (url) => (String(url).startsWith('file:') ? fileHandler(String(url)) : null) as tf.io.IOHandler,
  );
  const reports: ProviderReport[] = [];
  for (const provider of BACKENDS) {
    const before = excluded[provider];
    if (before === undefined) {
      onTrial(provider);
      const failure = await tryBackend(provider);
      if (failure === undefined) return { provider, reports };
      reports.push({ provider, state: 'unavailable', detail: failure });
    } else reports.push({ provider, state: 'unavailable', detail: before });
  }
  throw new BackendError(
    `Expected TensorFlow.js to run on ${BACKENDS.join(' or ')}; ${reports.map((r) => `${r.provider}: ${r.detail}`).join('; ')}.`,
  );
}

/** @returns why the backend cannot be used, or undefined */
async function tryBackend(name: string): Promise<string | undefined> {
  try {
    if (!(await tf.setBackend(name))) return 'it could not be started';
    await tf.ready();
    const product = tf.tidy(() =>
      tf
        .matMul(
          tf.tensor2d([
            [1, 2],
            [3, 4],
          ]),
          tf.tensor2d([
            [5, 6],
            [7, 8],
          ]),
        )
        .dataSync(),
    );
    return product.join() === '19,22,43,50' ? undefined : `it multiplies wrongly: ${product.join()}`;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Reads a network from files; there is no other way into this process, see `no-network.ts`. */
function fileHandler(url: string): tf.io.IOHandler {
  return {
    async load() {
      const path = fileURLToPath(url);
      const { modelTopology, signature, weightsManifest } = JSON.parse(readFileSync(path, 'utf8')) as {
        modelTopology: object;
        signature?: object;
        weightsManifest: tf.io.WeightsManifestConfig;
      };
      const parts = weightsManifest.flatMap((group) =>
        group.paths.map((p) => readFileSync(join(dirname(path), p))),
      );
      const weights = new Uint8Array(Buffer.concat(parts));
      return {
        modelTopology,
        signature,
        weightSpecs: weightsManifest.flatMap((group) => group.weights),
        weightData: weights.buffer,
      };
    },
  };
}
