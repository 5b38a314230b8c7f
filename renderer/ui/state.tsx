import {
  IconAlertTriangleFilled,
  IconCircleCheckFilled,
  IconCircleDashed,
  IconCircleMinus,
  IconInfoCircle,
  IconPlayerPlayFilled,
  IconSquareXFilled,
} from '@tabler/icons-react';
import type { ComponentType } from 'react';
import type { ScanState } from '../../shared/import/records.ts';
import type { Problem } from '../../shared/problem.ts';

type Icon = ComponentType<{ size?: number | string; 'aria-hidden'?: boolean }>;

interface StateLook {
  readonly word: string;
  readonly icon: Icon;
  readonly meaning: string;
}

/** Every state as a word and a shape of its own, so that colour only repeats what is already said. */
export const STATES: Record<ScanState, StateLook> = {
  queued: { word: 'Queued', icon: IconCircleDashed, meaning: 'Imported and waiting to be de-identified.' },
  running: { word: 'Running', icon: IconPlayerPlayFilled, meaning: 'Being worked on now.' },
  'needs-review': {
    word: 'Needs review',
    icon: IconAlertTriangleFilled,
    meaning: 'The automatic checks are not sure; a person must decide.',
  },
  passed: {
    word: 'Passed',
    icon: IconCircleCheckFilled,
    meaning: 'The automatic checks passed, or a person accepted it.',
  },
  failed: {
    word: 'Failed',
    icon: IconSquareXFilled,
    meaning: 'Could not be finished; the reason says why and what to do.',
  },
  excluded: {
    word: 'Excluded',
    icon: IconCircleMinus,
    meaning: 'Set aside and never shared; the reason says why.',
  },
};

export const STATE_ORDER = Object.keys(STATES) as ScanState[];

function lookOf(state: string): StateLook {
  return STATES[state as ScanState] ?? { word: state, icon: IconCircleDashed, meaning: '' };
}

export function StateChip({ state }: { state: string }) {
  const look = lookOf(state);
  return (
    <span className="rf-state" data-state={state} title={look.meaning}>
      <look.icon size="0.9rem" aria-hidden />
      {look.word}
    </span>
  );
}

const LEVELS: Record<Problem['level'], { word: string; icon: Icon; className: string }> = {
  info: { word: 'Note', icon: IconInfoCircle, className: 'rf-dim' },
  warning: { word: 'Warning', icon: IconAlertTriangleFilled, className: 'rf-warning' },
  error: { word: 'Error', icon: IconSquareXFilled, className: 'rf-error' },
};

export function LevelChip({ level }: { level: Problem['level'] }) {
  const look = LEVELS[level];
  return (
    <span className={`rf-state ${look.className}`}>
      <look.icon size="0.9rem" aria-hidden />
      {look.word}
    </span>
  );
}
