import { IconAlertOctagonFilled, IconHelpHexagon, IconShieldCheckFilled } from '@tabler/icons-react';
import type { ComponentType } from 'react';
import type { AuditState } from '../../shared/risk/records.ts';

interface AuditLook {
  readonly word: string;
  readonly icon: ComponentType<{ size?: number | string; 'aria-hidden'?: boolean }>;
  readonly meaning: string;
}

/** The audit's verdicts as a word and a shape of their own; the shapes differ from those of a scan's state. */
export const AUDIT_LOOKS: Readonly<Record<AuditState, AuditLook>> = {
  'at-risk': {
    word: 'At risk',
    icon: IconAlertOctagonFilled,
    meaning: 'A network recognises the de-identified head, or its surface lies too close to the true face.',
  },
  'cannot-tell': {
    word: 'Cannot tell',
    icon: IconHelpHexagon,
    meaning: 'There is not enough to say whether this face can be recognised. That is no sign of safety.',
  },
  safe: {
    word: 'Safe',
    icon: IconShieldCheckFilled,
    meaning:
      'Networks that recognise this person untouched do not recognise the de-identified head, and its surface is far enough from the true face.',
  },
};

/** Worst first. */
export const AUDIT_ORDER: readonly AuditState[] = ['at-risk', 'cannot-tell', 'safe'];

export function AuditChip({ state }: { state: AuditState }) {
  const look = AUDIT_LOOKS[state];
  return (
    <span className="rf-state" data-state={state} title={look.meaning}>
      <look.icon size="0.9rem" aria-hidden />
      {look.word}
    </span>
  );
}
