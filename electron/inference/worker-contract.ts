// The inference process's protocol. One process per model; it holds the network and works on one order at a time: a
// segmentation network on `segment`, a face generator on `generate`.
//
//   application → process                       process → application
//   start   model folder, threads, provider     trial     a provider is about to be tried (it may take us down)
//                                               ready     the provider chosen, and what became of the others
//                                               unusable  the model cannot be used: why. The process then ends
//   segment id, volume path, output folder      progress  id, 0…1, what is being done
//                                               done      id, the record that was written
//                                               failed    id, why
//   generate id, file of channels, file to write done      id, model and provider
//   cancel  id                                  cancelled id
//
// `start` is the first message and is sent once. Messages carry paths and numbers, never voxels. The channel closing
// ends the process. While the network runs the process hears nothing: who cannot wait for `cancelled` kills it.
import type { HeadSegmentation } from '../segmentation/segmentation.ts';
import type { ProviderReport } from './device.ts';

export interface StartRequest {
  readonly type: 'start';
  readonly modelDir: string;
  readonly threads: number;
  /** Use this provider or none. */
  readonly forced?: string;
  /** Use this provider if it still gives the right answer, however fast: an earlier process chose it. */
  readonly preferred?: string;
  /** Providers that failed an earlier process, with what happened. */
  readonly excluded: Readonly<Record<string, string>>;
  /** Largest part of a scan in voxels; chosen from the free memory when absent. */
  readonly maxVoxels?: number;
}

export interface SegmentRequest {
  readonly type: 'segment';
  readonly id: number;
  readonly volumePath: string;
  readonly outDir: string;
}

/** float32 files: the card's channels one after the other, each x fastest; the tissue that is to be written. */
export interface GenerateRequest {
  readonly type: 'generate';
  readonly id: number;
  readonly inputPath: string;
  readonly outPath: string;
}

/** What made a face, for its provenance. */
export interface FaceMaker {
  /** `id version sha256:…` */
  readonly model: string;
  /** Execution provider. */
  readonly provider: string;
}

export interface CancelRequest {
  readonly type: 'cancel';
  readonly id: number;
}

export type Request = StartRequest | SegmentRequest | GenerateRequest | CancelRequest;

export interface Failure {
  readonly name: string;
  readonly message: string;
}

/** What a network runs on. */
export interface Device {
  readonly provider: string;
  readonly reports: readonly ProviderReport[];
}

/** What every process with a network answers; `Result` is what one order gives. */
export type WorkAnswer<Result> =
  | { readonly type: 'trial'; readonly provider: string }
  | ({ readonly type: 'ready' } & Device)
  | { readonly type: 'unusable'; readonly error: Failure }
  | { readonly type: 'progress'; readonly id: number; readonly fraction: number; readonly message: string }
  | { readonly type: 'done'; readonly id: number; readonly result: Result }
  | { readonly type: 'failed'; readonly id: number; readonly error: Failure }
  | { readonly type: 'cancelled'; readonly id: number };

/** A segmentation network's answers; a face generator's results are {@link FaceMaker}. */
export type Answer = WorkAnswer<HeadSegmentation>;

/** The process as the application sees it, whichever way it was started. */
export interface WorkerProcess<Sent = Request, Heard = Answer> {
  /** Number of the operating system's process; undefined when it could not be started. */
  readonly pid: number | undefined;
  post(message: Sent): void;
  onMessage(listener: (message: Heard) => void): void;
  /** Once. `how` says how it ended, in words, with the end of its standard error. */
  onExit(listener: (how: string) => void): void;
  kill(): void;
  /** A process without work must not keep the application running; one with work must. */
  keepAlive(yes: boolean): void;
}

/** Starts a program in a process of its own: `child_process.fork` in Node, `utilityProcess.fork` in the shell. */
export type SpawnWorker = <Sent = Request, Heard = Answer>(file: string) => WorkerProcess<Sent, Heard>;
