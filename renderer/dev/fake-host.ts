import { createReadStream, existsSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { appContract } from '../../shared/contract.ts';
import type { Reply } from '../../shared/rpc.ts';
import { answers, type Scenario } from './fake-answers.ts';
import { makeBatch } from './fake-data.ts';
import { makeHead, niftiGz, picturePng, type View } from './phantom.ts';

/**
 * A stand-in for the main process: the built screens, the contract answered with made-up records, made-up heads.
 *
 * Every answer is parsed with the contract, so that a screen tried here meets only records the contract allows.
 */
const CSP =
  "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; worker-src 'self' blob:; connect-src 'self' blob: data:; script-src 'self' 'wasm-unsafe-eval'";
const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
};

const original = makeHead('original');
const edited = makeHead('cut');
const refaced = makeHead('other');
const pictures = new Map<string, Buffer>();

async function answer(scenario: Scenario, name: string, body: string): Promise<Reply> {
  const procedure = appContract[name as keyof typeof appContract];
  if (!procedure) return { ok: false, error: { code: 'unknown-name', message: `No procedure "${name}".` } };
  try {
    const input = procedure.input.parse(JSON.parse(body || '{}'));
    const handler = answers(scenario)[name as keyof typeof appContract] as (input: unknown) => unknown;
    return { ok: true, value: procedure.output.parse(await handler(input)) };
  } catch (reason) {
    const error = reason as Error & { fix?: string };
    return {
      ok: false,
      error: { code: 'fake', message: error.message, ...(error.fix ? { fix: error.fix } : {}) },
    };
  }
}

function sendPicture(path: string, response: ServerResponse): void {
  const [, stage, view] = /\/(before|after)-([\w-]+)\.png$/.exec(path) ?? [];
  const after = /preview-.*(template|pix2pix|cgan|blur)/.test(path) ? refaced : edited;
  const key = `${stage} ${view} ${after === refaced}`;
  let bytes = pictures.get(key);
  if (!bytes) {
    bytes = picturePng(stage === 'before' ? original : after, original, view as View);
    pictures.set(key, bytes);
  }
  response.writeHead(200, { 'content-type': 'image/png', 'cache-control': 'max-age=60' }).end(bytes);
}

export function createFakeHost(scenario: Scenario, files: string): Server {
  return createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://x').pathname);
    if (path.startsWith('/rpc/')) {
      let body = '';
      request.on('data', (part) => {
        body += part;
      });
      request.on('end', async () => {
        const reply = await answer(scenario, path.slice(5), body);
        response
          .writeHead(reply.ok ? 200 : 400, { 'content-type': 'application/json' })
          .end(JSON.stringify(reply));
      });
    } else if (path === '/events') {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      response.write(': hello\n\n');
      if (scenario !== 'busy') return;
      let done = 212;
      const timer = setInterval(() => {
        response.write(
          `data: ${JSON.stringify({ type: 'progress', batch: makeBatch('deidentify', done++, 480) })}\n\n`,
        );
        if (done % 10 === 0)
          response.write(`data: ${JSON.stringify({ type: 'changed', areas: ['catalog', 'review'] })}\n\n`);
      }, 500);
      response.on('close', () => clearInterval(timer));
    } else if (path.startsWith('/volumes/')) {
      response
        .writeHead(200, { 'content-type': 'application/gzip' })
        .end(niftiGz(path.includes('/series-') ? original : edited));
    } else if (path.startsWith('/pictures/')) {
      sendPicture(path, response);
    } else {
      const file = join(files, normalize(path === '/' ? '/index.html' : path));
      if (!file.startsWith(files) || !existsSync(file)) {
        response.writeHead(404).end('not found');
        return;
      }
      response.writeHead(200, {
        'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
        'content-security-policy': CSP,
      });
      createReadStream(file).pipe(response);
    }
  });
}
