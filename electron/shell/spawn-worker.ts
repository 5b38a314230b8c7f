import { utilityProcess } from 'electron';
import { describeExit } from '../inference/spawn-node.ts';
import type { Answer, Request, WorkerProcess } from '../inference/worker-contract.ts';

/** Starts a program as a utility process: Node without a window, ended with the application. */
export function spawnUtilityWorker<Sent = Request, Heard = Answer>(file: string): WorkerProcess<Sent, Heard> {
  const child = utilityProcess.fork(file, [], {
    stdio: ['ignore', 'ignore', 'pipe'],
    serviceName: 'Refacade inference',
  });
  let said = '';
  child.stderr?.on('data', (bytes: Buffer) => {
    said = (said + bytes.toString('utf8')).slice(-8000);
  });
  return {
    get pid() {
      return child.pid; // known once it has started
    },
    post: (message) => child.postMessage(message),
    onMessage: (listener) => child.on('message', listener),
    onExit: (listener) => child.once('exit', (code) => listener(describeExit(code, null, said))),
    kill: () => {
      child.kill();
    },
    keepAlive() {}, // the window decides how long the application lives
  };
}
