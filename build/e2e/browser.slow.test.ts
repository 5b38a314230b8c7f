// A real browser clicks through the whole job on a phantom cohort: new project → import → preview →
// de-identify → review → impact → share. Then the shared folder is searched for every planted identifier.
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import { type Browser, chromium, type Locator, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, createApp } from '../../electron/app.ts';
import { type LoopbackServer, startLoopback } from '../../electron/loopback/server.ts';
import { type CohortTruth, writeCohort } from '../phantom/cohort.ts';
import { findIdentifiers } from './find-identifiers.ts';
import { folderDigest, listFiles } from './folder-digest.ts';

const browserPath = process.env.CHROMIUM ?? '/usr/bin/chromium';
/** Set to a folder to keep a picture of every screen, light and dark. */
const picturesDir = process.env.REFACADE_PICTURES;
const minutes = 60_000;

describe.skipIf(!existsSync(browserPath))(
  'the whole job in a browser (skipped where Chromium is missing)',
  () => {
    const root = mkdtempSync(join(tmpdir(), 'refacade-browser-'));
    const source = join(root, 'source');
    const project = join(root, 'project');
    const share = join(root, 'share');
    let cohort: CohortTruth;
    let digest: string;
    let app: App;
    let server: LoopbackServer;
    let browser: Browser;
    let page: Page;
    const complaints: string[] = [];
    const outside: string[] = [];

    beforeAll(async () => {
      cohort = await writeCohort(source, { subjects: 3, voxelSizeMm: 2.5 });
      digest = folderDigest(source);
      app = createApp({ userDataDir: join(root, 'user'), distDir: resolve('dist') });
      server = await startLoopback(app.host);
      browser = await chromium.launch({
        executablePath: browserPath,
        args: [
          '--no-sandbox',
          '--use-angle=swiftshader',
          '--enable-unsafe-swiftshader',
          '--disable-background-networking',
        ],
      });
      const context = await browser.newContext({
        viewport: { width: 1440, height: 900 },
        reducedMotion: 'reduce',
      });
      page = await context.newPage();
      page.setDefaultTimeout(90_000);
      page.on('pageerror', (e) => complaints.push(e.message));
      page.on('console', (m) => m.type() === 'error' && complaints.push(m.text()));
      page.on('response', async (r) => {
        if (r.status() >= 400) complaints.push(`${r.url()}: ${await r.text()}`);
      });
      page.on('request', (r) => {
        if (!r.url().startsWith(`http://127.0.0.1:${server.port}/`) && !/^(data|blob):/.test(r.url()))
          outside.push(r.url());
      });
      await page.goto(server.url);
    }, 5 * minutes);

    afterAll(async () => {
      await browser?.close();
      await server?.close();
      await app?.close();
      rmSync(root, { recursive: true, force: true });
    });

    const step = (name: string) =>
      page.getByRole('navigation').getByRole('link', { name: new RegExp(`^${name}`) });

    /** Axe in the current theme, and a picture in both themes when asked for. */
    async function look(name: string): Promise<void> {
      await page.waitForLoadState('networkidle').catch(() => {});
      for (const theme of ['Light', 'Dark']) {
        await page.getByText(theme, { exact: true }).click();
        // Colours fade over into the new theme; a busy machine takes its time with it.
        await expect
          .poll(() => seriousFindings(page), { timeout: 15_000, interval: 700, message: name })
          .toEqual([]);
        if (!picturesDir) continue;
        mkdirSync(picturesDir, { recursive: true });
        await page.screenshot({ path: join(picturesDir, `${name}-${theme.toLowerCase()}.png`) });
      }
    }

    it('makes a project', async () => {
      await page.getByLabel('Project folder').fill(project);
      await page.getByRole('button', { name: 'Create project here' }).click();
      await page.getByRole('heading', { name: 'Start with a folder of head scans' }).waitFor();
      await look('project-empty');
    });

    it(
      'imports the folder and shows problems and what was set aside',
      async () => {
        await page.getByLabel('Path of the folder').fill(source);
        await page.getByRole('button', { name: 'Import this path' }).click();
        await page.getByRole('tab', { name: /Quarantine|Set aside/i }).click();
        await page.getByText('secondary capture').first().waitFor();
        await look('import');
      },
      minutes,
    );

    it('previews what will happen to every attribute of one series', async () => {
      await step('De-identify').click();
      const id = app
        .current()!
        .db.prepare("SELECT id FROM series WHERE format = 'dicom' AND state = 'queued' LIMIT 1")
        .pluck()
        .get();
      await page.goto(`http://127.0.0.1:${server.port}/#/deidentify?preview=${id}`);
      await page.getByText('(0010,0010)').first().waitFor();
      await look('deidentify');
    });

    it('tells about a method, and what its model is', async () => {
      const link = page.getByRole('button', { name: 'About this method: Average face' });
      await link.focus();
      await page.keyboard.press('Enter');
      const about = page.getByRole('dialog', { name: 'Average face' });
      await about.getByText('Settings, changed in the policy').waitFor();
      await expect.poll(() => seriousFindings(page), { timeout: 15_000, interval: 700 }).toEqual([]);
      await page.keyboard.press('Escape');
      await about.waitFor({ state: 'detached' });
      expect(await hasFocus(link)).toBe(true);
    });

    it('closes one dialog at a time, and the keyboard goes on where it was', async () => {
      const opener = page.getByRole('button', { name: 'Computer, models' });
      await opener.focus();
      await page.keyboard.press('Enter');
      const below = page.getByRole('dialog', { name: 'Computer and models' });
      const card = below.getByRole('button', { name: 'Card of Average head' });
      await card.focus();
      await page.keyboard.press('Enter');
      const above = page.getByRole('dialog', { name: 'Average head' });
      await above.getByText('Checksum').waitFor();
      await page.keyboard.press('Escape');
      await above.waitFor({ state: 'detached' });
      expect(await hasFocus(card)).toBe(true);
      await page.keyboard.press('Escape');
      await below.waitFor({ state: 'detached' });
      expect(await hasFocus(opener)).toBe(true);
    });

    it(
      'compares two methods on one scan, and takes one of them for the batch',
      async () => {
        await page.getByRole('tab', { name: 'Compare methods' }).click();
        const ticks = page.getByRole('group', { name: 'Methods to compare' });
        for (const tick of await ticks.getByRole('checkbox').all())
          if (await tick.isChecked()) await tick.uncheck();
        for (const name of ['Mask out', 'Quickshear']) await ticks.getByRole('checkbox', { name }).check();
        await page.getByRole('button', { name: 'Try 2 methods on this scan' }).click();
        // Ended before it has done anything: nothing may stay that looks like a result, and it can be started again.
        await page.getByRole('button', { name: 'Cancel', exact: true }).click();
        await page.getByRole('button', { name: 'Try 2 methods on this scan' }).click();
        await page
          .getByRole('button', { name: 'Use this method: Mask out' })
          .waitFor({ timeout: 5 * minutes });
        await page
          .getByRole('button', { name: 'Use this method: Quickshear' })
          .click({ timeout: 5 * minutes });
        await page.getByRole('button', { name: 'Used for the batch: Quickshear' }).waitFor();
        // A later preview takes nothing from an earlier one: every picture is there, the original's beside them.
        const pictures = page.getByRole('img', { name: /surface from the front|three-quarter/ });
        expect(await pictures.count()).toBe(6);
        const widths = pictures.evaluateAll((all) =>
          all.map((one) => (one as HTMLImageElement).naturalWidth),
        );
        expect(await widths).toEqual([512, 512, 512, 512, 512, 512]);
        await look('compare-methods');
        // Another step and back: what was picked for the batch is still picked.
        const seed = page.getByRole('textbox', { name: 'Seed' });
        await seed.fill('4711');
        await step('Project').click();
        await page.getByRole('grid').waitFor();
        await step('De-identify').click();
        await expect.poll(() => page.getByRole('radio', { name: /^Quickshear/ }).isChecked()).toBe(true);
        expect(await seed.inputValue()).toBe('4711');
        await seed.fill('1');
        await page.getByRole('radio', { name: /^Average face/ }).check();
      },
      12 * minutes,
    );

    it(
      'de-identifies every waiting scan',
      async () => {
        await page
          .getByRole('button', { name: /^De-identify \d+ scan/ })
          .first()
          .click();
        await expect
          .poll(() => states(app).queued + states(app).running + Number(app.busy()), {
            timeout: 8 * minutes,
            interval: 1000,
          })
          .toBe(0);
        await step('Project').click();
        await look('project');
        expect(states(app).passed).toBeGreaterThan(0);
      },
      9 * minutes,
    );

    it(
      'reviews the doubtful scans from the keyboard',
      async () => {
        await step('Review').click();
        const waiting = states(app)['needs-review'];
        expect(waiting, 'the cohort holds scans that a person must see').toBeGreaterThan(0);
        await page
          .getByRole('img', { name: /surface|slice/ })
          .first()
          .waitFor();
        await look('review');
        await page.getByLabel('Reviewer').fill('A. Tester');
        await page.keyboard.press('Enter');
        await page.keyboard.press('1');
        await expect.poll(() => states(app)['needs-review'], { timeout: 30_000 }).toBe(waiting - 1);
        const review = app.current()!.db.prepare('SELECT decision, reviewer FROM review').get();
        expect(review).toEqual({ decision: 'accept', reviewer: 'A. Tester' });
        // The screen that had the focus goes; the keyboard goes on in the next one.
        await page.getByRole('main').getByRole('button').first().focus();
        await page.keyboard.press('Alt+2');
        await page.getByRole('heading', { level: 1, name: 'Import' }).waitFor();
        await expect.poll(() => hasFocus(page.getByRole('main'))).toBe(true);
      },
      2 * minutes,
    );

    it(
      'says what it cost in one sentence',
      async () => {
        await step('Impact').click();
        await page
          .getByText(/changed by more than 5 %/)
          .first()
          .waitFor();
        await look('impact');
      },
      2 * minutes,
    );

    it(
      'audits every de-identified scan and says what could be recognised',
      async () => {
        await step('Audit').click();
        await look('audit-before');
        await page
          .getByRole('button', { name: /^Audit \d+ scan/ })
          .first()
          .click();
        await expect
          .poll(() => auditsOf(app), { timeout: 8 * minutes, interval: 1000 })
          .toEqual({ reports: 1, unaudited: 0 });
        await page
          .getByText(/render to render/i)
          .first()
          .waitFor();
        await look('audit');
      },
      9 * minutes,
    );

    it(
      'writes a share and shows the receipt',
      async () => {
        await step('Share').click();
        await page.getByLabel('DICOM (for archives and viewers)').check();
        await page.getByLabel('Destination').fill(share);
        await look('share');
        await page.getByRole('button', { name: /^Share \d+ scan/ }).click();
        await page.getByRole('button', { name: 'Read the receipt' }).click({ timeout: 5 * minutes });
        await page
          .getByText('Counts in equal counts out')
          .first()
          .waitFor()
          .catch(async (cause: Error) => {
            throw new Error(
              `The receipt does not show its checks: ${await page.locator('body').innerText()}`,
              {
                cause,
              },
            );
          });
        await look('receipt');
      },
      7 * minutes,
    );

    it('left no identifier in the share, the sources as they were, and asked nobody outside', () => {
      const planted = cohort.identifiers.map((i) => i.value).filter((value) => value.length >= 4);
      expect(listFiles(share).length).toBeGreaterThan(10);
      expect(findIdentifiers(share, planted)).toEqual([]);
      expect(folderDigest(source)).toBe(digest);
      expect(outside).toEqual([]);
      expect(complaints).toEqual([]);
    });
  },
);

async function seriousFindings(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations
    .filter((v) => v.impact === 'serious' || v.impact === 'critical')
    .map((v) => `${v.id} ${v.nodes[0]?.html}`);
}

function hasFocus(place: Locator): Promise<boolean> {
  return place.evaluate((element) => element === document.activeElement);
}

/** Finished audits, and current de-identified versions that none of them saw. */
function auditsOf(app: App): { reports: unknown; unaudited: unknown } {
  const count = (sql: string) => app.current()!.db.prepare(sql).pluck().get();
  return {
    reports: count('SELECT count(*) FROM audit_report'),
    unaudited: count(
      `SELECT count(*) FROM derivative d JOIN series s ON s.id = d.series_id LEFT JOIN audit a ON a.derivative_id = d.id
       WHERE d.current = 1 AND s.state <> 'excluded' AND a.derivative_id IS NULL`,
    ),
  };
}

function states(
  app: App,
): Record<string, number> & { queued: number; running: number; passed: number; 'needs-review': number } {
  const counts = { queued: 0, running: 0, 'needs-review': 0, passed: 0, failed: 0, excluded: 0 };
  const rows = app.current()!.db.prepare('SELECT state, count(*) AS n FROM series GROUP BY state').all();
  for (const row of rows as { state: keyof typeof counts; n: number }[]) counts[row.state] = row.n;
  return counts;
}
