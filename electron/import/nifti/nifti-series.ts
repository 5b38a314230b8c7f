import type { QuarantineClass, SeriesKind } from '../../../shared/import/records.ts';
import type { Problem } from '../../../shared/problem.ts';
import { initialState, isHeadSized, judgeFaceInView, judgeLayout, showsHead } from '../initial-state.ts';
import { implausibleExtent, implausibleSize, implausibleSizeFix } from '../plausible-extent.ts';
import type { NiftiSource } from '../read-file.ts';
import { recogniseKind } from '../recognise-kind.ts';
import type { SeriesDraft } from '../series-draft.ts';
import { worldExtentMm } from '../slice-geometry.ts';

const bidsKinds: Readonly<Record<string, SeriesKind>> = {
  T1w: 'T1w',
  MPRAGE: 'T1w',
  UNIT1: 'T1w',
  T1rho: 'other',
  MP2RAGE: 'T1w',
  T2w: 'T2w',
  FLAIR: 'FLAIR',
  PDw: 'PDw',
  PD: 'PDw',
  PDT2: 'PDw',
  inplaneT1: 'T1w',
  inplaneT2: 'T2w',
  dwi: 'dwi',
  sbref: 'bold',
  bold: 'bold',
  cbv: 'bold',
  angio: 'angio',
  swi: 'swi',
  T2starw: 'swi',
  T2star: 'swi',
  minIP: 'swi',
  phasediff: 'fieldmap',
  phase1: 'fieldmap',
  phase2: 'fieldmap',
  magnitude: 'fieldmap',
  magnitude1: 'fieldmap',
  magnitude2: 'fieldmap',
  fieldmap: 'fieldmap',
  epi: 'fieldmap',
  pet: 'PET',
  ct: 'CT',
  mask: 'derived',
  dseg: 'derived',
  probseg: 'derived',
  defacemask: 'derived',
  T1map: 'derived',
  T2map: 'derived',
  asl: 'other',
  m0scan: 'other',
};
/** Sidecar fields shown as protocol attributes; free text and names stay out. */
const shownFields = [
  'RepetitionTime',
  'EchoTime',
  'InversionTime',
  'FlipAngle',
  'ScanningSequence',
  'SequenceVariant',
  'SequenceName',
  'MagneticFieldStrength',
  'ImageType',
  'BodyPartExamined',
  'SliceThickness',
  'ConversionSoftware',
  'DeidentificationMethod',
  'TaskName',
];

/** One NIfTI image as a series. Pure; the file is identified by its root and path. */
export function niftiSeries(
  source: NiftiSource,
  file: { rootId: number; path: string; size: number; mtimeMs: number },
): SeriesDraft {
  const { header, name, sidecar = {} } = source;
  const problems: Problem[] = [];
  const add = (code: string, level: Problem['level'], message: string, fix?: string) =>
    problems.push({ code, level, subject: file.path, message, fix });
  const field = (key: string) => (typeof sidecar[key] === 'string' ? (sidecar[key] as string) : '');
  const seconds = (key: string) =>
    typeof sidecar[key] === 'number' ? (sidecar[key] as number) * 1000 : undefined;

  // Axes of length one at the end say nothing; one at the fourth place may only hide a fifth.
  const shape = [...header.shape];
  while (shape.length > 3 && shape.at(-1) === 1) shape.pop();
  const grid = shape.slice(0, 3);
  while (grid.length < 3) grid.push(1);
  const volumes = shape.slice(3).reduce((n, e) => n * e, 1);
  const gridShape = volumes > 1 ? [...grid, volumes] : grid;
  const voxelSizeMm = [0, 1, 2].map((n) => header.voxelSizeMm[n] ?? 1);

  const words = [name.stem, field('SeriesDescription'), field('ProtocolName'), field('SequenceName')].join(
    ' ',
  );
  const imageType = Array.isArray(sidecar.ImageType)
    ? sidecar.ImageType.filter((t): t is string => typeof t === 'string')
    : [];
  const fromSuffix = bidsKinds[name.suffix];
  const recognised = fromSuffix
    ? { kind: fromSuffix, sure: true }
    : recogniseKind({
        format: 'nifti',
        sopClassUid: '',
        modality: field('Modality'),
        imageType,
        words,
        acquisitionContrast: '',
        photometric: '',
        samplesPerPixel: 1,
        hasImage: true,
        repetitionTimeMs: seconds('RepetitionTime'),
        echoTimeMs: seconds('EchoTime'),
        inversionTimeMs: seconds('InversionTime'),
        scanningSequence: field('ScanningSequence').split(/[\\_]/).filter(Boolean),
        bValue: source.hasDiffusionTable ? 1 : undefined,
        volumes,
      });
  let kind = recognised.kind;
  if (name.derivative && kind !== 'derived') {
    add(
      'derivative',
      'info',
      'It lies in a derivatives folder, so it is taken as computed from other images.',
    );
    kind = 'derived';
  }
  if (
    header.datatype === 128 ||
    header.datatype === 2304 ||
    header.datatype === 32 ||
    header.datatype === 1792
  ) {
    add('colour-or-complex', 'info', 'Its voxels are colours or complex numbers, not one intensity each.');
    kind = 'derived';
  }
  const implausible = implausibleExtent(gridShape, voxelSizeMm);
  // Without a layout it cannot be included either: nothing could be made of it.
  const layout = implausible ? 'none' : judgeLayout(gridShape, voxelSizeMm);
  const extent = worldExtentMm(header.affine, grid);
  let found: { quarantine: QuarantineClass; reason: string } | undefined;
  if (source.truncated) {
    add(
      'truncated-pixels',
      'error',
      'The file ends before its voxels do.',
      'Copy it again from its source, then import again.',
    );
    found = { quarantine: 'unreadable', reason: 'The file is cut off.' };
  }
  if (header.affineSource === 'pixdim')
    add(
      'no-orientation',
      'warning',
      'Neither qform nor sform is set, so left and right cannot be told from the file.',
      'Check the orientation in the viewer before sharing.',
    );
  const determinant = det3(header.affine);
  if (!found && Math.abs(determinant) < 1e-9) {
    add(
      'missing-geometry',
      'error',
      'The orientation matrix of the file is singular: two of its axes coincide.',
      'Correct the header at its source.',
    );
    found = { quarantine: 'missing-geometry', reason: 'Its orientation matrix is singular.' };
  }
  if (implausible) {
    add('implausible-size', 'error', implausible, implausibleSizeFix);
    found ??= implausibleSize;
  }
  if (/deface|refac|skull ?strip|brain[_-]?(only|extracted)|bet\b|pydeface|mri_?reface/i.test(name.stem)) {
    add(
      'already-deidentified',
      'info',
      'The name says that the face was changed or removed before. The voxels decide.',
    );
  }
  const headSized = layout !== '2d' && layout !== '4d' && isHeadSized(extent);
  if (kind === 'other' && headSized && !found) {
    add(
      'unknown-kind',
      'warning',
      'Neither its name nor a sidecar says what this head-sized volume shows. It is queued and treated like a T1-weighted image.',
      'Set its kind to confirm.',
    );
  } else if (!recognised.sure && kind !== 'other' && kind !== 'derived') {
    add(
      'kind-from-timing',
      'info',
      `No name says what this is; the timing in its sidecar suggests ${kind}.`,
      'Set the kind if that is wrong.',
    );
  }
  const head = showsHead(field('BodyPartExamined'), words);
  const state = initialState(
    { kind, layout, shape: grid, affine: header.affine, format: 'nifti', head },
    found,
  );
  const folder = file.path.split('/').slice(0, -1).join('/');
  return {
    splitKey: '',
    format: 'nifti',
    subject: { key: name.subjectKey, patientId: name.subject, patientName: '', birthDate: '', sex: '' },
    study: {
      uid: `nifti:${name.subjectKey}|${name.session}`,
      date: '',
      time: '',
      description: name.bids ? name.session : folder,
      accessionNumber: '',
    },
    seriesInstanceUid: '',
    seriesNumber: typeof sidecar.SeriesNumber === 'number' ? Math.trunc(sidecar.SeriesNumber) : null,
    description: field('SeriesDescription') || name.stem,
    protocol: field('ProtocolName'),
    modality: field('Modality') || (kind === 'CT' ? 'CT' : kind === 'PET' ? 'PT' : 'MR'),
    manufacturer: field('Manufacturer'),
    model: field('ManufacturersModelName'),
    kind,
    layout,
    shape: gridShape,
    voxelSizeMm,
    affine: header.affine,
    faceInView: implausible ? 'unknown' : judgeFaceInView(head, header.affine, grid),
    state: state.state,
    quarantine: state.quarantine,
    stateReason: state.reason,
    stateNext: state.next,
    attributes: {
      NiftiVersion: header.version,
      Datatype: header.datatype,
      OrientationFrom: header.affineSource,
      ...(name.bids ? { BidsSuffix: name.suffix } : {}),
      ...Object.fromEntries(
        shownFields.filter((key) => sidecar[key] !== undefined).map((key) => [key, sidecar[key]]),
      ),
    },
    instances: [
      {
        ...file,
        sopClassUid: '',
        sopInstanceUid: '',
        instanceNumber: null,
        frameCount: 1,
        positionMm: null,
        transferSyntaxUid: '',
      },
    ],
    problems,
  };
}

function det3(a: readonly number[]): number {
  return (
    a[0]! * (a[5]! * a[10]! - a[6]! * a[9]!) -
    a[1]! * (a[4]! * a[10]! - a[6]! * a[8]!) +
    a[2]! * (a[4]! * a[9]! - a[5]! * a[8]!)
  );
}
