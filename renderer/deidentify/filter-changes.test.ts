import { describe, expect, it } from 'vitest';
import type { HeaderChange } from '../../shared/deidentify/records.ts';
import { countActions, filterChanges } from './filter-changes.ts';

const make = (name: string, action: HeaderChange['action'], before = 'a', after = 'b'): HeaderChange => ({
  tag: '(0010,0010)',
  name,
  vr: 'PN',
  action,
  before,
  after,
  rule: 'PS3.15 basic: Z',
});
const changes = [
  make('PatientName', 'empty', 'Doe', ''),
  make('Modality', 'keep', 'MR', 'MR'),
  make('StudyDate', 'shift-date', '20200101', '19210302'),
];

describe('filterChanges', () => {
  it('hides only what stays the same', () => {
    expect(filterChanges(changes, 'changed', '').map((c) => c.name)).toEqual(['PatientName', 'StudyDate']);
    expect(filterChanges(changes, 'all', '')).toHaveLength(3);
    // A "keep" whose value still differs must never be hidden.
    expect(filterChanges([make('X', 'keep', '1', '2')], 'changed', '')).toHaveLength(1);
  });
  it('wants every word of the search', () => {
    expect(filterChanges(changes, 'all', 'study 2020')).toHaveLength(1);
    expect(filterChanges(changes, 'all', 'study doe')).toHaveLength(0);
  });
});

it('countActions counts every attribute once', () => {
  expect(countActions([...changes, make('Y', 'empty')])[0]).toEqual(['empty', 2]);
  expect(countActions(changes).reduce((sum, [, count]) => sum + count, 0)).toBe(changes.length);
});
