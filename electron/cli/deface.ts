import { parseArgs } from 'node:util';
import { defaceFile } from '../deidentify/face/deface-file.ts';
import { faceMethod } from '../deidentify/face/methods.ts';
import { quietContext } from '../worker/task.ts';
import { need, needFile } from './arguments.ts';
import type { Command } from './command.ts';

export const defaceCommand: Command = {
  name: 'deface',
  usage: 'deface IN.nii[.gz] OUT.nii.gz --method ID [--seed N] [--edit-mask FILE] [--json]',
  summary: 'edit the face of one NIfTI file',
  async run(args, output) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { method: { type: 'string' }, seed: { type: 'string' }, 'edit-mask': { type: 'string' } },
    });
    const method = faceMethod(need(values.method, '--method ID')).id;
    const result = await defaceFile(
      {
        input: needFile(positionals[0]),
        output: need(positionals[1], 'an output file'),
        method,
        params: {},
        seed: values.seed === undefined ? 1 : Number(values.seed),
        ...(values['edit-mask'] ? { editMask: values['edit-mask'] } : {}),
      },
      quietContext,
    );
    output.text(`${result.verdict.state}: ${result.verdict.reason}`);
    for (const n of result.verdict.numbers) {
      output.text(
        `  ${n.label}: ${n.value === null ? '–' : Number(n.value.toPrecision(6))} ${n.unit} ${n.limit ? `(${n.limit})` : ''}`.trimEnd(),
      );
    }
    output.result({ method, ...result });
    return result.verdict.state === 'passed' ? 0 : result.verdict.state === 'failed' ? 1 : 2;
  },
};
