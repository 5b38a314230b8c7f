import type { EngineState } from '../../shared/morphometry/records.ts';
import { setParams } from '../route.ts';
import { plural } from '../ui/format.ts';
import { ENGINE_NAMES } from './engine-names.ts';

const SIDE = { before: 'original', after: 'de-identified' } as const;

/** What an engine could not measure, each with its reason; counted before anything is averaged. */
export function EngineFailures({ state }: { state: EngineState }) {
  const { failures } = state;
  if (failures.length === 0) return null;
  return (
    <details className="rf-note" data-level="warning" style={{ margin: '0.375rem 0' }}>
      <summary>
        {ENGINE_NAMES[state.engine].short} engine, {plural(failures.length, 'failure')}: {state.failedBefore}{' '}
        of originals, {state.failedAfter} of de-identified scans. Show each with its reason.
      </summary>
      <ul
        className="rf-list"
        tabIndex={0}
        aria-label="Scans that could not be measured"
        style={{ maxHeight: '12rem', overflow: 'auto', marginTop: '0.375rem' }}
      >
        {failures.map((failure) => (
          <li key={`${failure.seriesId} ${failure.side}`} style={{ padding: '0.125rem 0' }}>
            <button type="button" className="rf-link" onClick={() => setParams({ series: failure.seriesId })}>
              {failure.subjectLabel}
            </button>{' '}
            <span className="rf-dim">({SIDE[failure.side]})</span> {failure.reason}
          </li>
        ))}
      </ul>
    </details>
  );
}
