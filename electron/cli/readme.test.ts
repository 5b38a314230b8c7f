import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const readme = readFileSync('README.md', 'utf8');
const { scripts, bin } = JSON.parse(readFileSync('package.json', 'utf8'));

describe('how the README calls the command line', () => {
  it('is a script that starts the program and nothing before it', () => {
    expect(readme).toContain('npm run -s refacade -- <command>');
    expect(scripts.refacade).toBe(`node ${bin.refacade}`);
    expect(scripts).not.toHaveProperty('prerefacade');
    // The first `npx refacade` packs the checkout, which runs `prepare`: dist is deleted, also under a running server.
    expect(readme).not.toMatch(/npx refacade/);
  });

  it('names only commands that there are', () => {
    const named = [...readme.matchAll(/^(?:.*; )?refacade ([a-z]+)/gm)].map((m) => m[1]!);
    expect(named.length).toBeGreaterThan(12);
    for (const name of named)
      expect(readFileSync(`electron/cli/${name}.ts`, 'utf8')).toContain(`name: '${name}'`);
  });

  it.skipIf(!existsSync('dist/cli/main.js'))('answers (skipped without a build)', () => {
    const run = ['run', '-s', 'refacade', '--', 'methods', '--json'];
    const said = execFileSync('npm', run, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      shell: process.platform === 'win32',
    });
    expect(JSON.parse(said).methods.length).toBeGreaterThan(0);
  });
});
