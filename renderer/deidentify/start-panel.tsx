import { Button, Checkbox } from '@mantine/core';
import type { MethodInfo, Policy } from '../../shared/deidentify/records.ts';
import { useAction } from '../calls.ts';
import { useRunning } from '../events.ts';
import { useMainVariant, useProject } from '../project/use-project.ts';
import { setParams } from '../route.ts';
import { ErrorPanel } from '../ui/feedback.tsx';
import { formatCount, plural } from '../ui/format.ts';
import type { BatchChoice } from './batch-choices.ts';
import { ladderTitles } from './describe-policy.ts';
import { SeedField } from './seed-field.tsx';

/** Runs the recipe on every queued scan. */
export function StartPanel({
  policy,
  method,
  seed,
  measure,
  onChange,
  methods,
}: {
  policy: Policy;
  method: string;
  seed: number;
  measure: boolean;
  onChange: (change: Partial<Pick<BatchChoice, 'seed' | 'measure'>>) => void;
  methods: readonly MethodInfo[];
}) {
  const project = useProject().data;
  const start = useAction('deidentify.start');
  const running = useRunning('deidentify').length > 0;
  const variant = useMainVariant('deidentify');
  const then = ladderTitles(policy, methods);
  const queued = project?.counts.queued ?? 0;
  const info = methods.find((item) => item.id === method);
  const unavailable = info?.unavailable ?? '';
  return (
    <section className="rf-panel">
      <div style={{ marginBottom: 8 }}>
        Face: <strong>{info?.title ?? method}</strong>
        {then.length > 0 ? (
          <span className="rf-dim"> – where that fails or changes too little: {then.join(', then ')}</span>
        ) : (
          <span className="rf-dim"> – where that fails or changes too little, a person decides</span>
        )}
      </div>
      {unavailable && (
        <div className="rf-note" data-level="error" style={{ marginBottom: 8 }}>
          This method cannot be used here. {unavailable} Choose another one above.
        </div>
      )}
      <SeedField seed={seed} onChange={(next) => onChange({ seed: next })} />
      <Checkbox
        mt={6}
        checked={measure}
        onChange={(event) => onChange({ measure: event.currentTarget.checked })}
        label="Measure brain volumes before and after"
      />
      <Button
        mt={8}
        fullWidth
        size="sm"
        variant={variant}
        disabled={queued === 0 || unavailable !== ''}
        loading={start.busy}
        onClick={() =>
          void start
            .run({ policy: policy.name, method, seed, measure })
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
