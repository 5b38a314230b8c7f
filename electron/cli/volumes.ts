import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ENGINES, type EngineId } from '../../shared/morphometry/records.ts';
import { describeError } from '../describe-error.ts';
import { UserError } from '../dispatch.ts';
import { type FileVolumes, NotMeasuredError, volumesOfFile } from '../morphometry/tasks.ts';
import type { Segmenter } from '../segmentation/segmentation.ts';
import { needFile } from './arguments.ts';
import type { Command } from './command.ts';
import { openSegmenter } from './open-segmenter.ts';
import { formatTable, type Output } from './output.ts';

/** Undefined where this build has no usable segmentation model. */
export type OpenSegmenter = () => Promise<Segmenter | undefined>;

/**
 * Measures one file as a project would: where the model is there, the scan is segmented once in a temporary folder,
 * and the tissue engine takes its brain mask from that too.
 */
export function createVolumesCommand(openSegmenter: OpenSegmenter): Command {
  return {
    name: 'volumes',
    usage: `volumes IN.nii[.gz] [--engine ${[...ENGINES, 'all'].join('|')}] [--json]`,
    summary: 'measure brain volumes of one NIfTI file, in mm³',
    async run(args, output) {
      const { values, positionals } = parseArgs({
        args,
        allowPositionals: true,
        options: { engine: { type: 'string', default: 'tissue-em' } },
      });
      const engines = chosenEngines(values.engine);
      const file = needFile(positionals[0]);
      const results = await withSegmentation(file, openSegmenter, async (segmented) => {
        // The regional engine says it as its failure; the tissue engine goes on without and would be silent about it.
        if (segmented.note && engines.includes('tissue-em')) output.note(segmented.note);
        const answers: Answer[] = [];
        for (const engine of engines) answers.push(await volumesOf(file, engine, segmented));
        return answers;
      });
      const failed = results.find((r) => 'failure' in r);
      // One engine asked for and refused is an error; of both, the other's numbers are still worth having.
      if (failed && values.engine !== 'all') {
        throw new UserError(
          'not-measured',
          `The ${failed.engine} engine could not measure ${file}: ${failed.failure}`,
          failed.engine === 'regional'
            ? 'Run `doctor` to see whether the segmentation model is in this build; --engine tissue-em works without it.'
            : 'Look at the scan: is it a T1-weighted scan of a whole head?',
        );
      }
      for (const result of results) print(result, output);
      output.result(values.engine === 'all' ? { engines: results } : results[0]);
      return failed ? 2 : 0;
    },
  };
}

type Answer = FileVolumes | { readonly engine: EngineId; readonly failure: string };

async function volumesOf(file: string, engine: EngineId, segmented: Segmented): Promise<Answer> {
  if (engine === 'regional' && !segmented.path) return { engine, failure: segmented.note };
  try {
    return await volumesOfFile(file, engine, segmented.path);
  } catch (cause) {
    if (cause instanceof NotMeasuredError) return { engine, failure: cause.message };
    throw cause;
  }
}

function chosenEngines(name: string): readonly EngineId[] {
  if (name === 'all') return ENGINES;
  const engine = ENGINES.find((e) => e === name);
  if (engine) return [engine];
  throw new UserError(
    'no-such-engine',
    `There is no engine "${name}".`,
    `This build has: ${ENGINES.join(', ')}; "all" runs both.`,
  );
}

interface Segmented {
  /** `segmentation.json`; undefined where there is none, and `note` says why. */
  readonly path: string | undefined;
  readonly note: string;
}

/** Segments the file in a folder that is gone afterwards; what stops that is said, and the work goes on without. */
async function withSegmentation<R>(
  file: string,
  openSegmenter: OpenSegmenter,
  work: (segmented: Segmented) => Promise<R>,
): Promise<R> {
  const segmenter = await openSegmenter();
  if (!segmenter) return work({ path: undefined, note: 'There is no segmentation model in this build.' });
  const dir = mkdtempSync(join(tmpdir(), 'refacade-volumes-'));
  try {
    let segmented: Segmented = { path: join(dir, 'segmentation.json'), note: '' };
    try {
      await segmenter.segment(file, dir);
    } catch (cause) {
      segmented = { path: undefined, note: `The scan could not be segmented: ${describeError(cause)}` };
    }
    return await work(segmented);
  } finally {
    rmSync(dir, { recursive: true, force: true });
    await segmenter.close();
  }
}

function print(answer: Answer, output: Output): void {
  if ('failure' in answer) {
    output.text(`${answer.engine}: not measured. ${answer.failure}`);
    return;
  }
  const { engine, volumes, details } = answer;
  const mask = typeof details.brainMask === 'string' ? ` (brain mask: ${details.brainMask})` : '';
  output.text(`${engine}${mask}`);
  output.text(
    formatTable(
      ['structure', 'mm³'],
      Object.entries(volumes).map(([structure, mm3]) => [structure, Math.round(mm3)]),
    ),
  );
}

/** The command of this build. */
export const volumesCommand: Command = createVolumesCommand(async () => openSegmenter());
