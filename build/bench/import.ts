/**
 * Import benchmark: `npm run bench -- import [--files 20000] [--rounds 3] [--skip-pydicom] [--keep]`.
 *
 * Writes a synthetic tree of DICOM instances (series of 200, about 3 KB of attributes with a private
 * block, 64×64 pixels), then measures in the same run, alternating: our import with two worker threads
 * (fresh process, fresh catalog on disk), a plain sequential read of the same bytes, and pydicom's
 * `dcmread(stop_before_pixels=True)` in one process. The files are in the page cache for all of them.
 */
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { type TestElement, testDicomFile, testSlice } from '../../electron/import/dicom/write-test-file.ts';

interface Timing {
  seconds: number;
  rssMb: number;
}

const python = '/usr/bin/python3';
const pydicomProgram = `
import json, os, resource, sys, time, warnings
warnings.filterwarnings('ignore')
from pydicom import dcmread
start = time.perf_counter()
n = 0
for folder, _, files in os.walk(sys.argv[1]):
    for name in files:
        dcmread(os.path.join(folder, name), stop_before_pixels=True)
        n += 1
print(json.dumps({'seconds': time.perf_counter() - start, 'rssMb': resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 'files': n}))
`;

export async function main(args: string[]): Promise<void> {
  const option = (name: string, fallback: number) => {
    const at = args.indexOf(`--${name}`);
    return at >= 0 ? Number(args[at + 1]) : fallback;
  };
  const files = option('files', 20_000);
  const rounds = option('rounds', 3);
  const dir = mkdtempSync(join(tmpdir(), 'refacade-bench-import-'));
  try {
    const tree = join(dir, 'tree');
    const written = writeTree(tree, files);
    console.log(
      `${files} instances, ${(written / 1e6).toFixed(0)} MB, ${availableParallelism()} cores, node ${process.version}`,
    );
    const runner = await bundle();
    const withPydicom =
      !args.includes('--skip-pydicom') &&
      spawnSync(python, ['-c', 'import pydicom'], { stdio: 'ignore' }).status === 0;
    const times: Record<'import' | 'again' | 'read' | 'pydicom', Timing[]> = {
      import: [],
      again: [],
      read: [],
      pydicom: [],
    };
    for (let round = 0; round < rounds; round++) {
      times.read.push(sequentialRead(tree));
      const ours = importOnce(runner, tree, join(dir, `catalog-${round}.db`), files);
      times.import.push(ours.first);
      times.again.push(ours.again);
      if (withPydicom)
        times.pydicom.push(
          JSON.parse(spawnSync(python, ['-c', pydicomProgram, tree], { encoding: 'utf8' }).stdout) as Timing,
        );
      console.log(
        `round ${round + 1}: import ${ours.first.seconds.toFixed(2)} s, again ${ours.again.seconds.toFixed(2)} s, read ${times.read.at(-1)!.seconds.toFixed(2)} s${withPydicom ? `, pydicom ${times.pydicom.at(-1)!.seconds.toFixed(2)} s` : ''}`,
      );
    }
    report(files, times);
  } finally {
    if (args.includes('--keep')) console.log(`kept ${dir}`);
    else rmSync(dir, { recursive: true, force: true });
  }
}

function report(files: number, times: Record<string, Timing[]>): void {
  const median = (values: number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
  const ours = median(times.import!.map((t) => t.seconds));
  const rows: Array<[string, Timing[]]> = [
    ['Refacade import (2 threads)', times.import!],
    ['Refacade, same folder again', times.again!],
    ['plain sequential read', times.read!],
    ['pydicom, headers only', times.pydicom!],
  ];
  console.log('\n| what | median s | files/s | peak RSS MB | time ÷ import |\n|---|---|---|---|---|');
  for (const [name, list] of rows) {
    if (list.length === 0) {
      console.log(`| ${name} | not measured | | | |`);
      continue;
    }
    const seconds = median(list.map((t) => t.seconds));
    const rss = Math.max(...list.map((t) => t.rssMb));
    console.log(
      `| ${name} | ${seconds.toFixed(2)} | ${Math.round(files / seconds)} | ${rss ? rss.toFixed(0) : '–'} | ${(seconds / ours).toFixed(2)} |`,
    );
  }
}

function importOnce(
  runner: string,
  tree: string,
  database: string,
  files: number,
): { first: Timing; again: Timing } {
  const run = () => {
    const child = spawnSync(process.execPath, [runner, tree, database], {
      encoding: 'utf8',
      maxBuffer: 1 << 26,
    });
    if (child.status !== 0) throw new Error(`The import failed: ${child.stderr}`);
    return JSON.parse(child.stdout.trim().split('\n').at(-1)!) as Timing & {
      filesNew: number;
      dicomFiles: number;
      longestPauseMs: number;
    };
  };
  const first = run();
  if (first.dicomFiles !== files)
    throw new Error(`Expected ${files} imported instances, got ${first.dicomFiles}.`);
  const again = run();
  if (again.filesNew !== 0) throw new Error(`Expected nothing new the second time, got ${again.filesNew}.`);
  console.log(`longest pause of the main thread: ${first.longestPauseMs.toFixed(0)} ms`);
  return { first, again };
}

function sequentialRead(tree: string): Timing {
  const buffer = Buffer.allocUnsafe(1 << 20);
  const start = performance.now();
  for (const series of readdirSync(tree)) {
    for (const name of readdirSync(join(tree, series))) {
      const descriptor = openSync(join(tree, series, name), 'r');
      while (readSync(descriptor, buffer, 0, buffer.length, null) > 0);
      closeSync(descriptor);
    }
  }
  return { seconds: (performance.now() - start) / 1000, rssMb: 0 };
}

/** Series of 200 slices, four series to a person. */
function writeTree(tree: string, files: number): number {
  let bytes = 0;
  const pixels = new Uint8Array(2 * 64 * 64).fill(7);
  // What scanners add to every file: several dozen ordinary attributes and a private block.
  const filler: TestElement[] = [
    ...Array.from(
      { length: 40 },
      (_, n): TestElement => [
        `0018${(0x9200 + n).toString(16).toUpperCase()}`,
        'LO',
        `protocol setting ${n}`,
      ],
    ),
    ['00290010', 'LO', 'PHANTOM HEADER'],
    ...Array.from(
      { length: 12 },
      (_, n): TestElement => [
        `002910${(16 + n).toString(16).toUpperCase()}`,
        'UN',
        new Uint8Array(96).fill(n),
      ],
    ),
    [
      '00400275',
      'SQ',
      [
        [
          ['00400007', 'LO', 'step'],
          ['00400009', 'SH', '1'],
        ],
      ],
    ],
  ];
  for (let n = 0; n < files; n++) {
    const series = Math.floor(n / 200);
    const slice = n % 200;
    const folder = join(tree, `series-${String(series).padStart(5, '0')}`);
    if (slice === 0) mkdirSync(folder, { recursive: true });
    const file = testDicomFile(
      testSlice({
        patientId: `BENCH${Math.floor(series / 4)}`,
        studyUid: `2.25.9.${Math.floor(series / 4)}`,
        seriesUid: `2.25.9.${Math.floor(series / 4)}.${series}`,
        instanceNumber: slice + 1,
        position: [-96, -96, slice],
        rows: 64,
        columns: 64,
        spacing: [3, 3],
        thickness: 1,
        pixels,
        extra: filler,
      }),
    );
    // File names in another order than the slices, as archives have them.
    writeFileSync(join(folder, `${String((slice * 73) % 200).padStart(4, '0')}.dcm`), file);
    bytes += file.length;
  }
  return bytes;
}

/** Bundles the import and its worker beside the dependencies, so that plain Node can run them. */
async function bundle(): Promise<string> {
  const root = projectRoot();
  const out = join(root, '.scratch', 'bench-import');
  const common = {
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'error',
  } as const;
  const external = ['better-sqlite3', '@niivue/dcm2niix', 'esbuild'];
  const banner = {
    js: `import { createRequire as __cr } from 'node:module'; const require = __cr(import.meta.url);`,
  };
  const folder = join(root, 'build', 'bench');
  await build({
    ...common,
    external,
    banner,
    entryPoints: [join(folder, 'import-worker.ts')],
    outfile: join(out, 'worker.mjs'),
  });
  await build({
    ...common,
    external,
    banner,
    entryPoints: [join(folder, 'import-runner.ts')],
    outfile: join(out, 'runner.mjs'),
  });
  return join(out, 'runner.mjs');
}

function projectRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (
    !(
      existsSync(join(folder, 'package.json')) &&
      readFileSync(join(folder, 'package.json'), 'utf8').includes('"refacade"')
    )
  )
    folder = dirname(folder);
  return folder;
}
