// Entry of the inference process; the protocol is in worker-contract.ts. Native failures of the inference runtime end
// this process and not the application.
import { readFileSync } from 'node:fs';
import { freemem } from 'node:os';
import { segmentFile } from '../segmentation/segment-file.ts';
import type { RunBlocks } from '../segmentation/segment-volume.ts';
import { type ChosenProvider, chooseProvider } from './device.ts';
import { loadModelCard, type Model } from './model-card.ts';
import { openOnnxNetwork, runtimeProviders } from './onnx-network.ts';
import { runInTiles } from './tiles.ts';
import type { Answer, Request, StartRequest } from './worker-contract.ts';
import { failureOf, openPort } from './worker-port.ts';

/** Working memory of the network per voxel of a tile (measured: 650), and how much of the free memory it may take. */
const BYTES_PER_VOXEL = 800;
const SHARE_OF_MEMORY = 0.6;

const send = openPort<Request, Answer>(receive);

class CancelledError extends Error {
  override name = 'CancelledError';
}

let ready: Promise<{ model: Model; chosen: ChosenProvider; maxVoxels: number | undefined }> | undefined;
const cancelled = new Set<number>();

function receive(request: Request): void {
  if (request.type === 'start') void start(request);
  else if (request.type === 'cancel') cancelled.add(request.id);
  else void segment(request);
}

async function start(request: StartRequest): Promise<void> {
  ready = (async () => {
    const model = loadModelCard(request.modelDir);
    const weights = readFileSync(model.weights);
    const chosen = await chooseProvider({
      open: (provider) => openOnnxNetwork(weights, model.card, provider, request.threads),
      known: runtimeProviders(),
      channels: model.card.labels.length,
      forced: request.forced,
      excluded: request.excluded,
      onTrial: (provider) => send({ type: 'trial', provider }),
    });
    return { model, chosen, maxVoxels: request.maxVoxels };
  })();
  try {
    const { chosen } = await ready;
    send({ type: 'ready', provider: chosen.provider, reports: chosen.reports });
  } catch (error) {
    send({ type: 'unusable', error: failureOf(error) });
  }
}

async function segment(request: Request & { type: 'segment' }): Promise<void> {
  const { id } = request;
  try {
    const { model, chosen, maxVoxels } = await ready!;
    let furthest = 0; // a second look at a scan begins again; the bar does not
    const step = async (fraction: number, message: string) => {
      furthest = Math.max(furthest, fraction);
      send({ type: 'progress', id, fraction: furthest, message });
      await new Promise((resume) => setImmediate(resume)); // lets a cancel request in
      if (cancelled.has(id)) throw new CancelledError('Cancelled.');
    };
    const run: RunBlocks = (image, shape, take) =>
      runInTiles(
        chosen.open.network,
        image,
        shape,
        {
          multipleOf: model.card.input.multipleOf,
          margin: model.card.input.tileMarginVoxels,
          maxVoxels: maxVoxels ?? (SHARE_OF_MEMORY * freeBytes()) / BYTES_PER_VOXEL,
          onTile: (fraction, message) => step(0.1 + 0.65 * fraction, message),
        },
        take,
      );
    const result = await segmentFile(
      request.volumePath,
      request.outDir,
      model.card,
      run,
      () => chosen.provider,
      step,
    );
    send({ type: 'done', id, result });
  } catch (error) {
    if (error instanceof CancelledError) send({ type: 'cancelled', id });
    else send({ type: 'failed', id, error: failureOf(error) });
  } finally {
    cancelled.delete(id);
  }
}

/** Memory that a process may still take, with the limits of a container where Node knows them. */
function freeBytes(): number {
  const { availableMemory } = process as { availableMemory?: () => number };
  return availableMemory ? availableMemory.call(process) : freemem();
}
