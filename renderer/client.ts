import type { AppContract } from '../shared/contract.ts';
import type { Client, Reply } from '../shared/rpc.ts';

export type CallName = keyof AppContract & string;
export type CallInput<K extends CallName> = Parameters<Client<AppContract>[K]>[0];
export type CallOutput<K extends CallName> = Awaited<ReturnType<Client<AppContract>[K]>>;
/** Aborting a call ends what runs for it on the other side, where its handler listens for that. */
export type AppClient = {
  [K in CallName]: (input: CallInput<K>, signal?: AbortSignal) => Promise<CallOutput<K>>;
};

/** What the host answered instead of a value: `code` is stable, `message` and `fix` are for the reader. */
export class ReplyError extends Error {
  readonly code: string;
  readonly fix: string | undefined;

  constructor(code: string, message: string, fix?: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ReplyError';
    this.code = code;
    this.fix = fix;
  }
}

/**
 * Reads one `Reply` off the wire.
 *
 * @param status HTTP status, named in the message when the body is no Reply
 * @throws ReplyError for a refused call and for an answer that is not a Reply
 */
export function readReply<T>(status: number, text: string): T {
  let reply: Reply<T>;
  try {
    reply = JSON.parse(text) as Reply<T>;
  } catch (cause) {
    throw new ReplyError(
      'not-a-reply',
      `Expected an answer in JSON, got HTTP ${status} with ${text.length} characters of something else.`,
      'Reload the window. If this returns, restart Refacade and look into its log.',
      { cause },
    );
  }
  if (reply !== null && typeof reply === 'object' && reply.ok === true) return reply.value;
  if (reply !== null && typeof reply === 'object' && reply.ok === false && reply.error) {
    throw new ReplyError(reply.error.code, reply.error.message, reply.error.fix);
  }
  throw new ReplyError(
    'not-a-reply',
    `Expected a Reply, got HTTP ${status} without "ok".`,
    'Reload the window.',
  );
}

/** Any thrown thing as a ReplyError, so that every screen can show message and fix the same way. */
export function toReplyError(reason: unknown): ReplyError {
  if (reason instanceof ReplyError) return reason;
  const message = reason instanceof Error ? reason.message : String(reason);
  return new ReplyError('unexpected', message, undefined, { cause: reason });
}

/**
 * The asking side of the contract over `POST rpc/<name>`.
 *
 * @param base URL the page came from; names resolve against it, so any prefix works
 */
export function createClient(base: string, send: typeof fetch): AppClient {
  const ask = async (name: string, input: unknown, signal?: AbortSignal): Promise<unknown> => {
    let response: Response;
    try {
      response = await send(new URL(`rpc/${name}`, base), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(input ?? {}),
        credentials: 'same-origin',
        signal: signal ?? null,
      });
    } catch (cause) {
      if (signal?.aborted) throw new ReplyError('cancelled', 'Cancelled.', undefined, { cause });
      throw new ReplyError(
        'no-connection',
        'The Refacade process did not answer.',
        'Check that Refacade is still running, then try again. Finished scans are kept.',
        { cause },
      );
    }
    return readReply(response.status, await response.text());
  };
  return new Proxy({} as AppClient, {
    get: (_target, name) =>
      typeof name === 'string'
        ? (input: unknown, signal?: AbortSignal) => ask(name, input, signal)
        : undefined,
  });
}

/** Where calls, events and volumes live: the folder the page was served from, without hash or query. */
export function baseUrl(): string {
  const url = new URL(document.baseURI);
  url.hash = '';
  url.search = '';
  return url.href;
}

let shared: AppClient | undefined;

/** The one client of this window. */
export function client(): AppClient {
  shared ??= createClient(baseUrl(), window.fetch.bind(window));
  return shared;
}
