import type { SeriesRow } from '../../shared/catalog/records.ts';
import type { Handlers } from '../../shared/rpc.ts';
import type { SharedAudit } from '../../shared/share/audit-records.ts';
import type { shareContract } from '../../shared/share/contract.ts';
import { makeAudit } from './fake-audit.ts';
import { countStates } from './fake-data.ts';

const NOW = '2026-11-20T14:05:00.000Z';

/** The share screen over made-up series; nothing to share where there are none. */
export function shareAnswers(all: readonly SeriesRow[]): Handlers<typeof shareContract> {
  const counts = countStates(all);
  const empty = all.length === 0;
  const { report } = makeAudit('usual');
  const held = all
    .filter((row) => row.state !== 'passed')
    .slice(0, 3000)
    .map((row) => ({
      seriesId: row.id,
      subjectLabel: row.subjectLabel,
      kind: row.kind,
      state: row.state,
      reason: row.stateReason,
      overridable: row.state === 'needs-review',
    }));
  const checks = [
    {
      id: 'reviewed',
      label: 'Everything doubtful was reviewed',
      state: empty ? ('not-checked' as const) : ('todo' as const),
      evidence: empty
        ? 'No scan has been de-identified.'
        : `${counts['needs-review']} scans wait for a person; they stay until someone decides.`,
    },
    {
      id: 'headers',
      label: 'Headers clean',
      state: empty ? ('not-checked' as const) : ('ok' as const),
      evidence: empty
        ? 'Nothing to check.'
        : 'Policy research-share (PS3.15 Basic Profile, option 113107) applies to every scan.',
    },
    {
      id: 'faces',
      label: 'Faces audited',
      state: empty ? ('not-checked' as const) : ('ok' as const),
      evidence: empty
        ? 'Nothing to check.'
        : `Of ${counts.passed} scans that may leave: all safe. Human puts the own original first for 100 % of untouched heads and, edited, for template 8 % (0 to 15 %).`,
    },
    {
      id: 'files',
      label: 'Files validated',
      state: 'not-checked' as const,
      evidence: 'Checked after writing: every file is read back.',
    },
    {
      id: 'search',
      label: 'Byte search finds no identifier',
      state: 'not-checked' as const,
      evidence: 'Checked after writing, over names and contents of the whole share.',
    },
  ];
  return {
    'share.checklist': ({ overrides }) => ({
      items: checks,
      ready: counts.passed + overrides.length,
      held: held.filter((scan) => !overrides.some((item) => item.seriesId === scan.seriesId)),
    }),
    'share.start': () => ({ batchId: 'batch-share', shareId: 1 }),
    'share.list': () =>
      empty
        ? []
        : [
            {
              id: 2,
              dir: '/media/outgoing/partner-B',
              formats: ['bids', 'dicom'],
              state: 'failed',
              message:
                'The disk was full after 31 scans. Free 12 GB, then start again with the same folder; finished scans are kept.',
              createdAt: NOW,
              scans: 31,
              files: 402,
            },
            {
              id: 1,
              dir: '/media/outgoing/partner-A',
              formats: ['bids'],
              state: 'complete',
              message: '',
              createdAt: NOW,
              scans: 38,
              files: 121,
            },
          ],
    'share.receipt': ({ shareId }) => ({
      htmlUrl: `/receipts/${shareId}.html`,
      receipt: {
        id: 'RFC-2026-11-20-7KQ2',
        product: 'Refacade',
        version: '0.1.0',
        createdAt: NOW,
        policyName: 'research-share',
        formats: ['bids'],
        scans: all
          .filter((row) => row.state === 'passed')
          .slice(0, 38)
          .map((row, n) => ({
            seriesId: row.id,
            subjectLabel: row.subjectLabel,
            sessionLabel: row.sessionLabel,
            kind: row.kind,
            method: n % 5 === 4 ? 'mask-out' : 'template',
            verdict: 'passed',
            override: n === 3 ? 'The reason and the person are recorded in the lab.' : null,
            files: 3,
            bytes: 18_400_000,
            notes: n === 1 ? ['Not as DICOM: the source is NIfTI.'] : [],
            numbers: NUMBERS,
            volumeChanges: [{ structure: 'GM', percentChange: -0.08 }],
            audit: fakeAudit(n),
          })),
        held: held.slice(0, 6),
        checks: checks.map((item) => ({
          ...item,
          state: 'ok' as const,
          evidence:
            item.id === 'search'
              ? '121 files, 702 MB searched for 214 identifiers: none found.'
              : item.evidence,
        })),
        leaks: [],
        audit: { ...report, methods: report.methods.slice(0, 2) },
        files: 121,
        bytes: 702_000_000,
      },
    }),
  };
}

const NUMBERS = [
  { name: 'faceSurfaceChanged', label: 'Face surface gone or moved', value: 71.2, unit: '%', ok: true },
  { name: 'brainVoxelsChanged', label: 'Brain voxels changed', value: 0, unit: '', ok: true },
];

/** Every state of an audit, and none, over the first shared scans. */
function fakeAudit(n: number): SharedAudit | null {
  if (n === 4) return null;
  const state = n === 3 ? 'at-risk' : n === 2 ? 'cannot-tell' : 'safe';
  const face = { views: 5, viewsWithFace: 4, threshold: 0.71, people: 42 };
  return {
    state,
    at: NOW,
    matches: [
      {
        ...face,
        network: 'human',
        similarity: state === 'at-risk' ? 0.74 : 0.58,
        accepted: state === 'at-risk',
        rank: state === 'at-risk' ? 1 : 17,
      },
      { ...face, network: 'face-api', viewsWithFace: 0, similarity: null, accepted: null, rank: null },
    ],
    distance: state === 'cannot-tell' ? null : { meanMm: 2.9, p95Mm: 8.1, averageMeanMm: 4.1, leastMm: 2.05 },
  };
}
