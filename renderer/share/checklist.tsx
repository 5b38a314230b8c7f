import {
  IconCircleCheckFilled,
  IconCircleDashed,
  IconQuestionMark,
  IconSquareXFilled,
} from '@tabler/icons-react';
import type { ChecklistItem } from '../../shared/share/records.ts';

const LOOKS = {
  ok: { word: 'Done', icon: <IconCircleCheckFilled size="1rem" aria-hidden />, className: 'rf-ok' },
  todo: { word: 'To do', icon: <IconCircleDashed size="1rem" aria-hidden />, className: 'rf-warning' },
  failed: { word: 'Failed', icon: <IconSquareXFilled size="1rem" aria-hidden />, className: 'rf-error' },
  'not-checked': {
    word: 'Not checked',
    icon: <IconQuestionMark size="1rem" aria-hidden />,
    className: 'rf-dim',
  },
} as const;

/** Each line with its evidence; green by evidence only. */
export function Checklist({ items, label }: { items: readonly ChecklistItem[]; label: string }) {
  return (
    <ul className="rf-list rf-checklist" aria-label={label}>
      {items.map((item) => {
        const look = LOOKS[item.state];
        return (
          <li key={item.id}>
            <span className={`rf-state ${look.className}`}>
              {look.icon} {look.word}
            </span>
            <div>
              <strong>{item.label}</strong>
              <div className="rf-dim">{item.evidence}</div>
            </div>
          </li>
        );
      })}
    </ul>
  );
}
