// Entry of the inference process; the protocol is in worker-contract.ts. Native failures of the inference runtime end
// this process and not the application.
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { segmentFile } from '../segmentation/segment-file.ts';
import type { RunBlocks } from '../segmentation/segment-volume.ts';
import type { HeadSegmentation } from '../segmentation/segmentation.ts';
import { type ChosenProvider, chooseProvider, segmentationTest } from './device.ts';
import { readFloats, writeFloats } from './float-file.ts';
import { freeBytes } from './free-bytes.ts';
import { type Generator, generatorTest, openGenerator } from './generator.ts';
import { channelValues, type GeneratorCard, generatorName, loadGenerator } from './generator-card.ts';
import { loadModelCard, type Model, taskOf } from './model-card.ts';
import { indexOfNotFinite, NotFiniteError } from './not-finite.ts';
import { openOnnxNetwork, runtimeProviders } from './onnx-network.ts';
import { runInTiles } from './tiles.ts';
import type {
  FaceMaker,
  GenerateRequest,
  Request,
  SegmentRequest,
  StartRequest,
  WorkAnswer,
} from './worker-contract.ts';
import { failureOf, openPort } from './worker-port.ts';

/** Working memory of the network per voxel of a tile (measured: 650), and how much of the free memory it may take. */
const BYTES_PER_VOXEL = 800;
const SHARE_OF_MEMORY = 0.6;

const send = openPort<Request, WorkAnswer<HeadSegmentation | FaceMaker>>(receive);

class CancelledError extends Error {
  override name = 'CancelledError';
}

/** An order for another kind of network than this process holds. */
class WrongOrderError extends Error {
  override name = 'WrongOrderError';
}

type Loaded =
  | {
      readonly kind: 'segmentation';
      readonly model: Model;
      readonly chosen: ChosenProvider;
      readonly maxVoxels: number | undefined;
    }
  | {
      readonly kind: 'generator';
      readonly model: Model<GeneratorCard>;
      readonly chosen: ChosenProvider<Generator>;
    };

/** Tells how far an order is and lets a cancel request in. @throws CancelledError */
type Step = (fraction: number, message: string) => Promise<void>;

let ready: Promise<Loaded> | undefined;
const cancelled = new Set<number>();

function receive(request: Request): void {
  if (request.type === 'start') void start(request);
  else if (request.type === 'cancel') cancelled.add(request.id);
  else void answer(request);
}

async function start(request: StartRequest): Promise<void> {
  ready = load(request);
  try {
    const { chosen } = await ready;
    send({ type: 'ready', provider: chosen.provider, reports: chosen.reports });
  } catch (error) {
    send({ type: 'unusable', error: failureOf(error) });
  }
}

async function load({
  modelDir,
  threads,
  forced,
  preferred,
  excluded,
  maxVoxels,
}: StartRequest): Promise<Loaded> {
  const how = {
    known: runtimeProviders(),
    forced,
    preferred,
    excluded,
    onTrial: (provider: string) => send({ type: 'trial', provider }),
  };
  if (taskOf(modelDir) === 'face-generation') {
    const model = loadGenerator(modelDir);
    const weights = readFileSync(model.weights);
    const open = (provider: string) => openGenerator(weights, model.card, provider, threads);
    const chosen = await chooseProvider({ ...how, open, test: generatorTest(model.card) });
    return { kind: 'generator', model, chosen };
  }
  const model = loadModelCard(modelDir);
  const weights = readFileSync(model.weights);
  const open = (provider: string) => openOnnxNetwork(weights, model.card, provider, threads);
  const test = segmentationTest(model.card.labels.length);
  return {
    kind: 'segmentation',
    model,
    chosen: await chooseProvider({ ...how, open, test }),
    maxVoxels,
  };
}

async function answer(request: SegmentRequest | GenerateRequest): Promise<void> {
  const { id } = request;
  try {
    const loaded = await ready!;
    let furthest = 0; // a second look at a scan begins again; the bar does not
    const step: Step = async (fraction, message) => {
      furthest = Math.max(furthest, fraction);
      send({ type: 'progress', id, fraction: furthest, message });
      await new Promise((resume) => setImmediate(resume)); // lets a cancel request in
      if (cancelled.has(id)) throw new CancelledError('Cancelled.');
    };
    send({ type: 'done', id, result: await work(loaded, request, step) });
  } catch (error) {
    if (error instanceof CancelledError) send({ type: 'cancelled', id });
    else send({ type: 'failed', id, error: failureOf(error) });
  } finally {
    cancelled.delete(id);
  }
}

function work(
  loaded: Loaded,
  request: SegmentRequest | GenerateRequest,
  step: Step,
): Promise<HeadSegmentation | FaceMaker> {
  if (loaded.kind === 'segmentation' && request.type === 'segment') return segment(loaded, request, step);
  if (loaded.kind === 'generator' && request.type === 'generate') return generate(loaded, request, step);
  throw new WrongOrderError(`Expected an order for a ${loaded.kind} network, got "${request.type}".`);
}

function segment(loaded: Loaded & { kind: 'segmentation' }, request: SegmentRequest, step: Step) {
  const { model, chosen, maxVoxels } = loaded;
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
  return segmentFile(request.volumePath, request.outDir, model.card, run, () => chosen.provider, step);
}

async function generate(
  loaded: Loaded & { kind: 'generator' },
  { inputPath, outPath }: GenerateRequest,
  step: Step,
): Promise<FaceMaker> {
  const { card } = loaded.model;
  const channels = await readFloats(inputPath, channelValues(card));
  const tissue = await loaded.chosen.open.network.make(channels, card.space.shape, (fraction) =>
    step(fraction, 'making a face'),
  );
  const bad = indexOfNotFinite(tissue);
  if (bad >= 0) {
    throw new NotFiniteError(`Expected a face of numbers from ${card.id}, got ${tissue[bad]} among them.`);
  }
  await step(1, 'made a face');
  try {
    await writeFloats(outPath, tissue);
  } catch (error) {
    await rm(outPath, { force: true });
    throw error;
  }
  return { model: generatorName(card), provider: loaded.chosen.provider };
}
