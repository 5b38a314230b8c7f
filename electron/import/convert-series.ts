import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Problem } from '../../shared/problem.ts';
import type { TaskContext } from '../worker/task.ts';
import { inflateStart, isGzip, readNiftiHeader } from './nifti/read-header.ts';

export interface ConvertSeriesParams {
  /** Absolute paths, in slice order. */
  files: string[];
  /** Where the .nii goes; not used for a NIfTI source. */
  outPath: string;
  format: 'dicom' | 'nifti';
}

export interface ConvertedSeries {
  /** The written .nii, or the source itself when it was NIfTI already. */
  path: string;
  shape: number[];
  voxelSizeMm: number[];
  /** 4×4 row-major, RAS+. */
  affine: number[];
  problems: Problem[];
}

export class ConversionError extends Error {
  override name = 'ConversionError';
}

/** The part of an Emscripten module that is used here. */
interface Converter {
  FS: {
    mkdir(path: string): void;
    writeFile(path: string, data: Uint8Array): void;
    readFile(path: string): Uint8Array;
    readdir(path: string): string[];
    unlink(path: string): void;
  };
  callMain(args: string[]): number;
}
type ConverterFactory = (options: object) => Promise<Converter>;

/**
 * Turns one series into a NIfTI file with dcm2niix (compiled to WebAssembly, in this thread).
 *
 * The result has the voxels that dcm2niix gives every lab: no cropping, no resampling, no de-facing, the
 * stored numbers with their slope and intercept. Written to a temporary name, flushed, then renamed.
 * A NIfTI source is not copied: its own path comes back.
 *
 * @throws ConversionError when no image came out; the message holds what the converter said
 */
export async function convertSeries(
  params: ConvertSeriesParams,
  context: TaskContext,
): Promise<ConvertedSeries> {
  if (params.format === 'nifti') return describe(params.files[0]!, []);
  context.signal.throwIfAborted();
  const said: string[] = [];
  const converter = await startConverter((line) => said.push(line));
  converter.FS.mkdir('/in');
  converter.FS.mkdir('/out');
  for (const [n, file] of params.files.entries()) {
    if (n % 64 === 0) {
      context.signal.throwIfAborted();
      context.progress((0.5 * n) / params.files.length, 'reading the series');
    }
    // Neutral names: the originals may carry identifiers and would end up in messages.
    converter.FS.writeFile(`/in/${String(n).padStart(7, '0')}.dcm`, await readFile(file));
  }
  context.progress(0.5, 'converting');
  // `-x i`: neither crop nor turn 3-D acquisitions, so that i, j, k stay columns, rows (flipped) and slices.
  const exitCode = runConverter(converter, [
    '-z',
    'n',
    '-b',
    'n',
    '-x',
    'i',
    '-f',
    'out',
    '-v',
    '0',
    '-g',
    'i',
    '-o',
    '/out',
    '/in',
  ]);
  const outputs = converter.FS.readdir('/out')
    .filter((name) => name.endsWith('.nii'))
    .map((name) => ({ name, bytes: converter.FS.readFile(`/out/${name}`) }));
  const subject = `${params.files.length} DICOM file${params.files.length === 1 ? '' : 's'}`;
  if (outputs.length === 0) {
    throw new ConversionError(
      `No image came out of ${subject} (dcm2niix ended with ${exitCode}): ${lastWords(said)}. Check that the files belong to one image series with pixel data.`,
    );
  }
  const { chosen, problems } = chooseOutput(outputs, subject);
  problems.push(...warnings(said, subject));
  context.signal.throwIfAborted();
  await writeAtomically(params.outPath, chosen.bytes);
  context.progress(1, 'converted');
  return describe(params.outPath, problems);
}

interface Output {
  name: string;
  bytes: Uint8Array;
}

/**
 * Besides the image itself dcm2niix may write corrected copies (`_Eq` evenly spaced, `_Tilt` without
 * gantry tilt) and further volumes (echoes, phases). The image on the acquired grid is the one to edit.
 */
function chooseOutput(outputs: Output[], subject: string): { chosen: Output; problems: Problem[] } {
  const problems: Problem[] = [];
  const acquired = outputs.filter(
    (o) => !/_(Eq|Tilt|ROI|Crop)(_\d+)?\.nii$/.test(o.name) && !/_(Eq|Tilt)/.test(o.name),
  );
  const pool = acquired.length > 0 ? acquired : outputs;
  pool.sort((a, b) => b.bytes.length - a.bytes.length || (a.name < b.name ? -1 : 1));
  if (pool.length > 1) {
    problems.push({
      code: 'several-volumes',
      level: 'warning',
      subject,
      message: `The series converts to ${pool.length} separate images (${pool.map((o) => o.name).join(', ')}); the largest was taken, the first among equals.`,
      fix: 'Check in the review that it is the intended one; split the series at its source if the others are needed.',
    });
  }
  if (outputs.some((o) => /_Eq/.test(o.name))) {
    problems.push({
      code: 'uneven-spacing',
      level: 'warning',
      subject,
      message:
        'The slices are not evenly spaced; the image keeps them as acquired, so lengths along the slices are approximate.',
    });
  }
  if (outputs.some((o) => /_Tilt/.test(o.name))) {
    problems.push({
      code: 'gantry-tilt',
      level: 'warning',
      subject,
      message: 'The slices were acquired with a tilted gantry; the image keeps them as acquired, sheared.',
    });
  }
  return { chosen: pool[0]!, problems };
}

function warnings(said: readonly string[], subject: string): Problem[] {
  // Conversions of these kinds lose or guess something that matters for geometry or values.
  const relevant = /Missing images|not spatial|Unable to decode|unsupported|Error|not in .*order|Overwrit/i;
  return [...new Set(said)]
    .filter((line) => /^(Warning|Error)/.test(line) && relevant.test(line))
    .slice(0, 10)
    .map((line) => ({
      code: 'converter-warning',
      level: 'info' as const,
      subject,
      message: `dcm2niix: ${line.replaceAll(/\/(in|out)\/\S+/g, 'a file')}`,
    }));
}

function lastWords(said: readonly string[]): string {
  return (
    said
      .filter((line) => /^(Warning|Error)|unsupported|unable/i.test(line))
      .slice(-3)
      .join('; ') ||
    said.at(-1) ||
    'it gave no reason'
  ).replaceAll(/\/(in|out)\/\S+/g, 'a file');
}

/** The compiled program is kept; every conversion gets a fresh instance, so nothing leaks from one to the next. */
let compiled: Promise<{ factory: ConverterFactory; module: object }> | undefined;

async function startConverter(say: (line: string) => void): Promise<Converter> {
  compiled ??= (async () => {
    const folder = converterFolder();
    const url = pathToFileURL(join(folder, 'dcm2niix.jpeg.js')).href;
    const { default: factory } = (await import(/* @vite-ignore */ url)) as { default: ConverterFactory };
    return { factory, module: await webAssembly.compile(await readFile(join(folder, 'dcm2niix.jpeg.wasm'))) };
  })();
  const { factory, module } = await compiled.catch((error: unknown) => {
    compiled = undefined;
    throw error;
  });
  return factory({
    noInitialRun: true,
    print: say,
    printErr: say,
    // The glue code awaits what this returns and takes the exports from it, so it must be the exports themselves.
    instantiateWasm(imports: object, done: (instance: object, module: object) => object) {
      return done(new webAssembly.Instance(module, imports), module);
    },
  });
}

/** Node has it; the type library of this room (no DOM) does not. */
const webAssembly = (
  globalThis as unknown as {
    WebAssembly: {
      compile(bytes: Uint8Array): Promise<object>;
      Instance: new (module: object, imports: object) => object;
    };
  }
).WebAssembly;

/** `@niivue/dcm2niix/dist`, looked for from this file upwards: from a checkout as well as from a bundle in `dist/`. */
export function converterFolder(): string {
  const folders = createRequire(import.meta.url).resolve.paths('@niivue/dcm2niix') ?? [];
  for (const folder of folders) {
    const dist = join(folder, '@niivue', 'dcm2niix', 'dist');
    if (existsSync(join(dist, 'dcm2niix.jpeg.wasm'))) return dist;
  }
  throw new ConversionError(
    `Expected @niivue/dcm2niix in one of ${folders.join(', ')}; it is not there. Run npm ci again.`,
  );
}

function runConverter(converter: Converter, args: string[]): number {
  const before = process.exitCode;
  try {
    return converter.callMain(args);
  } catch (error) {
    // The program's own exit is thrown as an ExitStatus; anything else is a crash inside it.
    const status = (error as { name?: string; status?: number }).status;
    if (status === undefined)
      throw new ConversionError(`The converter stopped unexpectedly: ${(error as Error).message}`, {
        cause: error,
      });
    return status;
  } finally {
    process.exitCode = before;
  }
}

async function writeAtomically(path: string, bytes: Uint8Array): Promise<void> {
  // Threads of one process share its number.
  const temporary = `${path}.${randomUUID()}.part`;
  try {
    const handle = await open(temporary, 'w');
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

async function describe(path: string, problems: Problem[]): Promise<ConvertedSeries> {
  const handle = await open(path, 'r');
  try {
    const bytes = Buffer.alloc(64 * 1024);
    const { bytesRead } = await handle.read(bytes, 0, bytes.length, 0);
    const head = bytes.subarray(0, bytesRead);
    const zipped = isGzip(head);
    const header = readNiftiHeader(zipped ? inflateStart(head) : head, zipped);
    return {
      path,
      shape: header.shape,
      voxelSizeMm: header.voxelSizeMm.slice(0, 3),
      affine: header.affine,
      problems,
    };
  } finally {
    await handle.close();
  }
}
