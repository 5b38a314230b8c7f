import type { deidentifyContract } from '../../shared/deidentify/contract.ts';
import type { Handlers } from '../../shared/rpc.ts';
import { UserError } from '../dispatch.ts';
import {
  deletePolicy,
  getPolicy,
  listPolicies,
  PolicyError,
  parsePolicy,
  policyText,
  savePolicy,
} from './policies.ts';

type PolicyProcedures =
  | 'deidentify.policies'
  | 'deidentify.savePolicy'
  | 'deidentify.deletePolicy'
  | 'deidentify.exportPolicy'
  | 'deidentify.importPolicy';

/** Policies of the open project: list, save, delete, and as the text of one file. */
export function policyHandlers(ctx: {
  readonly projectDir: string;
}): Pick<Handlers<typeof deidentifyContract>, PolicyProcedures> {
  return {
    'deidentify.policies': () => listPolicies(ctx.projectDir),
    'deidentify.savePolicy': ({ policy }) => saying(() => savePolicy(ctx.projectDir, policy)),
    'deidentify.deletePolicy': ({ name }) => saying(() => ({ deleted: deletePolicy(ctx.projectDir, name) })),
    'deidentify.exportPolicy': ({ name }) =>
      saying(() => ({ text: policyText(getPolicy(ctx.projectDir, name)) })),
    'deidentify.importPolicy': ({ text }) => saying(() => savePolicy(ctx.projectDir, parsePolicy(text))),
  };
}

function saying<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof PolicyError) {
      throw new UserError('policy', error.message, 'Correct the policy and try again; nothing was saved.', {
        cause: error,
      });
    }
    throw error;
  }
}
