import type { Policy, Ps315Options } from '../../../shared/deidentify/records.ts';
import { isPrivateTag, tagText } from './dicom-dataset.ts';
import { dictionaryEntry, spacedKeyword, tagOfKeyword } from './dictionary.ts';
import { extraRow, isAddress } from './extra-rows.ts';
import { classUidTags } from './identifiers.ts';
import table from './ps315-table.json' with { type: 'json' };

/** D dummy, Z empty, X remove, K keep, C clean, U replace UID (PS3.15 E.1). */
export type ActionCode = 'D' | 'Z' | 'X' | 'K' | 'C' | 'U';

/** The part of a policy that decides about headers. */
export type HeaderRecipe = Pick<Policy, 'name' | 'options' | 'overrides' | 'unknownAttributes'>;

export interface Ps315Row {
  /** Eight digits, `x` for any; `private` for every private attribute. */
  readonly tag: string;
  readonly name: string;
  readonly keyword: string;
  /** Basic Profile: one code or a combination such as `X/Z/D`. */
  readonly basic: string;
  readonly options: Readonly<Partial<Record<keyof Ps315Options, 'K' | 'C'>>>;
}

/** Every row of Table E.1-1. */
export const ps315Rows: readonly Ps315Row[] = (table as { rows: Ps315Row[] }).rows;

const rows = new Map(ps315Rows.filter((r) => !r.tag.includes('x')).map((r) => [r.tag, r]));
const patterns = ps315Rows
  .filter((r) => r.tag.includes('x'))
  .map((row) => ({ row, pattern: new RegExp(`^${row.tag.replace(/x/g, '[0-9A-F]')}$`) }));

/** The row of Table E.1-1 that speaks about a tag, or undefined. */
export function ps315Row(tag: string): Ps315Row | undefined {
  if (isPrivateTag(tag)) return rows.get('private');
  return rows.get(tag) ?? patterns.find((p) => p.pattern.test(tag))?.row;
}

/** Context ID 7050 codes of the profile and its options. */
export const optionCodes: Readonly<Record<keyof Ps315Options | 'basic', { code: string; meaning: string }>> =
  {
    basic: { code: '113100', meaning: 'Basic Application Confidentiality Profile' },
    cleanPixelData: { code: '113101', meaning: 'Clean Pixel Data Option' },
    cleanRecognizableVisualFeatures: { code: '113102', meaning: 'Clean Recognizable Visual Features Option' },
    cleanGraphics: { code: '113103', meaning: 'Clean Graphics Option' },
    cleanStructuredContent: { code: '113104', meaning: 'Clean Structured Content Option' },
    cleanDescriptors: { code: '113105', meaning: 'Clean Descriptors Option' },
    retainLongitudinalFullDates: {
      code: '113106',
      meaning: 'Retain Longitudinal Temporal Information Full Dates Option',
    },
    retainLongitudinalModifiedDates: {
      code: '113107',
      meaning: 'Retain Longitudinal Temporal Information Modified Dates Option',
    },
    retainPatientCharacteristics: { code: '113108', meaning: 'Retain Patient Characteristics Option' },
    retainDeviceIdentity: { code: '113109', meaning: 'Retain Device Identity Option' },
    retainUids: { code: '113110', meaning: 'Retain UIDs Option' },
    retainSafePrivate: { code: '113111', meaning: 'Retain Safe Private Option' },
    retainInstitutionIdentity: { code: '113112', meaning: 'Retain Institution Identity Option' },
  };

/** How dates are treated. With both date options on, the one that discloses less wins. */
export type DateMode = 'full' | 'modified' | 'removed';

export function dateMode(options: Ps315Options): DateMode {
  if (options.retainLongitudinalModifiedDates) return 'modified';
  return options.retainLongitudinalFullDates ? 'full' : 'removed';
}

export interface Decision {
  /** One code, or the table's combination when the object must decide (`X/Z/D`). */
  readonly code: ActionCode | string;
  readonly rule: string;
}

/**
 * What the table and the switched-on options say about one of its rows.
 *
 * Options loosen the Basic Profile. Where several speak: a shifted date beats a kept one (dates of device
 * calibration under both Device Identity and Modified Dates), otherwise K beats C.
 */
export function decide(row: Ps315Row, options: Ps315Options): Decision {
  const mode = dateMode(options);
  const active = (Object.entries(row.options) as [keyof Ps315Options, 'K' | 'C'][]).filter(([option]) => {
    if (option === 'retainLongitudinalFullDates') return mode === 'full';
    return options[option];
  });
  const chosen =
    active.find(([option]) => option === 'retainLongitudinalModifiedDates') ??
    active.find(([, code]) => code === 'K') ??
    active[0];
  if (chosen) return { code: chosen[1], rule: `option ${optionCodes[chosen[0]].code}` };
  return { code: row.basic, rule: `PS3.15 basic: ${row.basic}` };
}

/** An attribute about which a recipe decides more loosely than the profile with the recipe's options would. */
export interface ProfileException {
  /** `(0008,1030)` */
  readonly tag: string;
  readonly name: string;
  /** Kept as it is, or cleaned where it would have been removed or replaced. */
  readonly action: 'kept' | 'cleaned';
}

/**
 * Where the overrides of a recipe loosen the profile, in tag order; empty when the recipe is as strict as it says.
 *
 * An attribute that the profile keeps anyway is no exception, although an override also stops the search of its text
 * for names and dates: the search of a share's bytes looks there all the same.
 */
export function profileExceptions(recipe: HeaderRecipe): ProfileException[] {
  return [...overridesByTag(recipe)]
    .filter(([tag, code]) => (code === 'K' || code === 'C') && loosens(tag, code, recipe))
    .map(([tag, code]) => {
      const keyword = dictionaryEntry(tag)?.keyword;
      return {
        tag: tagText(tag),
        name: ps315Row(tag)?.name ?? (keyword ? spacedKeyword(keyword) : 'Unknown'),
        action: code === 'K' ? ('kept' as const) : ('cleaned' as const),
      };
    })
    .sort((a, b) => (a.tag < b.tag ? -1 : 1));
}

function loosens(tag: string, code: 'K' | 'C', { options, unknownAttributes }: HeaderRecipe): boolean {
  // Kept by override, an age over 89 is not grouped and a received statement about the face is taken for one.
  if (tag === '00101010' || tag === '00280302') return code === 'K';
  // What every object loses whatever the table's options say: names, private attributes, overlays, text of reports.
  if (isPrivateTag(tag) || /^(?:001000[12]0|50|60|0040A160)/.test(tag)) return true;
  const row = ps315Row(tag);
  const entry = dictionaryEntry(tag);
  if (row) {
    const usual = decide(row, options).code;
    if (usual === 'C' && entry?.vr === 'TM') return false; // a shift of days leaves the time of day
    return usual !== 'K' && usual !== code;
  }
  if (!entry) return unknownAttributes === 'remove';
  const extra = extraRow(tag);
  if (extra) return !(extra.keptBy && options[extra.keptBy]);
  if (entry.vr === 'PN' || isAddress(tag, entry.vr)) return true;
  if (entry.vr === 'UI') return code === 'K' && !options.retainUids && !classUidTags.has(tag);
  const mode = dateMode(options);
  if (entry.vr === 'DA' || entry.vr === 'DT')
    return mode === 'removed' || (code === 'K' && mode === 'modified');
  return entry.vr === 'TM' && mode === 'removed';
}

/** Overrides of a recipe by tag; keywords are looked up. */
export function overridesByTag(recipe: Pick<HeaderRecipe, 'overrides'>): Map<string, ActionCode> {
  const map = new Map<string, ActionCode>();
  for (const [key, code] of Object.entries(recipe.overrides)) {
    const tag = overrideTag(key);
    if (tag) map.set(tag, code);
  }
  return map;
}

/** `00100010`, `(0010,0010)` or `PatientName` → `00100010`; undefined when it is none of these. */
export function overrideTag(key: string): string | undefined {
  const hex = key.replace(/[(),\s]/g, '').toUpperCase();
  if (/^[0-9A-F]{8}$/.test(hex)) return hex;
  return tagOfKeyword(key);
}
