import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Problem } from '../../shared/problem.ts';
import { defaceFile } from '../deidentify/face/deface-file.ts';
import type { FaceMethod, ParamValue } from '../deidentify/face/face-method.ts';
import { faceMethod, faceParams } from '../deidentify/face/methods.ts';
import { needUsableMethod } from '../deidentify/method-models.ts';
import { UserError } from '../dispatch.ts';
import { findDist } from '../dist-dir.ts';
import { generateThroughFiles } from '../models/generate-face.ts';
import { createGenerators } from '../models/generators.ts';
import { listModels } from '../models/installed-models.ts';
import { ensureSegmentation, segmentationNotes } from '../project/source-segmentation.ts';
import { quietContext } from '../worker/task.ts';
import { need, needFile, needOtherFiles } from './arguments.ts';
import type { Command } from './command.ts';
import { modelFoldersHere } from './models.ts';
import { openSegmenter } from './open-segmenter.ts';

export const defaceCommand: Command = {
  name: 'deface',
  usage:
    'deface IN.nii[.gz] OUT.nii.gz --method ID [--param name=value]… [--seed N] [--edit-mask FILE] [--no-network] [--json]',
  summary: 'edit the face of one NIfTI file (methods: refacade methods)',
  async run(args, output) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        method: { type: 'string' },
        param: { type: 'string', multiple: true, default: [] },
        seed: { type: 'string' },
        'edit-mask': { type: 'string' },
        'no-network': { type: 'boolean', default: false },
      },
    });
    const method = faceMethod(need(values.method, '--method ID'));
    const params = parseParams(method, values.param);
    const input = needFile(positionals[0]);
    const out = need(positionals[1], 'an output file');
    needOtherFiles([input], { 'The output': out, '--edit-mask': values['edit-mask'] });
    const folders = modelFoldersHere();
    // Before minutes are spent on the segmentation.
    if (method.model !== undefined) needUsableMethod(method, params, await listModels(folders));
    const work = await mkdtemp(join(tmpdir(), 'refacade-deface-'));
    const generators = createGenerators({ folders, distDir: findDist() });
    const generate = generateThroughFiles(generators.generate, join(work, 'faces'));
    try {
      const found = values['no-network'] ? { path: undefined, notes: [] } : await segment(input, work);
      const result = await defaceFile(
        {
          input,
          output: out,
          method: method.id,
          params,
          seed: parseSeed(values.seed),
          segmentationPath: found.path,
          notes: found.notes,
          ...(values['edit-mask'] ? { editMask: values['edit-mask'] } : {}),
        },
        { ...quietContext, generate },
      );
      output.text(`${result.verdict.state}: ${result.verdict.reason}`);
      for (const n of result.verdict.numbers) {
        output.text(
          `  ${n.label}: ${n.value === null ? '–' : Number(n.value.toPrecision(6))} ${n.unit} ${n.limit ? `(${n.limit})` : ''}`.trimEnd(),
        );
      }
      output.result({ method: method.id, ...result });
      return result.verdict.state === 'passed' ? 0 : result.verdict.state === 'failed' ? 1 : 2;
    } finally {
      await generators.close();
      await rm(work, { recursive: true, force: true });
    }
  },
};

/** The network's labels in a folder that goes away again; nothing where this build has no model. */
async function segment(
  input: string,
  work: string,
): Promise<{ path: string | undefined; notes: readonly Problem[] }> {
  const segmenter = openSegmenter();
  if (!segmenter) return { path: undefined, notes: [] };
  try {
    const found = await ensureSegmentation(
      segmenter,
      input,
      join(work, 'headseg'),
      quietContext.signal,
      () => {},
    );
    return { path: found.path, notes: segmentationNotes(found) };
  } finally {
    await segmenter.close();
  }
}

/**
 * `name=value` arguments as a method's parameters: numbers and switches by what the method expects.
 *
 * @throws UserError for something that is no `name=value`; FaceParameterError for a name the method does not have
 */
export function parseParams(method: FaceMethod, given: readonly string[]): Record<string, ParamValue> {
  const out: Record<string, ParamValue> = {};
  for (const text of given) {
    const at = text.indexOf('=');
    if (at < 1) {
      throw new UserError(
        'bad-arguments',
        `Expected --param name=value, got "${text}".`,
        `${method.title} has ${Object.keys(method.defaults).join(', ')}.`,
      );
    }
    const [name, value] = [text.slice(0, at), text.slice(at + 1)];
    const standard = method.defaults[name];
    if (typeof standard === 'boolean') {
      if (!['true', 'false', 'on', 'off', 'yes', 'no'].includes(value)) {
        throw new UserError('bad-arguments', `Expected ${name}=true or ${name}=false, got "${value}".`);
      }
      out[name] = ['true', 'on', 'yes'].includes(value);
    } else out[name] = typeof standard === 'number' && value.trim() !== '' ? Number(value) : value;
  }
  faceParams(method, out);
  return out;
}

function parseSeed(text: string | undefined): number {
  const seed = text === undefined ? 1 : Number(text);
  if (Number.isSafeInteger(seed)) return seed;
  throw new UserError('bad-arguments', `Expected --seed to be a whole number, got "${text}".`);
}
