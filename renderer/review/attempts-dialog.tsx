import { Button, Modal } from '@mantine/core';
import type { ReviewItem } from '../../shared/review/records.ts';
import { useCall } from '../calls.ts';
import { setParams } from '../route.ts';
import { Loaded } from '../ui/feedback.tsx';
import { formatTime } from '../ui/format.ts';
import { StateChip } from '../ui/state.tsx';
import { VerdictNumbers } from '../ui/verdict-numbers.tsx';

/** Methods and settings of one scan side by side. */
export function AttemptsDialog({ item, onClose }: { item: ReviewItem; onClose: () => void }) {
  const ids = [item.derivativeId, ...item.attempts.map((attempt) => attempt.derivativeId)];
  return (
    <Modal
      opened
      onClose={onClose}
      size="min(90rem, 96vw)"
      title={`Attempts on ${item.subjectLabel} ${item.kind}`}
    >
      <div
        className="rf-columns"
        style={{
          gridTemplateColumns: `repeat(${Math.min(4, ids.length)}, minmax(16rem, 1fr))`,
          overflowX: 'auto',
        }}
      >
        {ids.map((id) => (
          <Attempt
            key={id}
            derivativeId={id}
            current={id === item.derivativeId}
            createdAt={item.attempts.find((attempt) => attempt.derivativeId === id)?.createdAt}
            onOpen={() => {
              onClose();
              setParams({ item: id });
            }}
          />
        ))}
      </div>
    </Modal>
  );
}

function Attempt({
  derivativeId,
  current,
  createdAt,
  onOpen,
}: {
  derivativeId: number;
  current: boolean;
  createdAt: string | undefined;
  onOpen: () => void;
}) {
  const call = useCall('review.item', { derivativeId });
  return (
    <section className="rf-panel">
      <Loaded call={call} what="this attempt">
        {(item) => (
          <>
            <div className="rf-row" style={{ justifyContent: 'space-between' }}>
              <strong>{item.method}</strong>
              <StateChip state={item.state} />
            </div>
            <div className="rf-dim">
              {createdAt ? formatTime(createdAt) : 'shown in the cockpit'} ·{' '}
              {JSON.stringify(item.methodParams)}
            </div>
            <div className="rf-renders-one">
              {(['front', 'sagittal'] as const).map((view) => {
                const picture = item.pictures.find(
                  (candidate) => candidate.view === view && candidate.stage === 'after',
                );
                return picture ? (
                  <img key={view} className="rf-still" src={picture.url} alt={picture.label} />
                ) : null;
              })}
            </div>
            <div>{item.verdict.reason}</div>
            <VerdictNumbers numbers={item.verdict.numbers} />
            {!current && (
              <Button variant="default" onClick={onOpen}>
                Open this attempt
              </Button>
            )}
          </>
        )}
      </Loaded>
    </section>
  );
}
