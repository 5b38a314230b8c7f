import { plural } from '../ui/format.ts';

/** How many people a count of scans is of, where that is not the same; intervals and tests are over people. */
export function People({ scans, people }: { scans: number; people: number }) {
  return people === scans ? null : <span className="rf-dim"> ({plural(people, 'person', 'people')})</span>;
}
