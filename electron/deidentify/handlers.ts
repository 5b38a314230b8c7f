import { existsSync } from 'node:fs';
import type { deidentifyContract } from '../../shared/deidentify/contract.ts';
import type { ModelSummary } from '../../shared/models/records.ts';
import type { Handlers } from '../../shared/rpc.ts';
import { UserError } from '../dispatch.ts';
import { resolveSeriesFiles } from '../import/resolve-series-files.ts';
import { placeScan } from '../project/place-scan.ts';
import type { ProjectSession } from '../project/session.ts';
import { ensureVolume } from '../project/source-volume.ts';
import {
  type BatchContext,
  latestPreview,
  listMethods,
  type PreviewInput,
  startDeidentify,
} from './batch-handlers.ts';
import { crosswalkHandlers } from './crosswalk-handlers.ts';
import { faceMethod } from './face/methods.ts';
import { type PreviewSource, type PreviewSubject, previewHeaderHandler } from './header/preview-header.ts';
import { needUsableMethod } from './method-models.ts';
import { getPolicy } from './policies.ts';
import { policyHandlers } from './policies-handlers.ts';
import { choosePrimaryScan, readScanSession } from './session/sessions.ts';

/**
 * Answers for the `deidentify.*` questions of the open project.
 *
 * @param models of this installation, asked anew each time: packs come and go
 */
export function deidentifyHandlers(
  s: ProjectSession,
  models: () => Promise<ModelSummary[]>,
): Handlers<typeof deidentifyContract> {
  const batch: BatchContext = {
    db: s.db,
    previewDir: s.folder.previewDir,
    pool: s.pool,
    policy: (name) => getPolicy(s.folder.dir, name),
    ensureVolume: (seriesId, signal) =>
      ensureVolume({ db: s.db, folder: s.folder, pool: s.pool }, seriesId, signal, () => {}),
    placeScan: (seriesId, volumePath, dir, signal) =>
      placeScan(
        { db: s.db, folder: s.folder, pool: s.pool, segmenter: s.segmenter },
        { seriesId, volumePath, dir },
        { signal, progress() {} },
      ),
    leadingScan: (seriesId) => readScanSession(s.db, seriesId).primary,
    startBatch: (jobs) => s.startBatch(jobs),
  };
  const needUsable = async (input: { readonly policy: string; readonly method?: string | undefined }) => {
    const policy = batch.policy(input.policy);
    const method = faceMethod(input.method ?? policy.method);
    const params = method.id === policy.method ? policy.methodParams : {};
    needUsableMethod(method, params, await models());
  };
  return {
    ...policyHandlers({ projectDir: s.folder.dir }),
    ...crosswalkHandlers({ db: s.db, projectDir: s.folder.dir, keys: s.keys }),
    ...previewHeaderHandler({
      projectDir: s.folder.dir,
      keys: s.keys,
      firstFile: (seriesId) => firstFile(s, seriesId),
      subjectOf: (seriesId) => subjectOf(s, seriesId),
    }),
    'deidentify.methods': async () => listMethods(await models()),
    'deidentify.session': ({ seriesId }) => readScanSession(s.db, seriesId),
    'deidentify.setPrimary': ({ studyId, seriesId }) => {
      choosePrimaryScan(s.db, studyId, seriesId);
      s.changed('catalog');
      return { primary: seriesId };
    },
    'deidentify.start': async (input) => {
      await needUsable(input);
      return startDeidentify(batch, input);
    },
    'deidentify.previewFace': previewOf(s, batch, needUsable),
  };
}

type Preview = ReturnType<typeof latestPreview>;

/** One for each open project: handlers are made anew for every question, the preview that runs must be known to the next. */
const previews = new WeakMap<ProjectSession, Preview>();

/** @param check throws for a method that cannot be used here */
function previewOf(
  s: ProjectSession,
  batch: BatchContext,
  check: (input: PreviewInput) => Promise<void>,
): Preview {
  const known = previews.get(s);
  if (known) return known;
  const latest = latestPreview(batch);
  const made: Preview = async (input, asking) => {
    await check(input);
    return latest(input, asking);
  };
  previews.set(s, made);
  return made;
}

function firstFile(s: ProjectSession, seriesId: number): PreviewSource {
  const { format, files } = resolveSeriesFiles(s.db, seriesId);
  const path = files[0];
  if (!path || !existsSync(path)) {
    throw new UserError(
      'source-missing',
      'The first file of this series is no longer where it was imported from.',
      'Bring the folder back, or import it from its new place.',
    );
  }
  const sidecarPath = path.replace(/\.nii(\.gz)?$/i, '.json');
  return { format, path, ...(sidecarPath !== path && existsSync(sidecarPath) ? { sidecarPath } : {}) };
}

function subjectOf(s: ProjectSession, seriesId: number): PreviewSubject {
  return s.db
    .prepare(
      `SELECT u.source_key AS sourceKey, u.label, t.session_label AS sessionLabel, s.kind FROM series s
       JOIN subject u ON u.id = s.subject_id JOIN study t ON t.id = s.study_id WHERE s.id = ?`,
    )
    .get(seriesId) as PreviewSubject;
}
