import { ZodError } from 'zod';
import type { Contract, Handlers, Reply } from '../shared/rpc.ts';

/** An error meant for the person in front of the screen: a stable code, what happened, what to do next. */
export class UserError extends Error {
  override name = 'UserError';
  constructor(
    readonly code: string,
    message: string,
    readonly fix?: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

/**
 * A question asked by name with unknown input, answered with a reply that is never thrown.
 *
 * The signal fires when nobody waits for the answer any more; a handler for something long takes it as a second argument.
 */
export type Dispatch = (name: string, input: unknown, signal?: AbortSignal) => Promise<Reply>;

/**
 * The one place where names are looked up, input and output are parsed, and errors become replies.
 *
 * Unknown names, malformed input and failing handlers each get their own code; the output is parsed too,
 * so a handler that drifts from the contract is found by the first test that calls it.
 */
export function createDispatch<C extends Contract>(
  contract: C,
  handlers: Handlers<C>,
  onError: (name: string, error: unknown) => void = () => {},
): Dispatch {
  return async (name, input, signal) => {
    const procedure = Object.hasOwn(contract, name) ? contract[name] : undefined;
    if (!procedure) {
      return {
        ok: false,
        error: { code: 'unknown-procedure', message: `Nothing here answers to "${name}".` },
      };
    }
    const parsed = procedure.input.safeParse(input ?? {});
    if (!parsed.success) {
      return { ok: false, error: { code: 'bad-input', message: `${name}: ${describeIssues(parsed.error)}` } };
    }
    try {
      const handler = handlers[name as keyof C] as (i: unknown, s?: AbortSignal) => unknown;
      const value = await handler(parsed.data, signal);
      return { ok: true, value: procedure.output.parse(value) };
    } catch (error) {
      onError(name, error);
      return { ok: false, error: toReplyError(name, error) };
    }
  };
}

function toReplyError(name: string, error: unknown): { code: string; message: string; fix?: string } {
  if (error instanceof UserError) {
    return { code: error.code, message: error.message, ...(error.fix ? { fix: error.fix } : {}) };
  }
  if (error instanceof ZodError) {
    return {
      code: 'bad-output',
      message: `${name} answered in an unexpected form: ${describeIssues(error)}`,
    };
  }
  if (error instanceof Error) {
    const fix = (error as { fix?: unknown }).fix;
    return {
      code: kebab(error.name === 'Error' ? 'failed' : error.name),
      message: error.message,
      ...(typeof fix === 'string' ? { fix } : {}),
    };
  }
  return { code: 'failed', message: String(error) };
}

function describeIssues(error: ZodError): string {
  return error.issues
    .map((i) => `${i.path.length > 0 ? `${i.path.join('.')}: ` : ''}${i.message}`)
    .join('; ');
}

function kebab(name: string): string {
  return name
    .replace(/Error$/, '')
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase();
}
