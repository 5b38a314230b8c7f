import { TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import type { SeriesProblem } from '../../shared/catalog/records.ts';
import { client } from '../client.ts';
import { onChanged } from '../events.ts';
import { isConcerned } from '../memory.ts';
import { setParams } from '../route.ts';
import { Busy, Empty, ErrorPanel } from '../ui/feedback.tsx';
import { formatCount } from '../ui/format.ts';
import { PageCache } from '../ui/page-cache.ts';
import { LevelChip } from '../ui/state.tsx';

/** Every finding of the project, searchable, fetched as it comes into view; a click opens the series. */
export function ProblemTable() {
  const [text, setText] = useState('');
  const [search] = useDebouncedValue(text, 200);
  const pages = useMemo(
    () =>
      new PageCache<SeriesProblem, undefined>(async (offset, limit) => {
        const answer = await client()['catalog.problems']({ offset, limit, search });
        return { ...answer, extra: undefined };
      }),
    [search],
  );
  useSyncExternalStore(pages.subscribe, () => pages.version);
  useEffect(
    () => onChanged((areas) => isConcerned('catalog.problems', areas) && pages.invalidate()),
    [pages],
  );
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: pages.total,
    getScrollElement: () => scroller.current,
    estimateSize: () => 64,
    overscan: 8,
  });
  const items = virtual.getVirtualItems();
  const first = items[0]?.index ?? 0;
  const last = items.at(-1)?.index ?? 0;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a newer version of the list must be asked for again
  useEffect(() => pages.ensure(first, last), [pages, pages.version, first, last]);
  return (
    <div className="rf-fill">
      <div className="rf-row">
        <TextInput
          aria-label="Search problems"
          placeholder="Search message, subject, code"
          leftSection={<IconSearch size={14} aria-hidden />}
          style={{ flex: '0 1 24rem' }}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <span className="rf-dim" role="status">
          {pages.ready ? `${formatCount(pages.total)} problems` : ''}
        </span>
      </div>
      {pages.error && (
        <ErrorPanel error={pages.error} onRetry={() => pages.retry()} what="Could not load the problems." />
      )}
      {!pages.ready && !pages.error && <Busy what="Loading problems…" />}
      {pages.ready && pages.total === 0 && (
        <Empty title={text ? 'No problem matches.' : 'No problems were found.'} />
      )}
      <section
        className="rf-grid"
        ref={scroller}
        tabIndex={0}
        aria-label="Problems"
        hidden={pages.total === 0}
      >
        <ul className="rf-list" style={{ height: virtual.getTotalSize(), position: 'relative' }}>
          {items.map((item) => {
            const row = pages.row(item.index);
            return (
              <li
                key={item.key}
                data-index={item.index}
                ref={virtual.measureElement}
                style={{
                  position: 'absolute',
                  top: 0,
                  left: 0,
                  right: 0,
                  transform: `translateY(${item.start}px)`,
                  padding: '0.375rem 0.75rem',
                  borderBottom: '1px solid var(--rf-border)',
                }}
              >
                {!row ? (
                  <span className="rf-dim">Loading…</span>
                ) : (
                  <>
                    <div className="rf-row">
                      <LevelChip level={row.level} />
                      {row.seriesId !== null ? (
                        <button
                          type="button"
                          className="rf-link"
                          onClick={() => setParams({ series: row.seriesId ?? undefined })}
                        >
                          {row.subjectLabel ? `${row.subjectLabel} · ` : ''}
                          {row.subject}
                        </button>
                      ) : (
                        <strong>{row.subject}</strong>
                      )}
                      <span className="rf-dim">{row.code}</span>
                    </div>
                    <div>
                      {row.message} {row.fix && <span className="rf-dim">To do: {row.fix}</span>}
                    </div>
                  </>
                )}
              </li>
            );
          })}
        </ul>
      </section>
    </div>
  );
}
