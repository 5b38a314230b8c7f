import { NETWORK_NAMES } from '../../shared/risk/network-names.ts';
import type { AuditReport, Estimate, MethodAudit } from '../../shared/risk/records.ts';

/** What the words of a report are made of: the report itself, and why no network is believed (a clause, or empty). */
export type WordsInput = Omit<AuditReport, 'sentence' | 'caveats'> & { readonly blind: string };

/** The finding in one sentence, with the upper bound and chance beside it. */
export function sentenceOf(report: WordsInput): string {
  if (report.methods.length === 0) return 'No de-identified scan has been audited yet.';
  if (report.sees.length === 0)
    return `Whether the faces of this project can be recognised cannot be told: ${report.blind}. ${distancePart(report.methods)}`.trim();
  return recognitionSentence(report, report.methods);
}

/**
 * The sentence of a finished report for some of its methods only: a share tells nothing about methods that edited
 * none of its scans.
 */
export function sentenceFor(report: AuditReport, methods: readonly MethodAudit[]): string {
  if (report.methods.length === 0) return report.sentence;
  if (report.sees.length > 0) return recognitionSentence(report, methods);
  // Why nothing can be told is kept in the sentence alone; the distances stand at its end.
  const distances = distancePart(report.methods);
  const why = report.sentence.endsWith(distances)
    ? report.sentence.slice(0, report.sentence.length - distances.length)
    : report.sentence;
  return `${why.trim()} ${distancePart(methods)}`.trim();
}

function recognitionSentence(
  report: Pick<AuditReport, 'sees' | 'upperBound' | 'galleryPeople' | 'borrowed' | 'chanceRank1'>,
  methods: readonly MethodAudit[],
): string {
  const network = report.sees[0]!;
  const upper = report.upperBound.find((f) => f.network === network);
  const parts = methods.map((m) => {
    const figures = m.recognition.find((f) => f.network === network);
    return `${m.method} ${share(figures?.rank1)}`;
  });
  return (
    `Put among ${report.galleryPeople + report.borrowed} people, the network ${NETWORK_NAMES[network]} finds ${share(upper?.rank1)} of the untouched heads again` +
    `${parts.length > 0 ? `, and of the de-identified ones: ${parts.join(', ')}` : ''}; chance is ${percent(report.chanceRank1)}.`
  );
}

function distancePart(methods: readonly MethodAudit[]): string {
  const parts = methods.flatMap((m) =>
    m.distance?.meanMm.value == null ? [] : [`${m.method} ${m.distance.meanMm.value.toFixed(1)} mm`],
  );
  return parts.length === 0
    ? ''
    : `The new face surfaces lie from the true ones, on average: ${parts.join(', ')}.`;
}

/** What the match is, what it is not, and how strong the claim can be. */
export function caveatsOf(report: WordsInput): string[] {
  const gallery = report.galleryPeople + report.borrowed;
  const caveats = [
    'The match is render to render: pictures of head surfaces, computed from scans, compared by two open face networks. It is not a match with photographs and not commercial face recognition, which recognised 97 to 98 % of unmodified scans in a published study.',
    'A face that these networks do not recognise may still be recognised by others. Without a face, a brain can still be linked with another scan of the same person.',
    'Removing or blurring voxels can be undone in part: published attacks regrow removed faces and sharpen blurred ones. This audit looks at scans as they are and does not try that.',
  ];
  if (report.borrowed > 0)
    caveats.push(
      `Only ${people(report.galleryPeople)} of this project could stand in the gallery; ${report.borrowed} computed variations of the average head stand beside them as strangers. The claim is weak: computed heads are less like a person than people are like each other. A place among them looks better than it would among people.`,
    );
  const smallest = gallery > 0 ? 1 / gallery : 1;
  if (gallery > 0 && gallery < 50)
    caveats.push(
      `With ${people(gallery)} one right answer is ${percent(smallest)}: rates below about ${percent(Math.min(1, 3 * smallest))} cannot be told from chance.`,
    );
  for (const figures of report.upperBound) {
    if (report.sees.includes(figures.network)) continue;
    caveats.push(
      `${NETWORK_NAMES[figures.network]} recognises only ${share(figures.rank1)} of the untouched heads in another view; its other figures are shown and not relied on.`,
    );
  }
  if (report.blind !== '') caveats.push(`Nothing is claimed about recognition: ${report.blind}.`);
  return caveats;
}

function share(estimate: Estimate | undefined): string {
  if (estimate?.value == null) return '–';
  const { value, low, high } = estimate;
  return low === null || high === null
    ? percent(value)
    : `${percent(value)} (${percent(low)} to ${percent(high)})`;
}

const percent = (value: number) => `${Math.round(100 * value)} %`;
const people = (n: number) => `${n} ${n === 1 ? 'person' : 'people'}`;
