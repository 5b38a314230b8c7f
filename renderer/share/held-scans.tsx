import { Button, Table, TextInput } from '@mantine/core';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useRef, useState } from 'react';
import type { ShareOverride, ShareReceipt } from '../../shared/share/records.ts';
import { useCall } from '../calls.ts';
import { setParams } from '../route.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Empty } from '../ui/feedback.tsx';
import { formatCount, plural } from '../ui/format.ts';
import { StateChip } from '../ui/state.tsx';

/** `overridable`: a reasoned decision would let it leave. */
type Held = ShareReceipt['held'][number] & { overridable: boolean };
const NO_OVERRIDE = 'No override applies: there is nothing safe to let leave. The reason says what to do.';
const TEMPLATE = '8.5rem 8.5rem 6rem minmax(12rem, 1fr) 11rem';

interface Props {
  held: readonly Held[];
  overrides: readonly ShareOverride[];
  onOverrides: (overrides: ShareOverride[]) => void;
}

/** Every scan that stays, with its reason; letting one leave needs a reason and a name. */
export function HeldScans({ held, overrides, onOverrides }: Props) {
  const [asking, setAsking] = useState<Held>();
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: held.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 34,
    overscan: 8,
  });
  return (
    <section className="rf-panel rf-share-wide">
      <h2>Held scans ({formatCount(held.length)})</h2>
      {overrides.length > 0 && (
        <Table aria-label="Overrides" mb="xs">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Let through by hand</Table.Th>
              <Table.Th>Reason</Table.Th>
              <Table.Th>By</Table.Th>
              <Table.Th>
                <span className="rf-hidden">Undo</span>
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {overrides.map((item) => (
              <Table.Tr key={item.seriesId}>
                <Table.Td>Series {item.seriesId}</Table.Td>
                <Table.Td>{item.reason}</Table.Td>
                <Table.Td>{item.by}</Table.Td>
                <Table.Td>
                  <Button
                    variant="default"
                    size="compact-xs"
                    onClick={() => onOverrides(overrides.filter((other) => other !== item))}
                  >
                    Take back
                  </Button>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
      {held.length === 0 ? (
        <Empty title="No scan is held." />
      ) : (
        <div
          className="rf-grid"
          style={{ height: '20rem' }}
          ref={scroller}
          tabIndex={0}
          role="table"
          aria-label="Held scans"
          aria-rowcount={held.length + 1}
        >
          <div role="rowgroup" style={{ position: 'sticky', top: 0, zIndex: 2 }}>
            <div
              role="row"
              tabIndex={-1}
              className="rf-grid-head"
              style={{ gridTemplateColumns: TEMPLATE }}
              aria-rowindex={1}
            >
              {['State', 'Subject', 'Kind', 'Why it stays', 'Decision'].map((title) => (
                <span key={title} role="columnheader" tabIndex={-1}>
                  {title}
                </span>
              ))}
            </div>
          </div>
          <div role="rowgroup" style={{ height: virtual.getTotalSize(), position: 'relative' }}>
            {virtual.getVirtualItems().map((item) => {
              const scan = held[item.index];
              if (!scan) return null;
              return (
                <div
                  key={scan.seriesId}
                  role="row"
                  tabIndex={-1}
                  aria-rowindex={item.index + 2}
                  className="rf-grid-row"
                  style={{
                    gridTemplateColumns: TEMPLATE,
                    height: item.size,
                    transform: `translateY(${item.start}px)`,
                    top: 0,
                    cursor: 'default',
                  }}
                >
                  <span role="cell">
                    <StateChip state={scan.state} />
                  </span>
                  <span role="cell">
                    <button
                      type="button"
                      className="rf-link"
                      onClick={() => setParams({ series: scan.seriesId })}
                    >
                      {scan.subjectLabel}
                    </button>
                  </span>
                  <span role="cell">{scan.kind}</span>
                  <span role="cell" title={scan.reason}>
                    {scan.reason}
                  </span>
                  <span role="cell">
                    {scan.overridable ? (
                      <Button
                        variant="default"
                        size="compact-xs"
                        onClick={() => setAsking(scan)}
                        aria-label={`Let ${scan.subjectLabel} ${scan.kind} leave anyway`}
                      >
                        Let it leave anyway…
                      </Button>
                    ) : (
                      <span className="rf-dim" title={NO_OVERRIDE}>
                        <span aria-hidden>–</span>
                        <span className="rf-hidden">{NO_OVERRIDE}</span>
                      </span>
                    )}
                  </span>
                </div>
              );
            })}
          </div>
        </div>
      )}
      {asking && (
        <OverrideDialog
          scan={asking}
          onClose={() => setAsking(undefined)}
          onConfirm={(override) => {
            setAsking(undefined);
            onOverrides([...overrides.filter((other) => other.seriesId !== override.seriesId), override]);
          }}
        />
      )}
      <span className="rf-hidden" role="status">
        {plural(held.length, 'scan')} held
      </span>
    </section>
  );
}

function OverrideDialog({
  scan,
  onClose,
  onConfirm,
}: {
  scan: Held;
  onClose: () => void;
  onConfirm: (override: ShareOverride) => void;
}) {
  const settings = useCall('project.settings', {});
  const [reason, setReason] = useState('');
  const [typedBy, setBy] = useState<string>();
  const by = typedBy ?? settings.data?.reviewer ?? '';
  const ready = reason.trim().length >= 3 && by.trim() !== '';
  return (
    <Dialog opened onClose={onClose} title={`Let ${scan.subjectLabel} ${scan.kind} leave anyway`}>
      <form
        className="rf-columns"
        onSubmit={(event) => {
          event.preventDefault();
          if (ready) onConfirm({ seriesId: scan.seriesId, reason: reason.trim(), by: by.trim() });
        }}
      >
        <div className="rf-note" data-level="warning">
          Held because: {scan.reason}
          <div className="rf-dim">
            The receipt says that the scan was released by override; your reason and name stay in this
            project.
          </div>
        </div>
        <TextInput
          data-autofocus
          label="Reason, at least 3 characters"
          required
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        <TextInput
          label="Your name"
          required
          value={by}
          onChange={(event) => setBy(event.currentTarget.value)}
        />
        <div className="rf-row" style={{ justifyContent: 'flex-end' }}>
          <Button variant="default" onClick={onClose}>
            Keep it held
          </Button>
          <Button type="submit" disabled={!ready}>
            Let it leave
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
