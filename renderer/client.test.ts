import { describe, expect, it } from 'vitest';
import { createClient, ReplyError, readReply, toReplyError } from './client.ts';

describe('readReply', () => {
  it('hands back the value of an accepted call', () => {
    expect(readReply(200, '{"ok":true,"value":{"changed":3}}')).toEqual({ changed: 3 });
    expect(readReply(200, '{"ok":true,"value":null}')).toBeNull();
  });

  it('throws message and fix of a refused call', () => {
    const read = () =>
      readReply(400, '{"ok":false,"error":{"code":"no-project","message":"none open","fix":"open one"}}');
    expect(read).toThrowError(
      expect.objectContaining({ code: 'no-project', message: 'none open', fix: 'open one' }),
    );
  });

  // Proxies, crashed hosts and wrong URLs answer with something that is no Reply at all.
  it.each([
    ['', 'not-a-reply'],
    ['<html>404</html>', 'not-a-reply'],
    ['null', 'not-a-reply'],
    ['[]', 'not-a-reply'],
    ['{"ok":false}', 'not-a-reply'],
    ['{"value":1}', 'not-a-reply'],
    ['{"ok":"true","value":1}', 'not-a-reply'],
  ])('refuses %j as %s', (text, code) => {
    expect(() => readReply(502, text)).toThrowError(expect.objectContaining({ code }));
  });
});

describe('createClient', () => {
  const reply = (value: unknown) => new Response(JSON.stringify({ ok: true, value }));

  it('posts to rpc/<name> beside the page, whatever the prefix', async () => {
    const seen: string[] = [];
    const send = (async (url: URL, init: RequestInit) => {
      seen.push(`${init.method} ${url.href} ${String(init.body)}`);
      return reply({ changed: 1 });
    }) as unknown as typeof fetch;
    await createClient('app://refacade/index.html', send)['import.include']({ seriesIds: [7] });
    await createClient('http://127.0.0.1:9/x/', send)['import.include']({ seriesIds: [8] });
    expect(seen).toEqual([
      'POST app://refacade/rpc/import.include {"seriesIds":[7]}',
      'POST http://127.0.0.1:9/x/rpc/import.include {"seriesIds":[8]}',
    ]);
  });

  it('says that the process did not answer when the connection fails', async () => {
    const send = (() => Promise.reject(new TypeError('Failed to fetch'))) as unknown as typeof fetch;
    await expect(createClient('http://x/', send)['jobs.batches']({})).rejects.toMatchObject({
      code: 'no-connection',
    });
  });

  it('says that a call was cancelled where the one who asked ended it', async () => {
    const ended = new AbortController();
    const send = ((_url: URL, { signal }: { signal: AbortSignal }) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
      })) as unknown as typeof fetch;
    const call = createClient('http://x/', send)['jobs.batches']({}, ended.signal);
    ended.abort();
    await expect(call).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('keeps a ReplyError and wraps anything else', () => {
    const own = new ReplyError('a', 'b');
    expect(toReplyError(own)).toBe(own);
    expect(toReplyError('text')).toMatchObject({ code: 'unexpected', message: 'text' });
  });
});
