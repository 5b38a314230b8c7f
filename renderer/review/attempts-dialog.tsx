import { Button } from '@mantine/core';
import type { Rung } from '../../shared/deidentify/records.ts';
import type { ReviewItem } from '../../shared/review/records.ts';
import { useCall } from '../calls.ts';
import { describeParams } from '../deidentify/ladder-fields.tsx';
import { ScanAuditView } from '../risk/scan-audit-view.tsx';
import { setParams } from '../route.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Loaded } from '../ui/feedback.tsx';
import { formatTime } from '../ui/format.ts';
import { StateChip } from '../ui/state.tsx';
import { isAuditNumber, VerdictNumbers } from '../ui/verdict-numbers.tsx';

/** Methods and settings of one scan side by side. */
export function AttemptsDialog({ item, onClose }: { item: ReviewItem; onClose: () => void }) {
  // In the order they were made, so that the numbers are those of the verdicts.
  const ids = [item.derivativeId, ...item.attempts.map((attempt) => attempt.derivativeId)].sort(
    (a, b) => a - b,
  );
  return (
    <Dialog
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
        {ids.map((id, n) => (
          <Attempt
            key={id}
            number={n + 1}
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
    </Dialog>
  );
}

function Attempt({
  number,
  derivativeId,
  current,
  createdAt,
  onOpen,
}: {
  number: number;
  derivativeId: number;
  current: boolean;
  createdAt: string | undefined;
  onOpen: () => void;
}) {
  const call = useCall('review.item', { derivativeId });
  const methods = useCall('deidentify.methods', {}).data ?? [];
  return (
    <section className="rf-panel">
      <Loaded call={call} what="this attempt">
        {(item) => {
          const method = methods.find((candidate) => candidate.id === item.method);
          const settings = method
            ? describeParams(method, item.methodParams as Rung['params'])
            : JSON.stringify(item.methodParams);
          return (
            <>
              <div className="rf-row" style={{ justifyContent: 'space-between' }}>
                <strong>
                  {number}. {method?.title ?? item.method}
                </strong>
                <StateChip state={item.verdict.state} />
              </div>
              <div className="rf-dim">
                {createdAt ? formatTime(createdAt) : 'shown in the cockpit'} · {settings}
              </div>
              <div className="rf-renders-one">
                {(['front', 'sagittal'] as const).map((view) => {
                  const picture = item.pictures.find(
                    (candidate) => candidate.view === view && candidate.stage === 'after',
                  );
                  return picture ? (
                    <img
                      key={view}
                      className="rf-still"
                      style={{ width: '100%' }}
                      src={picture.url}
                      alt={picture.label}
                    />
                  ) : null;
                })}
              </div>
              <div>{item.verdict.reason}</div>
              <ScanAuditView derivativeId={derivativeId} said={item.verdict.reason} />
              <VerdictNumbers
                numbers={item.verdict.numbers.filter((number) => !isAuditNumber(number.name))}
              />
              {!current && (
                <Button variant="default" onClick={onOpen}>
                  Open this attempt
                </Button>
              )}
            </>
          );
        }}
      </Loaded>
    </section>
  );
}
