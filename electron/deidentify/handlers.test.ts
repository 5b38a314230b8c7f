import { expect, it } from 'vitest';
import type { ProjectSession } from '../project/session.ts';
import { deidentifyHandlers } from './handlers.ts';

// Handlers are made anew for every question; a preview that did not know the one before could not end it.
it('asks every preview of a project of the same one, and each project of its own', () => {
  const session = () => ({ folder: { dir: '', previewDir: '' } }) as unknown as ProjectSession;
  const [one, other] = [session(), session()];
  const previewOf = (s: ProjectSession) => deidentifyHandlers(s, async () => [])['deidentify.previewFace'];
  expect(previewOf(one)).toBe(previewOf(one));
  expect(previewOf(one)).not.toBe(previewOf(other));
});
