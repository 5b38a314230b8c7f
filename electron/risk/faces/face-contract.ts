// The face process's protocol. It holds two face networks and looks at one picture at a time.
//
//   application → process                          process → application
//   start   where the packages are                 trial     a backend is about to be tried (it may take us down)
//                                                  ready     the backend chosen, and what became of the others
//                                                  unusable  the networks cannot be used: why. The process then ends
//   read    id, picture: its sides and its pixels  done      id, one reading per network
//                                                  failed    id, why
//   cancel  id                                     -         a picture takes half a second: nothing to stop
//
// `start` is the first message and is sent once. Pixels travel as Base64, a third of a megabyte for 512 × 512, because
// Node's channel speaks JSON. The channel closing ends the process.
import type { CancelRequest, WorkAnswer } from '../../inference/worker-contract.ts';
import type { FacePackages } from './face-packages.ts';
import type { FaceReading } from './face-reader.ts';

export interface FaceStartRequest {
  readonly type: 'start';
  readonly packages: FacePackages;
  /** Backends that took an earlier process down, with what happened. */
  readonly excluded: Readonly<Record<string, string>>;
}

export interface FaceReadRequest {
  readonly type: 'read';
  readonly id: number;
  readonly width: number;
  readonly height: number;
  /** One byte per pixel, row by row from the top left, as Base64. */
  readonly gray: string;
}

export type FaceRequest = FaceStartRequest | FaceReadRequest | CancelRequest;
export type FaceAnswer = WorkAnswer<FaceReading[]>;
