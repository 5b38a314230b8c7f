import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { type Logger, pino } from 'pino';
import type { Redactor } from './redact.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** What the application logs with. Everything that passes is redacted before it is formatted. */
export interface Log {
  debug(message: string, fields?: object): void;
  info(message: string, fields?: object): void;
  warn(message: string, fields?: object): void;
  error(message: string, fields?: object): void;
  /** A log whose every line carries these fields too. */
  child(fields: object): Log;
  close(): void;
}

export interface FileLogOptions {
  /** The user-data folder; lines go to `<dir>/logs/refacade.log`. */
  readonly dir: string;
  readonly redactor: Redactor;
  readonly level?: LogLevel;
  /** Bytes after which the file is set aside as `refacade.1.log`. */
  readonly maxBytes?: number;
  /** How many set-aside files are kept. */
  readonly keep?: number;
}

/**
 * JSON lines in `<dir>/logs/refacade.log`, readable by the owner only, never growing past `maxBytes × (keep + 1)`.
 *
 * Writing is synchronous: a log has a few lines a second and the last one before a crash is the one that counts.
 * A full or read-only disk silences the log; it never stops the work.
 */
export function createFileLog(options: FileLogOptions): Log {
  const file = new RotatingFile(join(options.dir, 'logs'), options.maxBytes ?? 5_000_000, options.keep ?? 3);
  const logger = pino(
    {
      level: options.level ?? 'info',
      base: null,
      messageKey: 'message',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      // Errors are already plain objects when they arrive here.
      serializers: { err: (e: unknown) => e, error: (e: unknown) => e },
    },
    file,
  );
  return wrap(logger, options.redactor, () => file.close());
}

/** A log that goes nowhere. */
export const quietLog: Log = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => quietLog,
  close() {},
};

function wrap(logger: Logger, redactor: Redactor, close: () => void): Log {
  const write = (level: LogLevel) => (message: string, fields?: object) => {
    if (!logger.isLevelEnabled(level)) return;
    const safe = fields === undefined ? {} : asFields(redactor.redactValue(fields));
    logger[level](safe, redactor.redact(message));
  };
  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    child: (fields) => wrap(logger.child(asFields(redactor.redactValue(fields))), redactor, close),
    close,
  };
}

/** An error or a list given as the fields still becomes one object; reserved keys step aside. */
function asFields(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { value };
  const fields = value as Record<string, unknown>;
  if ('stack' in fields && 'message' in fields && 'type' in fields) return { error: fields };
  const out: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(fields))
    out[/^(level|time|message)$/.test(key) ? `${key}_` : key] = item;
  return out;
}

/** An append-only file that starts afresh when full. The only writer is this process. */
class RotatingFile {
  private fd: number | undefined;
  private bytes = 0;

  constructor(
    private readonly dir: string,
    private readonly maxBytes: number,
    private readonly keep: number,
  ) {
    this.open();
  }

  write(line: string): void {
    try {
      const data = Buffer.from(line);
      if (this.bytes > 0 && this.bytes + data.length > this.maxBytes) this.rotate();
      if (this.fd === undefined) return;
      writeSync(this.fd, data);
      this.bytes += data.length;
    } catch {
      // A log that cannot be written must not stop the work it describes.
    }
  }

  close(): void {
    if (this.fd === undefined) return;
    closeSync(this.fd);
    this.fd = undefined;
  }

  private open(): void {
    try {
      mkdirSync(this.dir, { recursive: true, mode: 0o700 });
      this.fd = openSync(this.name(0), 'a', 0o600);
      this.bytes = fstatSync(this.fd).size;
    } catch {
      this.fd = undefined;
    }
  }

  private rotate(): void {
    this.close();
    rmSync(this.name(this.keep), { force: true });
    for (let n = this.keep - 1; n >= 0; n--) {
      if (existsSync(this.name(n))) renameSync(this.name(n), this.name(n + 1));
    }
    this.open();
  }

  private name(n: number): string {
    return join(this.dir, n === 0 ? 'refacade.log' : `refacade.${n}.log`);
  }
}
