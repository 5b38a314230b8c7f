import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSmoke, smokeRun } from './smoke-electron.ts';

const whole = {
  page: true,
  rpc: true,
  events: true,
  native: true,
  isolated: true,
  offline: true,
  catalog: true,
  abi: '150',
  electron: '45',
  error: '',
};
const line = (report: object) => `noise\nREFACADE_SMOKE ${JSON.stringify(report)}\nmore noise\n`;

describe('readSmoke', () => {
  it('passes only when every check passed and the program said so itself', () => {
    expect(readSmoke(line(whole), 0).outcome).toBe('passed');
    expect(readSmoke(line(whole), 1).outcome).toBe('failed');
    expect(readSmoke(line({ ...whole, catalog: false, error: 'wrong ABI' }), 0)).toMatchObject({
      outcome: 'failed',
      message: expect.stringContaining('catalog FAILED'),
    });
  });

  it('never takes silence or half a report for a pass', () => {
    expect(readSmoke('', 0).outcome).toBe('failed');
    expect(readSmoke(line({ page: true }), 0).outcome).toBe('failed');
    expect(readSmoke(line({ error: 'could not start' }), 0).outcome).toBe('failed');
  });
});

describe.skipIf(process.platform === 'win32')('smokeRun', () => {
  it('gives the program the switch and a fresh data folder, and reads its line', async () => {
    const program = join(mkdtempSync(join(tmpdir(), 'refacade-fake-')), 'electron');
    const report = JSON.stringify(whole);
    writeFileSync(
      program,
      `#!/bin/sh\ncase "$*" in *"--smoke --refacade-data=/"*) echo 'REFACADE_SMOKE ${report}';; *) exit 3;; esac\n`,
    );
    chmodSync(program, 0o755);
    expect(await smokeRun(program, ['/app'])).toMatchObject({ outcome: 'passed' });
  });
});
