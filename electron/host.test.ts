import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EventHub } from './events.ts';
import { createHost } from './host.ts';

const root = mkdtempSync(join(tmpdir(), 'refacade-host-'));
const staticDir = join(root, 'renderer');
mkdirSync(join(staticDir, 'assets'), { recursive: true });
writeFileSync(join(staticDir, 'index.html'), '<title>Refacade</title>');
writeFileSync(join(staticDir, 'assets', 'a.js'), 'x');
writeFileSync(join(root, 'secret.txt'), 'secret');
writeFileSync(join(root, 'big.nii.gz'), Buffer.alloc(3 << 20, 7));

const asked: string[] = [];
const pictures: string[] = [];
const events = new EventHub();
const host = createHost({
  dispatch: async (name, input) => ({ ok: true, value: { name, input } }),
  events,
  staticDir,
  volumeFile: async (id) => {
    asked.push(id);
    return id === 'series-1' ? join(root, 'big.nii.gz') : null;
  },
  pictureFile: () => null,
  receiptFile: (id, picture) => {
    if (picture) pictures.push(picture);
    return id === 3 ? join(root, picture ? 'big.nii.gz' : 'secret.txt') : null;
  },
});
const get = (path: string, init?: RequestInit) => host(new Request(`http://127.0.0.1:1${path}`, init));

describe('the host', () => {
  it('answers questions asked with POST and JSON only', async () => {
    const json = { 'content-type': 'application/json' };
    const reply = await get('/rpc/demo.double', { method: 'POST', headers: json, body: '{"n":1}' });
    expect(await reply.json()).toEqual({ ok: true, value: { name: 'demo.double', input: { n: 1 } } });
    expect((await get('/rpc/demo.double')).status).toBe(405);
    expect(
      (await get('/rpc/x', { method: 'POST', headers: { 'content-type': 'text/plain' }, body: '{}' })).status,
    ).toBe(415);
    expect((await get('/rpc/x', { method: 'POST', headers: json, body: '{' })).status).toBe(400);
    expect((await get('/assets/a.js', { method: 'DELETE' })).status).toBe(405);
  });

  it('sets a policy that lets nothing in from elsewhere', async () => {
    const csp = (await get('/')).headers.get('content-security-policy')!;
    expect(csp).toContain("default-src 'self'");
    expect(csp).not.toMatch(/https?:|\*|unsafe-eval'? ?;?$/);
    expect((await get('/')).headers.get('x-content-type-options')).toBe('nosniff');
  });

  it.each([
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/assets/..%2f..%2fsecret.txt',
    '/assets/%2e%2e%5c..%5csecret.txt',
    '/%00',
  ])('never leaves the folder of the screens: %s', async (path) => {
    const response = await get(path);
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(await response.text()).not.toContain('secret');
  });

  it('serves volumes by catalog id and streams large ones whole', async () => {
    const response = await get('/volumes/series-1.nii.gz');
    expect((await response.arrayBuffer()).byteLength).toBe(3 << 20);
    expect((await get('/volumes/%2Fetc%2Fpasswd')).status).toBe(404);
    expect(asked).toContain('series-1');
    expect((await get('/receipts/3.html')).status).toBe(200);
    expect((await get('/receipts/x.html')).status).toBe(404);
  });

  it('serves a receipt with the pictures beside it, and nothing else of a share', async () => {
    expect((await get('/receipts/3/receipt.html')).status).toBe(200);
    const beside = new URL('refacade-pictures/sub-A_T1w-front.png', 'http://h/receipts/3/receipt.html');
    expect((await get(beside.pathname)).status).toBe(200);
    expect((await get(beside.pathname.replace('/3/', '/4/'))).status).toBe(404);
    for (const name of [
      '..%2F..%2Fsecret.png',
      'a.png%2F..',
      'a.txt',
      '.png',
      'a%00.png',
      '..png',
      'a/b.png',
    ])
      expect((await get(`/receipts/3/refacade-pictures/${name}`)).status, name).toBe(404);
    expect(pictures).toEqual(['sub-A_T1w-front.png', 'sub-A_T1w-front.png']);
  });

  it('streams events until the reader goes away', async () => {
    const response = await get('/events');
    const reader = response.body!.getReader();
    const text = async () => new TextDecoder().decode((await reader.read()).value);
    expect(await text()).toContain('connected');
    events.emit({ type: 'changed', areas: ['catalog'] });
    expect(await text()).toBe('data: {"type":"changed","areas":["catalog"]}\n\n');
    await reader.cancel();
    events.emit({ type: 'changed', areas: ['catalog'] }); // must not throw into a closed stream
  });
});
