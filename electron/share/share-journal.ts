// The journal of a share in the making: one JSON object a line, appended and flushed after the files it
// speaks of are whole. First line `{ start }`, then `{ unit }` per scan and format, at the end `{ moving }`
// with the names that go to their final place. A line cut short by a crash is ignored.
import { appendFileSync, closeSync, existsSync, fsyncSync, openSync, readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type FileRecord, hashFile } from './whole-file.ts';

export interface JournalStart {
  /** Which project the share belongs to: a fingerprint, no path. */
  readonly project: string;
  readonly shareUid: string;
  readonly startedAt: string;
}

/** A scan in one format, written and verified. `facts` is what the receipt needs to know about it. */
export interface JournalUnit {
  readonly key: string;
  /** Everything the files depend on; a unit made from other input is written again. */
  readonly fingerprint: string;
  readonly files: readonly FileRecord[];
  readonly facts: unknown;
}

type Line = { start: JournalStart } | { unit: JournalUnit } | { moving: string[] };

export class ShareJournal {
  private constructor(
    private readonly file: string,
    readonly start: JournalStart | null,
    private readonly units: Map<string, JournalUnit>,
    readonly moving: readonly string[] | null,
  ) {}

  /** Reads the journal of an unfinished share; an empty one when there is none. */
  static read(partialDir: string): ShareJournal {
    const file = join(partialDir, 'journal.jsonl');
    let start: JournalStart | null = null;
    let moving: readonly string[] | null = null;
    const units = new Map<string, JournalUnit>();
    for (const text of existsSync(file) ? readFileSync(file, 'utf8').split('\n') : []) {
      const line = parseLine(text);
      if (!line) continue;
      if ('start' in line) start = line.start;
      else if ('unit' in line) units.set(line.unit.key, line.unit);
      else moving = line.moving;
    }
    return new ShareJournal(file, start, units, moving);
  }

  append(line: Line): void {
    // A line that a crash cut short must not swallow this one.
    const cut = existsSync(this.file) && !readFileSync(this.file, 'utf8').endsWith('\n') ? '\n' : '';
    const handle = openSync(this.file, 'a');
    try {
      appendFileSync(handle, `${cut}${JSON.stringify(line)}\n`);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    if ('unit' in line) this.units.set(line.unit.key, line.unit);
  }

  /** A unit written before from the same input whose files are all still what they were; null otherwise. */
  async finished(key: string, fingerprint: string, contentDir: string): Promise<JournalUnit | null> {
    const unit = this.units.get(key);
    if (!unit || unit.fingerprint !== fingerprint) return null;
    for (const file of unit.files) {
      const path = join(contentDir, ...file.path.split('/'));
      const size = await stat(path).then(
        (s) => s.size,
        () => -1,
      );
      if (size !== file.size || (await hashFile(path)) !== file.sha256) return null;
    }
    return unit;
  }
}

function parseLine(text: string): Line | null {
  if (text === '') return null;
  try {
    return JSON.parse(text) as Line;
  } catch {
    return null;
  }
}
