import { join } from 'node:path';
import type { Tensor3D } from '@tensorflow/tfjs-core';
import * as faceApi from '@vladmandic/face-api';
import { equalise } from './equalise.ts';
import type { GrayPicture } from './face-reader.ts';
import type { ReadFace } from './human-network.ts';
import { shrink, toTensor } from './picture-tensor.ts';
import { unitLength } from './unit-length.ts';

/**
 * The detector is shown a small head in a large frame, as in the photographs it knows: it finds few faces that fill
 * the picture.
 */
const SHRINK = 0.4;
const DETECTOR_SIZE = 416;
/**
 * What counts as a face. Turned heads get little, so the limit is low, and bare eye sockets of an emptied face pass it
 * at times (up to 0.8). Of this package's other detector, SSD MobileNet, a scan that came defaced gets 0.9; here, 0.2.
 */
const MIN_SCORE = 0.3;
/** How much the shadows are opened for the detector and landmarks, and for the descriptor: see {@link equalise}. */
const EQUALISE_TO_FIND = 1;
const EQUALISE_TO_DESCRIBE = 0.5;

/** Loads TinyFaceDetector, the 68 landmarks and the ResNet-34 from the installed package. @throws an Error of fs */
export async function openFaceApi(packageDir: string): Promise<ReadFace> {
  const folder = join(packageDir, 'model');
  const { tinyFaceDetector, faceLandmark68Net, faceRecognitionNet } = faceApi.nets;
  for (const net of [tinyFaceDetector, faceLandmark68Net, faceRecognitionNet]) await net.loadFromDisk(folder);
  return async (picture) => {
    const clear = toTensor({ ...picture, gray: equalise(picture.gray, EQUALISE_TO_FIND) });
    const soft = toTensor({ ...picture, gray: equalise(picture.gray, EQUALISE_TO_DESCRIBE) });
    try {
      const best = await detect(clear, picture);
      if (!best) return { network: 'face-api', found: false, score: 0, descriptor: null };
      const descriptor = best.score < MIN_SCORE ? null : await describe(best.box, clear, soft);
      return { network: 'face-api', found: descriptor !== null, score: best.score, descriptor };
    } finally {
      clear.dispose();
      soft.dispose();
    }
  };
}

interface Detected {
  readonly score: number;
  /** Pixels of the picture, within it. */
  readonly box: faceApi.Box;
}

/** The face that the detector is surest of. */
async function detect(picture: Tensor3D, { width, height }: GrayPicture): Promise<Detected | undefined> {
  const small = shrink(picture, SHRINK);
  const options = new faceApi.TinyFaceDetectorOptions({ inputSize: DETECTOR_SIZE, scoreThreshold: 0.05 });
  const faces = await faceApi.detectAllFaces(asInput(small), options);
  small.dispose();
  const best = faces.reduce<faceApi.FaceDetection | undefined>(
    (a, b) => (a && a.score >= b.score ? a : b),
    undefined,
  );
  if (!best) return undefined;
  const { x, y, width: w, height: h } = best.box;
  const enlarged = new faceApi.Rect(
    (x - width / 2) / SHRINK + width / 2,
    (y - height / 2) / SHRINK + height / 2,
    w / SHRINK,
    h / SHRINK,
  );
  return { score: best.score, box: enlarged.clipAtImageBorders(width, height) };
}

/** Landmarks turn the box into the one that the descriptor's network was trained on. */
async function describe(box: faceApi.Box, clear: Tensor3D, soft: Tensor3D): Promise<number[] | null> {
  const found = await crop(clear, box);
  if (!found) return null;
  const landmarks = (await faceApi.nets.faceLandmark68Net.detectLandmarks(
    asInput(found),
  )) as faceApi.FaceLandmarks68;
  found.dispose();
  const placed = new faceApi.FaceLandmarks68(
    landmarks.relativePositions,
    box,
    new faceApi.Point(box.x, box.y),
  );
  const face = await crop(soft, placed.align(null, { useDlibAlignment: true }));
  if (!face) return null;
  const values = (await faceApi.nets.faceRecognitionNet.computeFaceDescriptor(asInput(face))) as Float32Array;
  face.dispose();
  return unitLength(values);
}

/** The part of a picture in a box; undefined where the box is outside. */
async function crop(picture: Tensor3D, box: faceApi.Box): Promise<Tensor3D | undefined> {
  const rect = new faceApi.Rect(box.x, box.y, box.width, box.height);
  const [part] = await faceApi.extractFaceTensors(picture as never, [rect]);
  return part as Tensor3D | undefined;
}

/** The package declares tensors of its own, which are the same. */
function asInput(tensor: Tensor3D): faceApi.TNetInput {
  return tensor as unknown as faceApi.TNetInput;
}
