import type { z } from 'zod';
import type { AppContract } from '../../shared/contract.ts';
import type { Reply } from '../../shared/rpc.ts';
import { appUrl } from './app-url.ts';

export type Host = (request: Request) => Promise<Response>;

export class ShellQuestionError extends Error {
  override name = 'ShellQuestionError';
}

/**
 * Asks the application through the same door the page uses, so the shell needs no second way in.
 *
 * @throws ShellQuestionError when the answer is an error
 */
export async function ask<K extends keyof AppContract & string>(
  host: Host,
  name: K,
  input: z.input<AppContract[K]['input']>,
): Promise<z.output<AppContract[K]['output']>> {
  const request = new Request(`${appUrl}rpc/${name}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(input),
  });
  const reply = (await (await host(request)).json()) as Reply<z.output<AppContract[K]['output']>>;
  if (!reply.ok) throw new ShellQuestionError(`${name}: ${reply.error.message}`);
  return reply.value;
}

/** How many jobs are unfinished; 0 also when nobody can say, so that a broken project can still be closed. */
export async function unfinishedJobs(host: Host): Promise<number> {
  try {
    const batches = await ask(host, 'jobs.batches', {});
    return batches
      .filter((b) => !b.finished)
      .reduce((sum, b) => sum + Math.max(1, b.total - b.done - b.failed - b.cancelled), 0);
  } catch {
    return 0;
  }
}

/** Folders the person has chosen before: the projects, and the shares of the open one. */
export async function knownFolders(host: Host): Promise<string[]> {
  const [current, recent, shares] = await Promise.all([
    ask(host, 'project.current', {}).catch(() => null),
    ask(host, 'project.recent', {}).catch(() => []),
    ask(host, 'share.list', {}).catch(() => []),
  ]);
  return [...(current ? [current.dir] : []), ...recent.map((r) => r.dir), ...shares.map((s) => s.dir)].filter(
    Boolean,
  );
}
