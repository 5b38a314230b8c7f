import type { SeriesProblem, SeriesRow, StateCounts } from '../../shared/catalog/records.ts';
import type { Derivative, HeaderChange, Policy, Verdict } from '../../shared/deidentify/records.ts';
import { policy as policyRecord } from '../../shared/deidentify/records.ts';
import type { BatchProgress } from '../../shared/jobs/records.ts';
import type { Picture, ReviewItem } from '../../shared/review/records.ts';

/** Made-up records for every screen; deterministic, so that pictures of the screens can be compared. */
const NOW = '2026-11-20T14:05:00.000Z';

function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const LABEL = 'ABCDEFGHJKMNPQRSTUVWXYZ23456789';
export function subjectLabel(n: number): string {
  const next = random(n + 7);
  return `sub-${Array.from({ length: 8 }, () => LABEL[Math.floor(next() * LABEL.length)]).join('')}`;
}

const KINDS = [
  ['T1w', 'MPRAGE sagittal 1 mm', [176, 256, 256], [1, 1, 1], '3d'],
  ['T2w', 'T2 SPACE sagittal', [176, 256, 256], [1, 1, 1], '3d'],
  ['FLAIR', 'FLAIR axial 3 mm', [256, 256, 48], [0.9, 0.9, 3], 'thick-slice'],
  ['localizer', 'Three plane localiser', [256, 256, 9], [1, 1, 5], '2d'],
  ['dwi', 'ep2d diffusion 64 directions', [112, 112, 70, 65], [2, 2, 2], '4d'],
] as const;

export function makeRow(index: number): SeriesRow {
  const subject = Math.floor(index / 10);
  const [kind, description, shape, voxelSizeMm, layout] = KINDS[index % 5]!;
  const pick = random(index + 1)();
  const out = kind === 'localizer' || kind === 'dwi';
  const state = out
    ? 'excluded'
    : pick < 0.62
      ? 'passed'
      : pick < 0.72
        ? 'needs-review'
        : pick < 0.75
          ? 'failed'
          : pick < 0.7501
            ? 'running'
            : 'queued';
  const reasons: Record<string, [string, string]> = {
    passed: ['Brain kept, 81 % of the face surface changed.', ''],
    'needs-review': ['Only 46 % of the face surface changed; the limit is 50 %.', 'Look at it under Review.'],
    failed: [
      'Brain extraction gave 412,000 mm³, below the limit of 700,000 mm³.',
      'Check that the whole head is in view, then retry or exclude it.',
    ],
    running: ['Being worked on now.', ''],
    queued: ['Waiting for de-identification.', ''],
    excluded: [
      kind === 'localizer'
        ? 'A localiser; not a volume to measure.'
        : 'Diffusion is not in the kinds this policy may share.',
      'Include it to queue it.',
    ],
  };
  const [stateReason, stateNext] = reasons[state]!;
  return {
    id: index + 1,
    subjectId: subject + 1,
    subjectLabel: subjectLabel(subject),
    patientId: `MRN${100000 + subject}`,
    sessionLabel: `ses-${1 + (Math.floor(index / 5) % 2)}`,
    studyId: Math.floor(index / 5) + 1,
    format: subject % 4 === 3 ? 'nifti' : 'dicom',
    kind,
    kindSource: index % 97 === 0 ? 'user' : 'auto',
    layout,
    modality: 'MR',
    description,
    seriesNumber: 1 + (index % 5),
    shape: [...shape],
    voxelSizeMm: [...voxelSizeMm],
    instanceCount: subject % 4 === 3 ? 1 : shape[2],
    faceInView: kind === 'dwi' ? 'no' : 'yes',
    faceState: kind === 'T1w' ? (subject % 53 === 7 ? 'removed' : 'intact') : 'unknown',
    state,
    stateReason,
    stateNext,
    quarantine: kind === 'localizer' ? 'localizer' : null,
    problemCount: index % 37 === 0 ? 2 : 0,
    derivativeId: ['passed', 'needs-review'].includes(state) ? index + 1 : null,
  };
}

export function countStates(rows: readonly SeriesRow[]): StateCounts {
  const counts: StateCounts = { queued: 0, running: 0, 'needs-review': 0, passed: 0, failed: 0, excluded: 0 };
  for (const row of rows) counts[row.state]++;
  return counts;
}

const PROBLEMS = [
  [
    'uneven-spacing',
    'warning',
    'Slice spacing should be even; one gap is 2.3 mm where 1.15 mm was expected.',
    'Ask the archive for the missing slice, or exclude the series.',
  ],
  [
    'mixed-identity',
    'error',
    'Two patient IDs in one series; they were not merged.',
    'Correct the source, then import again.',
  ],
  [
    'already-deidentified',
    'info',
    'The header says that identity was removed before (0012,0062).',
    undefined,
  ],
] as const;

export function makeProblem(index: number): SeriesProblem {
  const [code, level, message, fix] = PROBLEMS[index % 3]!;
  const row = makeRow(index * 37);
  return {
    id: index + 1,
    seriesId: row.id,
    subjectLabel: row.subjectLabel,
    code,
    level,
    subject: row.description,
    message,
    fix,
  };
}

export const POLICIES: (Policy & { builtIn: boolean })[] = [
  {
    ...policyRecord.parse({
      name: 'research-share',
      description: 'For sharing with research partners: shifted dates, no descriptors, faces replaced.',
      method: 'template',
      ladder: [{ method: 'mask-out' }, { method: 'quickshear', params: { bufferMm: 5 } }],
    }),
    builtIn: true,
  },
  {
    ...policyRecord.parse({
      name: 'strict',
      description: 'Nothing optional is kept and a person looks at every scan.',
      review: 'all',
      options: { retainLongitudinalModifiedDates: false },
    }),
    builtIn: true,
  },
  {
    ...policyRecord.parse({
      name: 'site A with age',
      options: { retainPatientCharacteristics: true },
      overrides: { StudyDescription: 'X' },
    }),
    builtIn: false,
  },
];

export function makeVerdict(id: number): Verdict {
  const doubtful = makeRow(id - 1).state !== 'passed';
  const share = doubtful ? 0.46 : 0.81;
  return {
    state: doubtful ? 'needs-review' : 'passed',
    reason: doubtful
      ? 'Only 46 % of the face surface changed; the limit is 50 %.'
      : 'Brain kept, 81 % of the face surface changed.',
    next: doubtful ? 'Look whether nose, eyes and mouth are gone; accept, or redo with another method.' : '',
    numbers: [
      { name: 'brainChanged', label: 'Brain voxels changed', value: 0, unit: '', limit: '= 0', ok: true },
      {
        name: 'outsideChanged',
        label: 'Voxels changed outside the edit',
        value: 0,
        unit: '',
        limit: '= 0',
        ok: true,
      },
      {
        name: 'faceSurfaceChanged',
        label: 'Face surface changed',
        value: share,
        unit: '',
        limit: '≥ 0.5',
        ok: !doubtful,
      },
      {
        name: 'brain',
        label: 'Brain volume',
        value: 1412345,
        unit: 'mm³',
        limit: '700,000 – 2,100,000',
        ok: true,
      },
      { name: 'margin', label: 'Least brain margin', value: 9.4, unit: 'mm', limit: '', ok: null },
    ],
    assumptions: [
      'Superior–inferior axis taken from the affine.',
      'The front of the head is the front of the image.',
    ],
    problems: doubtful
      ? [
          {
            code: 'nose-at-edge',
            level: 'warning',
            subject: 'field of view',
            message: 'The nose touches the front edge of the image; its tip was not imaged.',
            fix: 'Judge the remaining face by eye.',
          },
        ]
      : [],
    concern: doubtful ? 0.74 : 0.1,
  };
}

const VIEWS = ['sagittal', 'coronal', 'axial', 'front', 'left', 'right'] as const;
/** @param more a preview has one view more than a review item */
export function makePictures(id: number | string, more: readonly 'three-quarter'[] = []): Picture[] {
  return (['before', 'after'] as const).flatMap((stage) =>
    [...VIEWS, ...more].map((view) => ({
      name: `${stage}-${view}`,
      label: `${view} ${['sagittal', 'coronal', 'axial'].includes(view) ? 'slice' : 'surface'} ${stage} de-identification`,
      stage,
      view,
      url: `/pictures/${id}/${stage}-${view}.png`,
    })),
  );
}

export function makeItem(derivativeId: number): ReviewItem {
  const attempt = derivativeId > 1_000_000;
  const row = makeRow((attempt ? derivativeId - 1_000_000 : derivativeId) - 1);
  return {
    derivativeId,
    seriesId: row.id,
    subjectLabel: row.subjectLabel,
    sessionLabel: row.sessionLabel,
    kind: row.kind,
    description: row.description,
    method: attempt ? 'template' : 'mask-out',
    methodParams: attempt ? {} : { ears: false, growMm: 3 },
    policyName: 'research-share',
    state: row.state,
    verdict: makeVerdict(row.id),
    pictures: makePictures(derivativeId),
    reviews: [],
    attempts: attempt
      ? []
      : [
          {
            derivativeId: derivativeId + 1_000_000,
            method: 'template',
            state: 'needs-review',
            createdAt: NOW,
          },
        ],
  };
}

export function makeDerivative(id: number): Derivative {
  return {
    id,
    seriesId: id,
    method: 'quickshear',
    methodParams: { bufferMm: 10 },
    seed: 421337,
    policyName: 'research-share',
    verdict: makeVerdict(id),
    steps: [
      { name: 'brain-extraction', version: '1.0.0', params: { grid: '2 mm' }, inputs: ['3b1f…'], at: NOW },
      { name: 'quickshear', version: '1.0.0', params: { bufferMm: 10 }, inputs: ['3b1f…'], at: NOW },
    ],
    seconds: 11.4,
    createdAt: NOW,
    current: true,
  };
}

export function makeChanges(): HeaderChange[] {
  const some: HeaderChange[] = [
    {
      tag: '(0008,0018)',
      name: 'SOPInstanceUID',
      vr: 'UI',
      action: 'replace-uid',
      before: '1.2.840.113619.2.55.3.1',
      after: '2.25.3319…',
      rule: 'PS3.15 basic: U',
    },
    {
      tag: '(0008,0020)',
      name: 'StudyDate',
      vr: 'DA',
      action: 'shift-date',
      before: '20210314',
      after: '19210802',
      rule: 'option 113107',
    },
    {
      tag: '(0008,0080)',
      name: 'InstitutionName',
      vr: 'LO',
      action: 'remove',
      before: 'General Hospital North',
      after: '',
      rule: 'PS3.15 basic: X',
    },
    {
      tag: '(0010,0010)',
      name: 'PatientName',
      vr: 'PN',
      action: 'dummy',
      before: 'Example^Erika',
      after: 'sub-7KQ2MZ4H',
      rule: 'PS3.15 basic: Z',
    },
    {
      tag: '(0010,0030)',
      name: 'PatientBirthDate',
      vr: 'DA',
      action: 'empty',
      before: '19790101',
      after: '',
      rule: 'PS3.15 basic: Z',
    },
    {
      tag: '(0012,0062)',
      name: 'PatientIdentityRemoved',
      vr: 'CS',
      action: 'stamp',
      before: '',
      after: 'YES',
      rule: 'stamp',
    },
    {
      tag: '(0008,1115)[0].(0020,000E)',
      name: 'SeriesInstanceUID',
      vr: 'UI',
      action: 'replace-uid',
      before: '1.2.840.113619.2.55.3.9',
      after: '2.25.8120…',
      rule: 'PS3.15 basic: U',
    },
    {
      tag: '(0029,1010)',
      name: '',
      vr: 'OB',
      action: 'remove',
      before: '12,480 bytes',
      after: '',
      rule: 'unknown attribute',
    },
    {
      tag: '(0018,0080)',
      name: 'RepetitionTime',
      vr: 'DS',
      action: 'keep',
      before: '2300',
      after: '2300',
      rule: 'not listed as identifying',
    },
  ];
  return Array.from({ length: 20 }, (_, n) =>
    some.map((change) => ({
      ...change,
      tag: n === 0 ? change.tag : `(${(0x2000 + n).toString(16)},${change.tag.slice(6, 10)})`,
    })),
  ).flat();
}

const MESSAGES: Partial<Record<BatchProgress['kind'], readonly [string, string]>> = {
  import: ['reading headers', 'grouping series'],
  audit: ['looking for a face', 'measuring the surface'],
};

export function makeBatch(kind: BatchProgress['kind'], done: number, total: number): BatchProgress {
  return {
    batchId: `batch-${kind}`,
    kind,
    total,
    done,
    failed: kind === 'import' || kind === 'audit' ? 0 : 2,
    cancelled: 0,
    running: [
      {
        jobId: 1,
        label: `${subjectLabel(41)} T1w`,
        message: MESSAGES[kind]?.[0] ?? 'finding the brain',
        fraction: 0.4,
      },
      {
        jobId: 2,
        label: `${subjectLabel(42)} T1w`,
        message: MESSAGES[kind]?.[1] ?? 'cutting the face',
        fraction: 0.8,
      },
    ],
    itemsPerMinute: kind === 'import' ? 96_000 : 9.4,
    secondsLeft: kind === 'import' ? 95 : 1520,
    finished: false,
  };
}
