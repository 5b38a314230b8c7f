import { existsSync, mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createFileLog } from './logger.ts';
import { createRedactor } from './redact.ts';

const temporary = () => mkdtempSync(join(tmpdir(), 'refacade-log-'));
const read = (dir: string) => readFileSync(join(dir, 'logs', 'refacade.log'), 'utf8');

describe('createFileLog', () => {
  it('writes JSON lines in which no planted identifier can be read, wherever it was put', () => {
    const dir = temporary();
    const redactor = createRedactor();
    redactor.addIdentifiers(['Planted^Person', 'SECRET-4711']);
    const log = createFileLog({ dir, redactor, level: 'debug' });
    log.info('importing Planted Person', { subject: 'planted_person', nested: [{ id: 'secret4711' }] });
    log.error('failed', new Error('no room for Planted^Person', { cause: new Error('/data/planted/1.dcm') }));
    log.warn('error as a field', { error: new Error('SECRET-4711'), err: new Error('SECRET-4711') });
    log.child({ job: 'Planted' }).debug('child', { level: 'mine', message: 'SECRET 4711' });
    log.close();
    const lines = read(dir)
      .trim()
      .split('\n')
      .map((l) => JSON.parse(l) as Record<string, unknown>);
    expect(lines.map((l) => l.level)).toEqual(['info', 'error', 'warn', 'debug']);
    expect(lines[1]).toMatchObject({
      message: 'failed',
      error: { type: 'Error', cause: { message: '<path>' } },
    });
    expect(read(dir)).not.toMatch(/planted|person|4711/i);
  });

  it('keeps to its level', () => {
    const dir = temporary();
    const log = createFileLog({ dir, redactor: createRedactor(), level: 'warn' });
    log.info('quiet');
    log.warn('loud');
    log.close();
    expect(read(dir)).toContain('loud');
    expect(read(dir)).not.toContain('quiet');
  });

  it('sets full files aside and keeps only so many', () => {
    const dir = temporary();
    const log = createFileLog({ dir, redactor: createRedactor(), maxBytes: 2_000, keep: 2 });
    for (let n = 0; n < 200; n++) log.info(`line number ${n}`);
    log.close();
    expect(readdirSync(join(dir, 'logs')).sort()).toEqual([
      'refacade.1.log',
      'refacade.2.log',
      'refacade.log',
    ]);
    for (const name of readdirSync(join(dir, 'logs'))) {
      expect(statSync(join(dir, 'logs', name)).size).toBeLessThanOrEqual(2_000);
    }
    expect(read(dir)).toContain('line number 199');
  });

  it.skipIf(process.platform === 'win32')('is readable by its owner only', () => {
    const dir = temporary();
    createFileLog({ dir, redactor: createRedactor() }).close();
    expect(statSync(join(dir, 'logs', 'refacade.log')).mode & 0o077).toBe(0);
  });

  it('is silent, not fatal, where nothing can be written', () => {
    const dir = temporary();
    writeFileSync(join(dir, 'logs'), 'a file where the folder should be');
    const log = createFileLog({ dir, redactor: createRedactor() });
    expect(() => log.info('still here')).not.toThrow();
    log.close();
    expect(existsSync(join(dir, 'logs', 'refacade.log'))).toBe(false);
  });
});
