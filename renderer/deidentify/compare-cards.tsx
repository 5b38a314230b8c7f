import { Button, Loader } from '@mantine/core';
import type { MethodInfo } from '../../shared/deidentify/records.ts';
import type { CallOutput } from '../client.ts';
import { ErrorPanel } from '../ui/feedback.tsx';
import { formatSeconds } from '../ui/format.ts';
import { StateChip } from '../ui/state.tsx';
import { Term } from '../ui/term.tsx';
import { AboutLink } from './about-link.tsx';
import { ComparePictures, type PairName } from './compare-pictures.tsx';
import type { Outcome } from './comparisons.ts';

type Preview = CallOutput<'deidentify.previewFace'>;

/** The scan as it is, kept in view beside every method. */
export function OriginalCard({ outcomes, pair }: { outcomes: readonly Outcome[]; pair: PairName }) {
  const first = outcomes.find((outcome) => outcome.state === 'done');
  // Its column stays free below it: two columns of methods are the fewest that fit beside it.
  const rows = Math.max(1, Math.ceil(outcomes.length / 2));
  return (
    <li className="rf-panel rf-compare-card rf-compare-original" style={{ gridRow: `1 / span ${rows}` }}>
      <h2 className="rf-compare-title">Original</h2>
      {first?.state === 'done' ? (
        <ComparePictures pictures={first.preview.pictures} stage="before" pair={pair} />
      ) : (
        <p className="rf-dim">Its pictures come with the first result.</p>
      )}
    </li>
  );
}

/** One method on this scan: pictures, verdict and cost. */
export function CompareCard({
  method,
  titleOf,
  outcome,
  pair,
  chosen,
  onUse,
  onEnlarge,
  onRetry,
}: {
  method: MethodInfo;
  titleOf: (id: string) => string;
  outcome: Outcome;
  pair: PairName;
  chosen: boolean;
  onUse: () => void;
  onEnlarge: () => void;
  onRetry: (() => void) | undefined;
}) {
  return (
    <li className="rf-panel rf-compare-card" data-chosen={chosen}>
      <h2 className="rf-compare-title">{method.title}</h2>
      {outcome.state === 'waiting' && <p className="rf-dim">Waits for its turn.</p>}
      {outcome.state === 'running' && (
        <div className="rf-row">
          <Loader size="xs" aria-hidden />
          <span>Being tried now…</span>
        </div>
      )}
      {outcome.state === 'failed' && (
        <ErrorPanel
          error={outcome.error}
          what="This method did not work here."
          {...(onRetry ? { onRetry } : {})}
        />
      )}
      {outcome.state === 'done' && (
        <>
          <ComparePictures
            pictures={outcome.preview.pictures}
            stage="after"
            pair={pair}
            onEnlarge={onEnlarge}
          />
          <Result method={method} titleOf={titleOf} preview={outcome.preview} />
        </>
      )}
      <div className="rf-row" style={{ marginTop: 'auto', paddingTop: 6 }}>
        {outcome.state === 'done' && (
          <Button
            variant={chosen ? 'light' : 'default'}
            aria-pressed={chosen}
            aria-label={chosen ? `Used for the batch: ${method.title}` : `Use this method: ${method.title}`}
            onClick={onUse}
          >
            {chosen ? 'Used for the batch' : 'Use this method'}
          </Button>
        )}
        <AboutLink method={method} />
      </div>
    </li>
  );
}

function Result({
  method,
  titleOf,
  preview,
}: {
  method: MethodInfo;
  titleOf: (id: string) => string;
  preview: Preview;
}) {
  const { verdict } = preview;
  return (
    <>
      {preview.method !== method.id && (
        <div className="rf-note" data-level="warning">
          A few slices cannot be edited with this method: {titleOf(preview.method)} ran in its place.
        </div>
      )}
      <div>
        <StateChip state={verdict.state} /> {verdict.reason} {verdict.next}
      </div>
      <dl className="rf-facts">
        <dt>
          <Term name="surfaceChanged">Surface moved</Term>
        </dt>
        <dd>
          <SurfaceMoved preview={preview} />
        </dd>
        <dt>Method alone</dt>
        <dd>
          <span>{formatSeconds(preview.methodSeconds)}</span>
        </dd>
      </dl>
    </>
  );
}

/** The verdict's own number and its limit, as shares in percent. */
function SurfaceMoved({ preview: { verdict } }: { preview: Preview }) {
  const number = verdict.numbers.find(({ name }) => name === 'faceSurfaceChanged');
  if (!number || number.value === null) return 'not measured';
  const limit = number.limit.replace(/\d+(\.\d+)?/, (share) => `${Math.round(100 * Number(share))} %`);
  return (
    <>
      <span>{Math.round(100 * number.value)} %</span> {limit && <span className="rf-dim">({limit})</span>}
    </>
  );
}
