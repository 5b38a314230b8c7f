import { mkdirSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import AxeBuilder from '@axe-core/playwright';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import type { Scenario } from './fake-answers.ts';
import { createFakeHost } from './fake-host.ts';

/**
 * Looks at every screen: a picture per screen, scheme and size, and axe on each.
 *
 *     npx esbuild renderer/dev/screenshots.ts --bundle --platform=node --format=esm --packages=external --outfile=.scratch/screenshots.mjs
 *     node .scratch/screenshots.mjs [filter [width [light|dark]]]
 *
 * With REFACADE_URL, the address that `refacade serve` prints, the screens of that project are looked at instead of
 * made-up records, and REFACADE_SERIES is the scan that methods are compared on: so are the pictures of docs/pictures
 * made, from a project of `npm run sample`.
 *
 * Pictures go to .scratch/screens. Ends with 1 when axe finds something serious or critical, or a page logs an error.
 */
interface Shot {
  readonly name: string;
  readonly scenario: Scenario;
  readonly hash: string;
  readonly act?: (page: Page) => Promise<void>;
}

const SHOTS: readonly Shot[] = [
  { name: 'welcome', scenario: 'welcome', hash: '' },
  { name: 'project-empty', scenario: 'empty', hash: '#/project' },
  {
    name: 'welcome-models',
    scenario: 'welcome',
    hash: '',
    act: (page) => page.getByRole('button', { name: 'Card of T2 faces of site A' }).scrollIntoViewIfNeeded(),
  },
  { name: 'models', scenario: 'full', hash: '#/project?computer=1', act: seeModels },
  { name: 'models-damaged', scenario: 'busy', hash: '#/project?computer=1', act: seeModels },
  { name: 'models-error', scenario: 'error', hash: '#/import?computer=1' },
  {
    name: 'models-card',
    scenario: 'full',
    hash: '#/project?computer=1',
    act: async (page) => {
      await page.getByRole('button', { name: 'Card of Generated face, in 3-D' }).click();
      await page.getByRole('heading', { name: 'Training data' }).waitFor();
    },
  },
  { name: 'models-pack', scenario: 'full', hash: '#/project?computer=1', act: (page) => checkPack(page, '') },
  {
    name: 'models-pack-refused',
    scenario: 'full',
    hash: '#/project?computer=1',
    act: (page) => checkPack(page, '/broken'),
  },
  {
    name: 'models-remove',
    scenario: 'full',
    hash: '#/project?computer=1',
    act: (page) => page.getByRole('button', { name: 'Remove T2 faces of site A' }).click(),
  },
  { name: 'project-busy', scenario: 'busy', hash: '#/project' },
  { name: 'project-full', scenario: 'full', hash: '#/project' },
  { name: 'project-error', scenario: 'error', hash: '#/import' },
  {
    name: 'project-full-end',
    scenario: 'full',
    hash: '#/project',
    act: async (page) => {
      await page.getByRole('grid').focus();
      await page.keyboard.press('End');
      await page.getByRole('row').filter({ hasText: 'T1w' }).first().waitFor();
    },
  },
  { name: 'series', scenario: 'full', hash: '#/project?series=1' },
  { name: 'import-empty', scenario: 'empty', hash: '#/import' },
  { name: 'import-busy', scenario: 'busy', hash: '#/import' },
  { name: 'import-problems', scenario: 'full', hash: '#/import?tab=problems' },
  { name: 'import-quarantine', scenario: 'full', hash: '#/import?tab=quarantine' },
  { name: 'deidentify-empty', scenario: 'empty', hash: '#/deidentify' },
  { name: 'deidentify-headers', scenario: 'full', hash: '#/deidentify?preview=1' },
  {
    name: 'deidentify-face',
    scenario: 'full',
    hash: '#/deidentify?preview=1&tab=face',
    act: (page) => page.getByRole('button', { name: 'Show before and after' }).click(),
  },
  {
    name: 'deidentify-about',
    scenario: 'full',
    hash: '#/deidentify?preview=1&about=cgan-3d',
    act: (page) => page.getByRole('heading', { name: 'Training data' }).last().waitFor(),
  },
  {
    name: 'deidentify-about-end',
    scenario: 'full',
    hash: '#/deidentify?preview=1&about=cgan-3d',
    act: (page) => page.getByRole('heading', { name: 'Training data' }).last().scrollIntoViewIfNeeded(),
  },
  {
    name: 'deidentify-about-unavailable',
    scenario: 'busy',
    hash: '#/deidentify?preview=1&about=cgan-3d',
    act: (page) => page.getByRole('heading', { name: 'Training data' }).last().waitFor(),
  },
  {
    name: 'deidentify-unavailable',
    scenario: 'busy',
    hash: '#/deidentify?preview=1',
    act: (page) => page.getByText('Cannot be used here.').first().scrollIntoViewIfNeeded(),
  },
  {
    name: 'deidentify-compare-empty',
    scenario: 'full',
    hash: '#/deidentify?preview=1&tab=compare',
    act: (page) => page.getByRole('button', { name: /^Try \d methods/ }).waitFor(),
  },
  {
    name: 'deidentify-compare',
    scenario: 'full',
    hash: `#/deidentify?preview=${process.env.REFACADE_SERIES ?? 1}&tab=compare`,
    act: async (page) => {
      await page.getByRole('button', { name: /^Try \d methods/ }).click();
      await page.getByRole('button', { name: 'Try all of them again' }).waitFor();
    },
  },
  {
    name: 'deidentify-compare-scrolled',
    scenario: 'full',
    hash: '#/deidentify?preview=1&tab=compare&without=quickshear',
    act: async (page) => {
      await page.getByRole('button', { name: /^Try \d methods/ }).click();
      await page.getByRole('button', { name: 'Use this method: Blur' }).click();
      await page.getByRole('button', { name: 'Used for the batch: Blur' }).scrollIntoViewIfNeeded();
    },
  },
  {
    name: 'deidentify-compare-large',
    scenario: 'full',
    hash: '#/deidentify?preview=1&tab=compare',
    act: async (page) => {
      await page.getByRole('button', { name: /^Try \d methods/ }).click();
      await page.getByTitle('Show large beside the original').nth(2).click();
    },
  },
  {
    name: 'deidentify-compare-busy',
    scenario: 'busy',
    hash: '#/deidentify?preview=1&tab=compare',
    act: async (page) => {
      await page.getByRole('button', { name: /^Try \d methods/ }).click();
      await page.getByText('Now: Blur').waitFor();
    },
  },
  { name: 'deidentify-busy', scenario: 'busy', hash: '#/deidentify?tab=batch' },
  { name: 'deidentify-crosswalk', scenario: 'full', hash: '#/deidentify?tab=crosswalk' },
  {
    name: 'deidentify-editor',
    scenario: 'full',
    hash: '#/deidentify?preview=1',
    act: (page) => page.getByRole('button', { name: 'Edit', exact: true }).click(),
  },
  {
    name: 'deidentify-editor-network',
    scenario: 'full',
    hash: '#/deidentify?preview=1',
    act: async (page) => {
      await page.getByRole('button', { name: 'Edit', exact: true }).click();
      await page.getByRole('combobox', { name: 'Method', exact: true }).click();
      await page.getByRole('option', { name: 'Generated face, in 3-D' }).click();
      await page.getByText('Which of the networks for this method').scrollIntoViewIfNeeded();
    },
  },
  {
    name: 'deidentify-editor-audit',
    scenario: 'full',
    hash: '#/deidentify?preview=1',
    act: async (page) => {
      await page.getByRole('button', { name: 'Edit', exact: true }).click();
      await page.getByText('A scan that was not audited may not leave').scrollIntoViewIfNeeded();
    },
  },
  { name: 'deidentify-error', scenario: 'error', hash: '#/deidentify' },
  { name: 'review-empty', scenario: 'empty', hash: '#/review' },
  { name: 'review-full', scenario: 'full', hash: '#/review' },
  { name: 'review-busy', scenario: 'busy', hash: '#/review' },
  { name: 'review-error', scenario: 'error', hash: '#/review' },
  {
    name: 'review-viewer',
    scenario: 'full',
    hash: '#/review',
    act: async (page) => {
      await page.getByRole('img', { name: 'sagittal slice' }).first().waitFor();
      await page.keyboard.press('v');
      await page.locator('.rf-viewer-host canvas').first().waitFor();
      await page.waitForTimeout(6000);
    },
  },
  {
    name: 'review-attempts',
    scenario: 'full',
    hash: '#/review',
    act: (page) => page.getByRole('button', { name: /Compare/ }).click(),
  },
  { name: 'impact-empty', scenario: 'empty', hash: '#/impact' },
  { name: 'impact-full', scenario: 'full', hash: '#/impact' },
  { name: 'impact-regional', scenario: 'full', hash: '#/impact?view=regional' },
  {
    name: 'impact-regional-end',
    scenario: 'full',
    hash: '#/impact?view=regional',
    act: async (page) => {
      await page.getByText('Show each with its reason.').click();
      await page.locator('.rf-plot svg').last().scrollIntoViewIfNeeded();
    },
  },
  { name: 'impact-both', scenario: 'full', hash: '#/impact?view=both' },
  {
    name: 'impact-both-end',
    scenario: 'full',
    hash: '#/impact',
    act: async (page) => {
      await page.getByText('Mean change', { exact: true }).waitFor();
      await page.keyboard.press('3');
      await page.getByText('Structure by structure').scrollIntoViewIfNeeded();
    },
  },
  {
    name: 'impact-point-by-key',
    scenario: 'full',
    hash: '#/impact',
    act: (page) => openPointByKey(page, /one point per scan/),
  },
  { name: 'impact-no-model', scenario: 'busy', hash: '#/impact?view=regional' },
  { name: 'impact-both-no-model', scenario: 'busy', hash: '#/impact?view=both' },
  { name: 'impact-error', scenario: 'error', hash: '#/impact' },
  { name: 'audit-empty', scenario: 'empty', hash: '#/audit' },
  { name: 'audit-before', scenario: 'unaudited', hash: '#/audit' },
  { name: 'audit-full', scenario: 'full', hash: '#/audit' },
  {
    name: 'audit-both-networks',
    scenario: 'full',
    hash: '#/audit',
    act: async (page) => {
      await page.getByText('Both networks').click();
      await page.getByRole('table', { name: 'Methods' }).scrollIntoViewIfNeeded();
    },
  },
  {
    name: 'audit-plots',
    scenario: 'full',
    hash: '#/audit',
    act: (page) => page.getByRole('region', { name: 'ROC, Human' }).scrollIntoViewIfNeeded(),
  },
  {
    name: 'audit-plots-both',
    scenario: 'full',
    hash: '#/audit',
    act: async (page) => {
      await page.getByText('Both networks').click();
      await page.getByRole('region', { name: 'ROC, Human' }).scrollIntoViewIfNeeded();
    },
  },
  {
    name: 'audit-distances',
    scenario: 'full',
    hash: '#/audit',
    act: async (page) => {
      await page.getByRole('radiogroup', { name: 'Privacy as' }).getByText('Surface distance').click();
      await page.getByRole('region', { name: 'Privacy and utility' }).scrollIntoViewIfNeeded();
    },
  },
  {
    name: 'audit-plots-end',
    scenario: 'full',
    hash: '#/audit',
    act: async (page) => {
      await page.getByText('Both networks').click();
      await page.locator('.rf-plot svg').last().scrollIntoViewIfNeeded();
    },
  },
  {
    name: 'audit-point-by-key',
    scenario: 'full',
    hash: '#/audit',
    act: (page) => openPointByKey(page, /Surface distance/),
  },
  {
    name: 'audit-caveats',
    scenario: 'full',
    hash: '#/audit',
    act: (page) => page.getByText('What the figures do and do not say').click(),
  },
  { name: 'audit-scans', scenario: 'full', hash: '#/audit?view=scans&method=blur' },
  {
    name: 'audit-scan-open',
    scenario: 'full',
    hash: '#/audit?view=scans',
    act: async (page) => {
      await page.getByRole('grid').focus();
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Enter');
      await page.getByRole('tab', { name: /De-identified/ }).click();
    },
  },
  { name: 'audit-running', scenario: 'audit-running', hash: '#/audit' },
  { name: 'audit-stale', scenario: 'audit-stale', hash: '#/audit' },
  { name: 'audit-few', scenario: 'audit-few', hash: '#/audit' },
  { name: 'audit-blind', scenario: 'audit-blind', hash: '#/audit' },
  { name: 'audit-no-networks', scenario: 'audit-no-networks', hash: '#/audit' },
  {
    name: 'audit-failures',
    scenario: 'audit-failures',
    hash: '#/audit',
    act: async (page) => {
      await page.getByText('could not be looked at or measured').click();
      await page.getByText('Show each with its reason').click();
    },
  },
  { name: 'audit-error', scenario: 'error', hash: '#/audit' },
  { name: 'share-empty', scenario: 'empty', hash: '#/share' },
  { name: 'share-full', scenario: 'full', hash: '#/share' },
  {
    name: 'share-override',
    scenario: 'full',
    hash: '#/share',
    act: (page) =>
      page
        .getByRole('button', { name: /leave anyway/ })
        .first()
        .click(),
  },
  { name: 'share-earlier', scenario: 'full', hash: '#/share?tab=earlier' },
  { name: 'share-receipt', scenario: 'full', hash: '#/share?receipt=1' },
  { name: 'share-error', scenario: 'error', hash: '#/share' },
  { name: 'shortcuts', scenario: 'full', hash: '#/review', act: (page) => page.keyboard.press('?') },
];

/** Nothing slides or fades any more; a spinner never ends. */
function settled(): boolean {
  return document
    .getAnimations()
    .every(
      (one) =>
        one.playState !== 'running' ||
        one.effect?.getComputedTiming().iterations === Number.POSITIVE_INFINITY,
    );
}

async function seeModels(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Card of Average head' }).waitFor();
  await page.getByText('Testing where the network runs…').waitFor({ state: 'detached' });
}

/** Walks to the last point of a plot, opens its scan and closes it again: the point must have the focus as before. */
async function openPointByKey(page: Page, plot: RegExp): Promise<void> {
  const points = page.getByRole('group', { name: plot }).getByRole('button');
  await points.first().focus();
  await page.keyboard.press('End');
  const name = await page.locator(':focus').getAttribute('aria-label');
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  const after = await page.locator(':focus').getAttribute('aria-label');
  if (!name || after !== name) throw new Error(`the focus went from “${name}” to “${after}”`);
}

/** Looks at a folder that holds a pack; a path with `broken` holds one that is refused. */
async function checkPack(page: Page, end: string): Promise<void> {
  await page.getByRole('button', { name: 'Add a model pack…' }).click();
  await page.getByLabel('Folder of the pack').fill(`/media/usb/t2-faces${end}`);
  await page.getByRole('button', { name: 'Check this folder' }).click();
  await page
    .getByText(/can(not)? be added/)
    .first()
    .waitFor();
}

const SIZES = [
  { width: 1280, height: 720 },
  { width: 1920, height: 1080 },
  // The size of docs/pictures; only when asked for.
  { width: 1440, height: 900 },
] as const;

const filter = new RegExp(process.argv[2] ?? '.');
const wanted = process.argv[3] ? [Number(process.argv[3])] : [1280, 1920];
const onlyScheme = process.argv[4];
const out = fileURLToPath(new URL('./screens/', import.meta.url));
mkdirSync(out, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'],
});
let bad = 0;
let cookies: Awaited<ReturnType<BrowserContext['cookies']>> = [];
const real = process.env.REFACADE_URL;
const hosts = new Map<Scenario, string>();
async function urlOf(scenario: Scenario): Promise<string> {
  if (real) return `${new URL(real).origin}/`;
  let url = hosts.get(scenario);
  if (!url) {
    const server = createFakeHost(scenario, fileURLToPath(new URL('../dist/renderer', import.meta.url)));
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    hosts.set(scenario, url);
  }
  return url;
}

for (const scheme of ['light', 'dark'] as const) {
  for (const size of SIZES) {
    if (!wanted.includes(size.width) || (onlyScheme && scheme !== onlyScheme)) continue;
    const context = await browser.newContext({ viewport: size, reducedMotion: 'reduce' });
    await context.addInitScript((value) => localStorage.setItem('refacade.theme', value), scheme);
    // The token in the address is exchanged for a cookie once.
    if (real && cookies.length === 0) {
      await (await context.newPage()).goto(real);
      cookies = await context.cookies();
    }
    if (real) await context.addCookies(cookies);
    for (const shot of SHOTS) {
      if (!filter.test(shot.name)) continue;
      const page = await context.newPage();
      // A machine that trains or tests beside this one may be slow.
      page.setDefaultTimeout(real ? 600_000 : 120_000);
      const errors: string[] = [];
      page.on(
        'console',
        (message) =>
          message.type() === 'error' &&
          !/400 \(Bad Request\)/.test(message.text()) &&
          errors.push(message.text()),
      );
      page.on('pageerror', (error) => errors.push(error.message));
      try {
        await page.goto((await urlOf(shot.scenario)) + shot.hash);
        await page.waitForTimeout(900);
        await shot.act?.(page);
        await page.waitForTimeout(700);
        await page.waitForFunction(settled).catch(() => {});
        await page.screenshot({ path: `${out}${shot.name}-${scheme}-${size.width}.png` });
        if (size.width === 1280) {
          const { violations } = await new AxeBuilder({ page }).analyze();
          for (const violation of violations) {
            const serious = violation.impact === 'serious' || violation.impact === 'critical';
            if (serious) bad++;
            console.log(
              `${serious ? 'AXE' : 'axe'} ${shot.name} ${scheme}: ${violation.impact} ${violation.id}: ${violation.nodes
                .slice(0, 3)
                .map(
                  (node) =>
                    `${node.html.slice(0, 140)} [${node.any[0]?.message ?? node.all[0]?.message ?? ''}]`,
                )
                .join(' || ')}`,
            );
          }
        }
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
        if (overflow) errors.push('the page is wider than the window');
      } catch (reason) {
        errors.push(`could not be looked at: ${(reason as Error).message.split('\n')[0]}`);
      }
      for (const error of errors) console.log(`ERR ${shot.name} ${scheme} ${size.width}: ${error}`);
      bad += errors.length;
      await page.close();
    }
    await context.close();
  }
}
await browser.close();
console.log(
  bad === 0 ? 'all screens looked at: no page errors, axe finds nothing serious' : `${bad} findings`,
);
process.exit(bad === 0 ? 0 : 1);
