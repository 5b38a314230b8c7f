import { createHash } from 'node:crypto';
import { randomFrom } from './random.ts';

/** An invented person, with everything about them that must not leave a lab. */
export interface Person {
  /** Stable short key, e.g. `p1`. */
  readonly key: string;
  /** DICOM person name, family^given. */
  readonly name: string;
  readonly family: string;
  readonly given: string;
  readonly patientId: string;
  /** YYYYMMDD */
  readonly birthDate: string;
  readonly studyDate: string;
  /** HHMMSS.FFFFFF */
  readonly studyTime: string;
  readonly sex: 'F' | 'M';
  readonly ageYears: number;
  readonly accession: string;
  readonly institution: string;
  readonly address: string;
  readonly referringPhysician: string;
  readonly operator: string;
  readonly station: string;
  readonly serialNumber: string;
  readonly studyComment: string;
  readonly studyUid: string;
  readonly frameOfReferenceUid: string;
  readonly seed: number;
}

/** Invented names, odd enough that finding one in a file is never chance. */
const NAMES: readonly (readonly [string, string, 'F' | 'M'])[] = [
  ['Quistgårdh', 'Björk-Änne', 'F'],
  ['Zwetschgenbach', 'Korbinian', 'M'],
  ['Śliwczyńska', 'Żanetka', 'F'],
  ['Tanakawauchi', 'Mizuhikoro', 'M'],
  ['Hæstrupsøn', 'Sigvaldur', 'M'],
  ['Ferreirinhão', 'Conceiçãona', 'F'],
  ["O'Farrellyknox", 'Niamhette', 'F'],
  ['Yılmazoğluer', 'Gülşenay', 'F'],
];
const PLACES = [
  ['Klinikum Nebelhöhe', 'Drosselsteig 17, 99999 Nebelhöhe'],
  ['Sjukhuset Björkedal', 'Ljungvägen 4, 999 99 Björkedal'],
] as const;

/** The n-th invented person of a cohort, the same for the same seed. */
export function inventPerson(seed: number, n: number): Person {
  const random = randomFrom(seed * 1009 + n * 31 + 5);
  const [plainFamily, given, sex] = NAMES[n % NAMES.length]!;
  const family = n < NAMES.length ? plainFamily : `${plainFamily}${Math.floor(n / NAMES.length) + 1}`;
  const digits = (count: number) => Array.from({ length: count }, () => random.below(10)).join('');
  const two = (value: number) => String(value).padStart(2, '0');
  const date = (from: number, to: number) =>
    `${from + random.below(to - from + 1)}${two(1 + random.below(12))}${two(1 + random.below(28))}`;
  const birthDate = date(1948, 1996);
  const studyDate = date(2017, 2023);
  const [institution, address] = PLACES[n % PLACES.length]!;
  const key = `p${n + 1}`;
  return {
    key,
    name: `${family}^${given}`,
    family,
    given,
    patientId: `KN-${digits(7)}`,
    birthDate,
    studyDate,
    studyTime: `${two(8 + random.below(9))}${two(random.below(60))}${two(random.below(60))}.${digits(6)}`,
    sex,
    ageYears: Math.floor((Number(studyDate) - Number(birthDate)) / 10_000),
    accession: `ACC${digits(8)}Q`,
    institution,
    address,
    referringPhysician: 'Grauvogelmann^Ilsebill^^Dr.',
    operator: 'Tüxelberger^Arnfried',
    station: 'NEBELMR3T7',
    serialNumber: `SN${digits(6)}X`,
    studyComment: `Called ${given} ${family} at home, phone 0999-${digits(6)}`,
    studyUid: uidFrom(`${seed}/${key}/study`),
    frameOfReferenceUid: uidFrom(`${seed}/${key}/frame of reference`),
    seed: seed * 100 + n + 1,
  };
}

/** A UID below 2.25 from any text: the number of a 128-bit hash (PS3.5 B.2 form). */
export function uidFrom(text: string): string {
  const hash = createHash('sha256').update(text).digest();
  return `2.25.${BigInt(`0x${hash.subarray(0, 16).toString('hex')}`)}`;
}
