import { policy as policySchema } from '../../shared/deidentify/records.ts';
import type { ShareFormat, ShareOverride, ShareReceipt } from '../../shared/share/records.ts';
import { openDatabase } from '../catalog/database.ts';
import { openKeys, pseudonymsFromPortable } from '../deidentify/keys.ts';
import { describeError } from '../describe-error.ts';
import type { Task } from '../worker/task.ts';
import { ShareWriteError } from './whole-file.ts';
import { writeShare } from './write-share.ts';

/** Plain JSON: what the worker needs to write a share on its own. */
export interface ShareTaskParams {
  readonly projectDir: string;
  readonly dbPath: string;
  readonly shareId: number;
  readonly dir: string;
  readonly formats: ShareFormat[];
  readonly overrides: ShareOverride[];
  readonly policy: unknown;
  readonly resume?: boolean;
  /** The open key of the project, when it is encrypted on disk (`ProjectKeys.portable()`). Never stored. */
  readonly secret?: string;
}

/** Writes the share and records how it ended in the catalog. */
const write: Task<ShareTaskParams, ShareReceipt> = async (params, context) => {
  const db = openDatabase(params.dbPath);
  try {
    const end = db.prepare('UPDATE share SET state = ?, message = ?, receipt = ? WHERE id = ?');
    const keys = params.secret ? pseudonymsFromPortable(params.secret) : openKeys(params.projectDir, false);
    const receipt = await writeShare(
      {
        dir: params.dir,
        formats: params.formats,
        overrides: params.overrides,
        policy: policySchema.parse(params.policy),
        resume: params.resume ?? true,
      },
      { db, projectDir: params.projectDir, keys },
      context,
    );
    const failed = receipt.checks.filter((c) => c.state === 'failed');
    const message = failed.length > 0 ? `Not released: ${failed.map((c) => c.label).join('; ')}.` : '';
    end.run(failed.length > 0 ? 'failed' : 'complete', message, JSON.stringify(receipt), params.shareId);
    return receipt;
  } catch (error) {
    const message = withoutPaths(describeError(error), error);
    db.prepare("UPDATE share SET state = 'failed', message = ? WHERE id = ?").run(message, params.shareId);
    throw error;
  } finally {
    db.close();
  }
};

/** The message of a failed share is shown beside it; where a source or the project lies is nobody else's matter. */
function withoutPaths(message: string, error: unknown): string {
  if (error instanceof ShareWriteError) return message; // names the folder of the share at most
  const { path, dest } = error as { path?: unknown; dest?: unknown };
  return [path, dest].reduce<string>(
    (text, at) => (typeof at === 'string' && at !== '' ? text.replaceAll(at, '…') : text),
    message,
  );
}

export const shareTasks = { 'share.write': write };
