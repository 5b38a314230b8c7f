import { Checkbox } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react';
import type { SeriesRow } from '../../shared/catalog/records.ts';
import { Busy, ErrorPanel } from '../ui/feedback.tsx';
import { formatShape, formatVoxelSize } from '../ui/format.ts';
import { StateChip } from '../ui/state.tsx';
import type { SeriesPages, SeriesQuery, SeriesSort } from './series-query.ts';

interface Column {
  readonly id: string;
  readonly title: string;
  readonly width: string;
  readonly sort?: SeriesSort;
  readonly hint?: string;
  readonly cell: (row: SeriesRow, before: SeriesRow | undefined) => React.ReactNode;
}

const FACE: Record<string, string> = {
  intact: 'intact',
  removed: 'already removed',
  'brain-only': 'brain only',
  unknown: 'not looked at',
};

const COLUMNS: readonly Column[] = [
  {
    id: 'state',
    title: 'State',
    width: '7.5rem',
    sort: 'state',
    cell: (row) => <StateChip state={row.state} />,
  },
  {
    id: 'subject',
    title: 'Subject',
    width: '8.25rem',
    sort: 'subject',
    hint: 'Pseudonym within this project',
    cell: (row, before) => (
      <span className={before?.subjectLabel === row.subjectLabel ? 'rf-dim' : ''}>{row.subjectLabel}</span>
    ),
  },
  { id: 'session', title: 'Session', width: '4.75rem', cell: (row) => row.sessionLabel },
  {
    id: 'kind',
    title: 'Kind',
    width: '6rem',
    sort: 'kind',
    cell: (row) => `${row.kind}${row.kindSource === 'user' ? ' (set)' : ''}`,
  },
  {
    id: 'description',
    title: 'Description',
    width: 'minmax(8rem, 1.2fr)',
    sort: 'description',
    cell: (row) => row.description || '–',
  },
  { id: 'shape', title: 'Grid', width: '8.75rem', cell: (row) => formatShape(row.shape) },
  { id: 'voxel', title: 'Voxel mm', width: '8rem', cell: (row) => formatVoxelSize(row.voxelSizeMm) },
  {
    id: 'format',
    title: 'Format',
    width: '4rem',
    cell: (row) => (row.format === 'dicom' ? 'DICOM' : 'NIfTI'),
  },
  {
    id: 'face',
    title: 'Face',
    width: '7rem',
    cell: (row) => (row.faceInView === 'no' ? 'out of view' : FACE[row.faceState]),
  },
  {
    id: 'problems',
    title: 'Problems',
    width: '4.75rem',
    cell: (row) => <span className="rf-num">{row.problemCount || '–'}</span>,
  },
  {
    id: 'reason',
    title: 'Why',
    width: 'minmax(10rem, 2fr)',
    cell: (row) => <span title={row.stateReason}>{row.stateReason || '–'}</span>,
  },
];

interface Props {
  pages: SeriesPages;
  query: SeriesQuery;
  onSort: (sort: SeriesSort, descending: boolean) => void;
  onOpen: (row: SeriesRow) => void;
  label: string;
  empty: React.ReactNode;
  /** Ticked rows; leave out for a table without ticks. */
  selected?: ReadonlySet<number>;
  onSelect?: (ids: ReadonlySet<number>) => void;
  /** Columns left out. */
  hide?: readonly string[];
}

/** Any number of series: only the rows on screen exist, only their pages are fetched. */
export function SeriesTable({
  pages,
  query,
  onSort,
  onOpen,
  label,
  empty,
  selected,
  onSelect,
  hide = [],
}: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(0);
  const id = useId();
  const rowHeight = useRowHeight();
  const virtual = useVirtualizer({
    count: pages.total,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 12,
    paddingStart: rowHeight,
    scrollPaddingStart: rowHeight,
  });
  const items = virtual.getVirtualItems();
  const first = items[0]?.index ?? 0;
  const last = items.at(-1)?.index ?? 0;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a newer version of the list must be asked for again
  useEffect(() => pages.ensure(first, last), [pages, pages.version, first, last]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another query starts at its top
  useEffect(() => {
    setActive(0);
    scroller.current?.scrollTo({ top: 0 });
  }, [pages]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: rows of another height must be measured again
  useEffect(() => virtual.measure(), [virtual, rowHeight]);

  const wide = useMediaQuery('(min-width: 100em)', undefined, { getInitialValueInEffect: false });
  const left = wide ? hide : [...hide, 'voxel', 'format', 'face'];
  const columns = COLUMNS.filter((column) => !left.includes(column.id));
  const template = `${selected ? '1.75rem ' : ''}${columns.map((column) => column.width).join(' ')}`;
  const toggle = (row: SeriesRow) => {
    if (!selected || !onSelect) return;
    const next = new Set(selected);
    if (!next.delete(row.id)) next.add(row.id);
    onSelect(next);
  };
  const move = (to: number) => {
    const index = Math.max(0, Math.min(pages.total - 1, to));
    setActive(index);
    virtual.scrollToIndex(index);
  };
  const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 400) / rowHeight) - 2);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== scroller.current) return;
    const row = pages.row(active);
    const targets: Record<string, number> = {
      ArrowDown: active + 1,
      ArrowUp: active - 1,
      PageDown: active + page,
      PageUp: active - page,
      Home: 0,
      End: pages.total - 1,
    };
    const target = targets[event.key];
    if (target !== undefined) move(target);
    else if (event.key === 'Enter' && row) onOpen(row);
    else if (event.key === ' ' && row) toggle(row);
    else return;
    event.preventDefault();
  };

  if (!pages.ready && pages.error)
    return (
      <ErrorPanel error={pages.error} onRetry={() => pages.ensure(0, 0)} what="Could not load the series." />
    );
  if (!pages.ready) return <Busy what="Loading series…" />;
  return (
    <>
      {pages.error && (
        <ErrorPanel
          error={pages.error}
          onRetry={() => pages.ensure(first, last)}
          what="Could not refresh the series."
        />
      )}
      <div
        ref={scroller}
        className="rf-grid"
        style={{ '--rf-grid-min': wide ? '92rem' : '58rem' } as React.CSSProperties}
        role="grid"
        aria-label={label}
        aria-rowcount={pages.total + 1}
        aria-colcount={columns.length + (selected ? 1 : 0)}
        aria-activedescendant={
          pages.total > 0 && active >= first && active <= last ? `${id}-${active}` : undefined
        }
        tabIndex={0}
        onKeyDown={onKeyDown}
      >
        <div
          role="row"
          aria-rowindex={1}
          className="rf-grid-head"
          style={{ gridTemplateColumns: template, height: rowHeight }}
          tabIndex={-1}
        >
          {selected && (
            <span role="columnheader" tabIndex={-1}>
              <span className="rf-hidden">Ticked</span>
            </span>
          )}
          {columns.map((column) => (
            <span
              role="columnheader"
              tabIndex={-1}
              key={column.id}
              title={column.hint}
              aria-sort={
                column.sort === query.sort ? (query.descending ? 'descending' : 'ascending') : undefined
              }
            >
              {column.sort ? (
                <button
                  type="button"
                  className="rf-sort"
                  onClick={() =>
                    column.sort && onSort(column.sort, column.sort === query.sort && !query.descending)
                  }
                >
                  {column.title}
                  {column.sort === query.sort &&
                    (query.descending ? (
                      <IconArrowDown size="0.8rem" aria-hidden />
                    ) : (
                      <IconArrowUp size="0.8rem" aria-hidden />
                    ))}
                </button>
              ) : (
                column.title
              )}
            </span>
          ))}
        </div>
        {pages.total === 0 ? (
          <div role="row" tabIndex={-1}>
            <div role="gridcell" tabIndex={-1}>
              {empty}
            </div>
          </div>
        ) : (
          <div role="rowgroup" style={{ height: virtual.getTotalSize() - rowHeight }}>
            {items.map((item) => {
              const row = pages.row(item.index);
              return (
                // biome-ignore lint/a11y/useKeyWithClickEvents: the grid itself handles the keys of its active row
                <div
                  key={item.key}
                  id={`${id}-${item.index}`}
                  role="row"
                  tabIndex={-1}
                  aria-rowindex={item.index + 2}
                  aria-selected={selected && row ? selected.has(row.id) : undefined}
                  className="rf-grid-row"
                  data-active={item.index === active}
                  style={{
                    gridTemplateColumns: template,
                    height: rowHeight,
                    transform: `translateY(${item.start}px)`,
                    top: 0,
                  }}
                  onClick={() => {
                    setActive(item.index);
                    if (row) onOpen(row);
                  }}
                >
                  {!row ? (
                    <span role="gridcell" tabIndex={-1} className="rf-dim">
                      Loading…
                    </span>
                  ) : (
                    <>
                      {selected && (
                        // biome-ignore lint/a11y/useKeyWithClickEvents: the checkbox inside has its own keys
                        <span role="gridcell" tabIndex={-1} onClick={(event) => event.stopPropagation()}>
                          <Checkbox
                            tabIndex={-1}
                            aria-label={`Tick ${row.subjectLabel} ${row.description}`}
                            checked={selected.has(row.id)}
                            onChange={() => toggle(row)}
                          />
                        </span>
                      )}
                      {columns.map((column) => (
                        <span role="gridcell" tabIndex={-1} key={column.id}>
                          {column.cell(row, pages.row(item.index - 1))}
                        </span>
                      ))}
                    </>
                  )}
                </div>
              );
            })}
          </div>
        )}
      </div>
    </>
  );
}

/** Row height in CSS pixels at the present root font size (2 rem). */
function useRowHeight(): number {
  const measure = () => 2 * Number.parseFloat(getComputedStyle(document.documentElement).fontSize || '16');
  const [height, setHeight] = useState(measure);
  useEffect(() => {
    const onResize = () => setHeight(measure());
    window.addEventListener('resize', onResize);
    return () => window.removeEventListener('resize', onResize);
  });
  return height;
}
