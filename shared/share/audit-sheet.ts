/**
 * What a receipt says about the audit, as blocks of plain text: the page in the share and the application's own
 * screen show the same words in the same order.
 */
import { NETWORK_NAMES } from '../risk/network-names.ts';
import type { AuditState, Estimate } from '../risk/records.ts';
import { distancePlot, plottedEngine, recognitionPlot, rocPlot } from './audit-plots.ts';
import type { SharedAudit, SharedAuditReport, SharedMatch, SharedRecognition } from './audit-records.ts';
import { decimal, galleryText, intervalText, known, percent, pText, STATE_WORDS } from './audit-text.ts';
import { grouped, plural } from './receipt-text.ts';
import type { SharedScan, ShareReceipt } from './records.ts';

/** Heading of the part that speaks about the audit. */
export const AUDIT_TITLE = 'Can the faces still be recognised?';

export interface SheetCell {
  readonly text: string;
  /** Stands below the text, smaller: an interval or a count. */
  readonly range: string;
}

export interface SheetColumn {
  readonly title: string;
  /** Set to the right. */
  readonly number: boolean;
}

export interface SheetRow {
  /** As many as columns; the first names the row. */
  readonly cells: readonly SheetCell[];
  /** Shown, and not relied on. */
  readonly quiet: boolean;
}

export interface SheetTable {
  readonly kind: 'table';
  readonly label: string;
  readonly columns: readonly SheetColumn[];
  readonly rows: readonly SheetRow[];
}

export type SheetBlock =
  | { readonly kind: 'paragraph' | 'note' | 'heading'; readonly text: string }
  | SheetTable
  | { readonly kind: 'list'; readonly items: readonly string[] }
  /** SVG text of our own making. */
  | { readonly kind: 'plots'; readonly plots: readonly string[] };

/** One number of a scan's audit; `bad` is what puts it at risk. */
export interface SheetEntry {
  readonly label: string;
  readonly text: string;
  readonly bad: boolean;
}

/** The audit of one scan in the table of shared scans. */
export function auditWord({ audit }: SharedScan): string {
  return audit ? STATE_WORDS[audit.state] : 'not audited';
}

/** The numbers behind the audit of one scan; none when it was not audited. */
export function auditEntries(audit: SharedAudit | null): SheetEntry[] {
  if (!audit) return [];
  const entries = audit.matches.map(match);
  if (audit.distance) {
    const { meanMm, p95Mm, averageMeanMm, leastMm } = audit.distance;
    const beside =
      averageMeanMm === null
        ? ''
        : `; an average face ${averageMeanMm.toFixed(1)} mm${leastMm === null ? '' : `, at least ${leastMm.toFixed(1)} mm asked for`}`;
    entries.push({
      label: 'New face from the true one',
      text: `${meanMm.toFixed(1)} mm, 95th percentile ${p95Mm.toFixed(1)} mm${beside}`,
      bad: leastMm !== null && meanMm < leastMm,
    });
  }
  return entries;
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
}: SharedMatch): SheetEntry {
  const label = `Similarity to the own original (${NETWORK_NAMES[network]})`;
  if (similarity === null) {
    const text =
      viewsWithFace === 0 ? `no face found in ${plural(views, 'picture')}` : 'could not be compared';
    return { label, text, bad: false };
  }
  const strangers =
    threshold === null ? 'too few people for a threshold' : `strangers reach ${decimal(threshold)}`;
  const place = rank === null ? '' : `; place ${grouped(rank)} of ${grouped(people)}`;
  return { label, text: `${decimal(similarity)}, ${strangers}${place}`, bad: accepted === true };
}

/** What the audit of the project says about the shared scans, or plainly that there was none. */
export function auditSheet({
  audit: report,
  scans,
}: Pick<ShareReceipt, 'audit' | 'scans'>): readonly SheetBlock[] {
  if (scans.every((s) => s.audit === null))
    return [
      {
        kind: 'paragraph',
        text: 'No audit was made: nobody tried to recognise the faces in this share, and whether they can be recognised is not known.',
      },
    ];
  return [
    ...(report ? [{ kind: 'paragraph' as const, text: report.sentence }] : []),
    { kind: 'paragraph', text: inThisShare(scans) },
    ...(report
      ? reportBlocks(report)
      : [{ kind: 'paragraph' as const, text: 'Figures over the project were not kept.' }]),
  ];
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

function reportBlocks(report: SharedAuditReport): SheetBlock[] {
  const plots = [
    recognitionPlot(report),
    distancePlot(report),
    ...report.sees.map((network) => rocPlot(report, network)),
  ].filter(Boolean);
  const engine = plottedEngine(report);
  return [
    {
      kind: 'paragraph',
      text: `The figures are of the audit of the whole project on ${report.at.slice(0, 10)}, with the methods that edited the shared scans; it put each head among ${galleryText(report)}.`,
    },
    ...recognitionBlocks(report),
    ...distanceBlocks(report, engine),
    ...(plots.length > 0 ? [{ kind: 'plots' as const, plots }] : []),
    {
      kind: 'note',
      text: `Ranges under the figures and bars in the plots are 95 % intervals over people or scans. ${
        engine === null
          ? 'Volumes were not measured before and after the edit, so there is no picture of recognition against their change.'
          : `Volumes measured by ${engine}.`
      }`,
    },
    { kind: 'heading', text: 'What this match is, and what it is not' },
    { kind: 'list', items: [...report.caveats, `Made with ${report.tools}.`] },
  ];
}

interface Heads {
  readonly name: string;
  readonly believed: boolean;
  readonly figures: SharedRecognition;
}

function recognitionBlocks(report: SharedAuditReport): SheetBlock[] {
  const networks = [
    ...new Set([...report.upperBound, ...report.methods.flatMap((m) => m.recognition)].map((f) => f.network)),
  ];
  const heads = networks.flatMap((network): Heads[] => {
    const of = (name: string, list: readonly SharedRecognition[]) =>
      list
        .filter((f) => f.network === network)
        .map((figures) => ({ name, believed: report.sees.includes(network), figures }));
    return [
      ...of('untouched heads', report.upperBound),
      ...report.methods.flatMap((m) => of(m.method, m.recognition)),
    ];
  });
  if (heads.length === 0) return [{ kind: 'paragraph', text: 'No network looked at these heads.' }];
  const accepted = percent(report.limits.maxFalseAccept);
  const quiet = heads.some((h) => !h.believed)
    ? ' Rows in parentheses are of a network that cannot be believed here; the reason stands below.'
    : '';
  return [
    { kind: 'heading', text: 'Recognition' },
    {
      kind: 'table',
      label: 'Recognition',
      columns: [
        ...words('Heads', 'Network'),
        ...numbers('Number', 'Own original first', 'Among first five', 'AUC', 'EER', 'd′', 'Accepted'),
      ],
      rows: [
        ...heads.map(recognitionRow),
        {
          cells: [
            'chance',
            '',
            '',
            percent(report.chanceRank1),
            percent(report.chanceRank5),
            '0.50',
            '50.0 %',
            '0.00',
            accepted,
          ].map((text) => cell(text)),
          quiet: false,
        },
      ],
    },
    {
      kind: 'note',
      text: `Untouched heads, in another pose and light, are what could have been recognised at best. AUC, EER and d′ say how well the own original is told from those of others. Accepted: at or above the similarity that ${accepted} of strangers reach. Similarity is measured between computed pictures of head surfaces by open networks; no photograph and no commercial face recognition took part.${quiet}`,
    },
  ];
}

function recognitionRow({ name, believed, figures: f }: Heads): SheetRow {
  return {
    cells: [
      cell(believed ? name : `(${name})`),
      cell(NETWORK_NAMES[f.network]),
      cell(grouped(f.probes), f.withoutFace > 0 ? `${grouped(f.withoutFace)} without a face` : ''),
      figure(f.rank1, percent),
      figure(f.rank5, percent),
      figure(f.auc, decimal),
      figure(f.eer, percent),
      figure(f.dPrime, decimal),
      figure(f.accepted, percent),
    ],
    quiet: !believed,
  };
}

function distanceBlocks({ methods }: SharedAuditReport, engine: string | null): SheetBlock[] {
  if (methods.length === 0) return [];
  const title = 'Distance of the new face from the true one, and change of volumes';
  return [
    { kind: 'heading', text: title },
    {
      kind: 'table',
      label: title,
      columns: [
        ...words('Method'),
        ...numbers('Scans', 'Mean, mm', '95th percentile, mm', 'Average face, mm', 'Closer', 'p', 'Volumes'),
        ...numbers('Time'),
      ],
      rows: methods.map(({ method, scans, distance: d, morphometry, secondsPerScan }) => ({
        cells: [
          cell(method),
          cell(grouped(d?.n ?? scans)),
          figure(d?.meanMm, decimal),
          figure(d?.p95Mm, decimal),
          figure(d?.averageMeanMm, decimal),
          cell(d && d.averageN > 0 ? `${grouped(d.closer)} of ${grouped(d.averageN)}` : '–'),
          cell(known(d?.p, pText)),
          figure(
            morphometry.find((m) => m.engine === engine)?.meanAbsPercent,
            (value) => `${value.toFixed(2)} %`,
          ),
          cell(known(secondsPerScan, (seconds) => `${seconds.toFixed(1)} s`)),
        ],
        quiet: false,
      })),
    },
    {
      kind: 'note',
      text: 'Average face: the distance of a population-average face, which tells nothing about the person. Closer: scans whose new face lies closer to the true one than that. p: paired Wilcoxon signed-rank test of the two distances, two-sided. Volumes: mean change of GM, WM, CSF and TIV without regard to sign. Time: median of the face step.',
    },
  ];
}

/** A figure over its interval. */
function figure(estimate: Estimate | undefined, format: (value: number) => string): SheetCell {
  return estimate?.value == null ? cell('–') : cell(format(estimate.value), intervalText(estimate, format));
}

function cell(text: string, range = ''): SheetCell {
  return { text, range };
}

function words(...titles: string[]): SheetColumn[] {
  return titles.map((title) => ({ title, number: false }));
}

function numbers(...titles: string[]): SheetColumn[] {
  return titles.map((title) => ({ title, number: true }));
}
