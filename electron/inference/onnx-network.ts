import { InferenceSession, listSupportedBackends, Tensor } from 'onnxruntime-node';
import type { Network } from '../segmentation/network.ts';
import type { OpenNetwork } from './device.ts';
import type { ModelCard } from './model-card.ts';
import { ModelCardError } from './model-card.ts';
import { nodesOfType } from './onnx-nodes.ts';

/**
 * Loads a network into the inference runtime on one execution provider.
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
  const session = await InferenceSession.create(weights, {
    executionProviders: [providerOptions(provider, weights)],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    // An arena keeps its high-water mark for ever; this process idles between scans.
    enableCpuMemArena: false,
    logSeverityLevel: 4, // failures come back as errors; standard error stays for crashes
  });
  const [input, output] = [card.input.name, card.output.name];
  if (!session.inputNames.includes(input) || !session.outputNames.includes(output)) {
    throw new ModelCardError(
      `Expected a network from "${input}" to "${output}" as its card says, got one from "${session.inputNames.join(', ')}" to "${session.outputNames.join(', ')}".`,
    );
  }
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

function providerOptions(provider: string, weights: Uint8Array): InferenceSession.ExecutionProviderConfig {
  if (provider !== 'webgpu') return { name: provider };
  // Version 1.30 claims 3-D transposed convolutions for WebGPU and then refuses to run them.
  return { name: 'webgpu', forceCpuNodeNames: nodesOfType(weights, 'ConvTranspose') };
}
