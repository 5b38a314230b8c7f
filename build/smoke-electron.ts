/**
 * Starts the real Electron once and asks it whether the application stands.
 *
 *   npm run smoke:electron                           from the checkout, after `npm run build`
 *   node dist/build/smoke-electron.js --app PROGRAM  a packaged application
 *
 * Checks in a real window: the page loads from app://refacade/, a procedure answers, the event stream opens, the
 * preload shows exactly its functions, no Node in the page, no request leaves, and a catalog opens (the SQLite
 * binary fits Electron's ABI). Where the Electron binary is not installed this is skipped, said in so many words,
 * with exit code 0: skipped is not passed.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { checkoutDir, electronFacts, isProgram } from './native/checkout.ts';

const patienceMs = 120_000;

export interface SmokeResult {
  readonly outcome: 'skipped' | 'passed' | 'failed';
  readonly message: string;
}

/** What the lines of a smoke run say. */
export function readSmoke(output: string, code: number | null): SmokeResult {
  const line = /^REFACADE_SMOKE (.*)$/m.exec(output)?.[1];
  if (!line) {
    return {
      outcome: 'failed',
      message: `Electron ended with ${code} and no report.\n${output.trim().slice(-2000)}`,
    };
  }
  const report = JSON.parse(line) as Record<string, unknown>;
  const checks = Object.entries(report).filter(([, value]) => typeof value === 'boolean');
  const broken = checks.filter(([, value]) => value !== true).map(([name]) => name);
  const told = `Electron ${report.electron ?? '?'}, ABI ${report.abi ?? '?'}: ${checks.map(([n, v]) => `${n} ${v ? 'ok' : 'FAILED'}`).join(', ')}`;
  if (code === 0 && broken.length === 0 && checks.length >= 7) return { outcome: 'passed', message: told };
  return {
    outcome: 'failed',
    message: `${told}${report.error ? `\n${report.error}` : ''} (exit code ${code})`,
  };
}

/** Runs a program with the smoke switch in a fresh data folder. */
export async function smokeRun(program: string, before: readonly string[]): Promise<SmokeResult> {
  const data = mkdtempSync(join(tmpdir(), 'refacade-smoke-'));
  const headless = process.platform === 'linux' && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY;
  const args = [
    ...before,
    '--smoke',
    `--refacade-data=${data}`,
    ...(headless ? ['--ozone-platform=headless', '--disable-gpu'] : []),
    // Chromium refuses to run sandboxed as root, as in a build container; nobody runs the application that way.
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
  ];
  try {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: patienceMs });
    let output = '';
    child.stdout.on('data', (b: Buffer) => {
      output += b.toString('utf8');
    });
    child.stderr.on('data', (b: Buffer) => {
      output += b.toString('utf8');
    });
    const code = await new Promise<number | null>((ended, failed) => {
      child.on('error', failed);
      child.on('close', ended);
    });
    return readSmoke(output, code);
  } finally {
    rmSync(data, { recursive: true, force: true });
  }
}

async function main(): Promise<SmokeResult> {
  const packaged = process.argv.indexOf('--app');
  if (packaged > 0) return smokeRun(resolve(process.argv[packaged + 1] ?? ''), []);
  const root = checkoutDir();
  const electron = electronFacts(root);
  if (!electron.binary) return { outcome: 'skipped', message: 'Electron binary not installed' };
  if (!existsSync(join(root, 'dist', 'shell', 'main.js'))) {
    return { outcome: 'failed', message: 'dist/shell/main.js is not there; run `npm run build` first.' };
  }
  return smokeRun(electron.binary, [root]);
}

if (isProgram(import.meta.url)) {
  const result = await main().catch(
    (error: unknown): SmokeResult => ({
      outcome: 'failed',
      message: error instanceof Error ? error.message : String(error),
    }),
  );
  console.log(`${result.outcome}: ${result.message}`);
  process.exitCode = result.outcome === 'failed' ? 1 : 0;
}
