import { Button, Progress } from '@mantine/core';
import type { BatchProgress } from '../../shared/jobs/records.ts';
import { useAction } from '../calls.ts';
import { useRunning } from '../events.ts';
import { formatCount, formatRate, formatTimeLeft } from './format.ts';

const WORDS: Record<BatchProgress['kind'], string> = {
  import: 'Importing',
  deidentify: 'De-identifying',
  measure: 'Measuring',
  audit: 'Auditing',
  share: 'Sharing',
};
const ITEMS: Record<BatchProgress['kind'], string> = {
  import: 'files',
  deidentify: 'scans',
  measure: 'scans',
  // One for each scan and one that compares everybody with everybody.
  audit: 'steps',
  share: 'scans',
};

/** Settled share of a batch, 0…100; running items count by their own fraction. */
export function percentDone(batch: BatchProgress): number {
  if (batch.total <= 0) return batch.finished ? 100 : 0;
  const running = batch.running.reduce((sum, item) => sum + item.fraction, 0);
  return Math.min(100, (100 * (batch.done + batch.failed + batch.cancelled + running)) / batch.total);
}

function countsOf(batch: BatchProgress): string {
  const parts = [`${formatCount(batch.done)} of ${formatCount(batch.total)} ${ITEMS[batch.kind]}`];
  if (batch.failed > 0) parts.push(`${formatCount(batch.failed)} failed`);
  if (batch.cancelled > 0) parts.push(`${formatCount(batch.cancelled)} cancelled`);
  return parts.join(' · ');
}

function CancelButton({ batch }: { batch: BatchProgress }) {
  const cancel = useAction('jobs.cancel');
  return (
    <Button
      variant="default"
      size="compact-xs"
      loading={cancel.busy}
      onClick={() => void cancel.run({ batchId: batch.batchId })}
      title="Finished scans are kept"
    >
      Cancel {WORDS[batch.kind].toLowerCase()}
    </Button>
  );
}

/** The strip at the foot of every screen while something runs. */
export function ProgressStrip() {
  const running = useRunning();
  if (running.length === 0) return null;
  return (
    <section className="rf-strip rf-no-print" aria-label="Running work">
      {running.map((batch) => (
        <div className="rf-strip-row" key={batch.batchId}>
          <strong>{WORDS[batch.kind]}</strong>
          <Progress value={percentDone(batch)} aria-label={`${WORDS[batch.kind]}: ${countsOf(batch)}`} />
          <span>
            {countsOf(batch)} · {formatRate(batch.itemsPerMinute)} · {formatTimeLeft(batch.secondsLeft)}
          </span>
          <span className="rf-dim">
            {batch.running.map((item) => `${item.label}: ${item.message}`).join(' | ')}
          </span>
          <CancelButton batch={batch} />
        </div>
      ))}
    </section>
  );
}

/** One batch in full: what is done, how fast, how long still, and each item that runs now. */
export function BatchPanel({ batch }: { batch: BatchProgress }) {
  return (
    <section className="rf-panel" aria-label={`${WORDS[batch.kind]} progress`}>
      <div className="rf-row" style={{ justifyContent: 'space-between' }}>
        <strong>{WORDS[batch.kind]}</strong>
        {!batch.finished && <CancelButton batch={batch} />}
      </div>
      <Progress my={6} value={percentDone(batch)} aria-label={`${WORDS[batch.kind]}: ${countsOf(batch)}`} />
      <div className="rf-row">
        <span>{countsOf(batch)}</span>
        <span className="rf-dim">
          {batch.finished
            ? 'finished'
            : `${formatRate(batch.itemsPerMinute)} · ${formatTimeLeft(batch.secondsLeft)}`}
        </span>
      </div>
      {batch.running.length > 0 && (
        <ul className="rf-list" aria-label="Running now">
          {batch.running.map((item) => (
            <li key={item.jobId} className="rf-row" style={{ flexWrap: 'nowrap' }}>
              <Progress
                w={90}
                size="sm"
                value={item.fraction * 100}
                aria-label={`${item.label}, ${Math.round(item.fraction * 100)} percent`}
              />
              <span>{item.label}</span>
              <span className="rf-dim">{item.message}</span>
            </li>
          ))}
        </ul>
      )}
      <div className="rf-dim">
        Cancel keeps everything that is finished. After closing the window the rest resumes at the next start.
      </div>
    </section>
  );
}
