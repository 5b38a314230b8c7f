import { rm } from 'node:fs/promises';
import { partialDir } from '../segmentation/segment-file.ts';
import type { HeadSegmentation } from '../segmentation/segmentation.ts';
import { ProcessClient, type ProcessOptions } from './process-client.ts';
import type { Device, SegmentRequest, StartRequest } from './worker-contract.ts';

export interface ClientOptions extends ProcessOptions<StartRequest | SegmentRequest, HeadSegmentation> {
  readonly modelDir: string;
  readonly threads: number;
  readonly forced?: string | undefined;
  readonly maxVoxels?: number | undefined;
}

interface ScanOrder {
  readonly volumePath: string;
  readonly outDir: string;
}

/** The application's end of the inference process: a queue of scans, see {@link ProcessClient}. */
export class InferenceClient {
  private readonly client: ProcessClient<ScanOrder, HeadSegmentation, StartRequest | SegmentRequest>;

  constructor(options: ClientOptions) {
    const { modelDir, threads, forced, maxVoxels } = options;
    this.client = new ProcessClient(
      {
        name: 'segmentation process',
        forced,
        start: (excluded, preferred) => ({
          type: 'start',
          modelDir,
          threads,
          excluded,
          ...(forced ? { forced } : {}),
          ...(preferred ? { preferred } : {}),
          ...(maxVoxels ? { maxVoxels } : {}),
        }),
        ask: (id, order) => ({ type: 'segment', id, ...order }),
        clean: ({ outDir }) => rm(partialDir(outDir), { recursive: true, force: true }),
      },
      options,
    );
  }

  /** Segments one scan when its turn comes. @throws WorkerExitedError, InferenceError, or the signal's reason */
  segment(
    volumePath: string,
    outDir: string,
    signal: AbortSignal | undefined,
    onProgress: (fraction: number, message: string) => void,
  ): Promise<HeadSegmentation> {
    return this.client.run({ volumePath, outDir }, signal, onProgress);
  }

  /** Where the network runs and what became of the other providers; starts the process the first time. */
  describe(): Promise<Device> {
    return this.client.describe();
  }

  /** Ends the process; scans that wait or are worked on fail. */
  close(): Promise<void> {
    return this.client.close();
  }
}
