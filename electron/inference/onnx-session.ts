import { InferenceSession } from 'onnxruntime-node';
import { ModelCardError } from './model-card.ts';
import { nodesOfType, usesOtherFiles } from './onnx-nodes.ts';

/**
 * Loads weights into the inference runtime on one execution provider.
 *
 * @param weights bytes of the checked ONNX file
 * @param threads of the runtime within one operation (CPU only)
 * @param names of input and output as the card has them
 * @throws ModelCardError when the network has others, or takes weights from other files; the runtime's own error otherwise
 */
export async function openSession(
  weights: Uint8Array,
  provider: string,
  threads: number,
  names: { readonly input: string; readonly output: string },
): Promise<InferenceSession> {
  if (usesOtherFiles(weights)) {
    throw new ModelCardError(
      'Expected a network whose weights are all in its file, got one that reads other files: export it in one piece.',
    );
  }
  const session = await InferenceSession.create(weights, {
    executionProviders: [providerOptions(provider, weights)],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    // An arena keeps its high-water mark for ever; this process idles between scans.
    enableCpuMemArena: false,
    logSeverityLevel: 4, // failures come back as errors; standard error stays for crashes
  });
  const { input, output } = names;
  if (session.inputNames.join() !== input || !session.outputNames.includes(output)) {
    throw new ModelCardError(
      `Expected a network from "${input}" to "${output}" as its card says, got one from "${session.inputNames.join(', ')}" to "${session.outputNames.join(', ')}".`,
    );
  }
  return session;
}

function providerOptions(provider: string, weights: Uint8Array): InferenceSession.ExecutionProviderConfig {
  if (provider !== 'webgpu') return { name: provider };
  // Version 1.30 claims 3-D transposed convolutions for WebGPU and then refuses to run them. It takes no empty list.
  const forceCpuNodeNames = nodesOfType(weights, 'ConvTranspose');
  return forceCpuNodeNames.length > 0 ? { name: 'webgpu', forceCpuNodeNames } : { name: 'webgpu' };
}
