import { type AuditReport, FACE_NETWORKS, type RecognitionFigures } from '../../shared/risk/records.ts';
import { type SharedScan, type ShareReceipt, shareReceipt } from '../../shared/share/records.ts';
import { optionCodes } from '../deidentify/header/ps315.ts';
import { caveatsOf, sentenceOf } from '../risk/audit-words.ts';
import { product } from './product.ts';
import { receiptHtml } from './receipt-html.ts';
import { HELD, OVERRIDDEN } from './receipt-reasons.ts';
import { mainNumberLabels } from './scan-numbers.ts';
import { sharedAudit, sharedAuditReport } from './shared-audit.ts';

const nothing = { value: 0, low: 0, high: 0, n: 0 };

const figures: RecognitionFigures[] = FACE_NETWORKS.map((network) => ({
  network,
  probes: 0,
  withoutFace: 1,
  faceFound: nothing,
  facesByView: [],
  rank1: nothing,
  rank5: nothing,
  auc: nothing,
  eer: nothing,
  dPrime: nothing,
  roc: [{ falseAccept: 0, trueAccept: 0 }],
  genuine: { from: 0, to: 1, counts: [] },
  impostor: { from: 0, to: 1, counts: [] },
  threshold: 0,
  accepted: nothing,
}));

const report: Omit<AuditReport, 'sentence' | 'caveats'> = {
  at: '',
  people: 0,
  galleryPeople: 1,
  borrowed: 1,
  chanceRank1: 0,
  chanceRank5: 0,
  upperBound: figures,
  sees: ['human'],
  methods: [
    {
      method: '',
      scans: 0,
      states: { safe: 0, 'at-risk': 0, 'cannot-tell': 0 },
      recognition: figures,
      distance: {
        n: 0,
        meanMm: nothing,
        p95Mm: nothing,
        averageMeanMm: nothing,
        averageN: 1,
        closer: 0,
        p: 0,
        pairs: [],
      },
      morphometry: [{ engine: 'tissue-em', meanAbsPercent: nothing, over5Percent: 0, failedAfter: 0 }],
      secondsPerScan: 0,
    },
  ],
  limits: {
    maxFalseAccept: 0.01,
    minPeople: 0,
    minUpperBound: 0,
    minDistanceShare: 0,
    cannotTell: 'keep',
    beforeShare: true,
  },
  tools: '',
  problems: [],
  seconds: { look: null, distance: null },
};

/** An audit of nobody, with every sentence that an audit can say. */
function auditOf(blind: string) {
  const words = { ...report, sees: blind ? [] : report.sees, blind };
  return { ...words, sentence: sentenceOf(words), caveats: caveatsOf(words) };
}

const scan: SharedScan = {
  seriesId: 0,
  subjectLabel: '',
  sessionLabel: '',
  kind: '',
  method: '',
  verdict: '',
  override: OVERRIDDEN,
  files: 0,
  bytes: 0,
  formats: ['bids', 'dicom'],
  notes: [],
  numbers: mainNumberLabels.map((label) => ({ name: '', label, value: null, unit: '', ok: null })),
  volumeChanges: [{ structure: '', percentChange: 0 }],
  pictures: [
    { view: 'front', path: '' },
    { view: 'sagittal', path: '' },
  ],
  audit: null,
};

function audited(state: 'safe' | 'at-risk' | 'cannot-tell', override: string | null): SharedScan {
  const face = { meanMm: 0, p95Mm: 0, shareOver2mm: 0, points: 0 };
  const match = {
    views: 0,
    viewsWithFace: 1,
    threshold: null,
    accepted: null,
    rank: 1,
    people: 0,
    originalSimilarity: null,
    originalRank: null,
  };
  const audit = {
    derivativeId: 0,
    seriesId: 0,
    subjectLabel: '',
    kind: '',
    method: '',
    current: true,
    state,
    reason: '',
    next: '',
    recognition: [
      { ...match, network: 'human' as const, similarity: 0 },
      { ...match, network: 'human' as const, similarity: 0, threshold: 0 },
      { ...match, network: 'face-api' as const, similarity: null },
      { ...match, network: 'face-api' as const, similarity: null, viewsWithFace: 0 },
    ],
    distance: { edited: face, average: face, regionFrom: 'window' as const },
    problems: [],
    at: '',
  };
  return { ...scan, override, audit: sharedAudit(audit, report.limits) };
}

function receiptOf(scans: SharedScan[], audit: ShareReceipt['audit']): ShareReceipt {
  return shareReceipt.parse({
    id: '',
    product: product.name,
    version: product.version,
    createdAt: '',
    policyName: '',
    formats: ['bids', 'dicom'],
    scans,
    held: Object.values(HELD).map((reason) => ({
      seriesId: 0,
      subjectLabel: '',
      kind: '',
      state: '',
      reason,
    })),
    checks: [],
    leaks: [],
    cohort: { engine: '', compared: 0, failed: 0, over5Percent: 0, structures: [] },
    audit,
    files: 0,
    bytes: 0,
  });
}

const every = [
  audited('safe', null),
  audited('at-risk', null),
  audited('at-risk', OVERRIDDEN),
  audited('cannot-tell', null),
];

/** Receipts of nobody that bring every fixed sentence onto a page. */
export const everyReceipt: readonly ShareReceipt[] = [
  receiptOf([scan], null),
  receiptOf([...every, scan], sharedAuditReport(auditOf(''), new Set(['']))),
  receiptOf(every, sharedAuditReport(auditOf(' '), new Set(['']))),
  receiptOf(every, sharedAuditReport({ ...auditOf(' '), upperBound: [], methods: [] }, new Set())),
  receiptOf(every, sharedAuditReport(auditOf(''), new Set())),
  receiptOf(every, sharedAuditReport(auditOf(' '), new Set())),
];

/** The words of a share's own making, so that a name which is one of them does not condemn every share. */
export const ownWords = [
  ...everyReceipt.map(receiptHtml),
  // Names of fields stand in the manifest, some of several words.
  ...everyReceipt.map((receipt) => JSON.stringify(receipt).replace(/(?<=[a-z])(?=[A-Z])/g, ' ')),
  ...everyReceipt.map((receipt) => JSON.stringify(receipt)),
  ...Object.values(optionCodes).map((o) => o.meaning),
  'Basic Profile with exceptions, kept against the profile, cleaned where the profile removes',
  'passed accepted steps params inputs path',
].join('\n');
