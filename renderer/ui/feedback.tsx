import { Button, Loader } from '@mantine/core';
import type { ReactNode } from 'react';
import type { ReplyError } from '../client.ts';

/** Why a call was refused and what to do next. */
export function ErrorPanel({
  error,
  onRetry,
  what,
}: {
  error: ReplyError;
  onRetry?: () => void;
  what?: string;
}) {
  return (
    <div className="rf-note" data-level="error" role="alert">
      <strong>{what ?? 'This did not work.'}</strong>
      <div>{error.message}</div>
      {error.fix && <div className="rf-dim">{error.fix}</div>}
      {onRetry && (
        <Button mt={6} variant="default" onClick={onRetry}>
          Try again
        </Button>
      )}
    </div>
  );
}

export function Busy({ what }: { what: string }) {
  return (
    <div className="rf-empty" role="status">
      <Loader size="sm" aria-hidden />
      <span>{what}</span>
    </div>
  );
}

/** Nothing here yet: why, and how to get something. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="rf-empty">
      <strong>{title}</strong>
      {children}
    </div>
  );
}

interface LoadedProps<T> {
  call: { data: T | undefined; error: ReplyError | undefined; loading: boolean; reload: () => void };
  what: string;
  children: (data: T) => ReactNode;
}

/** The answer of a call, or its error, or that it is on its way; an old answer stays visible under an error. */
export function Loaded<T>({ call, what, children }: LoadedProps<T>) {
  if (call.data === undefined) {
    if (call.error)
      return <ErrorPanel error={call.error} onRetry={call.reload} what={`Could not load ${what}.`} />;
    return <Busy what={`Loading ${what}…`} />;
  }
  return (
    <>
      {call.error && (
        <ErrorPanel
          error={call.error}
          onRetry={call.reload}
          what={`Could not refresh ${what}; showing the last answer.`}
        />
      )}
      {children(call.data)}
    </>
  );
}
