import { useEffect, useMemo, useRef, useSyncExternalStore } from 'react';
import type { CallName } from '../client.ts';
import { onChanged } from '../events.ts';
import { isConcerned } from '../memory.ts';
import { type Page, PageCache } from './page-cache.ts';

/**
 * The rows of a query, fetched page by page as they come into view, and asked for again when they may have changed.
 *
 * @param name the question behind the rows; says which changes concern them
 * @param key changes when another query is meant; `fetchPage` itself is new at every render
 */
export function usePages<Row, Extra>(
  name: CallName,
  fetchPage: (offset: number, limit: number) => Promise<Page<Row, Extra>>,
  key: string,
): PageCache<Row, Extra> {
  const previous = useRef<PageCache<Row, Extra>>(undefined);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `key` says when the query is another one
  const pages = useMemo(() => {
    const made = new PageCache<Row, Extra>(fetchPage);
    // The old counts stay on the chips until the new ones have come.
    made.extra = previous.current?.extra;
    previous.current = made;
    return made;
  }, [key]);
  useSyncExternalStore(pages.subscribe, () => pages.version);
  useEffect(() => {
    pages.ensure(0, 0);
    let timer: number | undefined;
    const stop = onChanged((areas) => {
      if (!isConcerned(name, areas)) return;
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
  }, [pages, name]);
  return pages;
}
