import { existsSync, mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { openDatabase } from '../catalog/database.ts';
import { faceMethods } from '../deidentify/face/methods.ts';
import { whyUnavailable } from '../deidentify/method-models.ts';
import { describeError } from '../describe-error.ts';
import { converterFolder } from '../import/convert-series.ts';
import type { ModelSegmenter } from '../inference/create-segmenter.ts';
import { findModels, loadModelCard } from '../inference/model-card.ts';
import type { Device } from '../inference/worker-contract.ts';
import type { Generators } from '../models/generators.ts';
import { listModels, type ModelFolders } from '../models/installed-models.ts';
import type { FaceReader } from '../risk/faces/face-reader.ts';

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

/**
 * Checks the models, and where their network runs.
 *
 * @param modelsDir folder with one folder per model
 * @param segmenter asked what it runs on, which starts the inference process and its self-test
 */
export async function diagnoseInference(
  modelsDir: string,
  segmenter: ModelSegmenter | undefined,
): Promise<Finding[]> {
  return [...modelFindings(modelsDir), ...(segmenter ? [await inferenceFinding(segmenter)] : [])];
}

function modelFindings(dir: string): Finding[] {
  const found = findModels(dir, 'head-segmentation');
  if (found.length === 0) {
    const detail = `none in ${dir}: this build works without a network, with its classical methods only`;
    return [{ name: 'Model', ok: true, detail }];
  }
  return found.map((model) =>
    check('Model', () => {
      const { card } = loadModelCard(model);
      return `${card.id} ${card.version}, ${(card.bytes / 1e6).toFixed(1)} MB, SHA-256 as on its card`;
    }),
  );
}

async function inferenceFinding(segmenter: ModelSegmenter): Promise<Finding> {
  const name = 'Inference';
  try {
    return { name, ok: true, detail: runsOn(await segmenter.describe()) };
  } catch (error) {
    return { name, ok: false, detail: describeError(error) };
  }
}

/** Checks each face generator, shipped or added, which starts its process and self-test; none where there is none. */
export async function diagnoseGenerators(generators: Generators): Promise<Finding[]> {
  const findings: Finding[] = [];
  let above = '';
  // One after the other: each takes the cores it can get.
  for (const model of await generators.list()) {
    const name = 'Face generator';
    const what = `${model.id} ${model.version}${model.origin === 'pack' ? ' (pack)' : ''}`;
    if (model.state === 'damaged') {
      findings.push({ name, ok: false, detail: `${what}: ${model.reason}` });
      continue;
    }
    try {
      const device = await generators.describe(model.id);
      const told = runsOn(device);
      const where = told === above ? `runs on ${device.provider}, for the reasons above` : told;
      above = told;
      const size = `${(model.bytes / 1e6).toFixed(1)} MB, SHA-256 as on its card`;
      findings.push({ name, ok: true, detail: `${what}, ${size}, ${where}` });
    } catch (error) {
      findings.push({ name, ok: false, detail: `${what}: ${describeError(error)}` });
    }
  }
  return findings;
}

/** Checks the average heads and face shapes, and says which face methods work with what is installed. */
export async function diagnoseFaceMethods(folders: ModelFolders): Promise<Finding[]> {
  const models = await listModels(folders);
  const findings: Finding[] = models
    .filter((m) => m.task === 'average-head' || m.task === 'face-shapes')
    .map((m) =>
      m.state === 'damaged'
        ? { name: m.title, ok: false, detail: `${m.id}: ${m.reason}` }
        : {
            name: m.title,
            ok: true,
            detail: `${m.id} ${m.version}, ${(m.bytes / 1e6).toFixed(1)} MB, SHA-256 as on its card`,
          },
    );
  const name = 'Face methods';
  const usable = faceMethods.filter((m) => whyUnavailable(m, models) === '').map((m) => m.id);
  if (!models.some((m) => m.id === 'average-head' && m.state === 'ready')) {
    const detail = `only ${usable.join(', ')} can be used: the others place the face by the model average-head, which is not there or damaged. Install again to have them.`;
    return [...findings, { name, ok: false, detail }];
  }
  const without = faceMethods.map((m) => whyUnavailable(m, models)).filter((why) => why !== '');
  return [
    ...findings,
    { name, ok: true, detail: [`${usable.join(', ')} can be used`, ...without].join('; ') },
  ];
}

function runsOn({ provider, reports }: Device): string {
  const others = reports.map((r) => `${r.provider} ${r.state}: ${r.detail}`).join('; ');
  return `runs on ${provider} (${others})`;
}

/** Checks the networks of the recognition audit, which starts their process. */
export async function diagnoseFaces(reader: FaceReader | undefined): Promise<Finding> {
  const name = 'Face networks';
  if (!reader) return { name, ok: true, detail: 'not in this build: it cannot audit recognition' };
  try {
    return { name, ok: true, detail: (await reader.describe()).detail };
  } catch (error) {
    return { name, ok: false, detail: describeError(error) };
  }
}

function check(name: string, look: () => string): Finding {
  try {
    return { name, ok: true, detail: look() };
  } catch (error) {
    return { name, ok: false, detail: (error as Error).message };
  }
}

function mustExist(file: string): string {
  if (!existsSync(file)) throw new Error(`"${file}" is missing. Run \`npm run build\`.`);
  return 'present';
}
