import { Button } from '@mantine/core';
import { useState } from 'react';
import type { Picture } from '../../shared/review/records.ts';
import { useAction } from '../calls.ts';
import type { CallOutput } from '../client.ts';
import { Busy, Empty, ErrorPanel } from '../ui/feedback.tsx';
import { formatSeconds } from '../ui/format.ts';
import { ProblemList } from '../ui/problem-list.tsx';
import { StateChip } from '../ui/state.tsx';
import { VerdictNumbers } from '../ui/verdict-numbers.tsx';

const ORDER: Picture['view'][] = ['front', 'left', 'right', 'sagittal', 'coronal', 'axial'];

/** Tries the method on one scan. Nothing enters the catalog. */
export function FacePreview({
  seriesId,
  policy,
  method,
  seed,
  unavailable,
}: {
  seriesId: number;
  policy: string;
  method: string;
  seed: number;
  /** Why the method cannot be used here; empty when it can. */
  unavailable: string;
}) {
  const preview = useAction('deidentify.previewFace', []);
  const [result, setResult] = useState<CallOutput<'deidentify.previewFace'>>();
  if (seriesId === 0)
    return <Empty title="No series to preview yet.">Import a folder, or choose a series above.</Empty>;
  const run = async () => setResult(await preview.run({ seriesId, policy, method, seed }));
  if (preview.busy) return <Busy what="Working on this scan; usually under a minute…" />;
  if (!result)
    return (
      <Empty title="Try the method on this scan">
        <span>
          Runs {method} on this one scan and shows the face before and after. Nothing enters the catalog.
        </span>
        {unavailable && (
          <div className="rf-note" data-level="error">
            {method} cannot be used here. {unavailable} Choose another method on the left.
          </div>
        )}
        {preview.error && <ErrorPanel error={preview.error} what="The preview did not work." />}
        <Button variant="default" disabled={unavailable !== ''} onClick={() => void run()}>
          Show before and after
        </Button>
      </Empty>
    );
  const { verdict } = result;
  return (
    <div className="rf-columns">
      <div
        className="rf-note"
        data-level={verdict.state === 'passed' ? 'info' : verdict.state === 'failed' ? 'error' : 'warning'}
      >
        <StateChip state={verdict.state} /> {verdict.reason} {verdict.next}
        <div className="rf-dim">
          Seed {result.seed}. This scan took {formatSeconds(result.seconds)};{' '}
          {result.batchSecondsEstimate > 0
            ? `all queued scans will take about ${formatSeconds(result.batchSecondsEstimate)}.`
            : 'no scan is queued.'}
        </div>
      </div>
      <div className="rf-columns" style={{ gridTemplateColumns: '1fr 1fr' }}>
        {(['before', 'after'] as const).map((stage) => (
          <section key={stage} className="rf-panel" aria-label={stage}>
            <h2>{stage === 'before' ? 'Before' : 'After'}</h2>
            <div className="rf-face-pair">
              {ORDER.flatMap((view) =>
                result.pictures.filter((picture) => picture.stage === stage && picture.view === view),
              ).map((picture) => (
                <figure key={picture.name}>
                  <img src={picture.url} alt={picture.label} />
                  <figcaption>{picture.view}</figcaption>
                </figure>
              ))}
            </div>
          </section>
        ))}
      </div>
      <div className="rf-columns" style={{ gridTemplateColumns: '1fr 1fr' }}>
        <section className="rf-panel">
          <VerdictNumbers numbers={verdict.numbers} />
        </section>
        <section className="rf-panel">
          <h2>Assumed</h2>
          <ul style={{ margin: 0, paddingLeft: '1.1rem' }}>
            {verdict.assumptions.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
          <ProblemList problems={verdict.problems} empty="No problems." />
          <Button variant="default" onClick={() => void run()}>
            Run again
          </Button>
        </section>
      </div>
    </div>
  );
}
