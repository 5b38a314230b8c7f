import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../dispatch.ts';

/**
 * Keeps two processes from working the same queue.
 *
 * A lock left by a process that no longer lives on this computer is taken over.
 *
 * @returns a function that gives the lock back
 * @throws UserError when another living process holds the project
 */
export function lockProject(dir: string): () => void {
  const file = join(dir, 'project.lock');
  const mine = JSON.stringify({ pid: process.pid, host: hostname() });
  try {
    writeFileSync(file, mine, { flag: 'wx' });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
    const holder = readHolder(file);
    if (holder && holder.pid !== process.pid && (holder.host !== hostname() || isAlive(holder.pid))) {
      throw new UserError(
        'project-in-use',
        `This project is open in another Refacade process (number ${holder.pid} on ${holder.host}).`,
        `Close it there first. If that computer is gone for good, delete ${file}.`,
        { cause },
      );
    }
    writeFileSync(file, mine);
  }
  return () => rmSync(file, { force: true });
}

function readHolder(file: string): { pid: number; host: string } | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as { pid: number; host: string };
  } catch {
    return null;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
