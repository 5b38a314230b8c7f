import type { ModelSummary } from '../../shared/models/records.ts';
import { UserError } from '../dispatch.ts';
import { findDist } from '../dist-dir.ts';
import { modelsDir } from '../inference/model-card.ts';
import { type ModelFolders, packsDir } from '../models/installed-models.ts';
import { need } from './arguments.ts';
import type { Command } from './command.ts';
import { formatTable, type Output } from './output.ts';
import { createProjectClient, userDataDir } from './project-client.ts';

export const modelsCommand: Command = {
  name: 'models',
  usage: 'models [add FOLDER | remove ID] [--json]',
  summary: 'list networks and atlases; add or remove a model pack',
  async run([verb, subject, ...more], output) {
    if (more.length > 0) {
      throw new UserError(
        'bad-arguments',
        `Expected one name, got ${more.length + 1}.`,
        'Put a folder with spaces in its name in quotes.',
      );
    }
    const client = createProjectClient();
    try {
      if (verb === undefined) return list(await client.ask['models.list']({}), output);
      if (verb === 'add') {
        const model = await client.ask['models.addPack']({ folder: need(subject, 'the folder of a pack') });
        output.text(`Added ${model.id} ${model.version} for ${model.method}.`);
        output.result({ model });
        return 0;
      }
      if (verb === 'remove') {
        const id = need(subject, 'the name of a pack');
        const { removed } = await client.ask['models.removePack']({ id });
        if (!removed)
          throw new UserError('no-such-pack', `There is no pack named "${id}".`, 'See `refacade models`.');
        output.text(`Removed ${id}.`);
        output.result({ removed: id });
        return 0;
      }
      throw new UserError(
        'bad-arguments',
        `Expected add or remove, got "${verb}".`,
        'Without either the models are listed.',
      );
    } finally {
      await client.close();
    }
  },
};

/** Where this build and this user have their models. */
export function modelFoldersHere(): ModelFolders {
  return { shipped: modelsDir(findDist()), packs: packsDir(userDataDir()) };
}

function list(models: readonly ModelSummary[], output: Output): 0 | 1 {
  output.text(
    formatTable(
      ['model', 'version', 'task', 'from', 'state', 'licence'],
      models.map((m) => [m.id, m.version, m.task, m.origin, m.state, m.licence]),
    ),
  );
  for (const m of models) if (m.reason) output.text(`\n${m.id}: ${m.reason}`);
  output.result({ models });
  return models.every((m) => m.state === 'ready') ? 0 : 1;
}
