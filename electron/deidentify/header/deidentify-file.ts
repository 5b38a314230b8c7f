import type { HeaderChange } from '../../../shared/deidentify/records.ts';
import type { Pseudonyms } from '../pseudonyms.ts';
import { applyProfile, type HeaderSubject, nameOf } from './apply-profile.ts';
import {
  type DicomFile,
  emptyDataset,
  getString,
  printable,
  setElement,
  sortedElements,
  tagText,
  textElement,
} from './dicom-dataset.ts';
import type { HeaderRecipe } from './ps315.ts';

/** `applyProfile` on a whole file; group 0002 loses everything that names a system, writing rebuilds it. */
export function deidentifyFile(
  file: DicomFile,
  recipe: HeaderRecipe,
  pseudonyms: Pseudonyms,
  subject: HeaderSubject,
): { file: DicomFile; changes: HeaderChange[] } {
  const { dataset, changes } = applyProfile(file.dataset, recipe, pseudonyms, subject);
  const meta = emptyDataset();
  const metaChanges: HeaderChange[] = [];
  for (const element of sortedElements(file.meta)) {
    if (element.tag === '00020000') continue;
    const before = printable(element, '');
    let after = before;
    let action: HeaderChange['action'] = 'keep';
    let rule = 'group 0002 is written anew';
    if (element.tag === '00020003') {
      const kept = recipe.options.retainUids;
      after = getString(dataset, '00080018') ?? (kept ? before : pseudonyms.replaceUid(before));
      action = after === before ? 'keep' : 'replace-uid';
      rule = kept ? 'option 113110' : 'PS3.15 basic: U';
      setElement(meta, textElement('00020003', 'UI', after));
    } else if (element.tag === '00020002') setElement(meta, element);
    else if (element.tag === '00020012' || element.tag === '00020013') {
      action = 'stamp';
      after = 'Refacade';
    } else if (element.tag !== '00020001' && element.tag !== '00020010') {
      action = 'remove';
      after = '';
      rule = 'group 0002: names a system';
    }
    metaChanges.push({
      tag: tagText(element.tag),
      name: nameOf(element, file.meta),
      vr: element.vr,
      action,
      before,
      after,
      rule,
    });
  }
  return { file: { ...file, meta, dataset }, changes: [...metaChanges, ...changes] };
}
