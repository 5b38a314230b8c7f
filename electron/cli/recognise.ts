import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Problem } from '../../shared/problem.ts';
import { describeError } from '../describe-error.ts';
import { UserError } from '../dispatch.ts';
import { findDist } from '../dist-dir.ts';
import { discover } from '../import/discover.ts';
import { createFaceReader, type FaceReader } from '../risk/faces/face-reader.ts';
import { type HeadMatches, matchHeads, personOfFile, type SeenHead } from '../risk/faces/match-heads.ts';
import { AUDIT_VIEWS, type LookCondition, picturesOf } from '../risk/look-conditions.ts';
import { readNifti } from '../volume/nifti.ts';
import { need } from './arguments.ts';
import type { Command } from './command.ts';
import { formatTable, type Output } from './output.ts';

/** Undefined where this build has no face networks. */
export type OpenFaceReader = () => FaceReader | undefined;

export function createRecogniseCommand(openReader: OpenFaceReader): Command {
  return {
    name: 'recognise',
    usage: 'recognise --gallery DIR --probes DIR [--json]',
    summary: 'look for the heads of one folder among those of another, by their faces',
    async run(args, output) {
      const { values } = parseArgs({
        args,
        options: { gallery: { type: 'string' }, probes: { type: 'string' } },
      });
      const folders = {
        gallery: needFolder(values.gallery, '--gallery DIR'),
        probe: needFolder(values.probes, '--probes DIR'),
      };
      const reader = openReader();
      if (!reader) {
        throw new UserError(
          'no-face-networks',
          'This build has no face networks.',
          'Install the packages @vladmandic/human and @vladmandic/face-api: `npm ci` in a checkout does.',
        );
      }
      const stop = new AbortController();
      const interrupt = () => stop.abort(new UserError('cancelled', 'Cancelled.'));
      process.once('SIGINT', interrupt);
      try {
        const look = (condition: LookCondition) =>
          lookAtFolder(folders[condition], condition, reader, output, stop.signal);
        const gallery = await look('gallery');
        const probes = await look('probe');
        const problems = [...gallery.problems, ...probes.problems];
        const people = onePerPerson(gallery.heads, problems);
        if (people.length === 0) throw noHeads(folders.gallery, problems);
        if (probes.heads.length === 0) throw noHeads(folders.probe, problems);
        const matches = matchHeads(people, probes.heads, AUDIT_VIEWS);
        print(matches, people.length, output);
        for (const p of problems)
          output.text(`${p.level}: ${p.subject}: ${p.message} ${p.fix ?? ''}`.trimEnd());
        output.result({
          networks: reader.version,
          views: AUDIT_VIEWS,
          gallery: people.length,
          ...matches,
          problems,
        });
        return problems.length > 0 ? 2 : 0;
      } finally {
        process.off('SIGINT', interrupt);
        await reader.close();
      }
    },
  };
}

function needFolder(path: string | undefined, what: string): string {
  const folder = need(path, what);
  if (existsSync(folder) && statSync(folder).isDirectory()) return folder;
  throw new UserError(
    'no-such-folder',
    `There is no folder ${folder}.`,
    'Check the path; it is taken from where you are.',
  );
}

interface Looked {
  readonly heads: SeenHead[];
  readonly problems: Problem[];
}

/** Every NIfTI file of a folder and those in it; while the networks look at one head the next is pictured. */
async function lookAtFolder(
  folder: string,
  condition: LookCondition,
  reader: FaceReader,
  output: Output,
  signal: AbortSignal,
): Promise<Looked> {
  const { files, problems } = await findScans(folder, signal);
  const heads: SeenHead[] = [];
  let looking: Promise<void> = Promise.resolve();
  for (const [n, file] of files.entries()) {
    signal.throwIfAborted();
    output.note(`${condition} ${n + 1}/${files.length}: ${file}`);
    try {
      const { volume } = await readNifti(join(folder, file));
      const pictures = picturesOf(volume, condition);
      await looking;
      looking = reader
        .read(
          pictures.map((p) => p.picture),
          { signal },
        )
        .then((readings) => {
          const views = pictures.map(({ view }, p) => ({ view, readings: readings[p]! }));
          heads.push({ file, person: personOfFile(file), views });
        })
        .catch((error: unknown) => void problems.push(unreadable(file, error)));
    } catch (error) {
      problems.push(unreadable(file, error));
    }
  }
  await looking;
  signal.throwIfAborted();
  return { heads, problems };
}

async function findScans(
  folder: string,
  signal: AbortSignal,
): Promise<{ files: string[]; problems: Problem[] }> {
  const files: string[] = [];
  const problems: Problem[] = [];
  for await (const found of discover(resolve(folder), signal)) {
    if ('problem' in found) problems.push(found.problem);
    else if (/\.nii(\.gz)?$/i.test(found.file.path)) files.push(found.file.path);
  }
  return { files: files.sort(), problems };
}

function unreadable(file: string, error: unknown): Problem {
  return { code: 'not-looked-at', level: 'error', subject: file, message: describeError(error) };
}

/** A second file of a person would compete with the first for the same place. */
function onePerPerson(heads: readonly SeenHead[], problems: Problem[]): SeenHead[] {
  const chosen = new Map<string, SeenHead>();
  for (const head of heads) {
    const first = chosen.get(head.person);
    if (first === undefined) chosen.set(head.person, head);
    else
      problems.push({
        code: 'same-person-twice',
        level: 'warning',
        subject: head.file,
        message: `Left out of the gallery: its name says that it is of the same person as ${first.file}.`,
        fix: 'Rename it when it is of somebody else.',
      });
  }
  return [...chosen.values()];
}

function noHeads(folder: string, problems: readonly Problem[]): UserError {
  return new UserError(
    'no-heads',
    `Found no NIfTI file in ${folder} that could be pictured${problems[0] ? `; ${problems[0].subject}: ${problems[0].message}` : '.'}`,
  );
}

function print({ probes, totals }: HeadMatches, gallery: number, output: Output): void {
  output.text(
    formatTable(
      [
        'probe',
        'network',
        'views with a face',
        'most alike',
        'similarity',
        'own person',
        'similarity',
        'rank',
      ],
      probes.flatMap((probe) =>
        probe.matches.map((m) => [
          probe.file,
          m.network,
          `${m.viewsWithFace.length}/${m.views}`,
          m.best?.file ?? '–',
          m.best?.similarity.toFixed(3) ?? '–',
          probe.own ?? '–',
          m.similarity?.toFixed(3) ?? '–',
          m.rank ?? '–',
        ]),
      ),
    ),
  );
  const percent = (share: number | null) => (share === null ? '–' : `${(100 * share).toFixed(1)} %`);
  for (const { network, figures, chance, galleryWithoutFace, probesWithoutFace } of totals) {
    output.text(
      `${network}: of ${figures.probes} probes with their person among ${gallery}, ${percent(figures.rank1.value)} match ` +
        `that person first (chance ${percent(chance.rank1)}) and ${percent(figures.rank5.value)} within five ` +
        `(chance ${percent(chance.rank5)}); renders without a face: ${percent(probesWithoutFace)} of the probes', ` +
        `${percent(galleryWithoutFace)} of the gallery's.`,
    );
  }
}

/** The command of this build. */
export const recogniseCommand: Command = createRecogniseCommand(() =>
  createFaceReader({ distDir: findDist() }),
);
