import { isDeepStrictEqual } from 'node:util';
import { type Policy, policy as policySchema } from '../../shared/deidentify/records.ts';
import type { Db } from '../catalog/database.ts';
import type { ScanSelection } from './select-scans.ts';

/**
 * Policies under which scans that leave were edited, where they treat headers otherwise than the one of the share.
 *
 * Headers are written by the share's policy, whatever was chosen for the batch: whoever reviews a share has to know.
 *
 * @returns the name of the policy, once for each scan
 */
export function otherRecipes(db: Db, { shared }: Pick<ScanSelection, 'shared'>, policy: Policy): string[] {
  const recordOf = db.prepare('SELECT policy FROM derivative WHERE id = ?').pluck();
  return shared.flatMap(({ derivative }) => {
    const text = recordOf.get(derivative.id) as string | undefined;
    const before = text === undefined ? undefined : policySchema.safeParse(JSON.parse(text)).data;
    return before && !isDeepStrictEqual(headerRecipe(before), headerRecipe(policy)) ? [before.name] : [];
  });
}

function headerRecipe({ options, overrides, unknownAttributes }: Policy) {
  return { options, overrides, unknownAttributes };
}
