import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { DataSet } from 'dicom-parser';
import { AttributeReader } from './attribute-reader.ts';
import { readFunctionalGroups } from './functional-groups.ts';
import type { DicomHeader } from './header-record.ts';
import { type ParsedHeader, parseHeaderBytes, type ScanFor } from './parse-header-bytes.ts';
import { readCsaMosaic } from './siemens-csa.ts';

/** How much is read first, then next, while the header goes on; the last step is the whole file. */
const steps = [64 * 1024, 1024 * 1024, 16 * 1024 * 1024, 256 * 1024 * 1024];

/** Every top-level attribute that `headerOf` asks for. */
const asked = [
  '00080008 00080016 00080018 00080020 00080030 00080050 00080060 00080070 00081030 0008103e',
  '00081090 00089209 00100010 00100020 00100021 00100030 00100040 00120062 00120063 00180010',
  '00180015 00180020 00180021 00180024 00180050 00180080 00180081 00180082 00180088 00181030',
  '00181120 00181314 00189005 00189087 00190010 0019100a 0019100c 0020000d 0020000e 00200011',
  '00200013 00200032 00200037 00200100 00280002 00280004 00280008 00280010 00280011 00280030',
  '00280100 00280101 00280301 00281052 00281053 00291010',
].flatMap((line) => line.split(' '));
const scanFor: ScanFor = {
  wanted: new Map(asked.map((tag) => [Number.parseInt(tag, 16), `x${tag}`])),
  // Shared and per-frame functional groups: nested, so they need the full parser.
  stop: new Set([0x52009229, 0x52009230]),
};

export class DicomHeaderError extends Error {
  override name = 'DicomHeaderError';
}

/**
 * Reads the attributes of one DICOM file up to Pixel Data.
 *
 * @param read gives the first `length` bytes of the file (fewer at its end); called with growing lengths
 * @param fileSize bytes in the file
 * @param quick false: always the full parser (the tests compare the two)
 * @throws DicomHeaderError when the attributes do not parse to their end
 */
export function readDicomHeader(
  read: (length: number) => Uint8Array,
  fileSize: number,
  quick = true,
): DicomHeader {
  for (const step of steps) {
    const bytes = read(Math.min(step, fileSize));
    const whole = bytes.length >= fileSize || bytes.length < step;
    let parsed: ParsedHeader | undefined;
    try {
      parsed = parseHeaderBytes(bytes, whole, quick ? scanFor : undefined);
      if (parsed) return headerOf(parsed, fileSize);
    } catch (error) {
      throw new DicomHeaderError(
        `The DICOM attributes could not be read to their end: ${(error as Error).message}.`,
        {
          cause: error,
        },
      );
    }
  }
  throw new DicomHeaderError(
    'The attributes before the pixel data are longer than 256 MB; no such file is expected.',
  );
}

/** The same for a path; opens read-only and closes. */
export function readDicomHeaderFile(path: string): DicomHeader {
  const descriptor = openSync(path, 'r');
  try {
    const { size } = fstatSync(descriptor);
    return readDicomHeader((length) => {
      const bytes = Buffer.allocUnsafe(length);
      return bytes.subarray(0, readSync(descriptor, bytes, 0, length, 0));
    }, size);
  } finally {
    closeSync(descriptor);
  }
}

function headerOf(parsed: ParsedHeader, fileSize: number): DicomHeader {
  const a = new AttributeReader(parsed.set);
  const header: DicomHeader = {
    transferSyntaxUid: parsed.transferSyntaxUid,
    sopClassUid: a.code('x00080016') ?? '',
    sopInstanceUid: a.code('x00080018') ?? '',
    studyInstanceUid: a.code('x0020000d') ?? '',
    seriesInstanceUid: a.code('x0020000e') ?? '',
    patientId: a.text('x00100020') ?? '',
    patientName: a.text('x00100010') ?? '',
    birthDate: a.code('x00100030'),
    sex: a.code('x00100040'),
    issuerOfPatientId: a.text('x00100021'),
    studyDate: a.code('x00080020'),
    studyTime: a.code('x00080030'),
    studyDescription: a.text('x00081030'),
    accessionNumber: a.text('x00080050'),
    modality: a.code('x00080060') ?? '',
    imageType: a.codes('x00080008') ?? [],
    seriesDescription: a.text('x0008103e'),
    protocol: a.text('x00181030'),
    seriesNumber: a.decimal('x00200011'),
    instanceNumber: a.decimal('x00200013'),
    manufacturer: a.text('x00080070'),
    model: a.text('x00081090'),
    bodyPart: a.code('x00180015'),
    repetitionTimeMs: a.decimal('x00180080'),
    echoTimeMs: a.decimal('x00180081'),
    inversionTimeMs: a.decimal('x00180082'),
    flipAngleDeg: a.decimal('x00181314'),
    scanningSequence: a.codes('x00180020'),
    sequenceVariant: a.codes('x00180021'),
    sequenceName: a.text('x00180024') ?? a.text('x00189005'),
    acquisitionContrast: a.code('x00089209'),
    bValue: a.float('x00189087') ?? siemensBValue(a),
    temporalPosition: a.decimal('x00200100'),
    contrastAgent: a.text('x00180010'),
    rows: a.uint16('x00280010'),
    columns: a.uint16('x00280011'),
    frames: Math.max(1, Math.trunc(a.decimal('x00280008') ?? 1)),
    bitsAllocated: a.uint16('x00280100'),
    bitsStored: a.uint16('x00280101'),
    samplesPerPixel: a.uint16('x00280002'),
    photometric: a.code('x00280004'),
    slope: a.decimal('x00281053'),
    intercept: a.decimal('x00281052'),
    position: a.decimals('x00200032', 3),
    orientation: a.decimals('x00200037', 6),
    pixelSpacing: a.decimals('x00280030', 2),
    sliceThickness: a.decimal('x00180050'),
    spacingBetweenSlices: a.decimal('x00180088'),
    gantryTiltDeg: a.decimal('x00181120'),
    burnedInAnnotation: a.code('x00280301'),
    identityRemoved: a.code('x00120062'),
    deidentificationMethod: a.text('x00120063'),
    hasPixels: parsed.pixels !== undefined,
  };
  if (a.has('x52009229') || a.has('x52009230')) readFunctionalGroups(parsed.set as DataSet, header);
  if (header.imageType.includes('MOSAIC')) readMosaic(a, header);
  if (parsed.pixels && parsed.pixels.length >= 0 && parsed.pixels.offset + parsed.pixels.length > fileSize)
    header.truncatedPixels = true;
  return header;
}

/** (0019,100C) under the Siemens block; other makers keep other things there, so the creator is checked. */
function siemensBValue(a: AttributeReader): number | undefined {
  return a.code('x00190010')?.startsWith('SIEMENS MR') ? a.decimal('x0019100c') : undefined;
}

function readMosaic(a: AttributeReader, header: DicomHeader): void {
  const csa = a.bytes('x00291010');
  const fromCsa = csa ? readCsaMosaic(csa) : {};
  const plain = a.code('x00190010')?.startsWith('SIEMENS MR') ? a.uint16('x0019100a') : undefined;
  const tiles = fromCsa.tiles ?? plain;
  if (tiles && tiles > 1) header.mosaicTiles = tiles;
  if (fromCsa.normal) header.mosaicNormal = fromCsa.normal;
}
