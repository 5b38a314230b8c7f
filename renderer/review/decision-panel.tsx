import { Button, Kbd, Textarea, TextInput } from '@mantine/core';
import { IconArrowLeft, IconArrowRight } from '@tabler/icons-react';
import { useState } from 'react';
import type { ReviewDecision, ReviewItem } from '../../shared/review/records.ts';
import type { ReplyError } from '../client.ts';
import { ScanAuditView } from '../risk/scan-audit-view.tsx';
import { formatRoute, setParams } from '../route.ts';
import { ErrorPanel } from '../ui/feedback.tsx';
import { formatTime } from '../ui/format.ts';
import { ProblemList } from '../ui/problem-list.tsx';
import { StateChip } from '../ui/state.tsx';
import { isAuditNumber, VerdictNumbers } from '../ui/verdict-numbers.tsx';
import { AttemptsDialog } from './attempts-dialog.tsx';

interface Props {
  item: ReviewItem;
  note: string;
  onNote: (note: string) => void;
  noteField: React.RefObject<HTMLTextAreaElement | null>;
  reviewer: string;
  onReviewer: (name: string) => void;
  nameField: React.RefObject<HTMLInputElement | null>;
  nameMissing: boolean;
  busy: boolean;
  /** False until the scan is on screen: nobody decides about what they have not seen. */
  seen: boolean;
  error: ReplyError | undefined;
  onDecide: (decision: ReviewDecision) => void;
  onStep: (by: 1 | -1) => void;
  hasPrevious: boolean;
  hasNext: boolean;
}

/** What the checks found, beside the three keys. */
export function DecisionPanel(props: Props) {
  const { item } = props;
  const [comparing, setComparing] = useState(false);
  const { verdict } = item;
  return (
    <aside className="rf-decision" aria-label="Verdict and decision">
      <div className="rf-decision-scroll" tabIndex={0} role="region" aria-label="Verdict">
        <div
          className="rf-note"
          data-level={verdict.state === 'failed' ? 'error' : verdict.state === 'passed' ? 'info' : 'warning'}
        >
          <StateChip state={item.state} />{' '}
          <span className="rf-dim">checks: {verdict.state.replace('-', ' ')}</span>
          <div>{verdict.reason}</div>
          {verdict.next && item.reviews.length === 0 && (
            <div>
              <strong>Next:</strong> {verdict.next}
            </div>
          )}
        </div>
        <ScanAuditView derivativeId={item.derivativeId} said={`${verdict.reason} ${verdict.next}`} folded />
        <VerdictNumbers numbers={verdict.numbers.filter((number) => !isAuditNumber(number.name))} />
        {verdict.problems.length > 0 && <ProblemList problems={verdict.problems} empty="" />}
        <details>
          <summary>Assumed and settings</summary>
          <ul style={{ margin: 0, paddingLeft: '1.1rem' }}>
            {verdict.assumptions.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
          <div className="rf-dim">
            {item.method} {JSON.stringify(item.methodParams)}, policy {item.policyName}
          </div>
        </details>
        <div className="rf-row">
          <Button variant="default" size="compact-xs" onClick={() => setParams({ series: item.seriesId })}>
            Series details
          </Button>
          {item.attempts.length > 0 && (
            <Button variant="default" size="compact-xs" onClick={() => setComparing(true)}>
              Compare {item.attempts.length + 1} attempts
            </Button>
          )}
          <Button
            component="a"
            variant="default"
            size="compact-xs"
            href={formatRoute('deidentify', { preview: item.seriesId, tab: 'face' })}
          >
            Try another method
          </Button>
        </div>
        {item.reviews.length > 0 && (
          <ul className="rf-list" aria-label="Earlier decisions">
            {item.reviews.map((review) => (
              <li key={review.id}>
                <strong>{review.decision}</strong>{' '}
                <span className="rf-dim">
                  by {review.reviewer}, {formatTime(review.at)}
                </span>{' '}
                {review.note}
              </li>
            ))}
          </ul>
        )}
      </div>
      <div className="rf-decide">
        <TextInput
          ref={props.nameField}
          label="Reviewer"
          value={props.reviewer}
          error={props.nameMissing ? 'Type your name once; it is kept with each decision.' : undefined}
          onChange={(event) => props.onReviewer(event.currentTarget.value)}
          onKeyDown={(event) =>
            (event.key === 'Enter' || event.key === 'Escape') && event.currentTarget.blur()
          }
        />
        <Textarea
          ref={props.noteField}
          label={
            <>
              Note <Kbd size="xs">N</Kbd>
            </>
          }
          rows={2}
          value={props.note}
          onChange={(event) => props.onNote(event.currentTarget.value)}
          onKeyDown={(event) => event.key === 'Escape' && event.currentTarget.blur()}
        />
        {props.error && <ErrorPanel error={props.error} what="The decision was not saved." />}
        <div className="rf-decide-keys">
          <Button
            size="sm"
            variant="default"
            loading={props.busy}
            disabled={!props.seen}
            rightSection={<Kbd size="xs">1</Kbd>}
            onClick={() => props.onDecide('accept')}
          >
            Accept
          </Button>
          <Button
            size="sm"
            variant="default"
            loading={props.busy}
            disabled={!props.seen}
            rightSection={<Kbd size="xs">2</Kbd>}
            onClick={() => props.onDecide('redo')}
          >
            Redo
          </Button>
          <Button
            size="sm"
            variant="default"
            loading={props.busy}
            disabled={!props.seen}
            rightSection={<Kbd size="xs">3</Kbd>}
            onClick={() => props.onDecide('reject')}
          >
            Reject
          </Button>
        </div>
        <div className="rf-row" style={{ justifyContent: 'space-between' }}>
          <Button
            variant="subtle"
            disabled={!props.hasPrevious}
            leftSection={<IconArrowLeft size={14} aria-hidden />}
            onClick={() => props.onStep(-1)}
          >
            Previous
          </Button>
          <Button
            variant="subtle"
            disabled={!props.hasNext}
            rightSection={<IconArrowRight size={14} aria-hidden />}
            onClick={() => props.onStep(1)}
          >
            Next
          </Button>
        </div>
      </div>
      {comparing && <AttemptsDialog item={item} onClose={() => setComparing(false)} />}
    </aside>
  );
}
