import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** Where the face networks and their runtime lie. */
export interface FacePackages {
  readonly human: FacePackage;
  readonly faceApi: FacePackage;
  readonly wasm: FacePackage;
}

export interface FacePackage {
  readonly dir: string;
  readonly version: string;
}

/** A file of each part, without which it is of no use: a packaged application holds only these. */
const PARTS = {
  human: { name: '@vladmandic/human', file: 'models/faceres.bin' },
  faceApi: { name: '@vladmandic/face-api', file: 'model/face_recognition_model.bin' },
  wasm: { name: '@tensorflow/tfjs-backend-wasm', file: 'dist/tfjs-backend-wasm-simd.wasm' },
} as const;

/**
 * Finds the installed packages of the face networks as seen from the build folder; undefined where one is missing.
 *
 * Their program code is part of our bundle; what is looked for here are their weights and WebAssembly binaries.
 */
export function findFacePackages(distDir: string): FacePackages | undefined {
  const folders = createRequire(join(distDir, 'faces', 'main.js')).resolve.paths('x') ?? [];
  const find = ({ name, file }: { name: string; file: string }): FacePackage | undefined => {
    const dir = folders.map((f) => join(f, name)).find((d) => existsSync(join(d, file)));
    if (!dir) return undefined;
    const { version } = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8')) as { version: string };
    return { dir, version };
  };
  const [human, faceApi, wasm] = [find(PARTS.human), find(PARTS.faceApi), find(PARTS.wasm)];
  return human && faceApi && wasm ? { human, faceApi, wasm } : undefined;
}
