import { SegmentedControl, Table } from '@mantine/core';
import { useState } from 'react';
import type { BatchProgress } from '../../shared/jobs/records.ts';
import { newestBatch } from '../batch-order.ts';
import { useCall } from '../calls.ts';
import { useBatches } from '../events.ts';
import { setParams } from '../route.ts';
import { Empty, Loaded } from '../ui/feedback.tsx';
import { formatTime, plural } from '../ui/format.ts';
import { BatchPanel } from '../ui/progress.tsx';
import { RetryFailed } from '../ui/retry-failed.tsx';

const KINDS: readonly BatchProgress['kind'][] = ['deidentify', 'measure'];

/** How the batch goes, and every scan that failed in this or an earlier one, with its reason. */
export function BatchTab() {
  const [show, setShow] = useState<'failed' | 'all'>('failed');
  const batches = useBatches();
  const running = [...batches.values()].filter((batch) => !batch.finished && KINDS.includes(batch.kind));
  const newest = newestBatch(batches, ...KINDS);
  const shown = running.length > 0 ? running : newest ? [newest] : [];
  const jobs = useCall('jobs.list', { states: show === 'failed' ? ['failed'] : [], limit: 500 });
  return (
    <div className="rf-columns">
      {shown.length === 0 && (
        <Empty title="No batch has run yet.">
          Preview one scan, then start the batch with the button on the left.
        </Empty>
      )}
      {shown.map((batch) => (
        <div key={batch.batchId}>
          <BatchPanel batch={batch} />
          {batch.failed + batch.cancelled > 0 && (
            <div className="rf-row" style={{ marginTop: '0.375rem' }}>
              <RetryFailed batchId={batch.batchId} />
            </div>
          )}
        </div>
      ))}
      <div className="rf-row">
        <SegmentedControl
          aria-label="Which jobs"
          value={show}
          onChange={(value) => setShow(value as 'failed' | 'all')}
          data={[
            { value: 'failed', label: 'Failed only' },
            { value: 'all', label: 'All jobs' },
          ]}
        />
        <RetryFailed />
      </div>
      <Loaded call={jobs} what="jobs">
        {(all) => {
          const rows = all.filter((job) => KINDS.includes(job.kind));
          return rows.length === 0 ? (
            <Empty title={show === 'failed' ? 'No scan has failed.' : 'No jobs yet.'} />
          ) : (
            <div className="rf-table-scroll">
              <Table aria-label={show === 'failed' ? 'Failed jobs' : 'Jobs'}>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th w={210}>Scan</Table.Th>
                    <Table.Th w={90}>State</Table.Th>
                    <Table.Th>Why, and what to do</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {rows.map((job) => (
                    <Table.Tr key={job.id}>
                      <Table.Td>
                        {job.seriesId !== null ? (
                          <button
                            type="button"
                            className="rf-link"
                            onClick={() => setParams({ series: job.seriesId ?? undefined })}
                          >
                            {job.label}
                          </button>
                        ) : (
                          job.label
                        )}
                        <div className="rf-dim">
                          {job.kind === 'deidentify' ? 'de-identify' : job.kind},{' '}
                          {plural(job.attempts, 'try', 'tries')}
                          {job.finishedAt ? `, ${formatTime(job.finishedAt)}` : ''}
                        </div>
                      </Table.Td>
                      <Table.Td className={job.state === 'failed' ? 'rf-error' : undefined}>
                        {job.state}
                      </Table.Td>
                      <Table.Td>{job.error || '–'}</Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </div>
          );
        }}
      </Loaded>
      <span className="rf-dim" role="status">
        {jobs.data ? plural(jobs.data.filter((job) => KINDS.includes(job.kind)).length, 'job') : ''}
      </span>
    </div>
  );
}
