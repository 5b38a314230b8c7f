import type { Volume } from '../../electron/volume/volume.ts';
import { apply } from '../../shared/geometry/affine.ts';
import { type Person, uidFrom } from './person.ts';
import type { Dataset, Element } from './write-dicom.ts';

export interface SeriesInfo {
  readonly number: number;
  readonly description: string;
  readonly protocol: string;
  readonly contrast: 'T1w' | 'T2w' | 'FLAIR';
  /** Slices left out, as from a damaged archive. */
  readonly missing?: readonly number[];
  /** ORIGINAL\PRIMARY\… */
  readonly imageType?: readonly string[];
}

export interface Instance {
  readonly sopInstanceUid: string;
  readonly dataset: Dataset;
}

const MR_IMAGE_STORAGE = '1.2.840.10008.5.1.4.1.1.4';

/**
 * A classic MR series: one MR Image Storage instance per slice along the volume's third axis, with every type 1
 * and type 2 attribute of the IOD and identifiers wherever scanners and people put them.
 *
 * Geometry is written in LPS, as DICOM has it.
 */
export function mrSeries(person: Person, volume: Volume, info: SeriesInfo): Instance[] {
  const seriesUid = seriesUidOf(person, info.number);
  const { affine, shape } = volume;
  const [nx, ny, nz] = shape as [number, number, number];
  const columns = [0, 1, 2].map((c) => [-affine[c]!, -affine[4 + c]!, affine[8 + c]!]);
  const sizes = columns.map((c) => Math.hypot(...c));
  const orientation = [0, 1].flatMap((c) => columns[c]!.map((v) => v / sizes[c]!));
  const instances: Instance[] = [];
  for (let k = 0; k < nz; k++) {
    if (info.missing?.includes(k)) continue;
    const [x, y, z] = apply(affine, 0, 0, k);
    const position = [-x, -y, z];
    const sopInstanceUid = uidFrom(`${seriesUid}/${k}`);
    const pixels = new Uint8Array(2 * nx * ny);
    const view = new DataView(pixels.buffer);
    for (let p = 0; p < nx * ny; p++)
      view.setUint16(2 * p, Math.max(0, Math.min(4095, volume.data[k * nx * ny + p]!)), true);
    const normal = [
      orientation[1]! * orientation[5]! - orientation[2]! * orientation[4]!,
      orientation[2]! * orientation[3]! - orientation[0]! * orientation[5]!,
      orientation[0]! * orientation[4]! - orientation[1]! * orientation[3]!,
    ];
    const location = normal.reduce((sum, v, n) => sum + v * position[n]!, 0);
    instances.push({
      sopInstanceUid,
      dataset: [
        ...patientAndStudy(person),
        ...seriesAndEquipment(person, 'MR', seriesUid, info.number, info.description),
        ...timing(info.contrast),
        { tag: 0x00080008, vr: 'CS', value: info.imageType ?? ['ORIGINAL', 'PRIMARY', 'OTHER'] },
        { tag: 0x00080016, vr: 'UI', value: MR_IMAGE_STORAGE },
        { tag: 0x00080018, vr: 'UI', value: sopInstanceUid },
        { tag: 0x00181030, vr: 'LO', value: info.protocol },
        { tag: 0x00180050, vr: 'DS', value: sizes[2]! },
        { tag: 0x00185100, vr: 'CS', value: 'HFS' },
        { tag: 0x00200013, vr: 'IS', value: String(k + 1) },
        { tag: 0x00200032, vr: 'DS', value: position },
        { tag: 0x00200037, vr: 'DS', value: orientation },
        { tag: 0x00200052, vr: 'UI', value: person.frameOfReferenceUid },
        { tag: 0x00201040, vr: 'LO', value: '' },
        { tag: 0x00201041, vr: 'DS', value: location },
        { tag: 0x00280002, vr: 'US', value: 1 },
        { tag: 0x00280004, vr: 'CS', value: 'MONOCHROME2' },
        { tag: 0x00280010, vr: 'US', value: ny },
        { tag: 0x00280011, vr: 'US', value: nx },
        { tag: 0x00280030, vr: 'DS', value: [sizes[1]!, sizes[0]!] },
        { tag: 0x00280100, vr: 'US', value: 16 },
        { tag: 0x00280101, vr: 'US', value: 12 },
        { tag: 0x00280102, vr: 'US', value: 11 },
        { tag: 0x00280103, vr: 'US', value: 0 },
        { tag: 0x00281050, vr: 'DS', value: '450' },
        { tag: 0x00281051, vr: 'DS', value: '900' },
        { tag: 0x7fe00010, vr: 'OW', value: pixels },
      ],
    });
  }
  return instances;
}

export function seriesUidOf(person: Person, number: number): string {
  return uidFrom(`${person.studyUid}/series ${number}`);
}

/** Patient, study and visit, shared by every instance of the person. */
export function patientAndStudy(person: Person): Element[] {
  return [
    { tag: 0x00080005, vr: 'CS', value: 'ISO_IR 192' },
    { tag: 0x00080020, vr: 'DA', value: person.studyDate },
    { tag: 0x00080030, vr: 'TM', value: person.studyTime },
    { tag: 0x00080050, vr: 'SH', value: person.accession },
    { tag: 0x00080090, vr: 'PN', value: person.referringPhysician },
    { tag: 0x00081030, vr: 'LO', value: 'MRI head' },
    { tag: 0x00100010, vr: 'PN', value: person.name },
    { tag: 0x00100020, vr: 'LO', value: person.patientId },
    { tag: 0x00100030, vr: 'DA', value: person.birthDate },
    { tag: 0x00100040, vr: 'CS', value: person.sex },
    { tag: 0x00101010, vr: 'AS', value: `${String(person.ageYears).padStart(3, '0')}Y` },
    { tag: 0x00101030, vr: 'DS', value: '72' },
    { tag: 0x0020000d, vr: 'UI', value: person.studyUid },
    { tag: 0x00200010, vr: 'SH', value: person.accession.slice(3, 9) },
    { tag: 0x00324000, vr: 'LT', value: person.studyComment }, // Study Comments, retired and still met
  ];
}

/** Series, equipment, nested request and a private block with the name in it. */
export function seriesAndEquipment(
  person: Person,
  modality: string,
  seriesUid: string,
  number: number,
  description: string,
): Element[] {
  const spoken = `${person.given} ${person.family}`;
  return [
    { tag: 0x00080012, vr: 'DA', value: person.studyDate },
    { tag: 0x00080013, vr: 'TM', value: person.studyTime },
    { tag: 0x00080021, vr: 'DA', value: person.studyDate },
    { tag: 0x00080022, vr: 'DA', value: person.studyDate },
    { tag: 0x00080023, vr: 'DA', value: person.studyDate },
    { tag: 0x00080031, vr: 'TM', value: person.studyTime },
    { tag: 0x00080032, vr: 'TM', value: person.studyTime },
    { tag: 0x00080033, vr: 'TM', value: person.studyTime },
    { tag: 0x00080060, vr: 'CS', value: modality },
    { tag: 0x00080070, vr: 'LO', value: 'PHANTOMSCANNER' },
    { tag: 0x00080080, vr: 'LO', value: person.institution },
    { tag: 0x00080081, vr: 'ST', value: person.address },
    { tag: 0x00081010, vr: 'SH', value: person.station },
    { tag: 0x0008103e, vr: 'LO', value: description },
    { tag: 0x00081070, vr: 'PN', value: person.operator },
    { tag: 0x00081090, vr: 'LO', value: 'SYNTHETIC 3T' },
    { tag: 0x00180015, vr: 'CS', value: 'HEAD' },
    { tag: 0x00181000, vr: 'LO', value: person.serialNumber },
    { tag: 0x00181020, vr: 'LO', value: 'phantom 1' },
    { tag: 0x0020000e, vr: 'UI', value: seriesUid },
    { tag: 0x00200011, vr: 'IS', value: String(number) },
    { tag: 0x00290011, vr: 'LO', value: 'SIEMENS MEDCOM HEADER' },
    { tag: 0x00291108, vr: 'CS', value: 'MEDCOM 1' },
    {
      tag: 0x00291110,
      vr: 'OB',
      value: new TextEncoder().encode(`\0\0PATIENT=${spoken};ID=${person.patientId}\0`),
    },
    { tag: 0x00291131, vr: 'LO', value: `scan of ${spoken}` },
    {
      tag: 0x00400275,
      vr: 'SQ',
      value: [
        [
          { tag: 0x00321060, vr: 'LO', value: `MRI head, ${spoken}` },
          { tag: 0x00400007, vr: 'LO', value: `head scan ${person.family}` },
          { tag: 0x00400009, vr: 'SH', value: person.accession },
          { tag: 0x00401001, vr: 'SH', value: person.accession },
        ],
      ],
    },
  ];
}

function timing(contrast: SeriesInfo['contrast']): Element[] {
  const [sequence, variant, type, tr, te, ti, flip, train] = (
    {
      T1w: [['GR', 'IR'], ['SP', 'MP'], '3D', '2300', '2.98', '900', '9', '1'],
      T2w: [['SE'], ['SK', 'SP'], '2D', '5000', '95', undefined, '150', '15'],
      FLAIR: [['SE', 'IR'], ['SK', 'SP'], '2D', '9000', '90', '2500', '150', '16'],
    } as const
  )[contrast];
  const elements: Element[] = [
    { tag: 0x00180020, vr: 'CS', value: sequence },
    { tag: 0x00180021, vr: 'CS', value: variant },
    { tag: 0x00180022, vr: 'CS', value: '' },
    { tag: 0x00180023, vr: 'CS', value: type },
    { tag: 0x00180080, vr: 'DS', value: tr },
    { tag: 0x00180081, vr: 'DS', value: te },
    { tag: 0x00180087, vr: 'DS', value: '3' },
    { tag: 0x00180091, vr: 'IS', value: train },
    { tag: 0x00181314, vr: 'DS', value: flip },
  ];
  if (ti !== undefined) elements.push({ tag: 0x00180082, vr: 'DS', value: ti });
  return elements;
}
