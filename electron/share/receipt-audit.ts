import type { SharedAudit } from '../../shared/share/audit-records.ts';
import {
  AUDIT_TITLE,
  auditEntries,
  auditSheet,
  auditWord,
  type SheetBlock,
  type SheetCell,
  type SheetTable,
} from '../../shared/share/audit-sheet.ts';
import { escapeHtml } from '../../shared/share/receipt-text.ts';
import type { SharedScan, ShareReceipt } from '../../shared/share/records.ts';

/** The audit of one scan in the table of shared scans. */
export function auditCell(scan: SharedScan): string {
  return `<td class="w ${scan.audit?.state ?? 'quiet'}">${auditWord(scan)}</td>`;
}

/** The numbers behind the audit of one scan, as entries of a list; nothing when it was not audited. */
export function auditNumbers(audit: SharedAudit | null): string {
  return auditEntries(audit)
    .map(
      ({ label, text, bad }) =>
        `<div${bad ? ' class="bad"' : ''}><dt>${escapeHtml(label)}</dt><dd>${escapeHtml(text)}</dd></div>`,
    )
    .join('');
}

/** What the audit of the project says about the shared scans, or plainly that there was none. */
export function auditSection(receipt: ShareReceipt): string {
  return `<section>
<h2>${AUDIT_TITLE}</h2>
${auditSheet(receipt).map(block).join('\n')}
</section>`;
}

function block(given: SheetBlock): string {
  switch (given.kind) {
    case 'paragraph':
      return `<p>${escapeHtml(given.text)}</p>`;
    case 'note':
      return `<p class="note">${escapeHtml(given.text)}</p>`;
    case 'heading':
      return `<h3>${escapeHtml(given.text)}</h3>`;
    case 'table':
      return table(given);
    case 'list':
      return `<ul class="note">
${given.items.map((text) => `<li>${escapeHtml(text)}</li>`).join('\n')}
</ul>`;
    case 'plots':
      return `<div class="plots">${given.plots.map((svg) => `<figure>${svg}</figure>`).join('')}</div>`;
  }
}

function table({ columns, rows }: SheetTable): string {
  const cell = ({ text, range }: SheetCell, n: number) => {
    const inside = `${escapeHtml(text)}${range ? `<span class="range">${escapeHtml(range)}</span>` : ''}`;
    if (n === 0) return `<th scope="row">${inside}</th>`;
    return `<td${columns[n]!.number ? ' class="n"' : ''}>${inside}</td>`;
  };
  return `<div class="wide"><table class="figures">
<thead><tr>${columns.map((c) => `<th scope="col"${c.number ? ' class="n"' : ''}>${escapeHtml(c.title)}</th>`).join('')}</tr></thead>
<tbody>
${rows.map((r) => `<tr${r.quiet ? ' class="quiet"' : ''}>${r.cells.map(cell).join('')}</tr>`).join('\n')}
</tbody>
</table></div>`;
}
