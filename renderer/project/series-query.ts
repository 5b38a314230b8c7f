import type { SeriesRow, StateCounts } from '../../shared/catalog/records.ts';
import type { ScanState } from '../../shared/import/records.ts';
import { client } from '../client.ts';
import type { PageCache } from '../ui/page-cache.ts';
import { usePages } from '../ui/use-pages.ts';

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
  return usePages(
    'catalog.list',
    async (offset, limit) => {
      const answer = await client()['catalog.list']({
        search,
        states: states ? (states.split(' ') as ScanState[]) : [],
        quarantine,
        sort,
        descending,
        offset,
        limit,
      });
      return { total: answer.total, rows: answer.rows, extra: answer.counts };
    },
    JSON.stringify([search, states, quarantine, sort, descending]),
  );
}
