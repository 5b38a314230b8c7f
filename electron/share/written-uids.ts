import type { HeaderChange, Policy } from '../../shared/deidentify/records.ts';
import type { Db } from '../catalog/database.ts';
import {
  type Dataset,
  elementText,
  setElement,
  textElement,
  walk,
} from '../deidentify/header/dicom-dataset.ts';
import { overridesByTag } from '../deidentify/header/ps315.ts';
import { editedUid } from '../deidentify/header/stamps.ts';
import type { Pseudonyms } from '../deidentify/pseudonyms.ts';
import type { ScanToWrite } from './write-scan.ts';

/** Old UID → UID with which that instance is written. */
export type WrittenUids = ReadonlyMap<string, string>;

/** Referenced SOP Instance UID and Multi-frame Source SOP Instance UID. */
const referenceTags: ReadonlySet<string> = new Set(['00081155', '00081167']);

/**
 * The UIDs under which the instances of a share are written as DICOM, by subject.
 *
 * An edited instance has a UID of its own, derived from the one that the header work gave it; a reference to it has
 * to say that one. Keys are the UID in the source and the one after the header work. An instance that leaves twice
 * with different edits is left out: nothing says which of the two is meant.
 */
export function writtenUids(
  db: Db,
  scans: readonly ScanToWrite[],
  policy: Pick<Policy, 'options' | 'overrides'>,
  keys: Pseudonyms,
): Map<string, WrittenUids> {
  const overrides = overridesByTag(policy);
  const own = overrides.get('00080018') ?? (policy.options.retainUids ? 'K' : 'U');
  const bySubject = new Map<string, Map<string, string>>();
  // Whatever else a policy does to references or to UIDs, it has been told to.
  if ((own !== 'K' && own !== 'U') || [...referenceTags].some((tag) => overrides.has(tag))) return bySubject;
  const uidsOf = db.prepare('SELECT sop_instance_uid FROM instance WHERE series_id = ?').pluck();
  const twice = new Set<string>();
  for (const { selected, dicomFolder } of scans) {
    if (dicomFolder === null) continue;
    const { scan, derivative } = selected;
    const uids = bySubject.get(scan.subjectLabel) ?? new Map<string, string>();
    bySubject.set(scan.subjectLabel, uids);
    for (const uid of uidsOf.all(scan.seriesId) as string[]) {
      if (uid === '') continue;
      const replaced = keys.replaceUid(uid);
      const written = editedUid(own === 'K' ? uid : replaced, derivative.method, keys);
      for (const before of [uid, replaced]) {
        if ((uids.get(before) ?? written) !== written) twice.add(before);
        uids.set(before, written);
      }
    }
  }
  for (const uids of bySubject.values()) for (const uid of twice) uids.delete(uid);
  return bySubject;
}

/**
 * Makes references in a data set, at any depth, point to instances of the same share by the UIDs they are written
 * with. References to anything else stay as they are. The data set is changed in place.
 *
 * @returns what was changed
 */
export function pointToWritten(dataset: Dataset, written: WrittenUids): HeaderChange[] {
  const changes: HeaderChange[] = [];
  if (written.size === 0) return changes;
  walk(dataset, (element, path, owner) => {
    if (!referenceTags.has(element.tag)) return;
    const before = elementText(element, '');
    const after = written.get(before);
    if (after === undefined || after === before) return;
    setElement(owner, textElement(element.tag, 'UI', after));
    changes.push({
      tag: path,
      name: 'Referenced SOP Instance UID',
      vr: 'UI',
      action: 'stamp',
      before,
      after,
      rule: 'points to the edited instance of this share',
    });
  });
  return changes;
}
