import type { HeaderChange } from '../../../shared/deidentify/records.ts';
import type { Pseudonyms } from '../pseudonyms.ts';
import { isGroupedAge } from './age-group.ts';
import { cleanDescriptor } from './clean-text.ts';
import {
  type Dataset,
  type Element,
  elementText,
  emptyDataset,
  emptyElement,
  getString,
  isPrivateCreator,
  isPrivateTag,
  isTextVr,
  printable,
  sequenceElement,
  setElement,
  setString,
  sortedElements,
  tagText,
  textElement,
} from './dicom-dataset.ts';
import { dictionaryEntry, privateEntry, spacedKeyword } from './dictionary.ts';
import { dummyElement, dummyText } from './dummy-values.ts';
import { extraRow, isAddress } from './extra-rows.ts';
import { identifierPattern } from './identifier-pattern.ts';
import { classUidTags, type Identifier, identifiersOf } from './identifiers.ts';
import { resolveCode, sopClassOf } from './iod-types.ts';
import {
  type ActionCode,
  type DateMode,
  dateMode,
  decide,
  type HeaderRecipe,
  optionCodes,
  overridesByTag,
  ps315Row,
} from './ps315.ts';
import { isSafePrivate } from './safe-private.ts';
import { shiftDa, shiftDt, withoutDates } from './shift-dates.ts';
import { addMethodCodes, appendMethod, headerCodes, isOwnWork, methodText } from './stamps.ts';

/** Whose object it is: the grouping identity in the source, the pseudonym, and what must not survive in text. */
export interface HeaderSubject {
  readonly sourceKey: string;
  /** `sub-XXXXXXXX`. */
  readonly label: string;
  /** Added to those found in the object itself. */
  readonly identifiers?: readonly Identifier[];
}

export interface ProfileResult {
  readonly dataset: Dataset;
  /** One entry for every attribute, kept ones included, in tag order. */
  readonly changes: HeaderChange[];
}

/** What happens to one element: `element` undefined means that it goes. */
interface Outcome {
  readonly element: Element | undefined;
  readonly action: HeaderChange['action'];
  readonly rule: string;
  /** A kept sequence whose items are treated too. */
  readonly recurse?: boolean;
}

/** Study ID, Date and Time: keys of a DICOMDIR (PS3.3 F.5.2), so Z writes a dummy there. */
const directoryKeys: ReadonlySet<string> = new Set(['00200010', '00080020', '00080030']);

interface Run {
  readonly recipe: HeaderRecipe;
  readonly overrides: ReadonlyMap<string, ActionCode>;
  readonly pseudonyms: Pseudonyms;
  readonly subject: HeaderSubject;
  readonly mode: DateMode;
  readonly shiftDays: number;
  readonly sopClassUid: string;
  /** The object already carries our pseudonym and our mark: dates are not moved a second time. */
  readonly ownWork: boolean;
  /** Finds this subject's identifiers as whole words, and the words themselves. */
  readonly identifying: RegExp | null;
  readonly forbiddenWords: ReadonlySet<string>;
  readonly changes: HeaderChange[];
}

/**
 * De-identifies one data set by a recipe.
 *
 * PS3.15 Basic Profile with the switched-on options; overrides of the recipe come first, then the table's
 * options, then its Basic Profile column. Items of kept sequences are treated like the data set itself.
 * Attributes outside the table are kept if the dictionary knows them, save those of `extraRow`, names,
 * addresses, instance UIDs, dates and text that names the subject; attributes nobody knows follow `unknownAttributes`. Private attributes go,
 * except a short list under Retain Safe Private.
 *
 * Applied twice with the same keys it changes nothing the second time: our UIDs and pseudonyms are
 * recognised and dates of our own work are not moved again.
 *
 * @param dataset is not changed
 * @throws KeysLockedError, KeysCutError from the keys
 */
export function applyProfile(
  dataset: Dataset,
  recipe: HeaderRecipe,
  pseudonyms: Pseudonyms,
  subject: HeaderSubject,
): ProfileResult {
  const identifiers = [...identifiersOf(dataset), ...(subject.identifiers ?? [])];
  const { pattern, words } = identifierPattern(
    identifiers,
    subject.label,
    recipe.options.retainInstitutionIdentity,
  );
  const run: Run = {
    recipe,
    overrides: overridesByTag(recipe),
    pseudonyms,
    subject,
    mode: dateMode(recipe.options),
    shiftDays: pseudonyms.shiftDays(subject.sourceKey),
    sopClassUid: sopClassOf(dataset),
    ownWork: isOwnWork(dataset, subject.label),
    identifying: pattern,
    forbiddenWords: words,
    changes: [],
  };
  const out = treatDataset(dataset, run, '');
  stamp(dataset, out, run);
  run.changes.sort((a, b) => (a.tag < b.tag ? -1 : a.tag > b.tag ? 1 : 0));
  return { dataset: out, changes: run.changes };
}

function treatDataset(dataset: Dataset, run: Run, prefix: string): Dataset {
  const out = emptyDataset(dataset.charset);
  const safe = run.recipe.options.retainSafePrivate ? safePrivateTags(dataset) : new Set<string>();
  for (const element of sortedElements(dataset)) {
    if (element.tag.endsWith('0000')) continue; // group lengths are not written
    const path = `${prefix}${tagText(element.tag)}`;
    const outcome = checkRetained(treat(element, dataset, run, safe), element, dataset, run);
    const at = run.changes.length;
    let kept = outcome.element;
    if (kept?.items && outcome.recurse) {
      kept = sequenceElement(
        kept.tag,
        kept.items.map((item, i) => treatDataset(item, run, `${path}[${i}].`)),
      );
    }
    if (kept) setElement(out, kept);
    run.changes.splice(at, 0, {
      tag: path,
      name: nameOf(element, dataset),
      vr: element.vr,
      action: outcome.action,
      before: printable(element, dataset.charset),
      after: printable(kept, dataset.charset),
      rule: outcome.rule,
    });
  }
  return out;
}

function treat(element: Element, dataset: Dataset, run: Run, safe: ReadonlySet<string>): Outcome {
  const { tag } = element;
  const override = run.overrides.get(tag);
  if (override) return carryOut(override, 'PS3.15 basic: X', 'policy override', element, dataset, run);
  if (isPrivateTag(tag)) {
    if (safe.has(tag)) return { element, action: 'keep', rule: 'option 113111', recurse: false };
    return { element: undefined, action: 'remove', rule: 'PS3.15 basic: X (private)' };
  }
  if (tag === '00100010' || tag === '00100020') {
    const text = tag === '00100010' ? patientName(run.subject.label) : run.subject.label;
    return { element: textElement(tag, element.vr, text), action: 'dummy', rule: 'pseudonym of the project' };
  }
  // An overlay or curve without its data is a broken one; the whole group goes with it (PS3.15 note to 60xx,3000).
  if (/^(?:50|60)[0-9A-F]{2}/.test(tag))
    return { element: undefined, action: 'remove', rule: 'PS3.15 basic: X (overlay or curve)' };
  if (tag === '0040A160') return carryOut('D', 'D', 'free text of a content item', element, dataset, run);
  if (tag === '00280302') return receivedFaceStatement(element, run);

  const row = ps315Row(tag);
  if (row) {
    const decision = decide(row, run.recipe.options);
    const basic = resolveCode(row.basic, tag, run.sopClassUid);
    return carryOut(
      resolveCode(decision.code, tag, run.sopClassUid),
      basic,
      decision.rule,
      element,
      dataset,
      run,
    );
  }
  if (!dictionaryEntry(tag) && run.recipe.unknownAttributes === 'remove') {
    return { element: undefined, action: 'remove', rule: 'unknown attribute' };
  }
  return treatUnlisted(element, dataset, run);
}

/** Attributes that Table E.1-1 does not list: kept, unless their kind alone can identify. */
function treatUnlisted(element: Element, dataset: Dataset, run: Run): Outcome {
  const { tag, vr } = element;
  const rule = 'not in table E.1-1';
  const extra = extraRow(tag);
  if (extra?.keptBy && run.recipe.options[extra.keptBy])
    return { element, action: 'keep', rule: `option ${optionCodes[extra.keptBy].code}`, recurse: true };
  if (extra) return { element: undefined, action: 'remove', rule: `${rule}: ${extra.why}` };
  if (isAddress(tag, vr)) return { element: undefined, action: 'remove', rule: `${rule}: address` };
  if (vr === 'PN') return { element: undefined, action: 'remove', rule: `${rule}: person name` };
  if (vr === 'UI' && !classUidTags.has(tag) && !run.recipe.options.retainUids) {
    return carryOut('U', 'U', `${rule}: instance UID`, element, dataset, run);
  }
  if (vr === 'DA' || vr === 'DT') {
    const code = run.mode === 'full' ? 'K' : run.mode === 'modified' ? 'C' : 'X';
    return carryOut(code, 'X', `${rule}: date`, element, dataset, run);
  }
  if (vr === 'TM' && run.mode === 'removed')
    return { element: undefined, action: 'remove', rule: `${rule}: time` };
  return { element, action: 'keep', rule, recurse: true };
}

/** A received "no recognizable visual features" is no evidence; only our own stamp stays. */
function receivedFaceStatement(element: Element, run: Run): Outcome {
  if (run.ownWork || elementText(element, '') === 'YES')
    return { element, action: 'keep', rule: 'not in table E.1-1' };
  return { element: undefined, action: 'remove', rule: 'a received statement is no evidence' };
}

/**
 * Performs one action on one element.
 *
 * @param basic what to do when C finds nothing that can be kept safely
 */
function carryOut(
  code: ActionCode,
  basic: ActionCode | string,
  rule: string,
  element: Element,
  dataset: Dataset,
  run: Run,
): Outcome {
  const { tag, vr } = element;
  switch (code) {
    case 'X':
      return { element: undefined, action: 'remove', rule };
    case 'Z':
      // Z allows a dummy (PS3.15 table E.1-1a); without these no media directory can be built.
      if (directoryKeys.has(tag) && element.value.byteLength > 0) {
        return { element: dummyElement(element, run.pseudonyms), action: 'dummy', rule };
      }
      return { element: emptyElement(tag, vr), action: 'empty', rule };
    case 'D':
      // A reference to another object stays a reference: its UIDs are replaced, like those of U*.
      if (tag === '00081111' && element.items) return { element, action: 'keep', rule, recurse: true };
      return { element: dummyElement(element, run.pseudonyms), action: 'dummy', rule };
    case 'U':
      return replaceUids(element, rule, run);
    case 'K':
      return keep(element, dataset, rule);
    case 'C': {
      const cleaned = clean(element, dataset, rule, run);
      if (cleaned) return cleaned;
      const fallback = (basic.at(-1) === 'C' ? 'X' : basic.at(-1)) as ActionCode;
      return carryOut(fallback, 'X', `${rule}: nothing to keep, ${fallback}`, element, dataset, run);
    }
  }
}

function replaceUids(element: Element, rule: string, run: Run): Outcome {
  if (element.items) return { element, action: 'keep', rule, recurse: true };
  if (element.vr !== 'UI') return { element: undefined, action: 'remove', rule: `${rule}: not a UID` };
  const before = elementText(element, '');
  const after = before
    .split('\\')
    .map((uid) => run.pseudonyms.replaceUid(uid))
    .join('\\');
  if (after === before)
    return { element, action: 'keep', rule: before === '' ? rule : `${rule}: standard or already replaced` };
  return { element: textElement(element.tag, 'UI', after), action: 'replace-uid', rule };
}

function keep(element: Element, dataset: Dataset, rule: string): Outcome {
  const isAge = element.tag === '00101010' && rule !== 'policy override';
  if (isAge && isGroupedAge(elementText(element, dataset.charset))) {
    return {
      element: textElement(element.tag, 'AS', '089Y'),
      action: 'clean',
      rule: `${rule}: ages over 89 are grouped`,
    };
  }
  return { element, action: 'keep', rule, recurse: true };
}

/** Action C, or undefined when nothing can be kept safely. */
function clean(element: Element, dataset: Dataset, rule: string, run: Run): Outcome | undefined {
  const { tag, vr } = element;
  const text = elementText(element, dataset.charset);
  if (vr === 'DA' || vr === 'DT') {
    if (text === '' || run.ownWork)
      return { element, action: 'keep', rule: text === '' ? rule : `${rule}: already moved` };
    const moved = vr === 'DA' ? shiftDa(text, run.shiftDays) : shiftDt(text, run.shiftDays);
    return moved === undefined
      ? undefined
      : { element: textElement(tag, vr, moved), action: 'shift-date', rule };
  }
  if (vr === 'TM') return { element, action: 'keep', rule };
  // Graphics cannot be judged without looking at them.
  if (tag === '00700001') return undefined;
  if (element.items) return { element, action: 'keep', rule, recurse: true };
  if (!['LO', 'SH', 'ST', 'LT', 'UT', 'UC', 'CS'].includes(vr)) return undefined;
  if (text === '') return { element, action: 'keep', rule };
  if (text === dummyText) return { element, action: 'keep', rule };
  const cleaned = text
    .split('\\')
    .map((value) => cleanDescriptor(value, run.forbiddenWords))
    .join('\\');
  if (/^\\*$/.test(cleaned)) return undefined;
  return { element: textElement(tag, vr, cleaned), action: cleaned === text ? 'keep' : 'clean', rule };
}

/** Text that stays must name neither the subject nor, unless dates are retained, a date. */
function checkRetained(outcome: Outcome, element: Element, dataset: Dataset, run: Run): Outcome {
  const kept = outcome.element;
  if (
    !kept ||
    kept.items ||
    kept.fragments ||
    outcome.action !== 'keep' ||
    outcome.rule === 'policy override'
  )
    return outcome;
  const looksLikeText = isTextVr(kept.vr) || (kept.vr === 'UN' && kept.value.byteLength < 4096);
  if (!looksLikeText || ['UI', 'DA', 'DT', 'TM', 'DS', 'IS', 'AS'].includes(kept.vr)) return outcome;
  const text =
    kept.vr === 'UN' ? Buffer.from(kept.value).toString('latin1') : elementText(kept, dataset.charset);
  if (run.identifying?.test(text)) {
    return {
      element: undefined,
      action: 'remove',
      rule: `${outcome.rule}: contains an identifier of the subject`,
    };
  }
  if (run.mode === 'full' || !['LO', 'SH', 'ST', 'LT', 'UT', 'UC'].includes(kept.vr)) return outcome;
  // Values stay apart, or a number could run into its neighbour.
  const values = text.split('\\');
  const dateless = values.map((value) => withoutDates(value) ?? value);
  if (dateless.every((value, i) => value === values[i])) return outcome;
  const left = dateless.join('\\');
  return {
    element: textElement(element.tag, kept.vr, left, dataset.charset),
    action: 'clean',
    rule: `${outcome.rule}: date inside text`,
  };
}

/** Safe private attributes of a data set together with the creator elements of their blocks. */
function safePrivateTags(dataset: Dataset): Set<string> {
  const tags = new Set<string>();
  for (const { tag, vr, value, items } of dataset.elements.values()) {
    if (!isPrivateTag(tag) || isPrivateCreator(tag) || items) continue;
    const creatorTag = `${tag.slice(0, 4)}00${tag.slice(4, 6)}`;
    const creator = getString(dataset, creatorTag);
    if (creator && isSafePrivate(tag, creator, vr, value)) tags.add(tag).add(creatorTag);
  }
  return tags;
}

/** Name of an attribute for people, from the dictionary or its private creator. */
export function nameOf(element: Element, dataset: Dataset): string {
  const { tag } = element;
  if (isPrivateTag(tag)) {
    if (isPrivateCreator(tag)) return 'Private Creator';
    const creator = getString(dataset, `${tag.slice(0, 4)}00${tag.slice(4, 6)}`) ?? '';
    const known = privateEntry(tag.slice(0, 4), creator, tag.slice(6))?.keyword;
    return known && known !== 'Unknown'
      ? `${spacedKeyword(known)} (private)`
      : `Private of ${creator || 'nobody'}`;
  }
  const entry = dictionaryEntry(tag);
  return entry ? spacedKeyword(entry.keyword) : (ps315Row(tag)?.name ?? 'Unknown');
}

/** What every de-identified object says about itself (PS3.15 E.1.1 step 6 and the Patient module). */
function stamp(before: Dataset, out: Dataset, run: Run): void {
  const { recipe, subject } = run;
  const mark = (tag: string, act: () => void): void => {
    act();
    const change: HeaderChange = {
      tag: tagText(tag),
      name: spacedKeyword(dictionaryEntry(tag)!.keyword),
      vr: out.elements.get(tag)!.vr,
      action: 'stamp',
      before: printable(before.elements.get(tag), before.charset),
      after: printable(out.elements.get(tag), out.charset),
      rule: 'stamp',
    };
    const at = run.changes.findIndex((c) => c.tag === change.tag);
    if (at >= 0) run.changes[at] = change;
    else run.changes.push(change);
  };
  for (const tag of ['00100010', '00100020']) {
    if (!out.elements.has(tag) && !run.overrides.has(tag)) {
      mark(tag, () => setString(out, tag, tag === '00100010' ? patientName(subject.label) : subject.label));
    }
  }
  mark('00120062', () => setString(out, '00120062', 'YES'));
  mark('00120063', () => appendMethod(out, methodText(recipe)));
  mark('00120064', () => addMethodCodes(out, headerCodes(recipe)));
  const dates = { full: 'UNMODIFIED', modified: 'MODIFIED', removed: 'REMOVED' }[run.mode];
  mark('00280303', () => setString(out, '00280303', dates));
}

/** The pseudonym as a person name: a family name and an empty given name, the form that validators expect. */
function patientName(label: string): string {
  return `${label}^`;
}
