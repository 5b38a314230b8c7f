import { describe, expect, it } from 'vitest';
import { policy } from '../../../shared/deidentify/records.ts';
import { listPolicies } from '../policies.ts';
import { pseudonymsFrom } from '../pseudonyms.ts';
import { applyProfile } from './apply-profile.ts';
import {
  type Dataset,
  elementText,
  emptyDataset,
  sequenceElement,
  setElement,
  setString,
  walk,
} from './dicom-dataset.ts';
import { dictionaryEntry } from './dictionary.ts';
import { extraTags } from './extra-rows.ts';
import { identifiersOf } from './identifiers.ts';
import { type HeaderRecipe, profileExceptions, ps315Row } from './ps315.ts';

const keys = pseudonymsFrom(new Uint8Array(32).fill(3));
const subject = { sourceKey: 'dicom:|PX|', label: keys.subjectLabel('dicom:|PX|') };
const bare = policy.parse({ name: 'bare' });

function issuer(): Dataset {
  const item = emptyDataset('ISO_IR 192');
  setString(item, '00400031', 'ST EULALIA NETHER WALLOP PACS');
  setString(item, '00400032', '1.2.276.0.76.3.1.54321');
  setString(item, '00400033', 'ISO');
  const facility = emptyDataset('ISO_IR 192');
  setString(facility, '00400031', 'Larkspur Infirmary');
  setElement(item, sequenceElement('00400036', [facility]));
  return item;
}

/** An object that says who somebody is where Table E.1-1 does not look. */
function object(): Dataset {
  const ds = emptyDataset('ISO_IR 192');
  const put = (tag: string, text: string, vr?: string) => setString(ds, tag, text, vr);
  put('00080016', '1.2.840.10008.5.1.4.1.1.4');
  put('00080070', 'ACME');
  put('00100033', '2474-04-17');
  put('00100034', '2560/11/30');
  put('00100035', 'BUDDHIST');
  for (const tag of ['00100024', '00080051', '00400026', '00400027'])
    setElement(ds, sequenceElement(tag, [issuer()]));
  put('00401006', 'ORD-778812');
  put('00401007', 'FIL-778812');
  put('00402006', 'ORX-551');
  put('00402007', 'FIX-551');
  put('00201070', '448812');
  put('00400400', 'Mrs Schulz, ward 12, telephone 0511 123456');
  put('00081190', 'https://pacs.larkspur.example/dicom-web/studies/1.2.3');
  put('00287FE0', 'https://pacs.larkspur.example/pixels');
  put('0040E010', 'https://documents.larkspur.example/7', 'UT');
  put('00101022', '31.2');
  const group = emptyDataset('ISO_IR 192');
  setString(group, '00080100', '2186-5');
  setString(group, '00080120', 'urn:oid:2.16.840.1.113883.6.238', 'UR');
  setString(group, '00080104', 'Not Hispanic or Latino');
  setElement(ds, sequenceElement('00102161', [group]));
  return ds;
}

function textOf(dataset: Dataset): string {
  const out: string[] = [];
  walk(dataset, (element, _path, owner) => out.push(elementText(element, owner.charset)));
  return out.join('\n');
}

const treat = (recipe: HeaderRecipe) => applyProfile(object(), recipe, keys, subject);
const secrets = /2474|2560|BUDDHIST|EULALIA|54321|Larkspur|ORD-|FIL-|ORX-|FIX-|448812|Schulz|https:/i;

describe('attributes outside table E.1-1', () => {
  it.each(listPolicies(''))('that identify leave under no built-in policy: "$name"', (recipe) => {
    const { dataset, changes } = treat(recipe);
    expect(textOf(dataset)).not.toMatch(secrets);
    expect(textOf(dataset)).toContain('ACME');
    expect(changes.find((c) => c.tag === '(0010,0033)')!.rule).toBe(
      'not in table E.1-1: birth date in another calendar',
    );
    expect(changes.find((c) => c.tag === '(0028,7FE0)')!.rule).toBe('not in table E.1-1: address');
  });

  it('about the body stay under 113108 only', () => {
    const without = treat({ ...bare, options: { ...bare.options, retainPatientCharacteristics: false } });
    expect(textOf(without.dataset)).not.toMatch(/31\.2|Hispanic/);
    const kept = treat({ ...bare, options: { ...bare.options, retainPatientCharacteristics: true } });
    expect(textOf(kept.dataset)).toMatch(/31\.2[\s\S]*2186-5[\s\S]*urn:oid/);
    expect(kept.changes.find((c) => c.tag === '(0010,1022)')!.rule).toBe('option 113108');
  });

  it('are really outside it, and the dictionary knows them', () => {
    for (const tag of extraTags) {
      expect(ps315Row(tag), tag).toBeUndefined();
      expect(dictionaryEntry(tag), tag).toBeDefined();
    }
  });

  it('kept by an override count as exceptions from the profile', () => {
    const overrides = { '00100033': 'K', '00287FE0': 'K', '00101022': 'K', '00080070': 'K' } as const;
    const options = { ...bare.options, retainPatientCharacteristics: true };
    expect(profileExceptions({ ...bare, options, overrides }).map((e) => e.tag)).toEqual([
      '(0010,0033)',
      '(0028,7FE0)',
    ]);
  });

  it('are known to the search of a share', () => {
    const found = identifiersOf(object()).map((i) => `${i.kind} ${i.text}`);
    for (const wanted of [
      'birth-date 2474-04-17',
      'birth-date 17.04.2474',
      'birth-date 25601130',
      'institution ST EULALIA NETHER WALLOP PACS',
      'institution Larkspur Infirmary',
      'uid 1.2.276.0.76.3.1.54321',
      'order ORD-778812',
      'order FIL-778812',
      'order ORX-551',
      'order FIX-551',
      'order 448812',
      'address https://pacs.larkspur.example/dicom-web/studies/1.2.3',
      'institution pacs.larkspur.example',
      'institution documents.larkspur.example',
    ])
      expect(found).toContain(wanted);
  });
});
