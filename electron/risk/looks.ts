import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FaceReading } from './faces/face-reader.ts';
import type { SurfaceLevels } from './levels.ts';
import type { LookCondition } from './look-conditions.ts';
import type { RenderFrame, SurfaceView } from './render.ts';

/** Camera and grey levels of a head, with which its edited versions are pictured too. */
export interface LookSetting {
  readonly frame: RenderFrame;
  readonly levels: SurfaceLevels;
}

/** What the networks found in the pictures of one head under one condition. */
export interface Look {
  readonly condition: LookCondition;
  readonly views: readonly { readonly view: SurfaceView; readonly readings: readonly FaceReading[] }[];
  readonly setting: LookSetting;
  readonly seconds: number;
}

/**
 * Looks kept in the project's `risk` folder, by what they depend on: the content of the scan, the condition, and the
 * versions of renders and networks. A scan that comes back under another name is not looked at again.
 *
 * Descriptors of faces are biometric data: the folder stays in the lab, like the volumes beside it, and no share reads
 * it. The key is a hash of hashes and names nobody.
 */
export class LookCache {
  constructor(private readonly dir: string) {
    mkdirSync(dir, { recursive: true });
  }

  /** @param parts everything the stored value depends on */
  static key(...parts: readonly string[]): string {
    return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 40);
  }

  pathOf(key: string): string {
    return join(this.dir, `${key}.json`);
  }

  read<T>(key: string): T | null {
    const path = this.pathOf(key);
    if (!existsSync(path)) return null;
    try {
      return JSON.parse(readFileSync(path, 'utf8')) as T;
    } catch {
      return null; // half a file of a killed process: looked at again
    }
  }

  write(key: string, value: unknown): void {
    const path = this.pathOf(key);
    const partial = `${path}.${process.pid}-${randomBytes(4).toString('hex')}.part`;
    writeFileSync(partial, JSON.stringify(value, shorten));
    renameSync(partial, path);
  }
}

/** Descriptors are unit vectors of up to 1024 values: six digits are far below their noise. */
function shorten(_: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(7)) : value;
}
