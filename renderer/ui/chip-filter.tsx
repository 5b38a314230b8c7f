import type { ReactNode } from 'react';
import { formatCount } from './format.ts';

interface Props<State extends string> {
  /** For those who cannot see the chips, e.g. `Show states`. */
  legend: string;
  order: readonly State[];
  counts: Readonly<Record<State, number>> | undefined;
  chosen: readonly State[];
  onChange: (states: State[]) => void;
  chip: (state: State) => ReactNode;
}

/** One chip per state with its count; "all" is their sum, so that nothing can go missing unseen. */
export function ChipFilter<State extends string>({
  legend,
  order,
  counts,
  chosen,
  onChange,
  chip,
}: Props<State>) {
  const all = counts ? order.reduce((sum, state) => sum + counts[state], 0) : undefined;
  return (
    <fieldset className="rf-row" style={{ border: 0, margin: 0, padding: 0 }}>
      <legend className="rf-hidden">{legend}</legend>
      <button
        type="button"
        className="rf-chip"
        aria-pressed={chosen.length === 0}
        onClick={() => onChange([])}
      >
        All <strong>{all === undefined ? '…' : formatCount(all)}</strong>
      </button>
      {order.map((state) => (
        <button
          key={state}
          type="button"
          className="rf-chip"
          aria-pressed={chosen.includes(state)}
          onClick={() =>
            onChange(chosen.includes(state) ? chosen.filter((other) => other !== state) : [...chosen, state])
          }
        >
          {chip(state)}
          <strong>{counts ? formatCount(counts[state]) : '…'}</strong>
        </button>
      ))}
    </fieldset>
  );
}
