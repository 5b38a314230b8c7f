import type { StateCounts } from '../../shared/catalog/records.ts';
import type { ScanState } from '../../shared/import/records.ts';
import { ChipFilter } from '../ui/chip-filter.tsx';
import { STATE_ORDER, StateChip } from '../ui/state.tsx';

interface Props {
  counts: StateCounts | undefined;
  states: readonly ScanState[];
  onChange: (states: ScanState[]) => void;
}

export function StateFilter({ counts, states, onChange }: Props) {
  return (
    <ChipFilter
      legend="Show states"
      order={STATE_ORDER}
      counts={counts}
      chosen={states}
      onChange={onChange}
      chip={(state) => <StateChip state={state} />}
    />
  );
}
