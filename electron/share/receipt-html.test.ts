import { describe, expect, it } from 'vitest';
import { grouped, signedPercent } from '../../shared/share/receipt-text.ts';
import { shareReceipt } from '../../shared/share/records.ts';
import { receiptHtml } from './receipt-html.ts';

/** As receipts were written before they carried numbers and pictures. */
const old = {
  id: 'x',
  product: 'Refacade',
  version: '0.1.0',
  createdAt: '2026-01-01T00:00:00.000Z',
  policyName: 'p',
  formats: ['bids'],
  scans: [
    {
      seriesId: 1,
      subjectLabel: 'sub-ABCDEFGH',
      sessionLabel: 'ses-01',
      kind: 'T1w',
      method: 'quickshear',
      verdict: 'passed',
      override: null,
      files: 2,
      bytes: 10,
    },
  ],
  held: [
    { seriesId: 2, subjectLabel: 'sub-IJKLMNOP', kind: 'FLAIR', state: 'needs-review', reason: 'Look.' },
  ],
  checks: [],
  leaks: [],
  files: 2,
  bytes: 10,
};
const withNumbers = shareReceipt.parse({
  ...old,
  scans: [
    {
      ...old.scans[0],
      numbers: [
        { name: 'faceSurfaceChanged', label: 'Face surface gone or moved', value: 89.2, unit: '%', ok: true },
        { name: 'brainVoxelsChanged', label: 'Brain voxels changed', value: 12345, unit: '', ok: false },
        { name: 'brainMl', label: 'Brain volume', value: 1388.4, unit: 'mL', ok: true },
        { name: 'editedMl', label: 'Edited', value: null, unit: 'mL', ok: null },
      ],
      volumeChanges: [
        { structure: 'GM', percentChange: -0.08 },
        { structure: 'CSF', percentChange: 5.5 },
      ],
      override: 'Looked at on paper (ab)',
      notes: ['Not as DICOM: the source is NIfTI.'],
      pictures: [{ view: 'front', path: 'refacade-pictures/sub-ABCDEFGH_ses-01_T1w-front.png' }],
    },
  ],
  cohort: {
    engine: 'tissue-em',
    compared: 6,
    failed: 1,
    over5Percent: 2,
    structures: [{ structure: 'GM', n: 6, meanPercentChange: -0.041 }],
  },
});

describe('receiptHtml', () => {
  it('shows a receipt of before, without numbers, pictures or gaps for them', () => {
    const html = receiptHtml(shareReceipt.parse(old));
    expect(html).toContain('sub-ABCDEFGH');
    expect(html).not.toMatch(/<img|<dl class="numbers"|class="detail"|undefined|NaN|Measured before/);
  });

  it('shows the numbers of a scan, the worrying one marked, and of the cohort', () => {
    const html = receiptHtml(withNumbers);
    expect(html).toContain('<dt>Face surface gone or moved</dt><dd>89.2 %</dd>');
    expect(html).toContain('<div class="bad"><dt>Brain voxels changed</dt><dd>12\u202f345</dd>');
    expect(html).toContain('<dt>Brain volume</dt><dd>1\u202f388 mL</dd>');
    expect(html).toContain('<dt>Edited</dt><dd>not measured</dd>');
    expect(html.match(/(GM|CSF) [−+]\d\.\d\d %/g)).toEqual(['GM −0.08 %', 'CSF +5.50 %']);
    expect(html).toContain('<p class="note">Released by override: Looked at on paper (ab)</p>');
    expect(html).toContain('<p class="note">Not as DICOM: the source is NIfTI.</p>');
    expect(html).toMatch(/6 of 1 shared scans compared, 1 failed to measure; 2 changed by more than 5 %/);
    expect(html).toMatch(/<th scope="row">GM<\/th><td class="n">6<\/td><td class="n">−0\.04 %/);
  });

  it('refers to pictures beside it, lazily, with a text, and may load nothing from a network', () => {
    const html = receiptHtml(withNumbers);
    expect(html.match(/<img [^>]*>/g)).toEqual([
      '<img src="refacade-pictures/sub-ABCDEFGH_ses-01_T1w-front.png" width="96" height="96" loading="lazy" alt="De-identified T1w of sub-ABCDEFGH, surface from the front">',
    ]);
    expect(html).toContain('No picture shows a scan before its edit');
    expect(html).toMatch(/default-src 'none'; style-src 'unsafe-inline'; img-src 'self' file: data:"/);
    expect(html).not.toMatch(/https?:|<script/);
  });

  it('never breaks a label or a state within a word', () => {
    const html = receiptHtml(withNumbers);
    for (const text of ['sub-ABCDEFGH', 'ses-01', 'T1w', 'sub-IJKLMNOP', 'FLAIR', 'needs-review'])
      expect(html).toContain(`<td class="w">${text}</td>`);
    expect(html).toMatch(/\.w \{ white-space: nowrap;/);
  });

  it('takes nothing in a receipt for markup', () => {
    const [scan] = withNumbers.scans;
    const nasty = '"><script>x</script>';
    const html = receiptHtml({
      ...withNumbers,
      scans: [
        {
          ...scan!,
          subjectLabel: nasty,
          override: nasty,
          notes: [nasty],
          pictures: [{ view: 'front', path: nasty }],
          numbers: [{ name: '', label: nasty, value: 1, unit: nasty, ok: null }],
          volumeChanges: [{ structure: nasty, percentChange: 1 }],
        },
      ],
      cohort: { ...withNumbers.cohort!, structures: [{ structure: nasty, n: 1, meanPercentChange: 1 }] },
    });
    expect(html).not.toContain('<script');
    expect(html).not.toContain('"">');
  });
});

describe('numbers as text', () => {
  it.each([
    [0, '0'],
    [999, '999'],
    [1000, '1\u202f000'],
    [1234567, '1\u202f234\u202f567'],
    [1388.4, '1\u202f388.4'],
    [0.12345, '0.12345'],
    [-1234, '-1\u202f234'],
  ])('groups %s', (n, text) => {
    expect(grouped(n)).toBe(text);
  });

  it.each([
    [0, '0.00 %'],
    [-0.004, '0.00 %'],
    [-0.08, '\u22120.08 %'],
    [12.345, '+12.35 %'],
  ])('signs %s', (n, text) => {
    expect(signedPercent(n)).toBe(text);
  });
});
