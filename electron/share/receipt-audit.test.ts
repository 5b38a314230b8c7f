import { describe, expect, it } from 'vitest';
import type { AuditReport, AuditState, ScanAudit } from '../../shared/risk/records.ts';
import { type ShareReceipt, shareReceipt } from '../../shared/share/records.ts';
import {
  AUDITED_AT,
  auditRecord,
  auditReport,
  blindReport,
  distance,
  methodAudit,
  recognition,
} from './audit-fixture.ts';
import { receiptHtml } from './receipt-html.ts';
import { sharedAudit, sharedAuditReport } from './shared-audit.ts';

interface Given {
  readonly state: AuditState | null;
  readonly more?: Partial<ScanAudit>;
  readonly override?: string;
  readonly method?: string;
}

function receipt(scans: readonly Given[], report: AuditReport | null): ShareReceipt {
  const methods = scans.map((s) => s.method ?? 'template');
  return shareReceipt.parse({
    id: 'x',
    product: 'Refacade',
    version: '0.1.0',
    createdAt: '2026-01-06T00:00:00.000Z',
    policyName: 'p',
    formats: ['bids'],
    scans: scans.map(({ state, more, override }, n) => ({
      seriesId: n,
      subjectLabel: `sub-ABCDEFG${n}`,
      sessionLabel: 'ses-01',
      kind: 'T1w',
      method: methods[n],
      verdict: 'passed',
      override: override ?? null,
      files: 2,
      bytes: 10,
      audit:
        state &&
        sharedAudit(
          {
            ...auditRecord(state),
            derivativeId: n,
            seriesId: n,
            subjectLabel: '',
            kind: '',
            method: '',
            current: true,
            at: AUDITED_AT,
            ...more,
          },
          { minDistanceShare: 0.5 },
        ),
    })),
    held: [],
    checks: [],
    leaks: [],
    audit: report && sharedAuditReport(report, new Set(methods)),
    files: 2,
    bytes: 10,
  });
}

const section = (html: string) =>
  /<section[^>]*>\s*<h2>Can the faces still be recognised\?<\/h2>[\s\S]*?<\/section>/.exec(html)![0];
const rows = (html: string) =>
  [...html.matchAll(/<tr[^>]*><th scope="row">([\s\S]*?)<\/tr>/g)].map(([, row]) =>
    row!
      .replace(/<[^>]+>/g, ' ')
      .replace(/\s+/g, ' ')
      .trim(),
  );

describe('the audit in a receipt', () => {
  it('says plainly that none was made', () => {
    const html = receiptHtml(receipt([{ state: null }], null));
    expect(section(html)).toContain('No audit was made: nobody tried to recognise the faces in this share');
    expect(section(html)).not.toMatch(/<svg|<table/);
    expect(html).toContain('<td class="w quiet">not audited</td>');
  });

  it('takes receipts of before the audit', () => {
    const { audit: _, ...old } = receipt([{ state: null }], null);
    const scans = old.scans.map(({ audit: __, ...scan }) => scan);
    const parsed = shareReceipt.parse({ ...old, scans });
    expect([parsed.audit, parsed.scans[0]!.audit]).toEqual([null, null]);
    expect(receiptHtml(parsed)).toContain('No audit was made');
  });

  it('says every figure of the shared methods with its interval, beside untouched heads and chance', () => {
    const html = section(receiptHtml(receipt([{ state: 'safe' }], auditReport())));
    const report = auditReport();
    expect(html).toContain(
      '<p>Put among 42 people, the network Human finds 98 % (93 % to 100 %) of the untouched heads again, and of the de-identified ones: template 2 % (0 % to 7 %); chance is 2 %.</p>',
    );
    expect(html).not.toContain('quickshear');
    for (const caveat of report.caveats) expect(html).toContain(`<li>${caveat}</li>`);
    expect(html).toContain('no photograph and no commercial face recognition took part');
    expect(rows(html)).toEqual([
      'untouched heads Human 42 97.6 % 92.6 to 100.0 % 100.0 % 95.0 to 100.0 % 0.98 0.93 to 1.03 1.3 % 0.0 to 6.3 % 38.80 38.50 to 39.10 48.8 % 43.8 to 53.8 %',
      'template Human 42 3 without a face 2.4 % 0.0 to 7.4 % 4.8 % 0.0 to 9.8 % 0.52 0.47 to 0.57 45.6 % 40.6 to 50.6 % −0.10 −0.40 to 0.20 1.2 % 0.0 to 6.2 %',
      expect.stringMatching(/^untouched heads face-api 42 92\.9 %/),
      expect.stringMatching(/^template face-api 42 1\.2 %/),
      'chance 2.4 % 11.9 % 0.50 50.0 % 0.00 1.0 %',
      'template 44 2.41 2.21 to 2.61 5.62 5.12 to 6.12 2.12 1.97 to 2.27 7 of 40 &#60; 0.001 0.35 % 0.15 to 0.55 % 5.7 s',
    ]);
    expect(html.match(/<svg /g)).toHaveLength(4);
  });

  it('shows the numbers of a scan, and those that put it at risk', () => {
    const risk = {
      recognition: [
        recognition('human', { similarity: 0.704, accepted: true, rank: 1 }),
        recognition('face-api', { viewsWithFace: 0, similarity: null, rank: null, accepted: null }),
      ],
      distance: distance(0.8),
    };
    const html = receiptHtml(receipt([{ state: 'at-risk', more: risk }, { state: 'safe' }], auditReport()));
    expect(html).toContain('<td class="w at-risk">at risk</td>');
    expect(html).toContain(
      '<div class="bad"><dt>Similarity to the own original (Human)</dt><dd>0.70, strangers reach 0.61; place 1 of 42</dd></div>',
    );
    expect(html).toContain(
      '<div><dt>Similarity to the own original (face-api)</dt><dd>no face found in 5 pictures</dd></div>',
    );
    expect(html).toContain(
      '<div class="bad"><dt>New face from the true one</dt><dd>0.8 mm, 95th percentile 1.6 mm; an average face 2.1 mm, at least 1.1 mm asked for</dd></div>',
    );
    // The safe scan's numbers are not marked.
    expect(html.match(/class="bad"/g)).toHaveLength(2);
    expect(section(html)).toContain('1 safe, 1 at risk (1 accepted in review after the audit)');
  });

  it.each<[string, Given[], RegExp]>([
    [
      'by override',
      [{ state: 'at-risk', override: 'On paper (ab)' }],
      /1 at risk \(1 released by override\)/,
    ],
    [
      'mixed',
      [{ state: 'safe' }, { state: 'cannot-tell' }, { state: null }],
      /Of 3 scans in this share, 1 safe, 0 at risk; for 1 the audit cannot tell, 1 not audited\./,
    ],
  ])('counts %s', (_name, scans, text) => {
    expect(section(receiptHtml(receipt(scans, auditReport())))).toMatch(text);
  });

  it('claims nothing with few people', () => {
    const scans: Given[] = [
      {
        state: 'cannot-tell',
        method: 'quickshear',
        more: {
          recognition: [recognition('human', { threshold: null, accepted: null, people: 4, rank: 2 })],
          distance: null,
        },
      },
    ];
    const html = receiptHtml(receipt(scans, blindReport()));
    const audit = section(html);
    expect(audit).toMatch(/cannot be told: the project has 4 people, and 10 are needed/);
    expect(audit).toContain('it put each head among 4 people');
    // Figures are shown and set apart; no curve is drawn from them.
    expect(rows(audit).filter((r) => r.startsWith('('))).toHaveLength(3);
    expect(audit).toContain('cannot be believed here');
    expect(audit).not.toContain('<svg');
    expect(html).toContain('<dd>0.42, too few people for a threshold; place 2 of 4</dd>');
  });

  it('says which heads were borrowed', () => {
    const html = section(
      receiptHtml(receipt([{ state: 'safe' }], auditReport({ galleryPeople: 6, borrowed: 20 }))),
    );
    expect(html).toContain('among 6 people and 20 computed variations of an average head');
  });

  it('does with a method, a report or a network that is missing', () => {
    const none = section(
      receiptHtml(receipt([{ state: 'safe', method: 'blur' }], auditReport({ upperBound: [], sees: [] }))),
    );
    expect(none).toContain('No network looked at these heads.');
    expect(none).not.toMatch(/NaN|undefined|<svg/);
    expect(section(receiptHtml(receipt([{ state: 'safe' }], null)))).toContain(
      'Figures over the project were not kept.',
    );
  });

  it('takes nothing in an audit for markup', () => {
    const nasty = '"><script>x</script><img src=x>';
    const report = auditReport({
      at: nasty,
      methods: [{ ...methodAudit(nasty, 0.02, 0.4), morphometry: methodAudit('', 0, 1).morphometry }],
      sentence: nasty,
      caveats: [nasty],
      tools: nasty,
    });
    const given = receipt([{ state: 'safe', method: nasty }], report);
    const engine = { ...given.audit!.methods[0]!.morphometry[0]!, engine: nasty };
    const methods = [{ ...given.audit!.methods[0]!, morphometry: [engine] }];
    const html = receiptHtml({ ...given, audit: { ...given.audit!, methods } });
    expect(html).not.toMatch(/<script|<img/);
    expect(html).not.toContain('"">');
    expect(html.match(/&#60;script/g)!.length).toBeGreaterThan(8);
    expect(html).toMatch(/<svg /);
  });

  it('loads nothing and has ink for light, dark and paper', () => {
    const html = receiptHtml(receipt([{ state: 'safe' }], auditReport()));
    expect(html).not.toMatch(/https?:|<script|xlink|url\(/);
    expect(html).toMatch(/@media screen and \(prefers-color-scheme: dark\)/);
    for (const name of html.matchAll(/var\((--[\w]+)\)/g)) expect(html).toContain(`${name[1]}:`);
  });
});
