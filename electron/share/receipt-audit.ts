import type { AuditState, Estimate } from '../../shared/risk/records.ts';
import type {
  SharedAudit,
  SharedAuditReport,
  SharedMatch,
  SharedRecognition,
} from '../../shared/share/audit-records.ts';
import type { SharedScan, ShareReceipt } from '../../shared/share/records.ts';
import { NETWORK_NAMES } from '../risk/judge-audit.ts';
import { distancePlot, plottedEngine, recognitionPlot, rocPlot } from './audit-plots.ts';
import { decimal, galleryText, intervalText, known, percent, pText, STATE_WORDS } from './audit-text.ts';
import { escapeHtml, grouped, plural } from './receipt-text.ts';

/** The audit of one scan in the table of shared scans. */
export function auditCell({ audit }: SharedScan): string {
  return audit
    ? `<td class="w ${audit.state}">${STATE_WORDS[audit.state]}</td>`
    : '<td class="w quiet">not audited</td>';
}

/** The numbers behind the audit of one scan, as entries of a list; nothing when it was not audited. */
export function auditNumbers(audit: SharedAudit | null): string {
  if (!audit) return '';
  const entries = audit.matches.map(match);
  if (audit.distance) {
    const { meanMm, p95Mm, averageMeanMm, leastMm } = audit.distance;
    const beside =
      averageMeanMm === null
        ? ''
        : `; an average face ${averageMeanMm.toFixed(1)} mm${leastMm === null ? '' : `, at least ${leastMm.toFixed(1)} mm asked for`}`;
    entries.push(
      entry(
        'New face from the true one',
        `${meanMm.toFixed(1)} mm, 95th percentile ${p95Mm.toFixed(1)} mm${beside}`,
        leastMm !== null && meanMm < leastMm,
      ),
    );
  }
  return entries.join('');
}

function match({
  network,
  views,
  viewsWithFace,
  similarity,
  threshold,
  accepted,
  rank,
  people,
}: SharedMatch): string {
  const label = `Similarity to the own original (${NETWORK_NAMES[network]})`;
  if (similarity === null)
    return entry(
      label,
      viewsWithFace === 0 ? `no face found in ${plural(views, 'picture')}` : 'could not be compared',
      false,
    );
  const strangers =
    threshold === null ? 'too few people for a threshold' : `strangers reach ${decimal(threshold)}`;
  const place = rank === null ? '' : `; place ${grouped(rank)} of ${grouped(people)}`;
  return entry(label, `${decimal(similarity)}, ${strangers}${place}`, accepted === true);
}

function entry(label: string, text: string, bad: boolean): string {
  return `<div${bad ? ' class="bad"' : ''}><dt>${escapeHtml(label)}</dt><dd>${escapeHtml(text)}</dd></div>`;
}

const TITLE = 'Can the faces still be recognised?';

/** What the audit of the project says about the shared scans, or plainly that there was none. */
export function auditSection({ audit: report, scans }: ShareReceipt): string {
  const audited = scans.filter((s) => s.audit !== null);
  if (audited.length === 0) {
    return `<section>
<h2>${TITLE}</h2>
<p>No audit was made: nobody tried to recognise the faces in this share, and whether they can be recognised is not known.</p>
</section>`;
  }
  return `<section class="audit">
<h2>${TITLE}</h2>
${report ? `<p>${escapeHtml(report.sentence)}</p>` : ''}
<p>${inThisShare(scans)}</p>
${report ? reportParts(report) : '<p>Figures over the project were not kept.</p>'}
</section>`;
}

function inThisShare(scans: readonly SharedScan[]): string {
  const state = (wanted: AuditState | undefined) => scans.filter((s) => s.audit?.state === wanted);
  const risk = state('at-risk');
  const byOverride = risk.filter((s) => s.override !== null).length;
  const accepted = risk.length - byOverride;
  const how = [
    ...(accepted > 0 ? [`${grouped(accepted)} accepted in review after the audit`] : []),
    ...(byOverride > 0 ? [`${grouped(byOverride)} released by override`] : []),
  ].join(', ');
  return `Of ${plural(scans.length, 'scan')} in this share, ${grouped(state('safe').length)} safe, ${grouped(risk.length)} at risk${how ? ` (${how})` : ''}; for ${grouped(state('cannot-tell').length)} the audit cannot tell, ${grouped(state(undefined).length)} not audited.`;
}

function reportParts(report: SharedAuditReport): string {
  const plots = [
    recognitionPlot(report),
    distancePlot(report),
    ...report.sees.map((network) => rocPlot(report, network)),
  ].filter(Boolean);
  const engine = plottedEngine(report);
  return `<p>The figures are of the audit of the whole project on ${escapeHtml(report.at.slice(0, 10))}, with the methods that edited the shared scans; it put each head among ${galleryText(report)}.</p>
${recognitionTable(report)}
${distanceTable(report, engine)}
${plots.length > 0 ? `<div class="plots">${plots.map((svg) => `<figure>${svg}</figure>`).join('')}</div>` : ''}
<p class="note">Ranges under the figures and bars in the plots are 95 % intervals over people or scans. ${
    engine === null
      ? 'Volumes were not measured before and after the edit, so there is no picture of recognition against their change.'
      : `Volumes measured by ${escapeHtml(engine)}.`
  }</p>
<h3>What this match is, and what it is not</h3>
<ul class="note">
${[...report.caveats.map((text) => `<li>${escapeHtml(text)}</li>`), `<li>Made with ${escapeHtml(report.tools)}.</li>`].join('\n')}
</ul>`;
}

interface Row {
  readonly name: string;
  readonly network: string;
  readonly believed: boolean;
  readonly figures: SharedRecognition;
}

function recognitionTable(report: SharedAuditReport): string {
  const networks = [
    ...new Set([...report.upperBound, ...report.methods.flatMap((m) => m.recognition)].map((f) => f.network)),
  ];
  const rows = networks.flatMap((network): Row[] => {
    const of = (name: string, list: readonly SharedRecognition[]) =>
      list
        .filter((f) => f.network === network)
        .map((figures) => ({
          name,
          network: NETWORK_NAMES[network],
          believed: report.sees.includes(network),
          figures,
        }));
    return [
      ...of('untouched heads', report.upperBound),
      ...report.methods.flatMap((m) => of(m.method, m.recognition)),
    ];
  });
  if (rows.length === 0) return '<p>No network looked at these heads.</p>';
  const accepted = percent(report.limits.maxFalseAccept);
  const dim = rows.some((r) => !r.believed)
    ? ' Rows in parentheses are of a network that cannot be believed here; the reason stands below.'
    : '';
  return `<h3>Recognition</h3>
<div class="wide"><table class="figures">
<thead><tr><th scope="col">Heads</th><th scope="col">Network</th><th scope="col" class="n">Number</th><th scope="col" class="n">Own original first</th><th scope="col" class="n">Among first five</th><th scope="col" class="n">AUC</th><th scope="col" class="n">EER</th><th scope="col" class="n">d′</th><th scope="col" class="n">Accepted</th></tr></thead>
<tbody>
${rows.map(recognitionRow).join('\n')}
<tr><th scope="row">chance</th><td></td><td></td><td class="n">${percent(report.chanceRank1)}</td><td class="n">${percent(report.chanceRank5)}</td><td class="n">0.50</td><td class="n">50.0 %</td><td class="n">0.00</td><td class="n">${accepted}</td></tr>
</tbody>
</table></div>
<p class="note">Untouched heads, in another pose and light, are what could have been recognised at best. AUC, EER and d′ say how well the own
original is told from those of others. Accepted: at or above the similarity that ${accepted} of strangers reach.
Similarity is measured between computed pictures of head surfaces by open networks; no photograph and no commercial face recognition took part.${dim}</p>`;
}

function recognitionRow({ name, network, believed, figures: f }: Row): string {
  const without = f.withoutFace > 0 ? range(`${grouped(f.withoutFace)} without a face`) : '';
  const shown = believed ? escapeHtml(name) : `(${escapeHtml(name)})`;
  return `<tr${believed ? '' : ' class="quiet"'}><th scope="row">${shown}</th><td>${escapeHtml(network)}</td><td class="n">${grouped(f.probes)}${without}</td>${[
    cell(f.rank1, percent),
    cell(f.rank5, percent),
    cell(f.auc, decimal),
    cell(f.eer, percent),
    cell(f.dPrime, decimal),
    cell(f.accepted, percent),
  ].join('')}</tr>`;
}

function distanceTable({ methods }: SharedAuditReport, engine: string | null): string {
  if (methods.length === 0) return '';
  return `<h3>Distance of the new face from the true one, and change of volumes</h3>
<div class="wide"><table class="figures">
<thead><tr><th scope="col">Method</th><th scope="col" class="n">Scans</th><th scope="col" class="n">Mean, mm</th><th scope="col" class="n">95th percentile, mm</th><th scope="col" class="n">Average face, mm</th><th scope="col" class="n">Closer</th><th scope="col" class="n">p</th><th scope="col" class="n">Volumes</th><th scope="col" class="n">Time</th></tr></thead>
<tbody>
${methods
  .map(({ method, scans, distance: d, morphometry, secondsPerScan }) => {
    const change = morphometry.find((m) => m.engine === engine)?.meanAbsPercent;
    const closer = d && d.averageN > 0 ? `${grouped(d.closer)} of ${grouped(d.averageN)}` : '–';
    return `<tr><th scope="row">${escapeHtml(method)}</th><td class="n">${grouped(d?.n ?? scans)}</td>${cell(d?.meanMm, decimal)}${cell(d?.p95Mm, decimal)}${cell(d?.averageMeanMm, decimal)}<td class="n">${closer}</td><td class="n">${known(d?.p, (p) => escapeHtml(pText(p)))}</td>${cell(change, (v) => `${v.toFixed(2)} %`)}<td class="n">${known(secondsPerScan, (s) => `${s.toFixed(1)} s`)}</td></tr>`;
  })
  .join('\n')}
</tbody>
</table></div>
<p class="note">Average face: the distance of a population-average face, which tells nothing about the person. Closer: scans whose new
face lies closer to the true one than that. p: paired Wilcoxon signed-rank test of the two distances, two-sided. Volumes: mean change of GM, WM, CSF
and TIV without regard to sign. Time: median of the face step.</p>`;
}

/** A figure over its interval. */
function cell(estimate: Estimate | undefined, format: (value: number) => string): string {
  if (estimate?.value == null) return '<td class="n">–</td>';
  const interval = intervalText(estimate, format);
  return `<td class="n">${format(estimate.value)}${interval ? range(interval) : ''}</td>`;
}

function range(text: string): string {
  return `<span class="range">${escapeHtml(text)}</span>`;
}
