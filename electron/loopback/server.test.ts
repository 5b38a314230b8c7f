import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LoopbackServer, startLoopback } from './server.ts';

let server: LoopbackServer;
let reached = 0;
beforeAll(async () => {
  server = await startLoopback(async (request) => {
    reached++;
    return new Response(`${request.method} ${new URL(request.url).pathname}`);
  });
});
afterAll(() => server.close());

function ask(path: string, headers: Record<string, string> = {}, method = 'GET') {
  return new Promise<{ status: number; body: string; headers: Record<string, unknown> }>(
    (resolve, reject) => {
      const req = httpRequest({ host: '127.0.0.1', port: server.port, path, method, headers }, (res) => {
        let body = '';
        res.on('data', (d) => {
          body += d;
        });
        res.on('end', () => resolve({ status: res.statusCode!, body, headers: res.headers }));
      });
      req.on('error', reject);
      req.end();
    },
  );
}

describe('the loopback door', () => {
  let cookie = '';

  it('exchanges the token once for a strict, script-proof cookie', async () => {
    const path = new URL(server.url).pathname + new URL(server.url).search;
    let opened = false;
    void server.opened.then(() => {
      opened = true;
    });
    expect((await ask(`${path}x`)).status).toBe(403);
    expect(opened).toBe(false);
    // As it comes from the page that the browser is given instead of the link.
    const first = await ask(path, { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' });
    expect(first.status).toBe(200);
    expect(first.body).toContain('url=/"');
    expect(first.headers['content-security-policy']).toContain("default-src 'none'");
    expect(opened).toBe(true);
    const set = String(first.headers['set-cookie']);
    expect(set).toContain('HttpOnly');
    expect(set).toContain('SameSite=Strict');
    cookie = set.split(';')[0]!;
    expect((await ask(path)).status).toBe(403);
    expect((await ask('/x', { cookie })).body).toBe('GET /x');
  });

  it('takes no token under another name or from a page that says where it is, and keeps it', async () => {
    const other = await startLoopback(async () => new Response('app'));
    const from = (headers: Record<string, string>) => fetch(other.url, { headers });
    expect((await from({ origin: 'http://evil.example' })).status).toBe(403);
    expect((await from({ origin: 'null' })).status).toBe(403);
    expect((await from({})).status).toBe(200);
    await other.close();
  });

  it.each([
    ['no cookie', '/rpc/x', {}, 401],
    ['a wrong cookie', '/rpc/x', { cookie: 'refacade-PORT=guess' }, 401],
    ['a wrong token', '/?token=guess', {}, 403],
    ['another host name (DNS rebinding)', '/x', { host: 'evil.example' }, 421],
    ['the right name on another port', '/x', { host: '127.0.0.1:1' }, 421],
    ['a foreign origin', '/x', { origin: 'http://evil.example' }, 403],
    ['a null origin', '/x', { origin: 'null' }, 403],
    ['a cross-site request', '/x', { 'sec-fetch-site': 'cross-site' }, 403],
    ['a request from another port', '/x', { 'sec-fetch-site': 'same-site' }, 403],
    ['a wrong token from another site', '/?token=guess', { 'sec-fetch-site': 'cross-site' }, 403],
    ['a token that opens nothing, beside a path', '/x?token=guess', { 'sec-fetch-site': 'cross-site' }, 403],
  ])('refuses %s before the application sees it', async (_what, path, headers, status) => {
    const before = reached;
    const own = JSON.parse(JSON.stringify(headers).replace('PORT', String(server.port)));
    expect((await ask(path, status === 401 ? own : { cookie, ...own })).status).toBe(status);
    expect(reached).toBe(before);
  });
});

describe('two servers and one browser', () => {
  it('do not lock each other out: cookies know no ports', async () => {
    const named = (name: string) => startLoopback(async () => new Response(name));
    const [first, second] = [await named('first'), await named('second')];
    // One jar for the host: by the name of the cookie alone (RFC 6265, 8.5).
    const jar = new Map<string, string>();
    const get = async (url: string) => {
      const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
      const response = await fetch(url, { headers: { cookie } });
      for (const set of response.headers.getSetCookie()) {
        const [name, value] = set.split(';')[0]!.split('=');
        jar.set(name!, value!);
      }
      return response.text();
    };
    const pages = [first, second].map((s) => `http://127.0.0.1:${s.port}/`);
    await get(first.url);
    expect(await get(pages[0]!)).toBe('first');
    await get(second.url);
    expect(await get(pages[1]!)).toBe('second');
    expect(await get(pages[0]!)).toBe('first');
    // A cookie of the one opens nothing of the other.
    jar.delete(`refacade-${second.port}`);
    expect(jar.size).toBe(1);
    expect(await get(pages[1]!)).toContain('with the link');
    await Promise.all([first.close(), second.close()]);
  });
});
