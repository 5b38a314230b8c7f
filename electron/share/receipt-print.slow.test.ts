import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shareReceipt } from '../../shared/share/records.ts';
import { AUDITED_AT, auditRecord, auditReport, methodAudit } from './audit-fixture.ts';
import { receiptHtml } from './receipt-html.ts';
import { sharedAudit, sharedAuditReport } from './shared-audit.ts';

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
const METHODS = ['template', 'mask-out', 'quickshear', 'blur'];

/** Ten scans by four methods, with everything that a card can hold and reasons of several lengths. */
const receipt = shareReceipt.parse({
  id: 'x',
  product: 'Refacade',
  version: '0.1.0',
  createdAt: '2026-01-06T00:00:00.000Z',
  policyName: 'p',
  formats: ['bids', 'dicom'],
  scans: Array.from({ length: 10 }, (_, n) => ({
    seriesId: n,
    subjectLabel: `sub-ABCDEFG${n}`,
    sessionLabel: 'ses-01',
    kind: 'T1w',
    method: METHODS[n % 4],
    verdict: 'passed',
    override: n % 4 === 3 ? 'Looked at on paper (ab)' : null,
    files: 130,
    bytes: 18e6,
    formats: ['bids', 'dicom'],
    notes: n % 3 === 0 ? ['Not as DICOM: the source is NIfTI.'] : [],
    numbers: ['Face surface gone or moved', 'Brain voxels changed', 'Brain volume'].map((label) => ({
      name: label,
      label,
      value: 12.3,
      unit: '%',
      ok: true,
    })),
    volumeChanges: ['GM', 'WM', 'CSF', 'TIV'].map((structure) => ({ structure, percentChange: 0.1 })),
    pictures: [{ view: 'front', path: 'front.png' }],
    audit: sharedAudit(
      {
        ...auditRecord('safe'),
        derivativeId: n,
        seriesId: n,
        subjectLabel: '',
        kind: '',
        method: '',
        current: true,
        at: AUDITED_AT,
      },
      { minDistanceShare: 0.5 },
    ),
  })),
  held: Array.from({ length: 8 }, (_, n) => ({
    seriesId: 100 + n,
    subjectLabel: `sub-HELDABC${n}`,
    kind: 'T1w',
    state: 'needs-review',
    reason: 'Only 46 % of the face surface changed; the limit is 65 %. '.repeat(1 + (n % 3)),
  })),
  checks: Array.from({ length: 9 }, (_, n) => ({
    id: `${n}`,
    label: 'Counts agree',
    state: 'ok',
    evidence: '12 scans in the project = 10 shared + 2 held. '.repeat(1 + (n % 3)),
  })),
  leaks: [],
  cohort: {
    engine: 'tissue-em',
    compared: 10,
    failed: 0,
    over5Percent: 0,
    structures: ['GM', 'WM', 'CSF', 'TIV'].map((structure) => ({ structure, n: 10, meanPercentChange: 0.1 })),
  },
  audit: sharedAuditReport(
    auditReport({ methods: METHODS.map((method, n) => methodAudit(method, n / 10, 0.1 + n / 5)) }),
    new Set(METHODS),
  ),
  files: 1000,
  bytes: 7e8,
});

/**
 * Run in the page: the columns that each part lies in. A part cut in two has boxes in two columns.
 *
 * @returns what is cut, and headings that do not stand above what they head
 */
const FINDINGS = `(() => {
  const columnsOf = (e) => [...new Set([...e.getClientRects()].filter((r) => r.height > 1).map((r) => Math.round((r.left + scrollX) / 700 - 0.4)))];
  const say = (e) => e.tagName.toLowerCase() + ' ' + e.textContent.trim().replace(/\\s+/g, ' ').slice(0, 60);
  const cut = [...document.querySelectorAll('figure, tbody.scan, tr, li, .figures, .cohort, .note, footer, h2, h3')]
    .filter((e) => columnsOf(e).length > 1)
    .map((e) => 'cut: ' + say(e));
  const alone = [...document.querySelectorAll('h2, h3')].filter((e) => {
    const next = e.nextElementSibling;
    const first = next.querySelector('tbody tr') ?? next;
    return columnsOf(e)[0] !== columnsOf(first)[0];
  }).map((e) => 'alone: ' + say(e));
  const columns = Math.max(...[...document.querySelectorAll('footer')].flatMap(columnsOf));
  return { columns, found: [...cut, ...alone] };
})()`;

describe.skipIf(!existsSync(executablePath))('the receipt on paper (needs Chromium)', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  });
  afterAll(() => browser?.close());

  /** Pages are columns as wide and high as a sheet: the same rules break both, and boxes can be asked where they lie. */
  async function findings(html: string, heights: readonly number[]) {
    const page = await browser.newPage({ viewport: { width: 660, height: 900 } });
    await page.emulateMedia({ media: 'print' });
    await page.setContent(html);
    const results: { height: number; columns: number; found: string[] }[] = [];
    for (const height of heights) {
      await page.addStyleTag({
        content: `main { columns: auto 660px; column-gap: 40px; column-fill: auto; width: 660px; height: ${height}px; }`,
      });
      const result = (await page.evaluate(FINDINGS)) as { columns: number; found: string[] };
      results.push({ height, ...result });
    }
    await page.close();
    return results;
  }

  it('cuts nothing in two and leaves no heading alone, wherever a sheet ends', {
    timeout: 60_000,
  }, async () => {
    const heights = Array.from({ length: 20 }, (_, n) => 760 + 15 * n);
    const results = await findings(receiptHtml(receipt), heights);
    for (const { columns } of results) expect(columns).toBeGreaterThan(3);
    expect(results.filter((r) => r.found.length > 0)).toEqual([]);
  });

  it('would find what is cut without the rules', { timeout: 60_000 }, async () => {
    const html = receiptHtml(receipt).replace(/break-(inside|after|before): avoid;/g, '');
    const found = (
      await findings(
        html,
        Array.from({ length: 10 }, (_, n) => 760 + 30 * n),
      )
    ).flatMap((r) => r.found);
    for (const part of [/^cut: tbody/, /^cut: table/, /^cut: p/, /^cut: tr/, /^alone: h/])
      expect(
        found.filter((text) => part.test(text)),
        String(part),
      ).not.toEqual([]);
  });
});
