import { listSupportedBackends, Tensor } from 'onnxruntime-node';
import type { Network } from '../segmentation/network.ts';
import type { OpenNetwork } from './device.ts';
import type { ModelCard } from './model-card.ts';
import { ModelCardError } from './model-card.ts';
import { openSession } from './onnx-session.ts';

/**
 * Loads a segmentation network into the inference runtime on one execution provider.
 *
 * @param weights bytes of the checked ONNX file
 * @param threads of the runtime within one operation (CPU only)
 * @throws ModelCardError when its input or output is not what the card says; the runtime's own error otherwise
 */
export async function openOnnxNetwork(
  weights: Uint8Array,
  card: ModelCard,
  provider: string,
  threads: number,
): Promise<OpenNetwork> {
  const [input, output] = [card.input.name, card.output.name];
  const session = await openSession(weights, provider, threads, { input, output });
  const network: Network = async (image, shape) => {
    const tensor = new Tensor('float32', image, [1, 1, ...shape]);
    const results = await session.run({ [input]: tensor });
    const result = results[output]!;
    const expected = [1, card.labels.length, ...shape];
    if (result.dims.join() !== expected.join()) {
      throw new ModelCardError(
        `Expected probabilities of ${expected.join('×')}, got ${result.dims.join('×')}.`,
      );
    }
    return (await result.getData(true)) as Float32Array;
  };
  return { network, close: () => session.release() };
}

/** Execution providers that this runtime was built with, as it names them. */
export function runtimeProviders(): string[] {
  return listSupportedBackends().map((b) => b.name);
}
