import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, describe, expect, it } from 'vitest';
import { writeDoorPage } from './door-page.ts';
import { startLoopback } from './server.ts';

const browserPath = process.env.CHROMIUM ?? '/usr/bin/chromium';
const root = mkdtempSync(join(tmpdir(), 'refacade-door-page-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const link = 'http://127.0.0.1:9/?token=abc';

describe('the page that the browser is given', () => {
  it('holds the link, is for its owner only, and goes away', () => {
    const page = writeDoorPage(link, [root]);
    expect(readFileSync(page.file, 'utf8')).toContain(`content="0; url=${link}"`);
    if (process.platform !== 'win32') {
      expect(statSync(page.file).mode & 0o777).toBe(0o600);
      expect(statSync(dirname(page.file)).mode & 0o777).toBe(0o700);
    }
    page.remove();
    expect(existsSync(dirname(page.file))).toBe(false);
    page.remove();
  });

  it('has a folder of its own each time, in the first place that can be written', () => {
    const [a, b] = [writeDoorPage(link, [join(root, 'none'), root]), writeDoorPage(link, [root])];
    expect(dirname(dirname(a.file))).toBe(root);
    expect(dirname(a.file)).not.toBe(dirname(b.file));
    a.remove();
    b.remove();
    expect(() => writeDoorPage(link, [join(root, 'none')])).toThrow(/ENOENT/);
  });
});

describe.skipIf(!existsSync(browserPath))('in Chromium (skipped where it is missing)', () => {
  let browser: Browser | undefined;
  afterAll(() => browser?.close());

  it('the page ends in the application, with its cookie, and a second time nowhere', async () => {
    const seen: string[] = [];
    const server = await startLoopback(async (request) => {
      seen.push(new URL(request.url).pathname);
      return new Response('<title>The application</title>', { headers: { 'content-type': 'text/html' } });
    });
    const page = writeDoorPage(server.url, [root]);
    browser = await chromium.launch({ executablePath: browserPath, args: ['--no-sandbox'] });
    const context = await browser.newContext();
    const tab = await context.newPage();
    await tab.goto(pathToFileURL(page.file).href);
    await tab.waitForFunction(() => document.title === 'The application');
    expect(tab.url()).toBe(`http://127.0.0.1:${server.port}/`);
    await server.opened;
    const cookies = await context.cookies();
    expect(cookies).toMatchObject([{ httpOnly: true, sameSite: 'Strict' }]);
    // The cookie is used: the page may ask and may be loaded again.
    const ask = `fetch('/rpc/x', { method: 'POST' }).then((r) => r.status)`;
    expect(await tab.evaluate(ask)).toBe(200);
    await tab.reload();
    expect(await tab.title()).toBe('The application');
    expect(seen).toContain('/rpc/x');

    // The page's token is spent, and from a foreign page even its own address is closed to other browsers.
    const stranger = await (await browser.newContext()).newPage();
    await stranger.goto(pathToFileURL(page.file).href);
    await stranger.waitForURL(server.url);
    expect(await stranger.textContent('body')).toContain('used already');
    page.remove();
    await server.close();
  }, 60_000);
});
