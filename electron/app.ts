import { randomUUID } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { appContract } from '../shared/contract.ts';
import { deidentifyContract } from '../shared/deidentify/contract.ts';
import { importContract } from '../shared/import/contract.ts';
import type { Contract, Handlers } from '../shared/rpc.ts';
import { shareContract } from '../shared/share/contract.ts';
import { readDerivative } from './catalog/derivatives.ts';
import { catalogHandlers } from './catalog/handlers.ts';
import { previewPicturesDir } from './deidentify/batch-handlers.ts';
import { deidentifyHandlers } from './deidentify/handlers.ts';
import { getPolicy } from './deidentify/policies.ts';
import { createDispatch, type Dispatch, UserError } from './dispatch.ts';
import { findDist } from './dist-dir.ts';
import { EventHub } from './events.ts';
import { createHost, type Host } from './host.ts';
import { importHandlers } from './import/handlers.ts';
import { createSegmenter } from './inference/create-segmenter.ts';
import { modelsDir } from './inference/model-card.ts';
import type { SpawnWorker } from './inference/worker-contract.ts';
import { jobsHandlers } from './jobs/handlers.ts';
import { type Log, quietLog } from './log/logger.ts';
import type { Redactor } from './log/redact.ts';
import { createGenerators } from './models/generators.ts';
import { modelsHandlers } from './models/handlers.ts';
import { listModels, packsDir } from './models/installed-models.ts';
import { createPacks } from './models/packs.ts';
import { morphometryHandlers } from './morphometry/handlers.ts';
import { readScansToMeasure } from './morphometry/scans-to-measure.ts';
import { oneAtATime } from './one-at-a-time.ts';
import { auditJobs } from './project/execute-audit.ts';
import { policyNameOf, projectHandlers } from './project/handlers.ts';
import { isSameFolder, openProjectFolder } from './project/project-folder.ts';
import { rememberProject } from './project/recent-projects.ts';
import { ProjectSession } from './project/session.ts';
import { ensureVolume, volumePathOf } from './project/source-volume.ts';
import { reviewHandlers } from './review/handlers.ts';
import { createFaceReader, type FaceReader } from './risk/faces/face-reader.ts';
import { riskHandlers } from './risk/handlers.ts';
import { shareHandlers } from './share/handlers.ts';
import { createWorkerPool, type TaskPool } from './worker/pool.ts';

export interface AppOptions {
  /** Where recent projects and logs are kept. */
  readonly userDataDir: string;
  readonly clock?: () => Date;
  readonly log?: Log;
  /** Learns the identifiers of an opened project, so that no log line carries one. */
  readonly redactor?: Redactor;
  readonly pool?: TaskPool;
  readonly concurrency?: number;
  /** Folder with `worker/`, `inference/`, `renderer/`; the bundle's own folder unless told otherwise. */
  readonly distDir?: string;
  /** Folder with one folder per model; beside the build folder unless told otherwise. */
  readonly modelsDir?: string;
  /** Starts the inference process; a child of Node unless told otherwise. */
  readonly spawnWorker?: SpawnWorker;
  /** Reads faces in renders; the networks of this build unless told otherwise. */
  readonly faceReader?: FaceReader;
}

export interface App {
  readonly host: Host;
  readonly dispatch: Dispatch;
  readonly events: EventHub;
  /** The open project, or null. */
  readonly current: () => ProjectSession | null;
  readonly openProject: (dir: string, create: boolean) => Promise<ProjectSession>;
  readonly busy: () => boolean;
  close(): Promise<void>;
}

/** The main process without Electron: everything behind the one door. */
export function createApp(options: AppOptions): App {
  const clock = options.clock ?? (() => new Date());
  const log = options.log ?? quietLog;
  const distDir = options.distDir ?? findDist();
  const concurrency = options.concurrency ?? Math.max(1, Math.min(8, availableParallelism()));
  const workerFile = join(distDir, 'worker', 'main.js');
  const staticDir = join(distDir, 'renderer');
  const events = new EventHub();
  const models = options.modelsDir ?? modelsDir(distDir);
  const segmenter = createSegmenter({ modelsDir: models, distDir, spawn: options.spawnWorker });
  const folders = { shipped: models, packs: packsDir(options.userDataDir) };
  const inference = { folders, distDir, spawn: options.spawnWorker };
  const generators = createGenerators(inference);
  const faceReader = options.faceReader ?? createFaceReader({ distDir, spawn: options.spawnWorker });
  let pool: TaskPool | undefined = options.pool;
  let session: ProjectSession | null = null;

  const requireSession = () => {
    if (!session) throw new UserError('no-project', 'No project is open.', 'Open or create a project first.');
    return session;
  };
  const onImported = (s: ProjectSession) => options.redactor?.addIdentifiers(knownIdentifiers(s));
  // The project that is open stays open, and at work, until the next one has its lock and its catalog.
  const switchTo = async (dir: string, create: boolean) => {
    if (session && isSameFolder(dir, session.folder.dir)) return session;
    const folder = openProjectFolder(dir, create, clock());
    pool ??= createWorkerPool(workerFile, concurrency, { generate: generators.generate });
    const next = new ProjectSession({
      folder,
      pool,
      events,
      clock,
      concurrency,
      segmenter,
      faceReader,
      onImported,
    });
    try {
      onImported(next);
    } catch (error) {
      await next.close();
      throw error;
    }
    try {
      await session?.close();
    } catch (error) {
      log.error('the project before did not close in order', { error });
    }
    session = next;
    next.changed('project', 'catalog', 'jobs', 'review', 'morphometry', 'risk', 'share');
    next.runner.wake();
    rememberProject(options.userDataDir, {
      dir: folder.dir,
      name: folder.name,
      openedAt: clock().toISOString(),
    });
    return next;
  };
  const turns = `open project ${randomUUID()}`;
  const inTurn = <T>(work: () => Promise<T>) => oneAtATime(turns, new AbortController().signal, work);
  const openProject = (dir: string, create: boolean) => inTurn(() => switchTo(dir, create));

  const handlers = {
    ...projectHandlers({
      userDataDir: options.userDataDir,
      current: () => session,
      session: requireSession,
      open: openProject,
      doctorPaths: { staticDir, workerFile, modelsDir: models },
      folders,
      segmenter,
      faceReader,
      generators,
    }),
    ...catalogHandlers(() => requireSession().db),
    ...late(importContract, () => {
      const s = requireSession();
      return importHandlers({
        db: s.db,
        cancelJobs: (seriesIds) => s.queue.cancelSeries(seriesIds),
        startImport: (sources: string[]) => ({
          batchId: s.startBatch([
            {
              kind: 'import',
              seriesId: null,
              label: sources.map((p) => basename(p)).join(', '),
              payload: { sources: sources.map((p) => resolve(p)) },
            },
          ]),
        }),
      });
    }),
    ...late(deidentifyContract, () => deidentifyHandlers(requireSession(), () => listModels(folders))),
    ...reviewHandlers(() => {
      const s = requireSession();
      return {
        db: s.db,
        projectDir: s.folder.dir,
        clock,
        changed: (...areas: string[]) => s.changed(...areas),
      };
    }),
    ...morphometryHandlers(() => {
      const s = requireSession();
      return {
        db: s.db,
        startMeasure: (seriesIds: readonly number[]) => startMeasure(s, seriesIds),
        hasModel: segmenter !== undefined,
      };
    }),
    ...modelsHandlers({
      folders,
      packs: createPacks({ ...inference, generators }),
      changed: () => events.emit({ type: 'changed', areas: ['models'] }),
    }),
    ...riskHandlers(() => {
      const s = requireSession();
      return {
        db: s.db,
        available: faceReader !== undefined,
        policy: () => getPolicy(s.folder.dir, policyNameOf(s)),
        jobs: (attempts, policy) => auditJobs(s.db, attempts, policy),
        startBatch: (jobs) => s.startBatch(jobs),
      };
    }),
    ...late(shareContract, () => shareHandlers(shareContext(requireSession()))),
    ...jobsHandlers(requireSession, () => session),
  };
  const dispatch = createDispatch(appContract, handlers, (name, error) =>
    log.warn(`${name} failed`, { err: error }),
  );

  const host = createHost({
    dispatch,
    events,
    staticDir,
    volumeFile: (id) => volumeFile(requireSession(), id),
    pictureFile: (owner, name) => pictureFile(requireSession(), owner, name),
    receiptFile: (shareId, picture) => {
      const dir = requireSession().db.prepare('SELECT dir FROM share WHERE id = ?').pluck().get(shareId) as
        | string
        | undefined;
      if (!dir) return null;
      return picture ? join(dir, 'refacade-pictures', picture) : join(dir, 'refacade-receipt.html');
    },
  });

  return {
    host,
    dispatch,
    events,
    current: () => session,
    openProject,
    busy: () => session?.runner.busy ?? false,
    async close() {
      await inTurn(async () => {
        await session?.close();
        session = null;
      });
      await segmenter?.close();
      await generators.close();
      await faceReader?.close();
      await pool?.close();
    },
  };
}

/** Handlers that are made anew for each question, so that they follow the open project. */
function late<C extends Contract>(contract: C, make: () => Handlers<C>): Handlers<C> {
  const entries = Object.keys(contract).map((name) => [
    name,
    (input: unknown, signal?: AbortSignal) =>
      (make()[name] as (i: unknown, s?: AbortSignal) => unknown)(input, signal),
  ]);
  return Object.fromEntries(entries) as Handlers<C>;
}

/** Names and numbers of the people in a project, for the log's redactor. */
function knownIdentifiers(s: ProjectSession): string[] {
  const rows = s.db
    .prepare('SELECT patient_id, patient_name, birth_date FROM subject')
    .raw()
    .all() as string[][];
  return rows.flat().filter((text) => text.length > 0);
}

function startMeasure(s: ProjectSession, seriesIds: readonly number[]): { batchId: string; scans: number } {
  const scans = readScansToMeasure(s.db);
  const chosen = seriesIds.length > 0 ? scans.filter((r) => seriesIds.includes(r.id)) : scans;
  if (chosen.length === 0) {
    throw new UserError(
      'nothing-to-measure',
      'No T1-weighted scan has been de-identified yet.',
      'De-identify scans first.',
    );
  }
  const batchId = s.startBatch(
    chosen.map((r) => ({ kind: 'measure', seriesId: r.id, label: r.label, payload: {} })),
  );
  return { batchId, scans: chosen.length };
}

function shareContext(s: ProjectSession) {
  return {
    db: s.db,
    projectDir: s.folder.dir,
    policyName: policyNameOf(s),
    changed: (...areas: string[]) => s.changed(...areas),
    startShare: (payload: { shareId: number } & Record<string, unknown>, label: string) =>
      s.startBatch([{ kind: 'share', seriesId: null, label, payload }]),
  };
}

async function volumeFile(s: ProjectSession, id: string): Promise<string | null> {
  const match = /^(series|edited|mask|brain)-(\d+)$/.exec(id);
  if (!match) return null;
  const number = Number.parseInt(match[2]!, 10);
  if (match[1] === 'series') {
    await ensureVolume(
      { db: s.db, folder: s.folder, pool: s.pool },
      number,
      new AbortController().signal,
      () => {},
    );
    return volumePathOf({ db: s.db, folder: s.folder }, number);
  }
  const d = readDerivative(s.db, number);
  if (!d) return null;
  const name = { edited: 'edited.nii.gz', mask: 'edit-mask.nii.gz', brain: 'brain.nii.gz' }[
    match[1] as 'edited'
  ];
  return join(s.folder.dir, d.folder, name);
}

function pictureFile(s: ProjectSession, owner: string, name: string): string | null {
  if (!/^[a-z0-9-]+\.png$/.test(name)) return null;
  const preview = previewPicturesDir(s.folder.previewDir, owner);
  if (preview) return join(preview, name);
  const d = /^\d+$/.test(owner) ? readDerivative(s.db, Number(owner)) : null;
  return d ? join(s.folder.dir, d.folder, 'pictures', name) : null;
}
