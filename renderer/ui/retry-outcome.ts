import { plural } from './format.ts';

/** What trying again came to, in a sentence. @param requeued jobs that wait again */
export function retryOutcome(requeued: number): string {
  return requeued === 0
    ? 'Nothing to try again: what failed or was cancelled was started again, finished or excluded since.'
    : `${plural(requeued, 'job')} in the line again.`;
}
