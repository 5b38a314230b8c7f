import { describeError } from '../describe-error.ts';
import type { Failure } from './worker-contract.ts';

/**
 * Joins a program to the application that started it: Node's channel, or the port that Electron's utility process has
 * in its place. The channel closing ends the process.
 *
 * @param receive called with each message
 * @returns sends a message
 */
export function openPort<Heard, Sent>(receive: (message: Heard) => void): (message: Sent) => void {
  const port = (
    process as unknown as {
      parentPort?: {
        on(event: 'message', listener: (event: { data: Heard }) => void): void;
        postMessage(message: Sent): void;
      };
    }
  ).parentPort;
  if (port) {
    port.on('message', (event) => receive(event.data));
    return (message) => port.postMessage(message);
  }
  process.on('message', (message) => receive(message as Heard));
  process.on('disconnect', () => process.exit(0));
  return (message) => process.send?.(message);
}

/** An error as it travels. */
export function failureOf(error: unknown): Failure {
  return { name: error instanceof Error ? error.name : 'Error', message: describeError(error) };
}
