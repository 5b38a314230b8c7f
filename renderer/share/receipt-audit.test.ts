import { MantineProvider } from '@mantine/core';
import { createElement, type ReactNode } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import { auditEntries, auditSheet } from '../../shared/share/audit-sheet.ts';
import { type SharedScan, shareReceipt } from '../../shared/share/records.ts';
import { makeAudit } from '../dev/fake-audit.ts';
import { AuditNumbers, AuditSection, AuditWord } from './receipt-audit.tsx';

const scan = {
  seriesId: 1,
  subjectLabel: 'sub-ABCDEFGH',
  sessionLabel: 'ses-01',
  kind: 'T1w',
  method: 'template',
  verdict: 'passed',
  override: null,
  files: 1,
  bytes: 1,
};
const audit = {
  state: 'at-risk',
  at: '2026-01-05T10:12:00.000Z',
  matches: [
    {
      network: 'human',
      views: 5,
      viewsWithFace: 4,
      similarity: 0.74,
      threshold: 0.71,
      accepted: true,
      rank: 1,
      people: 42,
    },
  ],
  distance: { meanMm: 2.4, p95Mm: 6.1, averageMeanMm: 4.1, leastMm: 2.05 },
};
const receiptOf = (scans: unknown[], report: unknown) =>
  shareReceipt.parse({
    id: 'x',
    product: 'Refacade',
    version: '0.1.0',
    createdAt: '',
    policyName: 'p',
    formats: ['bids'],
    scans,
    held: [],
    checks: [],
    leaks: [],
    audit: report,
    files: 1,
    bytes: 1,
  });

/** The texts of a page in their order, without its drawings. */
function textsOf(node: ReactNode): string[] {
  const html = renderToStaticMarkup(createElement(MantineProvider, null, node));
  return html
    .replace(/<style[\s\S]*?<\/style>/g, '')
    .split(/<[^>]+>/)
    .map((text) =>
      text
        .replace(/&lt;/g, '<')
        .replace(/&#x27;/g, "'")
        .replace(/&amp;/g, '&'),
    )
    .filter((text) => text !== '');
}

describe('the audit in the receipt on screen', () => {
  it.each([
    ['usual', 'usual'],
    ['of few people', 'few'],
    ['of networks that cannot see', 'blind'],
  ] as const)('says every text of the receipt file in the same order: %s', (_name, variant) => {
    const receipt = receiptOf([{ ...scan, audit }, scan], makeAudit(variant).report);
    const texts = auditSheet(receipt).flatMap((block): string[] => {
      if (block.kind === 'table')
        return [
          ...block.columns.map((column) => column.title),
          ...block.rows.flatMap((row) => row.cells.flatMap((cell) => [cell.text, cell.range])),
        ];
      if (block.kind === 'list') return [...block.items];
      return block.kind === 'plots' ? [] : [block.text];
    });
    expect(texts.length).toBeGreaterThan(40);
    expect(textsOf(createElement(AuditSection, { receipt }))).toEqual([
      'Can the faces still be recognised?',
      ...texts.filter((text) => text !== ''),
    ]);
  });

  it('says plainly that none was made', () => {
    const receipt = receiptOf([scan], null);
    expect(textsOf(createElement(AuditSection, { receipt })).at(-1)).toMatch(/^No audit was made/);
    expect(textsOf(createElement(AuditWord, { scan: receipt.scans[0]! }))).toEqual(['not audited']);
    expect(textsOf(createElement(AuditNumbers, { audit: null }))).toEqual([]);
  });

  it('shows the numbers of a scan and marks what puts it at risk', () => {
    const [shared] = receiptOf([{ ...scan, audit }], null).scans as [SharedScan];
    expect(textsOf(createElement(AuditNumbers, { audit: shared.audit }))).toEqual(
      auditEntries(shared.audit).flatMap(({ label, text }) => [label, text]),
    );
    const html = renderToStaticMarkup(createElement(AuditNumbers, { audit: shared.audit }));
    expect(html.match(/<div class="rf-error">/g)).toHaveLength(1);
    expect(html).toMatch(/rf-error"><dt class="rf-dim">Similarity to the own original \(Human\)/);
    expect(textsOf(createElement(AuditWord, { scan: shared }))).toEqual(['at risk']);
  });
});
