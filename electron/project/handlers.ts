import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { projectContract } from '../../shared/project/contract.ts';
import type { Handlers } from '../../shared/rpc.ts';
import { UserError } from '../dispatch.ts';
import type { ModelSegmenter } from '../inference/create-segmenter.ts';
import type { Generators } from '../models/generators.ts';
import type { ModelFolders } from '../models/installed-models.ts';
import type { FaceReader } from '../risk/faces/face-reader.ts';
import {
  diagnose,
  diagnoseFaceMethods,
  diagnoseFaces,
  diagnoseGenerators,
  diagnoseInference,
} from './doctor.ts';
import { readRecentProjects } from './recent-projects.ts';
import type { ProjectSession } from './session.ts';
import { summarise } from './summary.ts';

export interface ProjectHandlerContext {
  readonly userDataDir: string;
  readonly current: () => ProjectSession | null;
  readonly session: () => ProjectSession;
  readonly open: (dir: string, create: boolean) => Promise<ProjectSession>;
  readonly doctorPaths: {
    readonly staticDir: string;
    readonly workerFile: string;
    readonly modelsDir: string;
  };
  readonly folders: ModelFolders;
  /** Undefined where this build has no model. */
  readonly segmenter?: ModelSegmenter | undefined;
  /** Undefined where this build has no face networks. */
  readonly faceReader?: FaceReader | undefined;
  readonly generators?: Generators | undefined;
}

export const defaultPolicyName = 'Share outside';

export function policyNameOf(session: ProjectSession): string {
  return session.setting('policyName', defaultPolicyName);
}

export function projectHandlers(ctx: ProjectHandlerContext): Handlers<typeof projectContract> {
  const settings = () => {
    const s = ctx.session();
    return { reviewer: s.setting('reviewer', ''), policyName: policyNameOf(s) };
  };
  return {
    'project.current': () => {
      const s = ctx.current();
      return s ? summarise(s.db, s.folder, policyNameOf(s)) : null;
    },
    'project.open': async ({ dir, create }) => {
      const s = await ctx.open(dir, create);
      return summarise(s.db, s.folder, policyNameOf(s));
    },
    'project.recent': () =>
      readRecentProjects(ctx.userDataDir).map((p) => ({
        ...p,
        exists: existsSync(join(p.dir, 'refacade-project.json')),
      })),
    'project.browse': ({ dir }) => browse(dir),
    'project.settings': settings,
    'project.saveSettings': (input) => {
      const s = ctx.session();
      if (input.reviewer !== undefined) s.saveSetting('reviewer', input.reviewer.trim());
      if (input.policyName !== undefined) s.saveSetting('policyName', input.policyName);
      s.changed('project');
      return settings();
    },
    'project.doctor': async ({ part }) => [
      ...(part === 'inference' ? [] : diagnose({ ...ctx.doctorPaths, userDataDir: ctx.userDataDir })),
      ...(part === 'machine' ? [] : await diagnoseInference(ctx.doctorPaths.modelsDir, ctx.segmenter)),
      ...(part === 'machine' ? [] : await diagnoseFaceMethods(ctx.folders)),
      ...(part === 'machine' || !ctx.generators ? [] : await diagnoseGenerators(ctx.generators)),
      ...(part === 'machine' ? [] : [await diagnoseFaces(ctx.faceReader)]),
    ],
  };
}

async function browse(dir: string) {
  const path = resolve(dir || homedir());
  let names: string[];
  try {
    names = await readdir(path);
  } catch (cause) {
    throw new UserError(
      'folder-unreadable',
      `The folder "${path}" cannot be read: ${(cause as Error).message}`,
      'Choose another folder.',
      {
        cause,
      },
    );
  }
  const entries: { name: string; path: string; directory: boolean }[] = [];
  for (const name of names.sort((a, b) => a.localeCompare(b)).slice(0, 2000)) {
    if (name.startsWith('.')) continue;
    const full = join(path, name);
    const info = await stat(full).catch(() => null);
    if (info) entries.push({ name, path: full, directory: info.isDirectory() });
  }
  const parent = dirname(path);
  return { dir: path, parent: parent === path ? null : parent, entries };
}
