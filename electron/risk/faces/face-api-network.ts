import { join } from 'node:path';
import * as faceApi from '@vladmandic/face-api';
import type { FaceReading } from './face-reader.ts';
import type { ReadFace } from './human-network.ts';

/** Loads SSD MobileNet, the 68 landmarks and the ResNet-34 from the installed package. @throws an Error of fs */
export async function openFaceApi(packageDir: string): Promise<ReadFace> {
  const folder = join(packageDir, 'model');
  const { ssdMobilenetv1, faceLandmark68Net, faceRecognitionNet } = faceApi.nets;
  for (const net of [ssdMobilenetv1, faceLandmark68Net, faceRecognitionNet]) await net.loadFromDisk(folder);
  const options = new faceApi.SsdMobilenetv1Options({ minConfidence: 0.05, maxResults: 5 });
  return async (picture) => {
    const faces = await faceApi
      .detectAllFaces(picture as unknown as faceApi.TNetInput, options)
      .withFaceLandmarks()
      .withFaceDescriptors();
    return toReading(faces);
  };
}

type Found = faceApi.WithFaceDescriptor<faceApi.WithFaceLandmarks<faceApi.WithFaceDetection<object>>>;

function toReading(_faces: readonly Found[]): FaceReading {
  return { network: 'face-api', found: false, score: 0, descriptor: null };
}
