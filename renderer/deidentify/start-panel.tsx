import { Button, Checkbox } from '@mantine/core';
import { useState } from 'react';
import type { Policy } from '../../shared/deidentify/records.ts';
import { useAction } from '../calls.ts';
import { useRunning } from '../events.ts';
import { useMainVariant, useProject } from '../project/use-project.ts';
import { setParams } from '../route.ts';
import { ErrorPanel } from '../ui/feedback.tsx';
import { formatCount, plural } from '../ui/format.ts';

/** Runs the recipe on every queued scan. */
export function StartPanel({ policy, method }: { policy: Policy; method: string }) {
  const [measure, setMeasure] = useState(true);
  const project = useProject().data;
  const start = useAction('deidentify.start');
  const running = useRunning('deidentify').length > 0;
  const variant = useMainVariant('deidentify');
  const queued = project?.counts.queued ?? 0;
  return (
    <section className="rf-panel" style={{ position: 'sticky', bottom: 0 }}>
      <Checkbox
        checked={measure}
        onChange={(event) => setMeasure(event.currentTarget.checked)}
        label="Measure brain volumes before and after"
      />
      <Button
        mt={8}
        fullWidth
        size="sm"
        variant={variant}
        disabled={queued === 0}
        loading={start.busy}
        onClick={() =>
          void start
            .run({ policy: policy.name, method, measure })
            .then((batch) => batch && setParams({ tab: 'batch' }))
        }
      >
        {queued === 0 ? 'No scan is queued' : `De-identify ${plural(queued, 'scan')}`}
      </Button>
      {running && <div className="rf-dim">A batch is running; scans queued now join the line.</div>}
      {project && queued === 0 && project.counts.failed > 0 && (
        <div className="rf-dim">
          {formatCount(project.counts.failed)} failed scans wait under “Batch and failures”.
        </div>
      )}
      {start.error && <ErrorPanel error={start.error} what="The batch did not start." />}
    </section>
  );
}
