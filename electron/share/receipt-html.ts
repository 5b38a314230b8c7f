import type { ChecklistItem, ShareReceipt } from '../../shared/share/records.ts';
import { cohortSection, scanDetail } from './receipt-numbers.ts';
import { escapeHtml, grouped } from './receipt-text.ts';

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
${receipt.cohort ? cohortSection(receipt.cohort, receipt.scans.length) : ''}
<section>
<h2>Shared scans (${grouped(receipt.scans.length)})</h2>
${
  receipt.scans.length === 0
    ? '<p>None.</p>'
    : `<table>
<thead><tr><th scope="col">Subject</th><th scope="col">Session</th><th scope="col">Kind</th><th scope="col">Method</th><th scope="col">Verdict</th><th scope="col">Forms</th><th scope="col" class="n">Files</th><th scope="col" class="n">Size</th></tr></thead>
${receipt.scans
  .map(
    (s) =>
      `<tbody class="scan"><tr><td class="w">${escapeHtml(s.subjectLabel)}</td><td class="w">${escapeHtml(s.sessionLabel)}</td><td class="w">${escapeHtml(s.kind)}</td><td class="w">${escapeHtml(s.method)}</td><td>${escapeHtml(s.verdict)}</td><td class="w">${s.formats.map((f) => (f === 'bids' ? 'BIDS' : 'DICOM')).join(', ')}</td><td class="n">${grouped(s.files)}</td><td class="n">${size(s.bytes)}</td></tr>${scanDetail(s)}</tbody>`,
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

const STYLE = `
:root { color-scheme: light; --ink: #1c1f23; --quiet: #565d66; --line: #d5d9de; --good: #1c6b3c; --bad: #a3221f; }
* { box-sizing: border-box; }
body { margin: 0; background: #fff; color: var(--ink); font: 14px/1.5 system-ui, "Segoe UI", Helvetica, Arial, sans-serif; font-variant-numeric: tabular-nums; }
main { max-width: 68rem; margin: 0 auto; padding: 2rem 1.5rem 4rem; }
.product { margin: 0; color: var(--quiet); }
h1 { margin: 0 0 .5rem; font-size: 1.7rem; font-weight: 600; }
h2 { margin: 2rem 0 .5rem; font-size: 1.1rem; font-weight: 600; }
.headline { margin: 0 0 1.5rem; padding: .7rem 1rem; border-left: 4px solid; font-size: 1.05rem; background: #f5f6f8; }
.headline.good { border-color: var(--good); } .headline.bad { border-color: var(--bad); color: var(--bad); }
.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(12rem, 1fr)); gap: .75rem 1.5rem; margin: 0; }
dt { color: var(--quiet); font-size: .85rem; } dd { margin: 0; overflow-wrap: anywhere; }
table { width: 100%; border-collapse: collapse; }
th, td { padding: .4rem .6rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; overflow-wrap: anywhere; }
thead th { white-space: nowrap; overflow-wrap: normal; color: var(--quiet); font-weight: 500; border-bottom-color: #9aa1aa; }
tbody th { font-weight: 500; }
.n { text-align: right; white-space: nowrap; }
.w { white-space: nowrap; overflow-wrap: normal; }
.scan { break-inside: avoid; } .scan tr:has(+ .detail) > td { border-bottom: 0; } .detail td { padding-top: 0; }
.about p { margin: .2rem 0 0; } .about { display: flex; gap: .6rem 1.25rem; align-items: flex-start; }
.pictures { display: flex; gap: .4rem; flex: none; } .pictures img { display: block; width: 96px; height: 96px; object-fit: contain; background: #000; border-radius: 3px; color: #fff; font-size: .7rem; }
.numbers { display: flex; flex-wrap: wrap; gap: .2rem 1.5rem; margin: 0; } .numbers .changes { flex-basis: 100%; } .numbers dt { font-size: .8rem; } .numbers .bad dd { color: var(--bad); font-weight: 600; }
table.cohort { width: auto; min-width: 24rem; }
.state { white-space: nowrap; font-weight: 600; } .ok .state { color: var(--good); } .failed .state { color: var(--bad); } .not-checked .state, .todo .state { color: var(--quiet); }
.note { color: var(--quiet); font-size: .9em; }
footer { margin-top: 2.5rem; padding-top: 1rem; border-top: 1px solid var(--line); color: var(--quiet); font-size: .9rem; max-width: 46rem; }
@media print { th, td { padding: .3rem .4rem; } .numbers { gap: .1rem 1rem; } main { padding: 0; max-width: none; } body { font-size: 10pt; } thead { display: table-header-group; } tr { break-inside: avoid; } .pictures img { width: 22mm; height: 22mm; print-color-adjust: exact; } h2 { break-after: avoid; } .headline { background: none; } }
@page { margin: 16mm; }
`;
