import type { deidentifyContract } from '../../shared/deidentify/contract.ts';
import type { Handlers } from '../../shared/rpc.ts';
import type { Db } from '../catalog/database.ts';
import { UserError } from '../dispatch.ts';
import { crosswalkState, cutAllTies, mergeCrosswalk, readCrosswalk } from './crosswalk.ts';
import {
  KeysCutError,
  KeysDamagedError,
  KeysLockedError,
  type ProjectKeys,
  WrongPassphraseError,
} from './keys.ts';

type CrosswalkProcedures =
  | 'deidentify.crosswalk'
  | 'deidentify.encryptCrosswalk'
  | 'deidentify.unlockCrosswalk'
  | 'deidentify.cutAllTies';

/** The pseudonym key and crosswalk of the open project. */
export function crosswalkHandlers(ctx: {
  readonly db: Db;
  readonly projectDir: string;
  readonly keys: ProjectKeys;
}): Pick<Handlers<typeof deidentifyContract>, CrosswalkProcedures> {
  const { db, keys, projectDir } = ctx;
  return {
    'deidentify.crosswalk': () => crosswalkState(db, keys),
    'deidentify.encryptCrosswalk': ({ passphrase }) =>
      saying(() => {
        keys.encrypt(passphrase, readCrosswalk(db, keys));
        return { state: keys.state };
      }),
    'deidentify.unlockCrosswalk': ({ passphrase }) =>
      saying(() => {
        const sealed = keys.unlock(passphrase);
        return { rows: mergeCrosswalk(sealed, readCrosswalk(db, keys)) };
      }),
    'deidentify.cutAllTies': () => saying(() => cutAllTies(projectDir, db, keys)),
  };
}

function saying<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof WrongPassphraseError)
      throw new UserError('wrong-passphrase', error.message, undefined, { cause: error });
    if (error instanceof KeysLockedError)
      throw new UserError('keys-locked', error.message, undefined, { cause: error });
    if (error instanceof KeysCutError)
      throw new UserError('keys-cut', error.message, undefined, { cause: error });
    if (error instanceof KeysDamagedError)
      throw new UserError('keys-damaged', error.message, undefined, { cause: error });
    throw error;
  }
}
