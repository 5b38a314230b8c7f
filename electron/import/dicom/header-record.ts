/**
 * What import keeps of one DICOM file: a compact, JSON-able record.
 *
 * Strings are decoded with the file's SpecificCharacterSet and trimmed; absent attributes are left out
 * (or `''` for those that every series has). Millimetres and milliseconds throughout; positions and
 * orientations are DICOM patient coordinates, LPS.
 */
export interface DicomHeader {
  transferSyntaxUid: string;
  sopClassUid: string;
  sopInstanceUid: string;
  studyInstanceUid: string;
  seriesInstanceUid: string;
  patientId: string;
  patientName: string;
  birthDate?: string;
  sex?: string;
  issuerOfPatientId?: string;
  studyDate?: string;
  studyTime?: string;
  studyDescription?: string;
  accessionNumber?: string;
  modality: string;
  imageType: string[];
  seriesDescription?: string;
  protocol?: string;
  seriesNumber?: number;
  instanceNumber?: number;
  manufacturer?: string;
  model?: string;
  bodyPart?: string;
  repetitionTimeMs?: number;
  echoTimeMs?: number;
  inversionTimeMs?: number;
  flipAngleDeg?: number;
  scanningSequence?: string[];
  sequenceVariant?: string[];
  sequenceName?: string;
  /** Enhanced MR says outright what it shows: T1, T2, FLAIR, DIFFUSION, TIME_OF_FLIGHT … */
  acquisitionContrast?: string;
  bValue?: number;
  temporalPosition?: number;
  contrastAgent?: string;
  rows?: number;
  columns?: number;
  frames: number;
  bitsAllocated?: number;
  bitsStored?: number;
  samplesPerPixel?: number;
  photometric?: string;
  slope?: number;
  intercept?: number;
  /** ImagePositionPatient, [x, y, z] mm LPS. */
  position?: number[];
  /** ImageOrientationPatient, row direction then column direction, LPS. */
  orientation?: number[];
  /** [row spacing, column spacing] mm, as DICOM stores it. */
  pixelSpacing?: number[];
  sliceThickness?: number;
  spacingBetweenSlices?: number;
  gantryTiltDeg?: number;
  burnedInAnnotation?: string;
  identityRemoved?: string;
  deidentificationMethod?: string;
  /** Tiles of a Siemens mosaic; the slice normal of its CSA header where there is one. */
  mosaicTiles?: number;
  mosaicNormal?: number[];
  /** Enhanced multi-frame: three numbers per frame, in file order. */
  framePositions?: number[];
  /** True where the frames do not share one orientation. */
  mixedFrameOrientations?: boolean;
  frameBValues?: number[];
  frameEchoTimes?: number[];
  hasPixels: boolean;
  /** The pixel bytes end before the length that the header promises. */
  truncatedPixels?: boolean;
}
