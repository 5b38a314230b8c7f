import { type CheckedVolume, checkDicomSeries, type Finding } from './check-series.ts';
import type { DicomHeader } from './dicom/header-record.ts';
import { dicomIdentityKey } from './identity.ts';
import { initialState, judgeFaceInView, judgeLayout, leastSlices, showsHead } from './initial-state.ts';
import { implausibleExtent } from './plausible-extent.ts';
import { type RecognisedKind, recogniseKind } from './recognise-kind.ts';
import type { DraftInstance, SeriesDraft, SourceInstance } from './series-draft.ts';
import { sliceNormal, stackAffine, stackSlices, type Vector } from './slice-geometry.ts';

/** Components of ImageOrientationPatient that differ by no more are one orientation (about 0.1°). */
const sameOrientation = 2e-3;

/**
 * Turns the instances of one SeriesInstanceUID into the volumes they make.
 *
 * They are split where they cannot be one volume: another person or study, matrix, orientation, echo or inversion time,
 * image type, object class; a three-plane localizer thus becomes three series. Second copies of an instance go into
 * one set-aside series of their own. Pure: the order of the input does not matter.
 *
 * @param instances every instance of one series, at least one
 * @param personOf the key of the person an instance belongs to
 */
export function groupSeries(
  instances: readonly SourceInstance[],
  personOf: PersonOf = (i) => dicomIdentityKey(i.header, i.file),
): SeriesDraft[] {
  const sorted = [...instances].sort(
    (a, b) => a.rootId - b.rootId || (a.path < b.path ? -1 : a.path > b.path ? 1 : 0),
  );
  const seen = new Set<string>();
  const originals: SourceInstance[] = [];
  const copies: SourceInstance[] = [];
  for (const instance of sorted) {
    const sop = instance.header.sopInstanceUid;
    if (sop && seen.has(sop)) copies.push(instance);
    else originals.push(instance);
    if (sop) seen.add(sop);
  }
  const identities = new Set(originals.map(personOf));
  const drafts = split(originals, personOf).map((part) => draftOf(part, identities.size > 1, personOf));
  if (copies.length > 0) drafts.push(duplicatesOf(copies, originals, drafts[0]!, personOf));
  return drafts;
}

type PersonOf = (instance: SourceInstance) => string;

interface Part {
  key: string;
  instances: SourceInstance[];
  kind: RecognisedKind;
  /** The series has other parts whose slices lie differently. */
  mixedOrientation: boolean;
}

function split(instances: readonly SourceInstance[], personOf: PersonOf): Part[] {
  const parts = new Map<string, SourceInstance[]>();
  const orientations: number[][] = [];
  const localizer = kindOf(instances.slice(0, 1), 1).kind === 'localizer';
  for (const instance of instances) {
    const h = instance.header;
    let oriented = '';
    if (h.orientation) {
      let at = orientations.findIndex((o) =>
        o.every((v, n) => Math.abs(v - h.orientation![n]!) <= sameOrientation),
      );
      if (at < 0) at = orientations.push(h.orientation) - 1;
      oriented = orientations[at]!.map((v) => Math.round(v * 100) / 100 || 0).join('\\');
    }
    const key = JSON.stringify([
      personOf(instance),
      h.studyInstanceUid,
      h.sopClassUid,
      h.columns ?? 0,
      h.rows ?? 0,
      h.samplesPerPixel ?? 1,
      h.frames,
      oriented,
      localizer ? '' : (h.echoTimeMs?.toFixed(1) ?? ''),
      localizer ? '' : (h.inversionTimeMs?.toFixed(0) ?? ''),
      localizer ? '' : h.imageType.join('\\'),
    ]);
    const part = parts.get(key);
    if (part) part.push(instance);
    else parts.set(key, [instance]);
  }
  return [...parts].map(([key, members]) => ({
    key,
    instances: members,
    kind: kindOf(members, 1),
    mixedOrientation: orientations.length > 1 && !localizer,
  }));
}

function kindOf(instances: readonly SourceInstance[], volumes: number): RecognisedKind {
  const h = instances[0]!.header;
  return recogniseKind({
    format: 'dicom',
    sopClassUid: h.sopClassUid,
    modality: h.modality,
    imageType: h.imageType,
    words: [h.seriesDescription, h.protocol, h.sequenceName].filter(Boolean).join(' '),
    acquisitionContrast: h.acquisitionContrast ?? '',
    photometric: h.photometric ?? '',
    samplesPerPixel: h.samplesPerPixel ?? 1,
    hasImage: h.hasPixels && (h.rows ?? 0) > 0 && (h.columns ?? 0) > 0,
    repetitionTimeMs: h.repetitionTimeMs,
    echoTimeMs: h.echoTimeMs,
    inversionTimeMs: h.inversionTimeMs,
    scanningSequence: h.scanningSequence ?? [],
    bValue: instances.reduce((most, i) => Math.max(most, i.header.bValue ?? 0), 0),
    volumes,
  });
}

function draftOf(part: Part, mixedIdentity: boolean, personOf: PersonOf): SeriesDraft {
  const first = part.instances[0]!;
  const h = first.header;
  const volume = arrange(part.instances);
  const kind = volume.shape[3] && volume.shape[3] > 1 ? kindOf(part.instances, volume.shape[3]) : part.kind;
  const ordered = volume.order.map((n) => part.instances[n]!);
  const implausible = implausibleExtent(volume.shape, volume.voxelSizeMm);
  const layout =
    kind.kind === 'non-image' || implausible
      ? 'none'
      : kind.kind === 'localizer' && (volume.shape[2] ?? 0) < leastSlices
        ? '2d'
        : judgeLayout(volume.shape, volume.voxelSizeMm);
  const words = [h.bodyPart, h.studyDescription, h.seriesDescription, h.protocol].filter(Boolean).join(' ');
  const head = showsHead(h.bodyPart ?? '', words);
  const name = seriesName(h);
  const finding: Finding = checkDicomSeries({
    name,
    kind: kind.kind,
    kindIsSure: kind.sure,
    layout,
    volume,
    implausible,
    headers: ordered.map((i) => i.header),
    mixedIdentity,
    mixedOrientation: part.mixedOrientation,
  });
  const state = initialState(
    { kind: kind.kind, layout, shape: volume.shape, affine: volume.affine, format: 'dicom', head },
    finding.quarantine,
  );
  return {
    splitKey: part.key,
    format: 'dicom',
    ...ownersOf(first, personOf),
    seriesInstanceUid: h.seriesInstanceUid,
    seriesNumber: h.seriesNumber ?? null,
    description: h.seriesDescription ?? '',
    protocol: h.protocol ?? '',
    modality: h.modality,
    manufacturer: h.manufacturer ?? '',
    model: h.model ?? '',
    kind: kind.kind,
    layout,
    shape: volume.shape,
    voxelSizeMm: volume.voxelSizeMm,
    affine: volume.affine,
    faceInView: implausible ? 'unknown' : judgeFaceInView(head, volume.affine, volume.shape),
    state: state.state,
    quarantine: state.quarantine,
    stateReason: state.reason,
    stateNext: state.next,
    attributes: attributesOf(h),
    instances: ordered.map((i, n) => draftInstance(i, volume.positionsMm[n] ?? null)),
    problems: finding.problems,
  };
}

function ownersOf(first: SourceInstance, personOf: PersonOf): Pick<SeriesDraft, 'subject' | 'study'> {
  const h = first.header;
  return {
    subject: {
      key: personOf(first),
      patientId: h.patientId,
      patientName: h.patientName,
      birthDate: h.birthDate ?? '',
      sex: h.sex ?? '',
    },
    study: {
      uid: h.studyInstanceUid || `series:${h.seriesInstanceUid || first.file}`,
      date: h.studyDate ?? '',
      time: h.studyTime ?? '',
      description: h.studyDescription ?? '',
      accessionNumber: h.accessionNumber ?? '',
    },
  };
}

function duplicatesOf(
  copies: readonly SourceInstance[],
  originals: readonly SourceInstance[],
  model: SeriesDraft,
  personOf: PersonOf,
): SeriesDraft {
  const bySop = new Map(originals.map((i) => [i.header.sopInstanceUid, i]));
  const different = copies.filter((c) => {
    const original = bySop.get(c.header.sopInstanceUid)!;
    return original.size !== c.size || original.header.transferSyntaxUid !== c.header.transferSyntaxUid;
  }).length;
  const count = copies.length === 1 ? 'One file holds' : `${copies.length} files hold`;
  const reason = `${count} instances that the catalog already has from another file (same SOP Instance UID)${different ? `; ${different} of them differ in size or encoding` : ''}.`;
  const head = showsHead('', '');
  const cut = copies.filter((c) => c.header.truncatedPixels).length;
  const state = initialState({ ...model, head }, { quarantine: 'duplicate', reason });
  return {
    ...model,
    ...ownersOf(copies[0]!, personOf),
    splitKey: 'duplicates',
    layout: 'none',
    shape: [],
    voxelSizeMm: [],
    affine: [],
    faceInView: 'unknown',
    state: 'excluded',
    quarantine: state.quarantine,
    stateReason: state.quarantine === 'duplicate' ? reason : state.reason,
    stateNext: state.next,
    instances: copies.map((c) => draftInstance(c, null)),
    problems: [
      {
        code: 'duplicate-instances',
        level: different ? 'warning' : 'info',
        subject: seriesName(copies[0]!.header),
        message: cut > 0 ? `${reason} ${cut} of them end before their pixel data does.` : reason,
        fix: different ? 'The first file by path is used; check which one is right.' : undefined,
      },
    ],
  };
}

function draftInstance(i: SourceInstance, positionMm: number | null): DraftInstance {
  const h = i.header;
  return {
    rootId: i.rootId,
    path: i.path,
    size: i.size,
    mtimeMs: i.mtimeMs,
    sopClassUid: h.sopClassUid,
    sopInstanceUid: h.sopInstanceUid,
    instanceNumber: h.instanceNumber === undefined ? null : Math.trunc(h.instanceNumber),
    frameCount: h.frames,
    positionMm,
    transferSyntaxUid: h.transferSyntaxUid,
  };
}

/** Puts the instances in order and works out the grid they make; `shape` is [] where there is none. */
function arrange(instances: readonly SourceInstance[]): CheckedVolume {
  const first = instances[0]!.header;
  const byNumber = instances
    .map((_, n) => n)
    .sort(
      (a, b) =>
        (instances[a]!.header.instanceNumber ?? 0) - (instances[b]!.header.instanceNumber ?? 0) || a - b,
    );
  const empty: CheckedVolume = {
    order: byNumber,
    positionsMm: [],
    shape: [],
    voxelSizeMm: [],
    affine: [],
    stack: undefined,
    geometry: 'none',
  };
  const { rows = 0, columns = 0 } = first;
  if (!first.hasPixels || rows === 0 || columns === 0) return empty;
  const missing: CheckedVolume = {
    ...empty,
    geometry: 'missing',
    shape: [columns, rows, instances.length * first.frames],
  };
  const { orientation, pixelSpacing } = first;
  if (!orientation || !pixelSpacing?.every((s) => s > 0) || Math.hypot(...sliceNormal(orientation)) < 0.9)
    return missing;
  if (first.mosaicTiles) return mosaicVolume(instances, byNumber);
  const framed = first.frames > 1;
  if (framed && instances.some((i) => !i.header.framePositions)) return missing;
  if (!framed && instances.some((i) => !i.header.position)) return missing;

  // Frames of all instances make one stack; an instance keeps the place of its first frame.
  const numbered = byNumber.map((n) => instances[n]!.header);
  const positions = framed
    ? numbered.flatMap((h) =>
        Array.from({ length: h.framePositions!.length / 3 }, (_, f) =>
          h.framePositions!.slice(3 * f, 3 * f + 3),
        ),
      )
    : numbered.map((h) => h.position!);
  const stack = stackSlices(positions, orientation);
  const order = framed ? byNumber : stack.order.map((n) => byNumber[n]!);
  const along = (p: readonly number[]) =>
    p[0]! * stack.normal[0] + p[1]! * stack.normal[1] + p[2]! * stack.normal[2];
  const positionsMm = order.map((n) =>
    along(instances[n]!.header.position ?? instances[n]!.header.framePositions!),
  );
  const thickness = stack.spacingMm || first.spacingBetweenSlices || first.sliceThickness || 1;
  const step = stack.normal.map((v) => v * thickness) as Vector;
  const low = positions[stack.order[0]!]!;
  const high = positions[stack.order.at(-1)!]!;
  const affine = stackAffine(orientation, pixelSpacing, low, high, stack.slices, step);
  const shape = [columns, rows, stack.slices];
  if (stack.repeats > 1) shape.push(stack.repeats);
  return { order, positionsMm, shape, voxelSizeMm: columnNorms(affine), affine, stack, geometry: 'known' };
}

/** A Siemens mosaic: one instance is one volume, its slices tiled on a square sheet. */
function mosaicVolume(instances: readonly SourceInstance[], order: number[]): CheckedVolume {
  const h = instances[0]!.header;
  const tiles = h.mosaicTiles!;
  const perRow = Math.ceil(Math.sqrt(tiles));
  const columns = Math.floor(h.columns! / perRow);
  const rows = Math.floor(h.rows! / perRow);
  const empty: CheckedVolume = {
    order,
    positionsMm: [],
    shape: [columns, rows, tiles],
    voxelSizeMm: [],
    affine: [],
    stack: undefined,
    geometry: 'missing',
  };
  if (!h.position) return empty;
  const o = h.orientation!;
  const spacing = h.pixelSpacing!;
  // The position given is that of the sheet's corner, as if the sheet were centred on the slice.
  const corner = h.position.map(
    (v, n) =>
      v +
      (o[n]! * spacing[1]! * (h.columns! - columns)) / 2 +
      (o[n + 3]! * spacing[0]! * (h.rows! - rows)) / 2,
  );
  const thickness = h.spacingBetweenSlices ?? h.sliceThickness ?? 1;
  const normal = h.mosaicNormal ?? sliceNormal(o);
  const affine = stackAffine(o, spacing, corner, corner, 1, normal.map((v) => v * thickness) as Vector);
  const shape = [columns, rows, tiles];
  if (instances.length > 1) shape.push(instances.length);
  return {
    order,
    positionsMm: [],
    shape,
    voxelSizeMm: columnNorms(affine),
    affine,
    stack: undefined,
    geometry: 'known',
  };
}

function columnNorms(affine: readonly number[]): number[] {
  return [0, 1, 2].map((c) => Math.hypot(affine[c]!, affine[4 + c]!, affine[8 + c]!));
}

/** The series in the user's words. */
export function seriesName(h: DicomHeader): string {
  const name = h.seriesDescription || h.protocol || h.modality || 'unnamed series';
  return h.seriesNumber === undefined ? name : `${name} (series ${h.seriesNumber})`;
}

/** Protocol attributes worth showing; nothing that names a person. */
function attributesOf(h: DicomHeader): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries({
      ImageType: h.imageType.join('\\'),
      RepetitionTime: h.repetitionTimeMs,
      EchoTime: h.echoTimeMs,
      InversionTime: h.inversionTimeMs,
      FlipAngle: h.flipAngleDeg,
      ScanningSequence: h.scanningSequence?.join('\\'),
      SequenceVariant: h.sequenceVariant?.join('\\'),
      SequenceName: h.sequenceName,
      AcquisitionContrast: h.acquisitionContrast,
      DiffusionBValue: h.bValue,
      ContrastBolusAgent: h.contrastAgent,
      BodyPartExamined: h.bodyPart,
      SliceThickness: h.sliceThickness,
      SpacingBetweenSlices: h.spacingBetweenSlices,
      GantryDetectorTilt: h.gantryTiltDeg,
      BitsStored: h.bitsStored,
      PhotometricInterpretation: h.photometric,
      TransferSyntaxUID: h.transferSyntaxUid,
      BurnedInAnnotation: h.burnedInAnnotation,
      PatientIdentityRemoved: h.identityRemoved,
      DeidentificationMethod: h.deidentificationMethod,
    }).filter(([, value]) => value !== undefined && value !== ''),
  );
}
