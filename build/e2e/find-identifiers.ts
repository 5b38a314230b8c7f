import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { listFiles } from './folder-digest.ts';

/**
 * Searches every byte of a folder for strings, independently of the product's own leak scan.
 *
 * Names and contents, gzip opened, case ignored, UTF-8, Latin-1 and UTF-16. Deliberately plain: one
 * `indexOf` per string and file.
 *
 * @returns one line for each finding
 */
export function findIdentifiers(dir: string, planted: readonly string[]): string[] {
  const found: string[] = [];
  for (const file of listFiles(dir)) {
    let bytes: Buffer = readFileSync(join(dir, file));
    if (bytes[0] === 0x1f && bytes[1] === 0x8b)
      bytes = Buffer.concat([bytes.subarray(0, 64), gunzipSync(bytes)]);
    const latin = bytes.toString('latin1').toLowerCase();
    for (const text of planted) {
      const lower = text.toLowerCase();
      if (file.toLowerCase().includes(lower)) found.push(`${file}: name holds ${text}`);
      for (const form of [
        lower,
        Buffer.from(lower, 'utf8').toString('latin1'),
        Buffer.from(lower, 'utf16le').toString('latin1'),
      ]) {
        if (latin.includes(form)) {
          found.push(`${file}: content holds ${text}`);
          break;
        }
      }
    }
  }
  return found;
}
