import type { MethodInfo, Policy, Ps315Options } from '../../shared/deidentify/records.ts';
import type { AuditLimits } from '../../shared/risk/records.ts';

interface OptionWords {
  readonly title: string;
  readonly code: string;
  readonly meaning: string;
}

/** Options about pixels: no policy switches them, whatever a stored one says. */
type PixelOption = 'cleanPixelData' | 'cleanRecognizableVisualFeatures';
/** Options that a policy decides. */
export type HeaderOption = Exclude<keyof Ps315Options, PixelOption>;

/** What is always so about pixels; `claimed` where the code is given at all. */
export const PIXEL_OPTION_WORDS: Record<PixelOption, OptionWords & { readonly claimed: boolean }> = {
  cleanPixelData: {
    title: 'Clean pixel data',
    code: '113101',
    meaning: 'Never claimed: text burned into pixels is not looked for. Secondary captures are set aside.',
    claimed: false,
  },
  cleanRecognizableVisualFeatures: {
    title: 'Clean recognisable features',
    code: '113102',
    meaning:
      'Always done: faces are edited by the face method. Only scans that pass or are accepted get the code.',
    claimed: true,
  },
};

/** The switches of PS3.15 Annex E in a technician's words, in the order of the standard. */
export const OPTION_WORDS: Record<HeaderOption, OptionWords> = {
  cleanGraphics: { title: 'Clean graphics', code: '113103', meaning: 'Overlays and drawings are removed.' },
  cleanStructuredContent: {
    title: 'Clean structured content',
    code: '113104',
    meaning: 'Report contents are cleaned.',
  },
  cleanDescriptors: {
    title: 'Clean descriptors',
    code: '113105',
    meaning: 'Free text such as descriptions is kept after cleaning.',
  },
  retainLongitudinalFullDates: {
    title: 'Keep full dates',
    code: '113106',
    meaning: 'Dates stay as they are. Identifying: needs a reason.',
  },
  retainLongitudinalModifiedDates: {
    title: 'Keep shifted dates',
    code: '113107',
    meaning: 'All dates of a subject move by the same number of days.',
  },
  retainPatientCharacteristics: {
    title: 'Keep subject characteristics',
    code: '113108',
    meaning: 'Age, sex, size and weight stay.',
  },
  retainDeviceIdentity: {
    title: 'Keep device identity',
    code: '113109',
    meaning: 'Serial numbers and station names stay.',
  },
  retainUids: {
    title: 'Keep UIDs',
    code: '113110',
    meaning: 'Unique identifiers stay, and link back to the archive.',
  },
  retainSafePrivate: {
    title: 'Keep safe private attributes',
    code: '113111',
    meaning: 'Vendor attributes known to be safe stay.',
  },
  retainInstitutionIdentity: {
    title: 'Keep institution identity',
    code: '113112',
    meaning: 'Name and address of the site stay.',
  },
};

/** Names of the methods that are tried after the first, in order; a method that is not known by its id. */
export function ladderTitles(policy: Policy, methods: readonly MethodInfo[]): string[] {
  return policy.ladder.map((rung) => methods.find((item) => item.id === rung.method)?.title ?? rung.method);
}

/** What a policy does, one plain line per decision. */
export function describePolicy(policy: Policy): string[] {
  const { options } = policy;
  const kept = (Object.keys(OPTION_WORDS) as HeaderOption[]).filter(
    (key) => key.startsWith('retain') && options[key] && !key.includes('Dates'),
  );
  const overrides = Object.keys(policy.overrides).length;
  return [
    'Headers: PS3.15 Basic Profile',
    options.retainLongitudinalFullDates
      ? 'Dates: kept in full'
      : options.retainLongitudinalModifiedDates
        ? 'Dates: shifted, same number of days within a subject'
        : 'Dates: removed',
    kept.length === 0
      ? 'Kept besides: nothing'
      : `Kept besides: ${kept.map((key) => OPTION_WORDS[key].title.replace(/^Keep /, '')).join(', ')}`,
    `Unknown attributes: ${policy.unknownAttributes === 'remove' ? 'removed and listed' : 'kept'}`,
    ...(overrides > 0 ? [`${overrides} attribute${overrides === 1 ? '' : 's'} decided one by one`] : []),
    `May leave: ${policy.shareKinds.join(', ') || 'nothing'}`,
    policy.review === 'all' ? 'Review: a person looks at every scan' : 'Review: a person looks at exceptions',
    ...describeAudit(policy.audit),
  ];
}

/** What the audit asks for; the fields that say when it can tell anything stand in the editor only. */
function describeAudit(limits: AuditLimits): string[] {
  const percent = (share: number) => `${Number((100 * share).toFixed(1))} %`;
  return [
    `Audit: ${limits.beforeShare ? 'needed before a scan leaves' : 'not asked for'}; where it cannot tell, ${limits.cannotTell === 'review' ? 'a person looks' : 'the other checks decide'}`,
    `At risk: recognised at ${percent(limits.maxFalseAccept)} strangers let through, or nearer the true face than ${percent(limits.minDistanceShare)} of an average face’s distance`,
  ];
}
