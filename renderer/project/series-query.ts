import { useEffect, useMemo, useRef, useSyncExternalStore } from 'react';
import type { SeriesRow, StateCounts } from '../../shared/catalog/records.ts';
import type { ScanState } from '../../shared/import/records.ts';
import { isConcerned } from '../calls.ts';
import { client } from '../client.ts';
import { onChanged } from '../events.ts';
import { PageCache } from '../ui/page-cache.ts';

export type SeriesSort = 'subject' | 'kind' | 'state' | 'description' | 'id';

export interface SeriesQuery {
  readonly search: string;
  readonly states: readonly ScanState[];
  readonly quarantine: string;
  readonly sort: SeriesSort;
  readonly descending: boolean;
}

export const EVERY_SERIES: SeriesQuery = {
  search: '',
  states: [],
  quarantine: '',
  sort: 'subject',
  descending: false,
};

export type SeriesPages = PageCache<SeriesRow, StateCounts>;

/** The rows of a query, fetched page by page as they come into view. */
export function useSeriesPages(query: SeriesQuery): SeriesPages {
  const { search, quarantine, sort, descending } = query;
  const states = query.states.join(' ');
  const previous = useRef<SeriesPages>(undefined);
  const pages = useMemo(() => {
    const made: SeriesPages = new PageCache(async (offset, limit) => {
      const wanted = states ? (states.split(' ') as ScanState[]) : [];
      const answer = await client()['catalog.list']({
        search,
        states: wanted,
        quarantine,
        sort,
        descending,
        offset,
        limit,
      });
      return { total: answer.total, rows: answer.rows, extra: answer.counts };
    });
    // The old counts stay on the chips until the new ones have come.
    made.extra = previous.current?.extra;
    previous.current = made;
    return made;
  }, [search, states, quarantine, sort, descending]);
  useSyncExternalStore(pages.subscribe, () => pages.version);
  useEffect(() => {
    pages.ensure(0, 0);
    let timer: number | undefined;
    const stop = onChanged((areas) => {
      if (!isConcerned('catalog.list', areas)) return;
      // During a batch changes come ten a second; a table that jumps that often cannot be read.
      timer ??= window.setTimeout(() => {
        timer = undefined;
        pages.invalidate();
      }, 1000);
    });
    return () => {
      stop();
      window.clearTimeout(timer);
    };
  }, [pages]);
  return pages;
}
