import { homedir } from 'node:os';
import { join } from 'node:path';
import { type AppContract, appContract } from '../../shared/contract.ts';
import type { BatchProgress } from '../../shared/jobs/records.ts';
import type { Client } from '../../shared/rpc.ts';
import { type App, createApp } from '../app.ts';
import { UserError } from '../dispatch.ts';
import { createFileLog } from '../log/logger.ts';
import { createRedactor } from '../log/redact.ts';
import type { Output } from './output.ts';

/** Folder for recent projects and logs, by the platform's custom. `REFACADE_USER_DATA` wins. */
export function userDataDir(): string {
  if (process.env.REFACADE_USER_DATA) return process.env.REFACADE_USER_DATA;
  if (process.platform === 'win32') return join(process.env.APPDATA ?? homedir(), 'Refacade');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'Refacade');
  return join(process.env.XDG_CONFIG_HOME ?? join(homedir(), '.config'), 'Refacade');
}

export interface ProjectClient {
  readonly app: App;
  readonly ask: Client<AppContract>;
  close(): Promise<void>;
}

/** For commands that start batches: Ctrl-C cancels them. */
export interface BatchClient extends ProjectClient {
  /** Shows progress of a batch until it has finished, or was cancelled by Ctrl-C. */
  follow(batchId: string): Promise<BatchProgress>;
  /** Follows what an earlier, killed process left in the queue. */
  followOpen(): Promise<void>;
  /** Ctrl-C was pressed: a command of several steps begins no further one. */
  readonly interrupted: boolean;
}

/** The same application that the window uses, asked through the same contract. */
export function createProjectClient(): ProjectClient {
  const redactor = createRedactor();
  const log = createFileLog({ dir: userDataDir(), redactor });
  const app = createApp({ userDataDir: userDataDir(), log, redactor });
  return {
    app,
    ask: createClient(app),
    async close() {
      await app.close();
      log.close();
    },
  };
}

/**
 * A project client that listens for Ctrl-C until it is closed: the batch that is followed, or the next one where none
 * is yet, is cancelled, and what is done stays. A second Ctrl-C ends the program.
 */
export function createBatchClient(output: Output): BatchClient {
  const { app, ask, close } = createProjectClient();
  const followed = new Set<string>();
  let interrupted = false;
  const cancel = (batchId: string) =>
    ask['jobs.cancel']({ batchId }).catch((error: Error) => output.note(error.message));
  // From the beginning: a batch already runs when the answer comes that names it.
  const interrupt = () => {
    interrupted = true;
    output.note('Cancelling; what is finished stays.');
    for (const batchId of followed) void cancel(batchId);
  };
  process.once('SIGINT', interrupt);
  const follow = async (batchId: string) => {
    const stop = app.events.listen((e) => {
      if (e.type === 'progress' && e.batch.batchId === batchId) output.progress(e.batch);
    });
    followed.add(batchId);
    try {
      if (interrupted) await cancel(batchId);
      return await ask['jobs.wait']({ batchId });
    } finally {
      followed.delete(batchId);
      stop();
    }
  };
  return {
    app,
    ask,
    follow,
    get interrupted() {
      return interrupted;
    },
    async followOpen() {
      for (const { batchId, finished } of await ask['jobs.batches']({}))
        if (!finished && !interrupted) await follow(batchId);
    },
    async close() {
      await close();
      process.off('SIGINT', interrupt);
    },
  };
}

/** A typed client over dispatch; replies with an error become a UserError. */
export function createClient(app: App): Client<AppContract> {
  const entries = Object.keys(appContract).map((name) => [
    name,
    async (input: unknown) => {
      const reply = await app.dispatch(name, input);
      if (reply.ok) return reply.value;
      throw new UserError(reply.error.code, reply.error.message, reply.error.fix);
    },
  ]);
  return Object.fromEntries(entries) as Client<AppContract>;
}
