import { parseArgs } from 'node:util';
import { UserError } from '../dispatch.ts';
import { volumesOfFile } from '../morphometry/tasks.ts';
import { needFile } from './arguments.ts';
import type { Command } from './command.ts';
import { formatTable } from './output.ts';

export const volumesCommand: Command = {
  name: 'volumes',
  usage: 'volumes IN.nii[.gz] [--engine tissue-em] [--json]',
  summary: 'measure brain volumes of one NIfTI file, in mm³',
  async run(args, output) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { engine: { type: 'string', default: 'tissue-em' } },
    });
    if (values.engine !== 'tissue-em') {
      throw new UserError(
        'no-such-engine',
        `There is no engine "${values.engine}".`,
        'This build has: tissue-em.',
      );
    }
    const { engine, volumes } = await volumesOfFile(needFile(positionals[0]), 'tissue-em');
    output.text(
      formatTable(
        ['structure', 'mm³'],
        Object.entries(volumes).map(([k, v]) => [k, Math.round(v)]),
      ),
    );
    output.result({ engine, volumes });
    return 0;
  },
};
