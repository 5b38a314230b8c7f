import { Button, SegmentedControl, Table } from '@mantine/core';
import { useState } from 'react';
import { useAction, useCall } from '../calls.ts';
import { useBatches } from '../events.ts';
import { setParams } from '../route.ts';
import { Empty, ErrorPanel, Loaded } from '../ui/feedback.tsx';
import { formatTime, plural } from '../ui/format.ts';
import { BatchPanel } from '../ui/progress.tsx';

/** How the batch goes, and every scan that failed with its reason. */
export function BatchTab() {
  const [show, setShow] = useState<'failed' | 'all'>('failed');
  const batches = [...useBatches().values()].filter(
    (batch) => batch.kind === 'deidentify' || batch.kind === 'measure',
  );
  const shown = batches.filter((batch) => !batch.finished);
  const newest = shown.length > 0 ? shown : batches.slice(0, 1);
  const jobs = useCall('jobs.list', { states: show === 'failed' ? ['failed'] : [], limit: 500 });
  const retry = useAction('jobs.retryFailed');
  return (
    <div className="rf-columns">
      {newest.length === 0 && (
        <Empty title="No batch has run yet.">
          Preview one scan, then start the batch with the button on the left.
        </Empty>
      )}
      {newest.map((batch) => (
        <BatchPanel key={batch.batchId} batch={batch} />
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
        <Button
          variant="default"
          loading={retry.busy}
          disabled={show === 'failed' && jobs.data?.length === 0}
          onClick={() => void retry.run({})}
        >
          Retry failed
        </Button>
      </div>
      {retry.error && <ErrorPanel error={retry.error} />}
      <Loaded call={jobs} what="jobs">
        {(rows) =>
          rows.length === 0 ? (
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
          )
        }
      </Loaded>
      <span className="rf-dim" role="status">
        {jobs.data ? plural(jobs.data.length, 'job') : ''}
      </span>
    </div>
  );
}
