import type { BatchProgress } from '../../shared/jobs/records.ts';

/** What every command ends with: 0 all passed, 2 finished but some need a person, 1 could not run. */
export type ExitCode = 0 | 1 | 2;

/** Where a command writes: one JSON object or plain text to standard output, progress to standard error. */
export interface Output {
  readonly json: boolean;
  text(line: string): void;
  result(value: unknown): void;
  progress(batch: BatchProgress): void;
  note(line: string): void;
}

export function createOutput(json: boolean, stdout = process.stdout, stderr = process.stderr): Output {
  let lastLine = 0;
  let open = false;
  const endLine = () => {
    if (open) stderr.write('\n');
    open = false;
  };
  return {
    json,
    text(line) {
      endLine();
      if (!json) stdout.write(`${line}\n`);
    },
    result(value) {
      endLine();
      if (json) stdout.write(`${JSON.stringify(value)}\n`);
    },
    note(line) {
      endLine();
      stderr.write(`${line}\n`);
    },
    progress(batch) {
      const now = Date.now();
      const terminal = stderr.isTTY;
      if (!batch.finished && now - lastLine < (terminal ? 100 : 5000)) return;
      lastLine = now;
      const line = describeProgress(batch);
      if (!terminal) {
        stderr.write(`${line}\n`);
        return;
      }
      stderr.write(`\r\x1b[K${line.slice(0, (stderr.columns ?? 100) - 1)}`);
      open = true;
    },
  };
}

const verbs = {
  import: 'importing',
  deidentify: 'de-identifying',
  measure: 'measuring',
  audit: 'auditing',
  share: 'sharing',
} as const;

function describeProgress(b: BatchProgress): string {
  const ended = b.done + b.failed + b.cancelled;
  const left = b.secondsLeft === null || b.finished ? '' : `, ${formatDuration(b.secondsLeft)} left`;
  const failed = b.failed > 0 ? `, ${b.failed} failed` : '';
  const now = b.running.map((r) => `${r.label}: ${r.message}`).join(' | ');
  return `${verbs[b.kind]} ${ended}/${b.total}${failed}${left}${now ? `  ${now}` : ''}`;
}

/** `2 h 5 min`, `3 min`, `12 s`. @param seconds zero or more */
export function formatDuration(seconds: number): string {
  const s = Math.ceil(seconds);
  if (s < 60) return `${s} s`;
  const minutes = Math.round(s / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A plain text table; numbers are set to the right. */
export function formatTable(
  header: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): string {
  const cells = [header, ...rows].map((r) => r.map(String));
  const widths = header.map((_, c) => cells.reduce((most, r) => Math.max(most, (r[c] ?? '').length), 0));
  const isNumber = header.map(
    (_, c) =>
      rows.length > 0 &&
      rows.every((r) => typeof r[c] === 'number' || /^<?[-+−]?[\d.,]+( ?%)?$|^–$/.test(String(r[c]))),
  );
  return cells
    .map((r) =>
      r
        .map((cell, c) => (isNumber[c] ? cell.padStart(widths[c]!) : cell.padEnd(widths[c]!)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
