import { Button, SegmentedControl } from '@mantine/core';
import { useState } from 'react';
import type { BatchProgress } from '../../shared/jobs/records.ts';
import { newestBatch } from '../batch-order.ts';
import { useAction, useCall } from '../calls.ts';
import type { CallInput, CallOutput } from '../client.ts';
import { useBatches } from '../events.ts';
import { useMainVariant } from '../project/use-project.ts';
import { setParams } from '../route.ts';
import { ErrorPanel } from '../ui/feedback.tsx';
import { plural } from '../ui/format.ts';
import { BatchPanel } from '../ui/progress.tsx';

type Attempts = NonNullable<CallInput<'risk.start'>['attempts']>;
const MEANING: Readonly<Record<Attempts, string>> = {
  all: 'The newest version by each method, to compare them.',
  current: 'Only the version of each scan that a share would take.',
};

/** Start, progress and cancel. Starting again resumes: what was looked at before is not looked at again. */
export function StartAudit({ state }: { state: CallOutput<'risk.state'> }) {
  const [attempts, setAttempts] = useState<Attempts>('all');
  const start = useAction('risk.start');
  const variant = useMainVariant('audit');
  const batch = newestBatch(useBatches(), 'audit');
  if (batch && !batch.finished) return <BatchPanel batch={batch} />;
  return (
    <section className="rf-panel" aria-label="Start the audit">
      <div className="rf-row" style={{ alignItems: 'center' }}>
        <SegmentedControl
          aria-label="Which versions"
          value={attempts}
          onChange={(value) => setAttempts(value as Attempts)}
          data={[
            { value: 'all', label: 'Every method' },
            { value: 'current', label: 'Current versions' },
          ]}
        />
        <Button
          variant={variant}
          loading={start.busy}
          disabled={state.scans === 0}
          onClick={() => void start.run({ attempts })}
        >
          {state.waiting > 0 ? `Audit ${plural(state.waiting, 'scan')}` : 'Audit again'}
        </Button>
        <span className="rf-dim" style={{ flex: '1 1 20rem' }}>
          {MEANING[attempts]} What is known already is not done again.
        </span>
      </div>
      {start.error && <ErrorPanel error={start.error} what="The audit did not start." />}
      {batch && batch.failed > 0 && <FailedParts batch={batch} />}
    </section>
  );
}

/** What of the last audit failed, and why. */
function FailedParts({ batch }: { batch: BatchProgress }) {
  const jobs = useCall('jobs.list', { batchId: batch.batchId, states: ['failed'] }).data ?? [];
  return (
    <details className="rf-note" data-level="warning" style={{ marginTop: '0.5rem' }}>
      <summary>
        {plural(batch.failed, 'part')} of the last audit failed. Show each with its reason; starting again
        keeps what is finished.
      </summary>
      <ul className="rf-list" style={{ marginTop: '0.375rem' }}>
        {jobs.map((job) => (
          <li key={job.id} style={{ padding: '0.125rem 0' }}>
            {job.seriesId === null ? (
              <strong>{job.label}</strong>
            ) : (
              <button
                type="button"
                className="rf-link"
                onClick={() => setParams({ series: job.seriesId ?? undefined })}
              >
                {job.label}
              </button>
            )}{' '}
            {job.error}
          </li>
        ))}
      </ul>
    </details>
  );
}
