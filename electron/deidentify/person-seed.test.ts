import { expect, it } from 'vitest';
import { emptyCatalog } from '../catalog/empty-catalog.ts';
import { personSeed } from './person-seed.ts';

it('gives every scan of a person one face, two people two, and another face for another seed', () => {
  const { db, addSeries } = emptyCatalog();
  const t1 = addSeries({ state: 'queued', description: 'T1' });
  const flair = addSeries({ state: 'queued', description: 'FLAIR', kind: 'FLAIR' });
  const other = addSeries({ state: 'queued', description: 'T1 of somebody else' });
  db.exec("INSERT INTO subject (id, source_key, label) VALUES (2, 'other', 'sub-BBBBBBBB')");
  db.prepare('UPDATE series SET subject_id = 2 WHERE id = ?').run(other);
  expect(personSeed(db, flair, 1)).toBe(personSeed(db, t1, 1));
  expect(personSeed(db, other, 1)).not.toBe(personSeed(db, t1, 1));
  expect(personSeed(db, t1, 2)).not.toBe(personSeed(db, t1, 1));
  // Computed apart: SHA-256 of "1 sub-AAAAAAAA", first four bytes, without the lowest bit.
  expect(personSeed(db, t1, 1)).toBe(EXPECTED);
});

const EXPECTED = 1913440189;
