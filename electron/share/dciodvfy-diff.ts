import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface DciodvfyDiff {
  /** dciodvfy is not on the PATH; nothing was compared. */
  readonly available: boolean;
  readonly compared: number;
  /** Findings in an output that its source does not have, each once, with the number of files. */
  readonly added: readonly { finding: string; files: number }[];
  /** Acquisition attributes that stay in an object now marked DERIVED (see `CONSEQUENCE`). */
  readonly consequences: number;
  readonly removed: number;
}

/** The findings of dciodvfy on one file, without the values in them. */
async function findings(path: string, signal?: AbortSignal): Promise<Map<string, number> | null> {
  let text: string;
  try {
    const { stdout, stderr } = await run('dciodvfy', [path], {
      maxBuffer: 1 << 26,
      ...(signal ? { signal } : {}),
    });
    text = `${stdout}\n${stderr}`;
  } catch (cause) {
    const failed = cause as { code?: unknown; stdout?: string; stderr?: string };
    if (failed.code === 'ENOENT') return null;
    signal?.throwIfAborted();
    text = `${failed.stdout ?? ''}\n${failed.stderr ?? ''}`; // it exits with 1 when there are errors
  }
  const counts = new Map<string, number>();
  for (const line of text.split('\n')) {
    if (!/\b(Error|Warning)\b/.test(line)) continue;
    const finding = withoutValues(line);
    counts.set(finding, (counts.get(finding) ?? 0) + 1);
  }
  return counts;
}

/** A finding without what differs from file to file: quoted values, positions, numbers of items. */
function withoutValues(line: string): string {
  return line
    .replace(/ = <[^>]*>/g, '')
    .replace(/\[\d+\]/g, '[]')
    .replace(/\bvalue \d+ /g, 'value ')
    .replace(/<[^<>]*>(?= - | for |$)/g, '<…>')
    .replace(/\b0x[0-9a-f]{8,}\b/gi, '0x…')
    .trim();
}

/**
 * Findings that follow from saying the truth about an edited image, not from writing it wrong: an enhanced
 * object all of whose frames were edited is DERIVED, and how its source was acquired stays in it.
 */
const CONSEQUENCE = /Attribute present when condition unsatisfied .*Conditional Element=/;

/**
 * Runs dciodvfy on sources and outputs and reports what only the outputs have.
 *
 * @param pairs source and output paths, one pair an instance
 */
export async function dciodvfyDiff(
  pairs: readonly { source: string; output: string }[],
  signal?: AbortSignal,
): Promise<DciodvfyDiff> {
  const added = new Map<string, number>();
  let removed = 0;
  let consequences = 0;
  let compared = 0;
  for (const { source, output } of pairs) {
    const [before, after] = await Promise.all([findings(source, signal), findings(output, signal)]);
    if (!before || !after) return { available: false, compared: 0, added: [], consequences: 0, removed: 0 };
    compared++;
    for (const [finding, count] of after) {
      if (count <= (before.get(finding) ?? 0)) continue;
      if (CONSEQUENCE.test(finding)) consequences++;
      else added.set(finding, (added.get(finding) ?? 0) + 1);
    }
    for (const [finding, count] of before) if (count > (after.get(finding) ?? 0)) removed++;
  }
  return {
    available: true,
    compared,
    added: [...added].map(([finding, files]) => ({ finding, files })).sort((a, b) => b.files - a.files),
    consequences,
    removed,
  };
}
