import { rm } from 'node:fs/promises';
import { ProcessClient, type ProcessOptions } from './process-client.ts';
import type { Device, FaceMaker, GenerateRequest, StartRequest } from './worker-contract.ts';

export interface GeneratorClientOptions extends ProcessOptions<StartRequest | GenerateRequest, FaceMaker> {
  readonly modelDir: string;
  readonly threads: number;
  readonly forced?: string | undefined;
}

interface FaceOrder {
  readonly inputPath: string;
  readonly outPath: string;
}

/** The application's end of the inference process of one face generator: a queue of faces, see {@link ProcessClient}. */
export class GeneratorClient {
  private readonly client: ProcessClient<FaceOrder, FaceMaker, StartRequest | GenerateRequest>;

  constructor(options: GeneratorClientOptions) {
    const { modelDir, threads, forced } = options;
    this.client = new ProcessClient(
      {
        name: 'face generation process',
        forced,
        start: (excluded, preferred) => ({
          type: 'start',
          modelDir,
          threads,
          excluded,
          ...(forced ? { forced } : {}),
          ...(preferred ? { preferred } : {}),
        }),
        ask: (id, order) => ({ type: 'generate', id, ...order }),
        clean: ({ outPath }) => rm(outPath, { force: true }),
      },
      options,
    );
  }

  /**
   * Makes one face when its turn comes.
   *
   * @param inputPath float32: the card's channels one after the other, each x fastest
   * @param outPath float32: the tissue; nothing is there when it fails
   * @throws WorkerExitedError, InferenceError, or the signal's reason
   */
  generate(inputPath: string, outPath: string, signal?: AbortSignal): Promise<FaceMaker> {
    return this.client.run({ inputPath, outPath }, signal, () => {});
  }

  /** Where the network runs and what became of the other providers; starts the process the first time. */
  describe(): Promise<Device> {
    return this.client.describe();
  }

  /** Ends the process; faces that wait or are worked on fail. */
  close(): Promise<void> {
    return this.client.close();
  }
}
