// Entry of the face process; the protocol is in face-contract.ts. It reads the networks from files and nothing else.
import type { Device } from '../../inference/worker-contract.ts';
import { failureOf, openPort } from '../../inference/worker-port.ts';
import { openFaceApi } from './face-api-network.ts';
import type { FaceAnswer, FaceReadRequest, FaceRequest, FaceStartRequest } from './face-contract.ts';
import type { FaceReading, GrayPicture } from './face-reader.ts';
import { openHuman } from './human-network.ts';
import noNetwork from './no-network.ts';
import { openTensorflow } from './tensorflow.ts';

globalThis.fetch = noNetwork;

type Look = (picture: GrayPicture) => Promise<FaceReading[]>;

const send = openPort<FaceRequest, FaceAnswer>(receive);
let ready: Promise<{ device: Device; look: Look }> | undefined;

function receive(request: FaceRequest): void {
  if (request.type === 'start') void start(request);
  else if (request.type === 'read') void read(request);
}

async function start({ packages, excluded }: FaceStartRequest): Promise<void> {
  ready = (async () => {
    const onTrial = (provider: string) => send({ type: 'trial', provider });
    const device = await openTensorflow(packages.wasm.dir, excluded, onTrial);
    const human = await openHuman(packages.human.dir, device.provider);
    const faceApi = await openFaceApi(packages.faceApi.dir);
    // One after the other: the first network keeps state between its steps.
    return { device, look: async (picture) => [await human(picture), await faceApi(picture)] };
  })();
  try {
    const { device } = await ready;
    send({ type: 'ready', ...device });
  } catch (error) {
    send({ type: 'unusable', error: failureOf(error) });
  }
}

async function read({ id, width, height, gray }: FaceReadRequest): Promise<void> {
  try {
    const { look } = await ready!;
    send({ type: 'done', id, result: await look({ width, height, gray: Buffer.from(gray, 'base64') }) });
  } catch (error) {
    send({ type: 'failed', id, error: failureOf(error) });
  }
}
