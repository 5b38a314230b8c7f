import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

export interface BidsVerdict {
  /** null: the validator could not be run. */
  readonly valid: boolean | null;
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
  readonly files: number;
  /** Why it could not be run. */
  readonly reason: string;
}

/**
 * Runs the npm bids-validator on a folder, in a process of its own and without network.
 *
 * @param dir root of the BIDS tree
 */
export async function validateBids(dir: string, signal?: AbortSignal): Promise<BidsVerdict> {
  const cli = validatorCli();
  const none = { valid: null, errors: [], warnings: [], files: 0 };
  if (!cli) return { ...none, reason: 'bids-validator is not installed beside this program.' };
  const out = await new Promise<{ text: string; error: string; code: number | null }>((done) => {
    // The same program that runs us; inside Electron it must be told to be plain Node.
    const child = spawn(process.execPath, [cli, '--json', '--ignoreSubjectConsistency', dir], {
      env: { ...process.env, ELECTRON_RUN_AS_NODE: '1', NODE_OPTIONS: '--max-old-space-size=2048' },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(signal ? { signal } : {}),
    });
    const text: Buffer[] = [];
    const error: Buffer[] = [];
    child.stdout.on('data', (b: Buffer) => text.push(b));
    child.stderr.on('data', (b: Buffer) => error.push(b));
    child.on('error', (e) => done({ text: '', error: e.message, code: null }));
    child.on('close', (code) =>
      done({
        text: Buffer.concat(text).toString('utf8'),
        error: Buffer.concat(error).toString('utf8'),
        code,
      }),
    );
  });
  signal?.throwIfAborted();
  interface Issue {
    key: string;
    reason: string;
    files?: { file?: { relativePath?: string } | null }[];
  }
  let report: { issues?: { errors: Issue[]; warnings: Issue[] }; summary?: { totalFiles?: number } };
  try {
    report = JSON.parse(out.text);
  } catch {
    return {
      ...none,
      reason: `bids-validator ended with ${out.code} and no report: ${out.error.slice(0, 300)}`,
    };
  }
  const say = (issue: Issue) => {
    const file = issue.files?.[0]?.file?.relativePath;
    return `${issue.key}${file ? ` in ${file}` : ''}: ${issue.reason}`;
  };
  const errors = (report.issues?.errors ?? []).map(say);
  const files = report.summary?.totalFiles ?? 0;
  return {
    valid: errors.length === 0 && files > 0,
    errors,
    warnings: (report.issues?.warnings ?? []).map(say),
    files,
    reason: '',
  };
}

/** The validator's program file, looked for from this file upwards. */
function validatorCli(): string | null {
  for (const folder of createRequire(import.meta.url).resolve.paths('bids-validator') ?? []) {
    const file = join(folder, 'bids-validator', 'bin', 'bids-validator');
    if (existsSync(file) && existsSync(dirname(file))) return file;
  }
  return null;
}
