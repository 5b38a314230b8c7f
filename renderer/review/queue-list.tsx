import { SegmentedControl } from '@mantine/core';
import { IconCheck, IconRefresh, IconX } from '@tabler/icons-react';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef } from 'react';
import type { ReviewDecision } from '../../shared/review/records.ts';
import { setParams } from '../route.ts';
import { formatCount } from '../ui/format.ts';
import { StateChip } from '../ui/state.tsx';
import type { Queue } from './use-queue.ts';

const DECIDED: Record<ReviewDecision, { word: string; icon: React.ReactNode }> = {
  accept: { word: 'accepted', icon: <IconCheck size="0.8rem" aria-hidden /> },
  redo: { word: 'redo', icon: <IconRefresh size="0.8rem" aria-hidden /> },
  reject: { word: 'rejected', icon: <IconX size="0.8rem" aria-hidden /> },
};

/** The queue beside the cockpit: worst first, what is decided, where one is. */
export function QueueList({
  queue,
  filter,
  current,
}: {
  queue: Queue;
  filter: 'pending' | 'all';
  current: number;
}) {
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: queue.entries.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 58,
    overscan: 6,
  });
  const at = queue.entries.findIndex((entry) => entry.derivativeId === current);
  useEffect(() => {
    if (at >= 0) virtual.scrollToIndex(at);
  }, [virtual, at]);
  return (
    <aside className="rf-queue" aria-label="Review queue">
      <SegmentedControl
        aria-label="Which scans"
        fullWidth
        value={filter}
        onChange={(value) => setParams({ filter: value, item: undefined })}
        data={[
          { value: 'pending', label: 'Waiting' },
          { value: 'all', label: 'All' },
        ]}
      />
      <div role="status" className="rf-dim">
        {formatCount(queue.pending)} to decide
        {at >= 0 ? ` · ${formatCount(at + 1)} of ${formatCount(queue.entries.length)}` : ''}
      </div>
      <div
        ref={scroller}
        className="rf-queue-scroll"
        tabIndex={0}
        role="region"
        aria-label="Scans in the queue"
      >
        <ol className="rf-list" style={{ height: virtual.getTotalSize(), position: 'relative' }}>
          {virtual.getVirtualItems().map((item) => {
            const entry = queue.entries[item.index];
            if (!entry) return null;
            const decided = entry.decided ? DECIDED[entry.decided] : undefined;
            return (
              <li
                key={entry.derivativeId}
                data-index={item.index}
                ref={virtual.measureElement}
                style={{
                  position: 'absolute',
                  top: 0,
                  left: 0,
                  right: 0,
                  transform: `translateY(${item.start}px)`,
                }}
              >
                <button
                  type="button"
                  tabIndex={entry.derivativeId === current ? 0 : -1}
                  className="rf-option"
                  aria-current={entry.derivativeId === current}
                  onClick={() => setParams({ item: entry.derivativeId })}
                >
                  <span className="rf-queue-line">
                    <strong>{entry.subjectLabel}</strong>
                    <span>{entry.kind}</span>
                  </span>
                  <span className="rf-state">
                    {decided ? (
                      <>
                        {decided.icon} {decided.word}
                      </>
                    ) : (
                      <StateChip state={entry.state} />
                    )}
                  </span>
                  <span className="rf-dim rf-clip">{entry.reason}</span>
                </button>
              </li>
            );
          })}
        </ol>
      </div>
    </aside>
  );
}
