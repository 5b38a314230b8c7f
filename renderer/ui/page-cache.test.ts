import { describe, expect, it } from 'vitest';
import { PageCache } from './page-cache.ts';

function numbered(total: number, log: number[], shift = () => 0) {
  return async (offset: number, limit: number) => {
    log.push(offset);
    const rows = Array.from(
      { length: Math.max(0, Math.min(limit, total - offset)) },
      (_, i) => offset + i + shift(),
    );
    return { total, rows, extra: undefined };
  };
}
const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

describe('PageCache', () => {
  it('fetches only the pages asked for, once', async () => {
    const log: number[] = [];
    const cache = new PageCache(numbered(100_000, log), 200);
    cache.ensure(99_900, 99_999);
    cache.ensure(99_900, 99_999);
    await settle();
    expect(log).toEqual([99_800]);
    expect(cache.total).toBe(100_000);
    expect(cache.row(99_999)).toBe(99_999);
    expect(cache.row(0)).toBeUndefined();
  });

  it('keeps old rows visible until the fresh page has come', async () => {
    let shift = 0;
    const cache = new PageCache(
      numbered(10, [], () => shift),
      5,
    );
    cache.ensure(0, 4);
    await settle();
    shift = 100;
    cache.invalidate();
    cache.ensure(0, 4);
    expect(cache.row(0)).toBe(0);
    await settle();
    expect(cache.row(0)).toBe(100);
  });

  it('drops pages long unseen but never the visible ones', async () => {
    const log: number[] = [];
    const cache = new PageCache(numbered(1000, log), 10, 3);
    for (let first = 0; first < 100; first += 10) cache.ensure(first, first + 9);
    await settle();
    expect(cache.row(0)).toBeUndefined();
    expect(cache.row(95)).toBe(95);
  });

  /** Asks for the rows on screen whenever the list changed, as a table does. */
  function watch(cache: PageCache<number>, first: number, last: number) {
    cache.subscribe(() => void Promise.resolve().then(() => cache.ensure(first, last)));
    cache.ensure(first, last);
  }

  it('asks for a page that could not be loaded once, and again when told to', async () => {
    const log: number[] = [];
    let fail = true;
    const good = numbered(10, log);
    const cache = new PageCache<number>((offset, limit) => {
      if (!fail) return good(offset, limit);
      log.push(offset);
      // Another page that breaks endlessly must end the test too.
      return log.length < 50 ? Promise.reject(new Error('disk gone')) : new Promise(() => {});
    }, 5);
    watch(cache, 0, 4);
    await settle();
    expect(cache.error?.message).toBe('disk gone');
    expect(log).toEqual([0]);
    cache.invalidate();
    await settle();
    expect(log).toEqual([0, 0]);
    fail = false;
    cache.retry();
    await settle();
    expect(cache.error).toBeUndefined();
    expect(cache.row(3)).toBe(3);
    expect(log).toEqual([0, 0, 0]);
  });

  it('asks for a broken page again once another could be loaded', async () => {
    const log: number[] = [];
    let fail = true;
    const good = numbered(10, log);
    const cache = new PageCache<number>(
      (offset, limit) => (fail ? Promise.reject(new Error('disk gone')) : good(offset, limit)),
      5,
    );
    cache.ensure(0, 4);
    await settle();
    fail = false;
    cache.ensure(0, 9);
    await settle();
    expect(log).toEqual([5]);
    cache.ensure(0, 9);
    await settle();
    expect(log).toEqual([5, 0]);
  });

  it('keeps old rows when the fresh page cannot be loaded', async () => {
    let fail = false;
    const good = numbered(10, []);
    const cache = new PageCache<number>(
      (offset, limit) => (fail ? Promise.reject(new Error('disk gone')) : good(offset, limit)),
      5,
    );
    cache.ensure(0, 4);
    await settle();
    fail = true;
    cache.invalidate();
    cache.ensure(0, 4);
    await settle();
    expect(cache.error?.message).toBe('disk gone');
    expect(cache.row(3)).toBe(3);
  });
});
