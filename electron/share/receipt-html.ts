import { escapeHtml, grouped } from '../../shared/share/receipt-text.ts';
import type { ChecklistItem, ShareReceipt } from '../../shared/share/records.ts';
import { auditCell, auditSection } from './receipt-audit.ts';
import { cohortSection, scanDetail } from './receipt-numbers.ts';
import { STYLE } from './receipt-style.ts';

/**
 * The receipt as one page: no script, no network, prints on paper. Pictures of the shared scans lie beside
 * it; without them it says the same.
 *
 * Numbers are grouped with narrow spaces, also so that no count reads like somebody's number.
 */
export function receiptHtml(receipt: ShareReceipt): string {
  const failed = receipt.checks.filter((c) => c.state === 'failed');
  const open = receipt.checks.filter((c) => c.state === 'not-checked' || c.state === 'todo');
  const headline =
    failed.length > 0
      ? `Not released: ${failed.length} of ${receipt.checks.length} checks failed.`
      : open.length > 0
        ? `Released. ${receipt.checks.length - open.length} of ${receipt.checks.length} checks made, all passed; ${open.length} not made.`
        : `Released. All ${receipt.checks.length} checks passed.`;
  const total = receipt.scans.length + receipt.held.length;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src 'self' file: data:">
<title>Share receipt</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<header>
<p class="product">${escapeHtml(receipt.product)} ${escapeHtml(receipt.version)}</p>
<h1>Share receipt</h1>
<p class="headline ${failed.length > 0 ? 'bad' : 'good'}">${headline}</p>
</header>
<dl class="facts">
${fact(
  'Made',
  escapeHtml(
    receipt.createdAt
      .replace('T', ' ')
      .replace(/\.\d+Z$/, ' UTC')
      .replace(/Z$/, ' UTC'),
  ),
)}
${fact('Policy', escapeHtml(receipt.policyName))}
${fact('Formats', receipt.formats.map((f) => (f === 'bids' ? 'BIDS' : 'DICOM')).join(', '))}
${fact('Scans in the project', grouped(total))}
${fact('Shared', grouped(receipt.scans.length))}
${fact('Held back', grouped(receipt.held.length))}
${fact('Files', grouped(receipt.files))}
${fact('Size', size(receipt.bytes))}
${fact('Receipt', `<code>${escapeHtml(receipt.id)}</code>`)}
</dl>
<section>
<h2>Checks</h2>
<table class="checks">
<thead><tr><th scope="col">Result</th><th scope="col">Check</th><th scope="col">Evidence</th></tr></thead>
<tbody>
${receipt.checks.map(checkRow).join('\n')}
</tbody>
</table>
</section>
${leaks(receipt)}
${auditSection(receipt)}
${receipt.cohort ? cohortSection(receipt.cohort, receipt.scans.length) : ''}
<section>
<h2>Shared scans (${grouped(receipt.scans.length)})</h2>
${
  receipt.scans.length === 0
    ? '<p>None.</p>'
    : `<table>
<thead><tr><th scope="col">Subject</th><th scope="col">Session</th><th scope="col">Kind</th><th scope="col">Method</th><th scope="col">Verdict</th><th scope="col">Audit</th><th scope="col">Forms</th><th scope="col" class="n">Files</th><th scope="col" class="n">Size</th></tr></thead>
${receipt.scans
  .map(
    (s) =>
      `<tbody class="scan"><tr><td class="w">${escapeHtml(s.subjectLabel)}</td><td class="w">${escapeHtml(s.sessionLabel)}</td><td class="w">${escapeHtml(s.kind)}</td><td class="w">${escapeHtml(s.method)}</td><td class="words">${escapeHtml(s.verdict)}</td>${auditCell(s)}<td class="w">${s.formats.map((f) => (f === 'bids' ? 'BIDS' : 'DICOM')).join(', ')}</td><td class="n">${grouped(s.files)}</td><td class="n">${size(s.bytes)}</td></tr>${scanDetail(s)}</tbody>`,
  )
  .join('\n')}
</table>
${receipt.scans.some((s) => s.pictures.length > 0) ? PICTURES_SAY : ''}`
}
</section>
<section>
<h2>Held back (${grouped(receipt.held.length)})</h2>
${
  receipt.held.length === 0
    ? '<p>None.</p>'
    : `<table>
<thead><tr><th scope="col">Subject</th><th scope="col">Kind</th><th scope="col">State</th><th scope="col">Reason</th></tr></thead>
<tbody>
${receipt.held
  .map(
    (h) =>
      `<tr><td class="w">${escapeHtml(h.subjectLabel)}</td><td class="w">${escapeHtml(h.kind)}</td><td class="w">${escapeHtml(h.state)}</td><td>${escapeHtml(h.reason)}</td></tr>`,
  )
  .join('\n')}
</tbody>
</table>`
}
</section>
<footer>
<p>De-identified means: headers follow the named policy and faces were edited, with the verdicts above. A
brain can still be matched with another scan of the same brain. The receipt names nobody; the key that
links pseudonyms to people stays in the lab.</p>
<p>manifest.json lists every file with its SHA-256.</p>
</footer>
</main>
</body>
</html>
`;
}

const WORDS: Readonly<Record<ChecklistItem['state'], string>> = {
  ok: '✓ Passed',
  failed: '✗ Failed',
  todo: '○ To do',
  'not-checked': '– Not checked',
};

function checkRow(check: ChecklistItem): string {
  return `<tr class="${check.state}"><td class="state">${WORDS[check.state]}</td><th scope="row">${escapeHtml(check.label)}</th><td>${escapeHtml(check.evidence)}</td></tr>`;
}

function leaks(receipt: ShareReceipt): string {
  if (receipt.leaks.length === 0) return '';
  return `<section>
<h2>Identifiers found (${grouped(receipt.leaks.length)})</h2>
<p>What was found is not repeated here; only where, and of which kind.</p>
<table>
<thead><tr><th scope="col">File</th><th scope="col">Kind</th><th scope="col">Where</th></tr></thead>
<tbody>
${receipt.leaks.map((l) => `<tr><td>${escapeHtml(l.file)}</td><td>${escapeHtml(l.identifierKind)}</td><td>${l.where}</td></tr>`).join('\n')}
</tbody>
</table>
</section>`;
}

function fact(name: string, value: string): string {
  return `<div><dt>${name}</dt><dd>${value}</dd></div>`;
}

function size(bytes: number): string {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(2)} GB`;
  if (bytes >= 1e6) return `${(bytes / 1e6).toFixed(1)} MB`;
  return `${Math.ceil(bytes / 1e3)} kB`;
}

const PICTURES_SAY = `<p class="note">Pictures show the de-identified scans as they are in this share: their surface from the front and a
sagittal slice through the edit. No picture shows a scan before its edit.</p>`;
