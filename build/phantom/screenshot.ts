import { patientAndStudy, seriesAndEquipment, seriesUidOf } from './mr-series.ts';
import { type Person, uidFrom } from './person.ts';
import type { Dataset } from './write-dicom.ts';

const SECONDARY_CAPTURE = '1.2.840.10008.5.1.4.1.1.7';
const WIDTH = 256;
const HEIGHT = 128;

/** Capital letters and figures, five columns of seven dots each, lowest bit on top. */
const FONT: Readonly<Record<string, string>> = {
  '0': '3E5149453E',
  '1': '00427F4000',
  '2': '4261514946',
  '3': '2141454B31',
  '4': '1814127F10',
  '5': '2745454539',
  '6': '3C4A494930',
  '7': '0171090503',
  '8': '3649494936',
  '9': '064949291E',
  A: '7E1111117E',
  B: '7F49494936',
  C: '3E41414122',
  D: '7F4141221C',
  E: '7F49494941',
  F: '7F09090901',
  G: '3E4149497A',
  H: '7F0808087F',
  I: '00417F4100',
  J: '2040413F01',
  K: '7F08142241',
  L: '7F40404040',
  M: '7F020C027F',
  N: '7F0408107F',
  O: '3E4141413E',
  P: '7F09090906',
  Q: '3E4151215E',
  R: '7F09192946',
  S: '4649494931',
  T: '01017F0101',
  U: '3F4040403F',
  V: '1F2040201F',
  W: '3F4038403F',
  X: '6314081463',
  Y: '0708700807',
  Z: '6151494543',
  '-': '0808080808',
}; // prettier-ignore

/**
 * A secondary capture of a workstation screen: name, ID and birth date are in the pixels.
 *
 * Burned In Annotation says NO, as screenshots in the wild do.
 */
export function screenshot(person: Person): { sopInstanceUid: string; dataset: Dataset; burnedIn: string[] } {
  const plain = (text: string) =>
    text
      .normalize('NFD')
      .toUpperCase()
      .replace(/[^A-Z0-9 -]/g, '');
  const burnedIn = [plain(`${person.family} ${person.given}`), plain(person.patientId), person.birthDate];
  const pixels = new Uint8Array(WIDTH * HEIGHT).fill(24);
  burnedIn.forEach((line, n) => {
    writeLine(pixels, line, 10, 12 + 22 * n);
  });
  const seriesUid = seriesUidOf(person, 99);
  const sopInstanceUid = uidFrom(`${seriesUid}/screenshot`);
  return {
    sopInstanceUid,
    burnedIn,
    dataset: [
      ...patientAndStudy(person),
      ...seriesAndEquipment(person, 'OT', seriesUid, 99, 'Screenshot'),
      { tag: 0x00080008, vr: 'CS', value: ['DERIVED', 'SECONDARY'] },
      { tag: 0x00080016, vr: 'UI', value: SECONDARY_CAPTURE },
      { tag: 0x00080018, vr: 'UI', value: sopInstanceUid },
      { tag: 0x00080064, vr: 'CS', value: 'WSD' },
      { tag: 0x00200013, vr: 'IS', value: '1' },
      { tag: 0x00200020, vr: 'CS', value: '' },
      { tag: 0x00280002, vr: 'US', value: 1 },
      { tag: 0x00280004, vr: 'CS', value: 'MONOCHROME2' },
      { tag: 0x00280010, vr: 'US', value: HEIGHT },
      { tag: 0x00280011, vr: 'US', value: WIDTH },
      { tag: 0x00280100, vr: 'US', value: 8 },
      { tag: 0x00280101, vr: 'US', value: 8 },
      { tag: 0x00280102, vr: 'US', value: 7 },
      { tag: 0x00280103, vr: 'US', value: 0 },
      { tag: 0x00280301, vr: 'CS', value: 'NO' },
      { tag: 0x7fe00010, vr: 'OB', value: pixels },
    ],
  };
}

function writeLine(pixels: Uint8Array, text: string, left: number, top: number): void {
  let x = left;
  for (const letter of text) {
    const columns = FONT[letter];
    for (let c = 0; columns !== undefined && c < 5; c++) {
      const dots = Number.parseInt(columns.slice(2 * c, 2 * c + 2), 16);
      for (let r = 0; r < 7; r++)
        if (dots & (1 << r))
          for (const [dx, dy] of [
            [0, 0],
            [0, 1],
            [1, 0],
            [1, 1],
          ] as const) // twice the size
            if (x + 2 * c + dx < WIDTH) pixels[(top + 2 * r + dy) * WIDTH + x + 2 * c + dx] = 230;
    }
    x += 12;
  }
}
