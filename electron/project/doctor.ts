import { existsSync, mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { openDatabase } from '../catalog/database.ts';
import { converterFolder } from '../import/convert-series.ts';

export interface Finding {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** Checks what the application stands on, one line each, with what to do where something is missing. */
export function diagnose(paths: { staticDir: string; workerFile: string; userDataDir: string }): Finding[] {
  return [
    check('Node', () => `${process.versions.node}, ABI ${process.versions.modules}`),
    check('SQLite', () => {
      const db = openDatabase(':memory:');
      try {
        return `version ${db.prepare('SELECT sqlite_version()').pluck().get()}`;
      } finally {
        db.close();
      }
    }),
    check('DICOM converter', () => `dcm2niix (WebAssembly) in ${basename(dirname(converterFolder()))}`),
    check('Worker', () => mustExist(paths.workerFile)),
    check('Screens', () => mustExist(join(paths.staticDir, 'index.html'))),
    check('User data folder', () => {
      mkdirSync(paths.userDataDir, { recursive: true });
      const probe = join(paths.userDataDir, `.write-${process.pid}`);
      writeFileSync(probe, '');
      rmSync(probe);
      const free = statfsSync(paths.userDataDir);
      return `${paths.userDataDir}, ${((free.bavail * free.bsize) / 1e9).toFixed(1)} GB free`;
    }),
    check('Machine', () => `${availableParallelism()} cores, ${(totalmem() / 1e9).toFixed(0)} GB memory`),
  ];
}

function check(name: string, look: () => string): Finding {
  try {
    return { name, ok: true, detail: look() };
  } catch (error) {
    return { name, ok: false, detail: (error as Error).message };
  }
}

function mustExist(file: string): string {
  if (!existsSync(file)) throw new Error(`${file} is missing. Run \`npm run build\`.`);
  return 'present';
}
