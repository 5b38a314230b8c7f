import { SegmentedControl, TextInput } from '@mantine/core';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useMemo, useRef, useState } from 'react';
import type { HeaderChange } from '../../shared/deidentify/records.ts';
import { useCall } from '../calls.ts';
import { Empty, Loaded } from '../ui/feedback.tsx';
import { plural } from '../ui/format.ts';
import { countActions, filterChanges } from './filter-changes.ts';

const WORDS: Record<HeaderChange['action'], string> = {
  keep: 'keep',
  remove: 'remove',
  empty: 'empty',
  dummy: 'dummy value',
  clean: 'clean',
  'replace-uid': 'new UID',
  'shift-date': 'shift date',
  stamp: 'stamp',
};
const TEMPLATE =
  '7.25rem minmax(7rem, 1.2fr) 5.75rem minmax(5.5rem, 1fr) minmax(5.5rem, 1fr) minmax(6rem, 1fr)';

/** What will happen to every attribute of this series, before it happens. */
export function HeaderPreview({ seriesId, policy }: { seriesId: number; policy: string }) {
  const call = useCall(seriesId > 0 ? 'deidentify.previewHeader' : null, { seriesId, policy });
  const [only, setOnly] = useState<'changed' | 'all'>('changed');
  const [search, setSearch] = useState('');
  if (seriesId === 0)
    return <Empty title="No series to preview yet.">Import a folder, or choose a series above.</Empty>;
  return (
    <Loaded call={call} what="the header preview">
      {({ changes, fileName }) => {
        const shown = filterChanges(changes, only, search);
        return (
          <>
            <div className="rf-row">
              <SegmentedControl
                aria-label="Which attributes"
                value={only}
                onChange={(value) => setOnly(value as 'changed' | 'all')}
                data={[
                  { value: 'changed', label: 'Changed' },
                  { value: 'all', label: 'All' },
                ]}
              />
              <TextInput
                aria-label="Search attributes"
                placeholder="Search tag, name, value, rule"
                w={230}
                value={search}
                onChange={(event) => setSearch(event.currentTarget.value)}
              />
              <span className="rf-dim">
                {countActions(changes)
                  .map(([action, count]) => `${WORDS[action]} ${count}`)
                  .join(' · ')}
              </span>
            </div>
            <div className="rf-row" style={{ justifyContent: 'space-between' }}>
              <span>
                File name in a share: <span className="rf-path">{fileName}</span>
              </span>
              <span className="rf-dim" role="status">
                {plural(shown.length, 'attribute')} shown
              </span>
            </div>
            <Changes changes={shown} />
          </>
        );
      }}
    </Loaded>
  );
}

function Changes({ changes }: { changes: readonly HeaderChange[] }) {
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: changes.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 30,
    overscan: 10,
  });
  const head = useMemo(() => ['Tag', 'Attribute', 'Action', 'Before', 'After', 'Rule'], []);
  if (changes.length === 0) return <Empty title="No attribute matches." />;
  return (
    <div
      className="rf-grid"
      ref={scroller}
      tabIndex={0}
      role="table"
      aria-label="Attributes before and after"
      aria-rowcount={changes.length + 1}
    >
      <div role="rowgroup" style={{ position: 'sticky', top: 0, zIndex: 2 }}>
        <div
          role="row"
          tabIndex={-1}
          className="rf-grid-head"
          style={{ gridTemplateColumns: TEMPLATE }}
          aria-rowindex={1}
        >
          {head.map((title) => (
            <span role="columnheader" tabIndex={-1} key={title}>
              {title}
            </span>
          ))}
        </div>
      </div>
      <div role="rowgroup" style={{ height: virtual.getTotalSize(), position: 'relative' }}>
        {virtual.getVirtualItems().map((item) => {
          const change = changes[item.index];
          if (!change) return null;
          return (
            <div
              key={item.key}
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
              <span role="cell" className="rf-path" title={change.tag}>
                {change.tag}
              </span>
              <span role="cell" title={`${change.name} (${change.vr})`}>
                {change.name || 'unknown'} <span className="rf-dim">{change.vr}</span>
              </span>
              <span role="cell" className={change.action === 'keep' ? 'rf-dim' : 'rf-change-changed'}>
                {WORDS[change.action]}
              </span>
              <span role="cell" title={change.before}>
                {change.before}
              </span>
              <span role="cell" title={change.after}>
                {change.after ||
                  (change.action === 'remove' ? (
                    <span className="rf-dim">removed</span>
                  ) : (
                    <span className="rf-dim">empty</span>
                  ))}
              </span>
              <span role="cell" className="rf-dim" title={change.rule}>
                {change.rule}
              </span>
            </div>
          );
        })}
      </div>
    </div>
  );
}
