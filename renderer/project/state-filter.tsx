import type { StateCounts } from '../../shared/catalog/records.ts';
import type { ScanState } from '../../shared/import/records.ts';
import { formatCount } from '../ui/format.ts';
import { STATE_ORDER, StateChip } from '../ui/state.tsx';

interface Props {
  counts: StateCounts | undefined;
  states: readonly ScanState[];
  onChange: (states: ScanState[]) => void;
}

/** One chip per state with its count; "all" is their sum, so that nothing can go missing unseen. */
export function StateFilter({ counts, states, onChange }: Props) {
  const all = counts ? STATE_ORDER.reduce((sum, state) => sum + counts[state], 0) : undefined;
  return (
    <fieldset className="rf-row" style={{ border: 0, margin: 0, padding: 0 }}>
      <legend className="rf-hidden">Show states</legend>
      <button
        type="button"
        className="rf-chip"
        aria-pressed={states.length === 0}
        onClick={() => onChange([])}
      >
        All <strong>{all === undefined ? '…' : formatCount(all)}</strong>
      </button>
      {STATE_ORDER.map((state) => (
        <button
          key={state}
          type="button"
          className="rf-chip"
          aria-pressed={states.includes(state)}
          onClick={() =>
            onChange(states.includes(state) ? states.filter((other) => other !== state) : [...states, state])
          }
        >
          <StateChip state={state} />
          <strong>{counts ? formatCount(counts[state]) : '…'}</strong>
        </button>
      ))}
    </fieldset>
  );
}
