import type { SeriesRow } from '../../shared/catalog/records.ts';
import type { appContract } from '../../shared/contract.ts';
import type { EngineId } from '../../shared/morphometry/records.ts';
import type { Handlers } from '../../shared/rpc.ts';
import {
  countStates,
  makeBatch,
  makeChanges,
  makeDerivative,
  makeItem,
  makeProblem,
  makeRow,
  POLICIES,
  subjectLabel,
} from './fake-data.ts';
import { makeMethods } from './fake-methods.ts';
import { modelAnswers } from './fake-models.ts';
import { emptyComparison, makeComparison, makeEngineState, makeSideBySide } from './fake-morphometry.ts';
import { makeFacePreview } from './fake-preview.ts';
import { fakeAuditState, riskAnswers } from './fake-risk-answers.ts';
import { shareAnswers } from './fake-share-answers.ts';

/**
 * What a screen may meet: no project, an empty one, one at work, 100,000 series, or a host in trouble; and an audit
 * that is missing, running, older than its scans, of few people, blind, without networks, or with scans that failed.
 */
export type Scenario =
  | 'welcome'
  | 'empty'
  | 'busy'
  | 'full'
  | 'error'
  | 'unaudited'
  | 'audit-running'
  | 'audit-stale'
  | 'audit-few'
  | 'audit-blind'
  | 'audit-no-networks'
  | 'audit-failures';

const TOTALS: Partial<Record<Scenario, number>> = {
  welcome: 0,
  empty: 0,
  busy: 2000,
  full: 100_000,
  error: 0,
};
const NOW = '2026-11-20T14:05:00.000Z';
const rowsOf = new Map<Scenario, SeriesRow[]>();

function rows(scenario: Scenario): SeriesRow[] {
  let list = rowsOf.get(scenario);
  if (!list) {
    list = Array.from({ length: TOTALS[scenario] ?? 400 }, (_, index) => makeRow(index));
    rowsOf.set(scenario, list);
  }
  return list;
}

class Trouble extends Error {
  readonly fix = 'Connect the disk again, then try again. Finished scans are kept.';
}

export function answers(scenario: Scenario): Handlers<typeof appContract> {
  const all = rows(scenario);
  const counts = countStates(all);
  const empty = all.length === 0;
  const audit = fakeAuditState(scenario);
  const summary = () => ({
    dir: '/data/projects/multi-site-ageing',
    name: 'multi-site-ageing',
    createdAt: NOW,
    subjects: Math.ceil(all.length / 10),
    sessions: Math.ceil(all.length / 5),
    series: all.length,
    problems: Math.floor(all.length / 37),
    counts,
    steps: [
      { id: 'import' as const, done: all.length, waiting: 0, failed: empty ? 0 : 12 },
      {
        id: 'deidentify' as const,
        done: counts.passed + counts['needs-review'],
        waiting: counts.queued,
        failed: counts.failed,
      },
      { id: 'review' as const, done: counts.passed, waiting: counts['needs-review'], failed: 0 },
      { id: 'impact' as const, done: empty ? 0 : 240, waiting: 0, failed: empty ? 0 : 3 },
      {
        id: 'audit' as const,
        done: audit.states.safe + audit.states['cannot-tell'],
        waiting: audit.waiting,
        failed: audit.states['at-risk'],
      },
      { id: 'share' as const, done: empty ? 0 : 1, waiting: counts.passed, failed: 0 },
    ],
    next: empty
      ? { step: 'import' as const, label: 'Import a folder' }
      : scenario === 'unaudited' || scenario.startsWith('audit-')
        ? audit.waiting > 0
          ? { step: 'audit' as const, label: `Audit ${audit.waiting} scans` }
          : { step: 'share' as const, label: `Share ${counts.passed} scans` }
        : { step: 'review' as const, label: `Review ${counts['needs-review']} scans` },
    policyName: 'research-share',
  });
  const machineFindings = [
    { name: 'Catalog', ok: true, detail: 'SQLite opens and is writable.' },
    { name: 'Workers', ok: true, detail: '2 threads for voxel work.' },
    { name: 'Disk', ok: false, detail: '3.1 GB free; a share of this project needs about 40 GB.' },
  ];
  const settings = { reviewer: '', policyName: 'research-share' };
  // The busy project stands for a build without a model: only the tissue engine has measured there.
  const hasModel = !empty && scenario !== 'busy';
  const damaged = hasModel || empty ? null : 'cgan-3d';
  const measured = (engine: EngineId) =>
    empty || (engine === 'regional' && !hasModel) ? emptyComparison(engine) : makeComparison(120, engine);
  const list: Handlers<typeof appContract> = {
    'project.current': () => (scenario === 'welcome' ? null : summary()),
    'project.open': ({ dir }) => {
      throw Object.assign(
        new Error(`Expected a Refacade project in ${dir}, found a folder without a catalog.`),
        { fix: 'Choose the project folder itself, or create a project here.' },
      );
    },
    'project.recent': () => [
      { dir: '/data/projects/multi-site-ageing', name: 'multi-site-ageing', openedAt: NOW, exists: true },
      { dir: '/media/disk2/pilot', name: 'pilot', openedAt: NOW, exists: false },
    ],
    'project.browse': ({ dir }) => ({
      dir: dir || '/home/lab',
      parent: dir === '/' ? null : '/',
      entries: ['2024-archive', 'incoming', 'phantoms']
        .map((name) => ({ name, path: `${dir || '/home/lab'}/${name}`, directory: true }))
        .concat([{ name: 'notes.txt', path: '/home/lab/notes.txt', directory: false }]),
    }),
    'project.settings': () => settings,
    'project.saveSettings': (input) => Object.assign(settings, input),
    'project.doctor': ({ part }) => [
      ...(part === 'machine'
        ? []
        : [
            { name: 'Model', ok: true, detail: 'headseg 1.0.0, 6.2 MB, SHA-256 as on its card' },
            { name: 'Inference', ok: true, detail: 'runs on cpu (cpu used: self-test passed)' },
          ]),
      ...(part === 'inference' ? [] : machineFindings),
    ],
    'import.start': () => ({ batchId: 'batch-import' }),
    'import.report': () =>
      empty
        ? null
        : {
            roots: ['/data/incoming/2026'],
            filesSeen: 412_380,
            filesUnchanged: 12_000,
            filesNew: 400_180,
            filesChanged: 200,
            filesMissing: 3,
            dicomFiles: 400_000,
            niftiFiles: 5000,
            sidecarFiles: 5000,
            otherFiles: 2368,
            unreadableFiles: 12,
            series: all.length,
            quarantined: all.length / 5,
            problems: Math.floor(all.length / 37),
            seconds: 262,
          },
    'import.quarantine': () => [
      {
        class: 'localizer',
        count: all.length / 5,
        meaning: 'Scout images for planning; few thick slices, no volume to measure.',
      },
      {
        class: 'unreadable',
        count: empty ? 0 : 12,
        meaning: 'Files that look like images but end early or contradict themselves.',
      },
      {
        class: 'identity',
        count: empty ? 0 : 4,
        meaning: 'More than one patient in one series, or none; never merged by guess.',
      },
    ],
    'import.setKind': ({ seriesIds }) => ({ changed: seriesIds.length }),
    'import.exclude': ({ seriesIds }) => ({ changed: seriesIds.length }),
    'import.include': ({ seriesIds }) => ({ changed: seriesIds.length }),
    'catalog.list': ({ search, states, quarantine, sort, descending, offset, limit }) => {
      const words = search.toLowerCase();
      const matching = all.filter(
        (row) =>
          (!words || `${row.subjectLabel} ${row.kind} ${row.description}`.toLowerCase().includes(words)) &&
          (!quarantine || row.quarantine === quarantine),
      );
      const shown = states.length > 0 ? matching.filter((row) => states.includes(row.state)) : matching;
      const key = (row: SeriesRow) =>
        ({ subject: row.id, id: row.id, kind: row.kind, state: row.state, description: row.description })[
          sort
        ];
      const sorted =
        sort === 'subject' && !descending
          ? shown
          : [...shown].sort((a, b) => (key(a) < key(b) ? -1 : 1) * (descending ? -1 : 1));
      return {
        total: shown.length,
        counts: countStates(matching),
        rows: sorted.slice(offset, offset + limit),
      };
    },
    'catalog.series': ({ id }) => {
      const row = makeRow(id - 1);
      const volumes = [640123, 521456, 210987, 1372566];
      return {
        row,
        problems: id % 37 === 1 ? [makeProblem(0), makeProblem(1)] : [],
        derivatives: row.derivativeId === null ? [] : [makeDerivative(id)],
        reviews:
          row.state === 'passed'
            ? [
                {
                  id: 1,
                  derivativeId: id,
                  decision: 'accept',
                  note: 'Ears still visible, fine here.',
                  reviewer: 'R. Example',
                  at: NOW,
                  settings: { method: 'quickshear', bufferMm: 10 },
                },
              ]
            : [],
        measurements: ['GM', 'WM', 'CSF', 'TIV'].flatMap((structure, n) => [
          {
            engine: 'tissue-em' as const,
            structure,
            volumeMm3: volumes[n]!,
            derivativeId: null,
            percentChange: null,
          },
          {
            engine: 'tissue-em' as const,
            structure,
            volumeMm3: volumes[n]! * 1.004,
            derivativeId: id,
            percentChange: 0.4,
          },
        ]),
        attributes: [
          { name: 'Manufacturer', value: 'SIEMENS' },
          { name: 'MagneticFieldStrength', value: '3' },
          { name: 'RepetitionTime', value: '2300' },
          { name: 'EchoTime', value: '2.98' },
          { name: 'SeriesDescription', value: row.description },
        ],
        files: Array.from(
          { length: 6 },
          (_, n) => `incoming/${row.patientId}/s${row.seriesNumber}/IM-${String(n).padStart(4, '0')}.dcm`,
        ),
      };
    },
    'catalog.problems': ({ offset, limit, search }) => {
      const total = search ? 3 : Math.floor(all.length / 37);
      return {
        total,
        rows: Array.from({ length: Math.max(0, Math.min(limit, total - offset)) }, (_, n) =>
          makeProblem(offset + n),
        ),
      };
    },
    'deidentify.policies': () => POLICIES,
    'deidentify.savePolicy': ({ policy }) => policy,
    'deidentify.deletePolicy': () => ({ deleted: true }),
    'deidentify.exportPolicy': () => ({ text: '{}' }),
    'deidentify.importPolicy': () => POLICIES[0]!,
    'deidentify.methods': () => makeMethods(damaged),
    'deidentify.session': ({ seriesId }) => ({
      studyId: 1,
      scans: [seriesId, seriesId + 1].map((id, n) => ({
        seriesId: id,
        kind: n === 0 ? 'T1w' : 'T2w',
        layout: n === 0 ? '3d' : 'thick-slice',
        description: n === 0 ? 't1_mprage_sag' : 't2_tse_tra',
        voxelSizeMm: n === 0 ? [1, 1, 1] : [0.5, 0.5, 4],
      })),
      primary: seriesId,
      chosenBy: 'rule',
      reason: 'The finest T1-weighted 3-D scan of the session.',
    }),
    'deidentify.setPrimary': ({ seriesId }) => ({ primary: seriesId }),
    'deidentify.previewHeader': ({ seriesId }) => ({
      changes: makeChanges(),
      fileName: `${makeRow(seriesId - 1).subjectLabel}_ses-1_T1w.nii.gz`,
    }),
    'deidentify.previewFace': (input) => makeFacePreview(input, scenario === 'busy'),
    'deidentify.start': () => ({ batchId: 'batch-deidentify', scans: counts.queued }),
    'deidentify.crosswalk': () => ({ state: 'open', subjects: Math.ceil(all.length / 10) }),
    'deidentify.encryptCrosswalk': () => ({ state: 'encrypted' }),
    'deidentify.unlockCrosswalk': () => ({
      rows: [
        {
          subjectLabel: subjectLabel(1),
          patientId: 'MRN100001',
          patientName: 'Example^Erika',
          shiftDays: -36_112,
        },
      ],
    }),
    'deidentify.cutAllTies': () => ({ state: 'cut', filesStillIdentifying: [] }),
    'review.queue': ({ filter }) =>
      all
        .filter((row) => row.derivativeId !== null && (filter === 'all' || row.state === 'needs-review'))
        .slice(0, 4000)
        .map((row) => ({
          derivativeId: row.id,
          seriesId: row.id,
          subjectLabel: row.subjectLabel,
          kind: row.kind,
          state: row.state,
          concern: 0.7,
          reason: row.stateReason,
          decided: null,
        })),
    'review.item': ({ derivativeId }) => makeItem(derivativeId),
    'review.decide': ({ decision }) => ({ state: decision }),
    'morphometry.start': () => ({ batchId: 'batch-measure', scans: 10 }),
    'morphometry.comparison': ({ engine }) => measured(engine),
    'morphometry.engines': () => [
      makeEngineState(empty ? null : measured('tissue-em'), 'tissue-em', hasModel),
      makeEngineState(hasModel ? measured('regional') : null, 'regional', hasModel),
    ],
    'morphometry.sideBySide': () => makeSideBySide(measured('tissue-em'), measured('regional')),
    'morphometry.methods': () => (empty ? [] : ['quickshear', 'blur']),
    'morphometry.export': () => ({ fileName: 'impact.tsv', text: 'structure\tn\nGM\t240\n' }),
    ...modelAnswers(damaged),
    ...riskAnswers(scenario),
    ...shareAnswers(all),
    'jobs.batches': () =>
      scenario === 'busy'
        ? [makeBatch('deidentify', 212, 480), makeBatch('import', 81_000, 240_000)]
        : scenario === 'audit-running'
          ? [makeBatch('audit', 12, 41)]
          : scenario === 'audit-failures'
            ? [{ ...makeBatch('audit', 38, 41), failed: 3, running: [], finished: true, secondsLeft: null }]
            : [],
    'jobs.list': ({ batchId, states }) =>
      empty
        ? []
        : Array.from({ length: batchId === 'batch-audit' ? 3 : 12 }, (_, n) => ({
            id: n + 1,
            batchId: batchId || 'batch-deidentify',
            kind: batchId === 'batch-audit' ? ('audit' as const) : ('deidentify' as const),
            seriesId: n * 10 + 1,
            label: `${subjectLabel(n)} T1w`,
            state: states.length > 0 ? states[0]! : n % 3 === 0 ? ('failed' as const) : ('done' as const),
            attempts: 1 + (n % 2),
            error:
              batchId === 'batch-audit'
                ? 'The scan holds nothing brighter than air. Look at it in review.'
                : states.includes('failed') || n % 3 === 0
                  ? 'Brain extraction gave 412,000 mm³, below 700,000 mm³. Check that the whole head is in view, then retry or exclude the scan.'
                  : '',
            createdAt: NOW,
            startedAt: NOW,
            finishedAt: NOW,
          })),
    'jobs.cancel': () => ({ cancelled: 10 }),
    'jobs.retryFailed': () => ({ requeued: counts.failed }),
    'jobs.wait': () => makeBatch('import', 1, 1),
  };
  if (scenario !== 'error') return list;
  const fails = () => {
    throw new Trouble('Expected to read the catalog, but the disk answered with an input/output error.');
  };
  const kept = new Set(['project.current', 'project.settings', 'jobs.batches']);
  return Object.fromEntries(
    Object.entries(list).map(([name, handler]) => [name, kept.has(name) ? handler : fails]),
  ) as unknown as Handlers<typeof appContract>;
}
