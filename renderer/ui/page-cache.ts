import { type ReplyError, toReplyError } from '../client.ts';

export interface Page<T, E> {
  readonly total: number;
  readonly rows: readonly T[];
  readonly extra: E;
}

interface Slot<T> {
  rows: readonly T[];
  stale: boolean;
  loading: boolean;
}

/**
 * A long list of which only the pages on screen are fetched.
 *
 * Rows stay visible while a fresher version of their page is on its way; pages long unseen are dropped. A page that
 * could not be loaded is not asked for again by itself, or a screen that shows it would ask without end.
 */
export class PageCache<T, E = undefined> {
  readonly pageSize: number;
  total = 0;
  extra: E | undefined;
  error: ReplyError | undefined;
  /** False until the first page has come. */
  ready = false;
  /** Counts changes; a snapshot for React. */
  version = 0;

  private readonly pages = new Map<number, Slot<T>>();
  /** Pages that could not be loaded; asked for again once another page can be, or when told to. */
  private readonly broken = new Set<number>();
  private readonly watchers = new Set<() => void>();
  private readonly fetchPage: (offset: number, limit: number) => Promise<Page<T, E>>;
  private readonly maxPages: number;

  constructor(
    fetchPage: (offset: number, limit: number) => Promise<Page<T, E>>,
    pageSize = 200,
    maxPages = 40,
  ) {
    this.fetchPage = fetchPage;
    this.pageSize = pageSize;
    this.maxPages = maxPages;
  }

  row(index: number): T | undefined {
    return this.pages.get(Math.floor(index / this.pageSize))?.rows[index % this.pageSize];
  }

  /** Makes sure that rows `first`…`last` are there or on their way, but for pages that could not be loaded. */
  ensure(first: number, last: number): void {
    const from = Math.max(0, Math.floor(first / this.pageSize));
    const to = Math.max(from, Math.floor(Math.max(first, last) / this.pageSize));
    for (let page = from; page <= to; page++) {
      const slot = this.pages.get(page);
      if (slot) {
        // Re-inserting keeps the map in order of last use.
        this.pages.delete(page);
        this.pages.set(page, slot);
      }
      if (this.broken.has(page)) continue;
      if (!slot || (slot.stale && !slot.loading)) void this.load(page);
    }
    for (const page of this.pages.keys()) {
      if (this.pages.size <= this.maxPages) break;
      if (page < from || page > to) this.pages.delete(page);
    }
  }

  /** Everything known may be old: pages are asked for again when next seen. */
  invalidate(): void {
    this.broken.clear();
    for (const slot of this.pages.values()) slot.stale = true;
    this.changed();
  }

  /** Pages that could not be loaded are asked for again when next seen. */
  retry(): void {
    this.broken.clear();
    this.error = undefined;
    this.changed();
  }

  subscribe = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  };

  private async load(page: number): Promise<void> {
    const slot: Slot<T> = this.pages.get(page) ?? { rows: [], stale: false, loading: false };
    slot.loading = true;
    slot.stale = false;
    this.pages.set(page, slot);
    try {
      const answer = await this.fetchPage(page * this.pageSize, this.pageSize);
      slot.rows = answer.rows;
      this.total = answer.total;
      this.extra = answer.extra;
      this.ready = true;
      this.error = undefined;
      this.broken.clear();
    } catch (reason) {
      this.error = toReplyError(reason);
      this.broken.add(page);
      slot.stale = true;
      // Rows that were there stay, as old as they are.
      if (slot.rows.length === 0 && this.pages.get(page) === slot) this.pages.delete(page);
    }
    slot.loading = false;
    this.changed();
  }

  private changed(): void {
    this.version++;
    for (const watcher of this.watchers) watcher();
  }
}
