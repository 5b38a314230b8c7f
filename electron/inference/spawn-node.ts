import { fork } from 'node:child_process';
import type { Answer, Request, WorkerProcess } from './worker-contract.ts';

/**
 * Starts a program as a child of Node, with a message channel and nothing on its standard output.
 *
 * @param more environment variables beside this process's own
 */
export function spawnNodeWorker<Sent = Request, Heard = Answer>(
  file: string,
  more: NodeJS.ProcessEnv = {},
): WorkerProcess<Sent, Heard> {
  const env = { ...process.env, ...more };
  const child = fork(file, [], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], execArgv: [], env });
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-8000);
  });
  return {
    pid: child.pid,
    post: (message) => {
      if (child.connected) child.send(message as object);
    },
    onMessage: (listener) => child.on('message', listener as (message: unknown) => void),
    onExit(listener) {
      let over = false;
      const end = (how: string) => {
        if (!over) listener(how);
        over = true;
      };
      child.on('error', (error) => end(`it could not be started: ${error.message}`));
      // `close` comes after the last of standard error, `exit` may come before it.
      child.on('close', (code, signal) => end(describeExit(code, signal, said)));
    },
    kill: () => child.kill('SIGKILL'),
    keepAlive(yes) {
      const parts = [child, child.channel, child.stderr as unknown as { ref?(): void; unref?(): void }];
      for (const part of parts) yes ? part?.ref?.() : part?.unref?.();
    },
  };
}

/** How a process ended, in words. @param said the end of its standard error */
export function describeExit(code: number | null, signal: string | null, said: string): string {
  const how =
    signal === 'SIGKILL'
      ? 'it was killed, as the system does when memory runs out'
      : signal
        ? `it crashed (${signal})`
        : `it ended with code ${code}`;
  // Without stack traces: the sentence before them is what helps.
  const words = said.split('\n').filter((line) => line.trim() !== '' && !/^\s*(\d+:|at )|^-{3}/.test(line));
  const last = words.slice(-3).join(' / ').slice(-500);
  return last === '' ? how : `${how}; it said: ${last}`;
}
