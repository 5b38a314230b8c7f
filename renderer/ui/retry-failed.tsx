import { Button } from '@mantine/core';
import { useState } from 'react';
import { useAction } from '../calls.ts';
import { ErrorPanel } from './feedback.tsx';
import { retryOutcome } from './retry-outcome.ts';

/**
 * Tries again what failed or was cancelled, and says how much that is.
 *
 * @param batchId of this batch only; left out, of every batch
 */
export function RetryFailed({ batchId }: { batchId?: string }) {
  const retry = useAction('jobs.retryFailed');
  const [said, setSaid] = useState('');
  const start = async () => {
    setSaid('');
    const answer = await retry.run(batchId === undefined ? {} : { batchId });
    if (answer) setSaid(retryOutcome(answer.requeued));
  };
  return (
    <>
      <Button
        variant="default"
        loading={retry.busy}
        title="A scan that was started again, finished or excluded since is left as it is"
        onClick={() => void start()}
      >
        {batchId === undefined
          ? 'Retry all that failed or was cancelled'
          : 'Retry what failed or was cancelled in this batch'}
      </Button>
      <span className="rf-dim" role="status">
        {said}
      </span>
      {retry.error && <ErrorPanel error={retry.error} what="Nothing was tried again." />}
    </>
  );
}
