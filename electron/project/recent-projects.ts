import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface RecentProject {
  readonly dir: string;
  readonly name: string;
  readonly openedAt: string;
}

/** The last ten projects opened on this computer, newest first. A damaged list is treated as empty. */
export function readRecentProjects(userDataDir: string): RecentProject[] {
  const file = join(userDataDir, 'recent-projects.json');
  if (!existsSync(file)) return [];
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as RecentProject[];
  } catch {
    return [];
  }
}

export function rememberProject(userDataDir: string, project: RecentProject): void {
  const file = join(userDataDir, 'recent-projects.json');
  const list = [project, ...readRecentProjects(userDataDir).filter((p) => p.dir !== project.dir)].slice(
    0,
    10,
  );
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.tmp`, JSON.stringify(list, null, 2));
  renameSync(`${file}.tmp`, file);
}
