import { resolve } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ImportReport } from '../../shared/import/records.ts';
import type { Problem } from '../../shared/problem.ts';
import type { Db } from '../catalog/database.ts';
import { ImportWrites, type KnownFile, type SourceFileKind } from '../catalog/import-writes.ts';
import type { DicomHeader } from './dicom/header-record.ts';
import { discover, type FoundFile } from './discover.ts';
import { type FileStamp, sameStamp } from './file-stamp.ts';
import { groupSeries } from './group-series.ts';
import { dicomIdentityKey, personSigns, StudyPeople } from './identity.ts';
import { ImportStaging, type SeenStatus, type StagedFile } from './import-staging.ts';
import { stemOf } from './nifti/bids-name.ts';
import { niftiSeries } from './nifti/nifti-series.ts';
import type { NiftiSource, ReadFile } from './read-file.ts';
import { findSameContent } from './same-content.ts';
import { openScopes, Roots, type Scope } from './scopes.ts';
import type { SeriesDraft, SourceInstance } from './series-draft.ts';
import { below, isInside, relativeTo } from './source-paths.ts';
import type { ReadHeadersParams } from './tasks.ts';

export interface ImportOptions {
  /** Runs a task of `importTasks`, usually in the worker pool. */
  runTask(name: string, params: unknown): Promise<unknown>;
  /** Label for an identity, `sub-XXXXXXXX`; the same key gives the same label in every import of a project. */
  pseudonym(sourceKey: string): string;
  clock(): Date;
  /** `total` is null while the walk still goes on. */
  progress(done: number, total: number | null, message: string): void;
  signal: AbortSignal;
}

export class ImportBusyError extends Error {
  override name = 'ImportBusyError';
}

/** Files per task: large enough that messages cost nothing, small enough for progress and cancel. */
const chunkSize = 256;
/** Tasks under way at once; the pool decides how many really run. */
const tasksAhead = 4;
/** Instances written per transaction: keeps each one in the tens of milliseconds. */
const instancesPerTransaction = 1000;
const running = new WeakSet<Db>();

/**
 * Imports folders and files into the catalog: walk, read headers, group, check, write.
 *
 * Read-only towards the sources. A file whose size and modification time are known is not opened again;
 * changed, returned and missing files start their series over. Every series is written in one
 * transaction with its files, so an import that was killed is completed by running it again.
 *
 * @param sources absolute paths of folders or files; they may overlap
 * @returns totals; the kinds of files add up to `filesSeen`
 * @throws ImportBusyError when an import of the same catalog is running
 */
export async function importSources(
  db: Db,
  sources: readonly string[],
  options: ImportOptions,
): Promise<ImportReport> {
  if (running.has(db))
    throw new ImportBusyError('An import into this project is already running; wait for it to finish.');
  running.add(db);
  try {
    return await new ImportRun(db, options).run(sources);
  } finally {
    running.delete(db);
  }
}

class ImportRun {
  readonly #writes: ImportWrites;
  readonly #staging: ImportStaging;
  readonly #options: ImportOptions;
  readonly #problems: Problem[] = [];
  readonly #started: number;
  readonly #at: string;
  readonly #kinds: Record<SourceFileKind, number> = {
    dicom: 0,
    nifti: 0,
    sidecar: 0,
    dicomdir: 0,
    other: 0,
    unreadable: 0,
  };
  readonly #roots = new Roots();
  #scopes: Scope[] = [];
  readonly #tasks = new Set<Promise<void>>();
  /** Sizes of NIfTI files that came, changed or went. */
  readonly #imageSizes = new Set<number>();
  readonly #people = new StudyPeople();
  readonly #personKeys = new Map<string, string>();
  #failure: unknown;
  #counts = { seen: 0, unchanged: 0, new: 0, changed: 0, missing: 0, read: 0 };
  /** Files of known series that no longer hold an image. */
  readonly #noLongerData: Array<{ rootId: number; file: ReadFile }> = [];
  /** Images whose sidecar changed although they did not. */
  readonly #sidecarChanged: Array<{ rootId: number; path: string }> = [];

  constructor(db: Db, options: ImportOptions) {
    this.#writes = new ImportWrites(db);
    this.#staging = new ImportStaging(db);
    this.#options = options;
    const now = options.clock();
    this.#started = now.getTime();
    this.#at = now.toISOString();
  }

  async run(sources: readonly string[]): Promise<ImportReport> {
    try {
      await this.#openScopes(sources);
      for (const scope of this.#scopes) await this.#walk(scope);
      await this.#drain();
      await this.#readSiblings();
      const everyImage = this.#writes.contentUnchecked;
      if (this.#imageSizes.size > 0) this.#writes.contentUnchecked = true;
      await this.#writeGroups();
      this.#writes.transaction(() => {
        for (const { rootId, file } of this.#noLongerData) this.#putOther(rootId, file);
        for (const id of this.#staging.missingFiles()) this.#writes.markMissing(id);
        for (const id of this.#staging.deserted()) this.#writes.markSeriesMissing(id);
        this.#writes.sweep();
        this.#writes.labelSessions();
        this.#writes.checkAcrossStudies();
        this.#writes.replaceImportProblems(this.#problems);
      });
      await this.#compareImages(everyImage);
      const report = this.#report(sources);
      this.#writes.saveReport(report);
      return report;
    } finally {
      await Promise.allSettled(this.#tasks);
      this.#staging.drop();
    }
  }

  async #openScopes(sources: readonly string[]): Promise<void> {
    for (const root of this.#writes.roots()) await this.#roots.add(root.id, root.path);
    const { scopes, problems } = await openScopes(sources, this.#roots, (path) =>
      this.#writes.addRoot(path, this.#at),
    );
    this.#scopes = scopes;
    this.#problems.push(...problems);
  }

  async #walk(scope: Scope): Promise<void> {
    const { signal } = this.#options;
    const start = below(scope.realRoot, scope.prefix);
    // Roots that are walked with this one; those beside the walked part are not looked into.
    const nested = scope.files
      ? []
      : [...this.#roots.real].filter(
          ([id, root]) => id !== scope.rootId && root !== scope.realRoot && isInside(root, start),
        );
    const unread: string[] = [];
    let buffer: FoundFile[] = [];
    const flush = async () => {
      const files = buffer;
      buffer = [];
      await this.#sort(scope, nested, files);
    };
    if (scope.files) {
      buffer.push(...scope.files.map((path) => ({ path })));
    } else {
      const elsewhere = this.#scopes
        .filter((s) => s !== scope && !s.files)
        .map((s) => below(s.realRoot, s.prefix));
      for await (const item of discover(below(scope.root, scope.prefix), signal, elsewhere)) {
        if ('problem' in item) {
          this.#problems.push(item.problem);
          if (item.unread !== undefined) unread.push(below(start, item.unread));
          continue;
        }
        buffer.push(scope.prefix ? { path: `${scope.prefix}/${item.file.path}` } : item.file);
        if (buffer.length === chunkSize * 4) await flush();
      }
    }
    await flush();
    if (!scope.files) this.#findMissing(scope, nested, unread);
  }

  /** Sorts found files into known and to-be-read, and hands the latter to the workers. */
  async #sort(
    scope: Scope,
    nested: ReadonlyArray<readonly [number, string]>,
    files: readonly FoundFile[],
  ): Promise<void> {
    const fresh = new Map<number, Array<{ path: string; status: SeenStatus }>>();
    const familiar = new Map<number, Array<{ path: string; known: KnownFile }>>();
    for (const file of files) {
      const { rootId, path } = this.#owner(scope, nested, file.path);
      const known = this.#writes.knownFile(rootId, path);
      if (known) push(familiar, rootId, { path, known });
      else push(fresh, rootId, { path, status: 'new' });
    }
    this.#counts.seen += files.length;
    for (const [rootId, list] of familiar) {
      for (const changed of await this.#compare(rootId, list)) push(fresh, rootId, changed);
    }
    for (const [rootId, list] of fresh) {
      this.#counts.new += list.filter((f) => f.status === 'new').length;
      for (let from = 0; from < list.length; from += chunkSize)
        await this.#readChunk(rootId, list.slice(from, from + chunkSize));
    }
    this.#options.progress(this.#counts.unchanged + this.#counts.read, null, 'reading headers');
    await nextTurn();
  }

  /** Of files that the catalog knows, those that must be read again. */
  async #compare(
    rootId: number,
    list: ReadonlyArray<{ path: string; known: KnownFile }>,
  ): Promise<Array<{ path: string; status: SeenStatus }>> {
    const root = this.#roots.paths.get(rootId)!;
    const parts: Array<Promise<(FileStamp | null)[]>> = [];
    for (let from = 0; from < list.length; from += chunkSize) {
      const params: ReadHeadersParams = {
        root,
        files: list.slice(from, from + chunkSize).map((f) => f.path),
      };
      parts.push(this.#options.runTask('import.stampFiles', params) as Promise<(FileStamp | null)[]>);
    }
    const stamps = (await Promise.all(parts)).flat();
    const again: Array<{ path: string; status: SeenStatus }> = [];
    this.#writes.transaction(() => {
      for (const [n, { path, known }] of list.entries()) {
        const stamp = stamps[n];
        this.#staging.seen(known.id);
        const same = stamp && sameStamp({ size: known.size, mtimeMs: known.mtime_ms }, stamp);
        if (same && known.state !== 'missing') {
          this.#counts.unchanged++;
          this.#kinds[known.kind]++;
          continue;
        }
        this.#counts.changed++;
        if (known.kind === 'nifti') this.#imageSizes.add(known.size);
        for (const id of this.#writes.seriesOfFile(known.id)) this.#staging.touch(id);
        again.push({ path, status: same ? 'returned' : 'changed' });
      }
    });
    return again;
  }

  #owner(
    scope: Scope,
    nested: ReadonlyArray<readonly [number, string]>,
    path: string,
  ): { rootId: number; path: string } {
    if (nested.length > 0) {
      const absolute = below(scope.realRoot, path);
      let best: readonly [number, string] | undefined;
      for (const root of nested)
        if (isInside(absolute, root[1]) && root[1].length > (best?.[1].length ?? 0)) best = root;
      if (best) return { rootId: best[0], path: relativeTo(best[1], absolute) };
    }
    return { rootId: scope.rootId, path };
  }

  async #readChunk(
    rootId: number,
    list: ReadonlyArray<{ path: string; status: SeenStatus | 'sibling' }>,
  ): Promise<void> {
    while (this.#tasks.size >= tasksAhead) await Promise.race(this.#tasks);
    this.#check();
    const params: ReadHeadersParams = {
      root: this.#roots.paths.get(rootId)!,
      files: list.map((f) => f.path),
    };
    const task = (async () => {
      const results = (await this.#options.runTask('import.readHeaders', params)) as ReadFile[];
      const status = new Map(list.map((f) => [f.path, f.status]));
      this.#writes.transaction(() => {
        for (const file of results) this.#take(rootId, file, status.get(file.path) ?? 'new');
      });
      this.#counts.read += results.length;
      this.#options.progress(this.#counts.unchanged + this.#counts.read, null, 'reading headers');
    })().catch((error: unknown) => {
      this.#failure ??= error;
    });
    this.#tasks.add(task);
    task.finally(() => this.#tasks.delete(task));
  }

  #take(rootId: number, file: ReadFile, status: SeenStatus | 'sibling'): void {
    if (status !== 'sibling') this.#kinds[file.kind]++;
    if (file.kind === 'dicom' || file.kind === 'nifti') {
      if (file.kind === 'nifti' && status !== 'sibling') this.#imageSizes.add(file.size);
      if (file.person) this.#people.add(file.person.studyUid, file.person.signs);
      this.#staging.stage(rootId, file, status);
      return;
    }
    const known = status === 'new' ? undefined : this.#writes.knownFile(rootId, file.path);
    if (known && this.#writes.seriesOfFile(known.id).length > 0) {
      // It used to be part of a series: settled together with that series, so that a kill in between loses nothing.
      for (const id of this.#writes.seriesOfFile(known.id)) this.#staging.touch(id);
      this.#staging.handled(rootId, file.path);
      this.#noLongerData.push({ rootId, file });
      return;
    }
    this.#putOther(rootId, file);
    if (file.kind === 'sidecar' && status !== 'sibling' && /\.json$/i.test(file.path))
      this.#noteSidecar(rootId, file.path);
  }

  #putOther(rootId: number, file: ReadFile): void {
    const fileId = this.#writes.putFile(rootId, file.path, file.size, file.mtimeMs, file.kind);
    this.#staging.seen(fileId);
    this.#writes.dropInstancesOfFile(fileId);
    this.#writes.replaceFileProblems(fileId, file.problems);
    if (file.missing) this.#writes.markMissing(fileId);
  }

  /** A new or changed sidecar tells something new about an image that may itself be unchanged. */
  #noteSidecar(rootId: number, path: string): void {
    const slash = path.lastIndexOf('/') + 1;
    for (const suffix of ['.nii', '.nii.gz']) {
      const image = path.slice(0, slash) + stemOf(path.slice(slash)) + suffix;
      const known = this.#writes.knownFile(rootId, image);
      if (known?.kind === 'nifti' && known.state !== 'missing')
        this.#sidecarChanged.push({ rootId, path: image });
    }
  }

  #findMissing(
    scope: Scope,
    nested: ReadonlyArray<readonly [number, string]>,
    unread: readonly string[],
  ): void {
    const parts = [
      { rootId: scope.rootId, prefix: scope.prefix },
      ...nested.map(([rootId]) => ({ rootId, prefix: '' })),
    ];
    this.#writes.transaction(() => {
      for (const part of parts) {
        for (const file of this.#staging.notSeen(part.rootId, part.prefix)) {
          const absolute = below(this.#roots.real.get(part.rootId)!, file.path);
          // What lies in a folder that could not be opened is not known to be gone.
          if (unread.some((folder) => isInside(absolute, folder))) continue;
          this.#counts.missing++;
          if (file.kind === 'nifti') this.#imageSizes.add(file.size);
          this.#staging.missing(file.id);
          for (const id of this.#writes.seriesOfFile(file.id)) this.#staging.touch(id);
        }
      }
    });
  }

  async #readSiblings(): Promise<void> {
    this.#staging.index();
    const files = [
      ...this.#staging.siblings().map((f) => ({ ...f, status: 'sibling' as const })),
      ...this.#sidecarChanged
        .filter((f) => !this.#staging.isStaged(f.rootId, f.path))
        .map((f) => ({ ...f, status: 'changed' as const })),
    ];
    const byRoot = new Map<number, typeof files>();
    for (const file of files) push(byRoot, file.rootId, file);
    const counted = { ...this.#kinds };
    for (const [rootId, list] of byRoot) {
      for (let from = 0; from < list.length; from += chunkSize)
        await this.#readChunk(rootId, list.slice(from, from + chunkSize));
    }
    await this.#drain();
    // These files were counted when the walk met them.
    Object.assign(this.#kinds, counted);
  }

  async #writeGroups(): Promise<void> {
    const groups = this.#staging.groups();
    const total = groups.reduce((n, g) => n + g.files, 0);
    let done = 0;
    let from = 0;
    while (from < groups.length) {
      this.#check();
      let to = from;
      let instances = 0;
      while (to < groups.length && (to === from || instances + groups[to]!.files <= instancesPerTransaction))
        instances += groups[to++]!.files;
      this.#writes.transaction(() => {
        for (const group of groups.slice(from, to)) this.#writeGroup(group.key);
      });
      from = to;
      done += instances;
      this.#options.progress(done, total, 'grouping series');
      await nextTurn();
    }
  }

  #writeGroup(key: string): void {
    const files = this.#staging.group(key);
    const changed = new Set(
      files
        .filter((f) => f.status === 'changed' || f.status === 'returned')
        .map((f) => `${f.rootId}|${f.path}`),
    );
    const drafts: SeriesDraft[] = [
      ...dicomDrafts(
        files,
        (rootId, path) => below(this.#roots.paths.get(rootId)!, path),
        (i) => this.#personOf(i),
      ),
      ...files
        .filter((f) => f.kind === 'nifti')
        .map((f) => niftiSeries(JSON.parse(f.header) as NiftiSource, f)),
    ];
    this.#writes.writeGroup(key, drafts, changed, this.#at, this.#options.pseudonym);
  }

  /** Warns of one image under several people: a NIfTI file without a BIDS name is known by its path alone. */
  async #compareImages(every: boolean): Promise<void> {
    if (!every && this.#imageSizes.size === 0) return;
    const sizes = every ? null : this.#imageSizes;
    const files = this.#writes
      .filesOfSharedSize(sizes)
      .map((f) => ({ ...f, file: below(this.#roots.paths.get(f.rootId)!, f.path) }));
    this.#options.progress(0, null, 'comparing images');
    const groups = await findSameContent(files, (name, params) => this.#options.runTask(name, params));
    this.#check();
    this.#writes.transaction(() => {
      this.#writes.replaceSameContent(sizes, groups);
      this.#writes.contentUnchecked = false;
    });
  }

  #personOf({ header, file }: SourceInstance): string {
    const signs = personSigns(header);
    if (!signs || !header.studyInstanceUid) return dicomIdentityKey(header, file);
    const asked = JSON.stringify([header.studyInstanceUid, signs]);
    let key = this.#personKeys.get(asked);
    if (key === undefined) {
      const known = this.#writes.peopleOfStudy(header.studyInstanceUid);
      key = this.#people.keyFor(header.studyInstanceUid, signs, known);
      this.#personKeys.set(asked, key);
    }
    return key;
  }

  #report(sources: readonly string[]): ImportReport {
    const roots = [...this.#roots.real]
      .filter(([, path]) => this.#scopes.some((s) => isInside(path, s.realRoot)))
      .map(([id]) => id);
    const kinds = this.#kinds;
    return {
      roots: sources.map((s) => resolve(s)),
      filesSeen: this.#counts.seen,
      filesUnchanged: this.#counts.unchanged,
      filesNew: this.#counts.new,
      filesChanged: this.#counts.changed,
      filesMissing: this.#counts.missing,
      dicomFiles: kinds.dicom,
      niftiFiles: kinds.nifti,
      sidecarFiles: kinds.sidecar,
      otherFiles: kinds.other + kinds.dicomdir,
      unreadableFiles: kinds.unreadable,
      ...this.#writes.totals(roots),
      seconds: (this.#options.clock().getTime() - this.#started) / 1000,
    };
  }

  async #drain(): Promise<void> {
    while (this.#tasks.size > 0) await Promise.race(this.#tasks);
    this.#check();
  }

  #check(): void {
    this.#options.signal.throwIfAborted();
    if (this.#failure) throw this.#failure;
  }
}

function dicomDrafts(
  files: readonly StagedFile[],
  absolute: (rootId: number, path: string) => string,
  personOf: (instance: SourceInstance) => string,
): SeriesDraft[] {
  const dicom = files.filter((f) => f.kind === 'dicom');
  if (dicom.length === 0) return [];
  return groupSeries(
    dicom.map((f) => ({
      rootId: f.rootId,
      path: f.path,
      file: absolute(f.rootId, f.path),
      size: f.size,
      mtimeMs: f.mtimeMs,
      header: JSON.parse(f.header) as DicomHeader,
    })),
    personOf,
  );
}

function push<K, V>(groups: Map<K, V[]>, key: K, value: V): void {
  const list = groups.get(key);
  if (list) list.push(value);
  else groups.set(key, [value]);
}
