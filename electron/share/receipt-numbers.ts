import { escapeHtml, grouped, signedPercent } from '../../shared/share/receipt-text.ts';
import type {
  CohortNumbers,
  SharedNumber,
  SharedPicture,
  SharedScan,
  VolumeChange,
} from '../../shared/share/records.ts';
import { auditNumbers } from './receipt-audit.ts';

/** Columns of the table of shared scans. */
const COLUMNS = 9;

/** The second line of a shared scan: its pictures, numbers and notes; nothing when it has none of them. */
export function scanDetail(scan: SharedScan): string {
  const { pictures, numbers, volumeChanges, override } = scan;
  const audit = auditNumbers(scan.audit);
  const remarks = [...(override ? [`Released by override: ${override}`] : []), ...scan.notes];
  const lines = pictures.length + numbers.length + volumeChanges.length + remarks.length;
  if (lines === 0 && !audit) return '';
  const shown = pictures.map((p) => picture(scan, p)).join('');
  const listed = numbers.map(number).join('') + changes(volumeChanges);
  const parts = [
    shown && `<div class="pictures">${shown}</div>`,
    '<div>',
    listed && `<dl class="numbers">${listed}</dl>`,
    audit && `<dl class="numbers">${audit}</dl>`,
    ...remarks.map((text) => `<p class="note">${escapeHtml(text)}</p>`),
    '</div>',
  ];
  return `<tr class="detail"><td colspan="${COLUMNS}"><div class="about">${parts.join('')}</div></td></tr>`;
}

const VIEWS: Readonly<Record<SharedPicture['view'], string>> = {
  front: 'surface from the front',
  sagittal: 'sagittal slice',
};

/** Relative, so that it is found beside the page in the share and in the application. */
function picture({ subjectLabel, kind }: SharedScan, { path, view }: SharedPicture): string {
  const alt = `De-identified ${kind} of ${subjectLabel}, ${VIEWS[view]}`;
  return `<img src="${escapeHtml(path)}" width="96" height="96" loading="lazy" alt="${escapeHtml(alt)}">`;
}

function number({ label, value, unit, ok }: SharedNumber): string {
  // A tenth of a millilitre says nothing about a head.
  const shown = unit === 'mL' && (value ?? 0) >= 10 ? Math.round(value ?? 0) : (value ?? 0);
  const text = value === null ? 'not measured' : `${grouped(shown)}${unit ? ` ${escapeHtml(unit)}` : ''}`;
  return `<div${ok === false ? ' class="bad"' : ''}><dt>${escapeHtml(label)}</dt><dd>${text}</dd></div>`;
}

/** Nothing when the scan was not measured before and after. */
function changes(list: readonly VolumeChange[]): string {
  if (list.length === 0) return '';
  const parts = list.map(
    (c) => `<span class="w">${escapeHtml(c.structure)} ${signedPercent(c.percentChange)}</span>`,
  );
  return `<div class="changes"><dt>Volumes changed by the edit</dt><dd>${parts.join(', ')}</dd></div>`;
}

/** What the edits did to the measured volumes over all shared scans. */
export function cohortSection(cohort: CohortNumbers, shared: number): string {
  const failed =
    cohort.failed === 0 ? 'none failed to measure' : `${grouped(cohort.failed)} failed to measure`;
  return `<section>
<h2>Measured before and after the edit</h2>
<p>${grouped(cohort.compared)} of ${grouped(shared)} shared scans compared, ${failed}; ${grouped(cohort.over5Percent)} changed by more than 5 % in gray
matter (GM), white matter (WM), cerebrospinal fluid (CSF) or total intracranial volume (TIV).</p>
${
  cohort.structures.length === 0
    ? ''
    : `<table class="cohort">
<thead><tr><th scope="col">Structure</th><th scope="col" class="n">Scans</th><th scope="col" class="n">Mean change</th></tr></thead>
<tbody>
${cohort.structures.map((s) => `<tr><th scope="row">${escapeHtml(s.structure)}</th><td class="n">${grouped(s.n)}</td><td class="n">${signedPercent(s.meanPercentChange)}</td></tr>`).join('\n')}
</tbody>
</table>`
}
</section>`;
}
