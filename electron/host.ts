import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { extname, join, normalize, sep } from 'node:path';
import { Readable } from 'node:stream';
import type { Dispatch } from './dispatch.ts';
import type { EventHub } from './events.ts';

export type Host = (request: Request) => Promise<Response>;

export interface HostOptions {
  readonly dispatch: Dispatch;
  readonly events: EventHub;
  /** Folder of the built renderer. */
  readonly staticDir: string;
  /** Catalog id (`series-1`, `edited-4`, `mask-4`) → file, or null. Never takes a path from outside. */
  readonly volumeFile: (id: string) => Promise<string | null>;
  /** Derivative folder name and picture name → file, or null. */
  readonly pictureFile: (owner: string, name: string) => string | null;
  /** The receipt of a share, or a picture that lies beside it, or null. */
  readonly receiptFile: (shareId: number, picture?: string) => string | null;
}

/** What the page may load: itself. Inline styles are needed by the component library. */
export const contentSecurityPolicy = [
  "default-src 'self'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  "connect-src 'self' blob: data:",
  "worker-src 'self' blob:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'self'",
].join('; ');

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
  '.woff2': 'font/woff2',
  '.ico': 'image/x-icon',
  '.gz': 'application/gzip',
  '.nii': 'application/octet-stream',
};

/**
 * The one door: every question, event, volume and page as a web-standard request.
 *
 * `/rpc/<name>` (POST, JSON) · `/events` (server-sent events) · `/volumes/<id>.nii.gz` ·
 * `/pictures/<owner>/<name>.png` · `/receipts/<id>.html` ·
 * `/receipts/<id>/receipt.html` with `/receipts/<id>/refacade-pictures/<name>.png` beside it · everything else is the renderer.
 */
export function createHost(options: HostOptions): Host {
  return async (request) => {
    const url = new URL(request.url);
    const response = await route(request, url, options).catch((error: unknown) =>
      plain(500, error instanceof Error ? error.message : String(error)),
    );
    response.headers.set('content-security-policy', contentSecurityPolicy);
    response.headers.set('x-content-type-options', 'nosniff');
    response.headers.set('referrer-policy', 'no-referrer');
    response.headers.set('cross-origin-opener-policy', 'same-origin');
    response.headers.set('cross-origin-resource-policy', 'same-origin');
    return response;
  };
}

async function route(request: Request, url: URL, o: HostOptions): Promise<Response> {
  const parts = decodeURIComponent(url.pathname).split('/').filter(Boolean);
  const [area, first = '', second = ''] = parts;
  if (area === 'rpc') return rpc(request, first, o.dispatch);
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return plain(405, 'Only GET is understood here.');
  if (area === 'events') return o.events.stream();
  if (area === 'volumes') return file(await o.volumeFile(first.replace(/\.nii(\.gz)?$/, '')), 'no-store');
  if (area === 'pictures') return file(o.pictureFile(first, second), 'no-store');
  if (area === 'receipts') return file(receiptPath(o, parts), 'no-store');
  return staticFile(o.staticDir, parts);
}

/** Relative addresses in a receipt mean the same here as in the share. */
function receiptPath(o: HostOptions, parts: readonly string[]): string | null {
  const [, id = '', folder, name = ''] = parts;
  if (!/^\d+(\.html)?$/.test(id)) return null;
  const shareId = Number.parseInt(id, 10);
  if (folder !== 'refacade-pictures') return o.receiptFile(shareId);
  const fine = parts.length === 4 && /^[A-Za-z0-9_-]+\.png$/.test(name);
  return fine ? o.receiptFile(shareId, name) : null;
}

async function rpc(request: Request, name: string, dispatch: Dispatch): Promise<Response> {
  if (request.method !== 'POST') return plain(405, 'Questions are asked with POST.');
  if (!(request.headers.get('content-type') ?? '').startsWith('application/json')) {
    return plain(415, 'Questions are asked in application/json.');
  }
  let input: unknown;
  try {
    input = await request.json();
  } catch {
    return json(400, { ok: false, error: { code: 'bad-json', message: 'The request is not JSON.' } });
  }
  const reply = await dispatch(name, input, request.signal);
  return json(reply.ok ? 200 : 400, reply);
}

async function staticFile(dir: string, parts: readonly string[]): Promise<Response> {
  const wanted = normalize(join(dir, ...parts));
  if (wanted !== dir && !wanted.startsWith(dir + sep)) return plain(404, 'Not found.');
  const path = parts.length === 0 ? join(dir, 'index.html') : wanted;
  const immutable = parts[0] === 'assets';
  return file(path, immutable ? 'public, max-age=31536000, immutable' : 'no-cache');
}

async function file(path: string | null, cache: string): Promise<Response> {
  const info = path ? await stat(path).catch(() => null) : null;
  if (!path || !info?.isFile()) return plain(404, 'Not found.');
  const headers = {
    'content-type': types[extname(path)] ?? 'application/octet-stream',
    'content-length': String(info.size),
    'cache-control': cache,
  };
  if (info.size < 1 << 20) return new Response(new Uint8Array(await readFile(path)), { headers });
  return new Response(Readable.toWeb(createReadStream(path)) as ReadableStream, { headers });
}

function plain(status: number, text: string): Response {
  return new Response(text, { status, headers: { 'content-type': 'text/plain; charset=utf-8' } });
}

function json(status: number, body: unknown): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
  });
}
