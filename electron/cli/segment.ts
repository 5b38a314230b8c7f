import { mkdtemp, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { UserError } from '../dispatch.ts';
import { findDist } from '../dist-dir.ts';
import { modelsDir } from '../inference/model-card.ts';
import { LABELS_FILE } from '../segmentation/segment-file.ts';
import type { HeadSegmentation, Segmenter } from '../segmentation/segmentation.ts';
import { need, needFile, needOtherFiles } from './arguments.ts';
import type { Command } from './command.ts';
import { openSegmenter } from './open-segmenter.ts';
import { formatTable } from './output.ts';
import { writeTable } from './write-table.ts';

/** The command with the segmenter of a build; undefined where there is none. */
export function createSegmentCommand(openSegmenter: () => Segmenter | undefined): Command {
  return {
    name: 'segment',
    usage: 'segment IN.nii[.gz] LABELS.nii.gz [--volumes FILE.tsv] [--json]',
    summary: 'name every structure of a head in one NIfTI file',
    async run(args, output) {
      const { values, positionals } = parseArgs({
        args,
        allowPositionals: true,
        options: { volumes: { type: 'string' } },
      });
      const input = needFile(positionals[0]);
      const labels = resolve(need(positionals[1], 'an output file for the labels'));
      if (!labels.endsWith('.nii.gz')) {
        throw new UserError('bad-arguments', `Expected a name ending in .nii.gz, got ${labels}.`);
      }
      needOtherFiles([input], { 'The output': labels, '--volumes': values.volumes });
      const segmenter = openSegmenter() ?? noModel();
      let lastLine = '';
      const onProgress = (_fraction: number, message: string) => {
        if (message !== lastLine) output.note(message);
        lastLine = message;
      };
      const stop = new AbortController();
      const interrupt = () => stop.abort(new UserError('cancelled', 'Cancelled; nothing was written.'));
      process.once('SIGINT', interrupt);
      // Beside the output, so that the result is moved and not copied.
      const work = await mkdtemp(join(dirname(labels), '.segment-'));
      try {
        const record = await segmenter.segment(input, work, { signal: stop.signal, onProgress });
        await rename(join(work, LABELS_FILE), labels);
        if (values.volumes) writeTable(values.volumes, volumesTable(record));
        output.text(
          formatTable(
            ['label', 'structure', 'mm³', 'certainty'],
            record.structures.map((s) => [
              s.label,
              s.structure,
              Math.round(s.volumeMm3),
              s.confidence.toFixed(2),
            ]),
          ),
        );
        for (const p of record.problems) output.text(`${p.level}: ${p.message} ${p.fix ?? ''}`.trimEnd());
        output.result({ ...record, labelsFile: labels, volumesFile: values.volumes ?? null });
        return record.problems.some((p) => p.level !== 'info') ? 2 : 0;
      } finally {
        process.off('SIGINT', interrupt);
        await rm(work, { recursive: true, force: true });
        await segmenter.close();
      }
    },
  };
}

/** The command of this build. */
export const segmentCommand: Command = createSegmentCommand(openSegmenter);

/** One row per label of the network, tab separated: soft volumes, as the studies use them. */
export function volumesTable(record: HeadSegmentation): string {
  const rows = record.structures.map((s) =>
    [s.label, s.structure, Number(s.volumeMm3.toFixed(3))].join('\t'),
  );
  return `${['label\tstructure\tvolume_mm3', ...rows].join('\n')}\n`;
}

function noModel(): never {
  throw new UserError(
    'no-model',
    `This build has no segmentation model: expected one in ${join(modelsDir(findDist()), 'headseg')} (model.onnx and card.json).`,
    'Put a model there, or name the folder that holds it with REFACADE_MODELS.',
  );
}
