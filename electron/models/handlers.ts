import { resolve } from 'node:path';
import type { modelsContract } from '../../shared/models/contract.ts';
import type { Handlers } from '../../shared/rpc.ts';
import { listModels, type ModelFolders } from './installed-models.ts';
import type { Packs } from './packs.ts';

export interface ModelsContext {
  readonly folders: ModelFolders;
  readonly packs: Packs;
  /** Called after a pack came or went. */
  readonly changed: () => void;
}

/** Answers for the `models.*` questions; they need no project. */
export function modelsHandlers({ folders, packs, changed }: ModelsContext): Handlers<typeof modelsContract> {
  return {
    'models.list': () => listModels(folders),
    'models.inspectPack': ({ folder }) => packs.inspect(resolve(folder)),
    'models.addPack': async ({ folder }) => {
      const added = await packs.add(resolve(folder));
      changed();
      return added;
    },
    'models.removePack': async ({ id }) => {
      const removed = await packs.remove(id);
      if (removed) changed();
      return { removed };
    },
  };
}
