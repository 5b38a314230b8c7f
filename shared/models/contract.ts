import { z } from 'zod';
import { defineContract } from '../rpc.ts';
import { modelSummary } from './records.ts';

export const modelsContract = defineContract({
  /** Every model of this installation: those it ships with and packs that were added. */
  'models.list': { input: z.object({}), output: z.array(modelSummary) },
  /**
   * Looks at a folder that somebody wants to add, changes nothing.
   *
   * `problems` says in words why it would be refused (checksum, licence missing, network that does not take and give
   * what its card says, an id that the application ships); empty: it can be added.
   */
  'models.inspectPack': {
    input: z.object({ folder: z.string() }),
    output: z.object({ model: modelSummary.nullable(), problems: z.array(z.string()) }),
  },
  /** Copies a model pack into the application's data; refused with a reason when it is not what its card says. */
  'models.addPack': { input: z.object({ folder: z.string() }), output: modelSummary },
  /** Removes a pack that was added; shipped models stay. */
  'models.removePack': { input: z.object({ id: z.string() }), output: z.object({ removed: z.boolean() }) },
});
