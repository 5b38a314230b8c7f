import { Checkbox } from '@mantine/core';
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react';
import { Busy, ErrorPanel } from './feedback.tsx';
import type { PageCache } from './page-cache.ts';

/** One column of a long table. @typeParam Sort names of the orders the host knows */
export interface PageColumn<Row, Sort extends string = never> {
  readonly id: string;
  readonly title: React.ReactNode;
  /** A CSS grid track. */
  readonly width: string;
  readonly sort?: Sort;
  readonly hint?: string;
  readonly cell: (row: Row, before: Row | undefined) => React.ReactNode;
}

interface Props<Row, Extra, Sort extends string> {
  pages: PageCache<Row, Extra>;
  columns: readonly PageColumn<Row, Sort>[];
  onOpen: (row: Row) => void;
  /** What the rows are, e.g. `the series`. */
  what: string;
  label: string;
  empty: React.ReactNode;
  /** Least width before the table scrolls sideways. */
  minWidth: string;
  order?: { readonly sort: Sort; readonly descending: boolean };
  onSort?: (sort: Sort, descending: boolean) => void;
  /** Ticked rows; leave out for a table without ticks. */
  ticks?: {
    readonly idOf: (row: Row) => number;
    readonly labelOf: (row: Row) => string;
    readonly selected: ReadonlySet<number>;
    readonly onSelect: (ids: ReadonlySet<number>) => void;
  };
}

/** Any number of rows: only those on screen exist, only their pages are fetched. Arrow keys move, Enter opens. */
export function PageTable<Row, Extra, Sort extends string = never>({
  pages,
  columns,
  onOpen,
  what,
  label,
  empty,
  minWidth,
  order,
  onSort,
  ticks,
}: Props<Row, Extra, Sort>) {
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

  const template = `${ticks ? '1.75rem ' : ''}${columns.map((column) => column.width).join(' ')}`;
  const toggle = (row: Row) => {
    if (!ticks) return;
    const next = new Set(ticks.selected);
    if (!next.delete(ticks.idOf(row))) next.add(ticks.idOf(row));
    ticks.onSelect(next);
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
    return <ErrorPanel error={pages.error} onRetry={() => pages.retry()} what={`Could not load ${what}.`} />;
  if (!pages.ready) return <Busy what={`Loading ${what}…`} />;
  return (
    <>
      {pages.error && (
        <ErrorPanel error={pages.error} onRetry={() => pages.retry()} what={`Could not refresh ${what}.`} />
      )}
      <div
        ref={scroller}
        className="rf-grid"
        style={{ '--rf-grid-min': minWidth } as React.CSSProperties}
        role="grid"
        aria-label={label}
        aria-rowcount={pages.total + 1}
        aria-colcount={columns.length + (ticks ? 1 : 0)}
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
          {ticks && (
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
                order && column.sort === order.sort
                  ? order.descending
                    ? 'descending'
                    : 'ascending'
                  : undefined
              }
            >
              {order && onSort && column.sort ? (
                <button
                  type="button"
                  className="rf-sort"
                  onClick={() =>
                    column.sort && onSort(column.sort, column.sort === order.sort && !order.descending)
                  }
                >
                  {column.title}
                  {column.sort === order.sort &&
                    (order.descending ? (
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
                  aria-selected={ticks && row ? ticks.selected.has(ticks.idOf(row)) : undefined}
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
                      {ticks && (
                        // biome-ignore lint/a11y/useKeyWithClickEvents: the checkbox inside has its own keys
                        <span role="gridcell" tabIndex={-1} onClick={(event) => event.stopPropagation()}>
                          <Checkbox
                            tabIndex={-1}
                            aria-label={`Tick ${ticks.labelOf(row)}`}
                            checked={ticks.selected.has(ticks.idOf(row))}
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
