import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';
import type { Host } from '../host.ts';
import { pageThatGoesTo } from './door-page.ts';

export interface LoopbackServer {
  /** Address with the one-time token; open it once in the browser. */
  readonly url: string;
  readonly port: number;
  /** Settles when the link was used. */
  readonly opened: Promise<void>;
  close(): Promise<void>;
}

/** Cookies are shared by all ports of a host (RFC 6265, 8.5): a second Refacade must not take the first one's. */
const cookieNameOf = (port: number) => `refacade-${port}`;

/**
 * The browser door: HTTP on 127.0.0.1 only.
 *
 * The one-time token in the URL is exchanged for an `HttpOnly; SameSite=Strict` cookie. Requests with a
 * foreign `Host` or `Origin`, or without the cookie, are refused before they reach the application
 * (DNS rebinding, cross-site requests, other users of the computer). Only the exchange may come from elsewhere, a
 * `file:` page (see door-page.ts): the token itself proves that it comes from who started this.
 *
 * @param host the application's one door
 * @param port 0 for a random free port
 */
export async function startLoopback(host: Host, port = 0): Promise<LoopbackServer> {
  let token: string | null = randomBytes(32).toString('base64url');
  const secret = randomBytes(32).toString('base64url');
  let tellOpened = () => {};
  const opened = new Promise<void>((done) => {
    tellOpened = done;
  });
  const server = createServer((req, res) => {
    void answer(req, res).catch(() => {
      if (!res.headersSent) res.writeHead(500);
      res.end();
    });
  });

  async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const ownPort = (server.address() as AddressInfo).port;
    const cookieName = cookieNameOf(ownPort);
    const own = `127.0.0.1:${ownPort}`;
    const hostHeader = req.headers.host ?? '';
    if (hostHeader !== own && hostHeader !== own.replace('127.0.0.1', 'localhost')) {
      return refuse(res, 421, 'This address is not served here.');
    }
    const origin = req.headers.origin;
    if (origin !== undefined && origin !== `http://${hostHeader}`) return refuse(res, 403, 'Foreign origin.');
    const url = new URL(req.url ?? '/', `http://${hostHeader}`);
    const offered = url.searchParams.get('token');
    if (offered !== null && url.pathname === '/') {
      if (token === null || !same(offered, token)) {
        return refuse(res, 403, 'This link was used already. Start Refacade again for a new one.');
      }
      token = null;
      // Not a redirect: one that began on another page does not carry a strict cookie.
      res.writeHead(200, {
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
        'x-content-type-options': 'nosniff',
        'set-cookie': `${cookieName}=${secret}; HttpOnly; SameSite=Strict; Path=/`,
        'cache-control': 'no-store',
        'referrer-policy': 'no-referrer',
      });
      res.end(pageThatGoesTo('/'));
      tellOpened();
      return;
    }
    const site = req.headers['sec-fetch-site'];
    if (site === 'cross-site' || site === 'same-site') return refuse(res, 403, 'Cross-site request.');
    if (!same(readCookie(req.headers.cookie, cookieName), secret)) {
      return refuse(res, 401, 'Open Refacade with the link it printed at start.');
    }
    const gone = new AbortController();
    res.once('close', () => gone.abort());
    const response = await host(await toRequest(req, url, gone.signal));
    res.writeHead(response.status, Object.fromEntries(response.headers));
    if (req.method === 'HEAD' || !response.body) {
      res.end();
      return;
    }
    await pipeline(Readable.fromWeb(response.body as unknown as NodeReadableStream), res).catch(() => {});
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const bound = (server.address() as AddressInfo).port;
  return {
    url: `http://127.0.0.1:${bound}/?token=${token}`,
    port: bound,
    opened,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Questions are small; a larger body is not ours. */
const MAX_BODY_BYTES = 4 << 20;

/** @param signal fires when the one who asks goes away */
async function toRequest(req: IncomingMessage, url: URL, signal: AbortSignal): Promise<Request> {
  const headers = new Headers();
  for (const [name, value] of Object.entries(req.headers)) {
    if (typeof value === 'string') headers.set(name, value);
  }
  if (req.method === 'GET' || req.method === 'HEAD')
    return new Request(url, { method: 'GET', headers, signal });
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of req) {
    size += (chunk as Buffer).length;
    if (size > MAX_BODY_BYTES) throw new Error('request too large');
    chunks.push(chunk as Buffer);
  }
  return new Request(url, { method: req.method ?? 'POST', headers, body: Buffer.concat(chunks), signal });
}

function refuse(res: ServerResponse, status: number, text: string): void {
  res.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' });
  res.end(text);
}

function readCookie(header: string | undefined, cookieName: string): string {
  for (const part of (header ?? '').split(';')) {
    const [name, value] = part.trim().split('=');
    if (name === cookieName) return value ?? '';
  }
  return '';
}

/** Constant-time comparison of two strings. */
function same(a: string, b: string): boolean {
  const x = Buffer.from(a);
  const y = Buffer.from(b);
  return x.length === y.length && timingSafeEqual(x, y);
}
