import type { HeaderChange } from '../../../shared/deidentify/records.ts';
import type { Pseudonyms } from '../pseudonyms.ts';
import { isGroupedAge } from './age-group.ts';
import type { HeaderSubject } from './apply-profile.ts';
import { cleanDescriptor } from './clean-text.ts';
import { tagOfKeyword } from './dictionary.ts';
import { identifierPattern } from './identifier-pattern.ts';
import { dateMode, type HeaderRecipe, optionCodes, overridesByTag } from './ps315.ts';
import { shiftIso, withoutDates } from './shift-dates.ts';
import { headerCodes, methodMark, methodText } from './stamps.ts';

/** BIDS and dcm2niix acquisition fields: numbers and defined terms about how the scan was made. */
const acquisitionFields: ReadonlySet<string> = new Set(
  `
  Modality MagneticFieldStrength ImagingFrequency Manufacturer ManufacturersModelName SoftwareVersions
  BodyPartExamined BodyPart PatientPosition MRAcquisitionType ScanningSequence SequenceVariant ScanOptions SequenceName
  PulseSequenceType PulseSequenceDetails PulseSequenceName NonlinearGradientCorrection MRTransmitCoilSequence
  ReceiveCoilName ReceiveCoilActiveElements CoilString GradientSetType MatrixCoilMode CoilCombinationMethod
  NumberShots ParallelReductionFactorInPlane ParallelReductionOutOfPlane ParallelAcquisitionTechnique
  PartialFourier PartialFourierDirection EffectiveEchoSpacing DerivedVendorReportedEchoSpacing TotalReadoutTime
  MixingTime EchoTime EchoTime1 EchoTime2 EchoNumber EchoTrainLength InversionTime RepetitionTime
  RepetitionTimeExcitation RepetitionTimePreparation RepetitionTimeInversion FlipAngle NegativeContrast
  NumberOfVolumesDiscardedByScanner NumberOfVolumesDiscardedByUser DelayTime AcquisitionDuration SliceTiming
  SliceEncodingDirection SliceThickness SpacingBetweenSlices DwellTime MultibandAccelerationFactor
  MultibandAccelerationTechnique PhaseEncodingDirection PhaseEncodingAxis PhaseEncodingSteps
  PhaseEncodingStepsNoPartialFourier PhaseEncodingPolarityGE PhaseResolution AcquisitionMatrixPE ReconMatrixPE
  AcquisitionVoxelSize BandwidthPerPixelPhaseEncode PixelBandwidth BaseResolution PercentPhaseFOV
  PercentSampling WaterFatShift EstimatedEffectiveEchoSpacing EstimatedTotalReadoutTime VendorReportedEchoSpacing
  ImageOrientationPatientDICOM ImageOrientationText ImageType NumberOfAverages NumberOfPhaseEncodingSteps
  TxRefAmp RefLinesPE ShimSetting SAR VariableFlipAngleFlag SpoilingState SpoilingType SpoilingRFPhaseIncrement
  SpoilingGradientMoment SpoilingGradientDuration MTState MTOffsetFrequency MTPulseBandwidth MTNumberOfPulses
  MTPulseShape MTPulseDuration ContrastBolusIngredient FatSaturation WaterSuppression DiffusionScheme
  NumberOfExcitations NumberOfSlices UsePhilipsFloatNotDisplayScaling PhilipsRescaleSlope PhilipsRescaleIntercept
  PhilipsRWVSlope PhilipsRWVIntercept PhilipsScaleSlope ArterialSpinLabelingType PostLabelingDelay LabelingDuration
  BackgroundSuppression M0Type SkullStripped Units ConversionSoftware ConversionSoftwareVersion RawImage
  SeriesNumber AcquisitionNumber InPlanePhaseEncodingDirectionDICOM BidsGuess
  XRayExposure XRayTubeCurrent ExposureTime KVP ConvolutionKernel RadionuclideHalfLife Radionuclide
  `
    .split(/\s+/)
    .filter(Boolean),
);
/** Descriptions that survive under Clean Descriptors as imaging words only. */
const descriptors = new Set([
  'SeriesDescription',
  'ProtocolName',
  'ProcedureStepDescription',
  'StudyDescription',
  'TaskName',
  'SequenceDescription',
]);
const deviceFields = new Set(['DeviceSerialNumber', 'StationName']);
const institutionFields = new Set(['InstitutionName', 'InstitutionAddress', 'InstitutionalDepartmentName']);
const patientFields: Readonly<Record<string, true>> = {
  PatientSex: true,
  PatientAge: true,
  PatientWeight: true,
  PatientSize: true,
};
/** Sidecar fields that BIDS and dcm2niix spell differently from the keyword of the attribute they come from. */
const otherSpellings: Readonly<Record<string, string>> = {
  ManufacturersModelName: '00081090',
  BodyPart: '00180015',
  EchoNumber: '00180086',
  EchoTime1: '00180081',
  EchoTime2: '00180081',
  ProcedureStepDescription: '00400254',
  XRayExposure: '00181152',
  ImageOrientationPatientDICOM: '00200037',
  InPlanePhaseEncodingDirectionDICOM: '00181312',
  PercentPhaseFOV: '00180094',
  CoilString: '0051100F',
  ImageOrientationText: '0051100E',
};
const uidField = /(?:UID|Uid)$/;
const dateField = /Date$|DateTime$/;

/** A JSON object as read from a sidecar. */
export type SidecarJson = Readonly<Record<string, unknown>>;

/**
 * De-identifies a BIDS sidecar.
 *
 * An allow-list of acquisition fields stays; options of the recipe let more through (patient
 * characteristics, device, institution, cleaned descriptions, dates, UIDs). Dates move by the subject's
 * BIDS shift, before 1926; with full dates retained they stay. A field with a kept text that names the subject goes,
 * dates inside texts go, in lists as well. Of what others said about de-identification the codes stay. An override
 * of the recipe, by tag or keyword, decides about the field made from that attribute: K keeps it, all others remove it.
 * Adds DeidentificationMethod and DeidentificationMethodCodeSequence.
 *
 * @param source is not changed
 */
export function cleanSidecar(
  source: SidecarJson,
  recipe: HeaderRecipe,
  pseudonyms: Pseudonyms,
  subject: HeaderSubject,
): { json: Record<string, unknown>; changes: HeaderChange[] } {
  const { options } = recipe;
  const { pattern, words } = identifierPattern(
    [...(subject.identifiers ?? []), ...ownIdentifiers(source)],
    subject.label,
    options.retainInstitutionIdentity,
  );
  const overrides = overridesByTag(recipe);
  const mode = dateMode(options);
  const json: Record<string, unknown> = {};
  const changes: HeaderChange[] = [];

  const decide = (
    key: string,
    value: unknown,
  ): { value: unknown; action: HeaderChange['action']; rule: string } => {
    const gone = (rule: string) => ({ value: undefined, action: 'remove' as const, rule });
    const override = overrides.get(otherSpellings[key] ?? tagOfKeyword(key) ?? '');
    if (override === 'K') return { value, action: 'keep', rule: 'policy override' };
    if (override) return gone('policy override');
    if (key === 'DeidentificationMethod')
      return { value: ownStatements(value), action: 'clean', rule: 'received statement' };
    if (key === 'DeidentificationMethodCodeSequence')
      return { value: codesOf(value), action: 'clean', rule: 'received statement' };
    // Birth dates have no shift that hides them: with the scan's date they give the age.
    if (/birth/i.test(key)) return gone('birth date');
    if (dateField.test(key)) {
      if (mode === 'full') return { value, action: 'keep', rule: 'option 113106' };
      const moved =
        mode === 'modified'
          ? shiftSidecarDate(value, pseudonyms.bidsShiftDays(subject.sourceKey))
          : undefined;
      return moved === undefined
        ? gone('dates')
        : { value: moved, action: 'shift-date', rule: 'option 113107, before 1926' };
    }
    if (key === 'AcquisitionTime')
      return mode === 'removed' ? gone('times') : { value, action: 'keep', rule: 'option 113107' };
    if (uidField.test(key)) {
      if (options.retainUids) return { value, action: 'keep', rule: 'option 113110' };
      if (typeof value !== 'string') return gone('UID');
      return { value: pseudonyms.replaceUid(value), action: 'replace-uid', rule: 'UID' };
    }
    if (key in patientFields) {
      if (!options.retainPatientCharacteristics) return gone('patient');
      if (key === 'PatientAge')
        return {
          value: groupAge(value),
          action: groupAge(value) === value ? 'keep' : 'clean',
          rule: 'option 113108',
        };
      return { value, action: 'keep', rule: 'option 113108' };
    }
    if (deviceFields.has(key))
      return options.retainDeviceIdentity ? { value, action: 'keep', rule: 'option 113109' } : gone('device');
    if (institutionFields.has(key)) {
      return options.retainInstitutionIdentity
        ? { value, action: 'keep', rule: 'option 113112' }
        : gone('institution');
    }
    if (descriptors.has(key)) {
      const cleaned =
        options.cleanDescriptors && typeof value === 'string' ? cleanDescriptor(value, words) : '';
      if (cleaned === '') return gone('description');
      return { value: cleaned, action: cleaned === value ? 'keep' : 'clean', rule: 'option 113105' };
    }
    if (!acquisitionFields.has(key)) return gone('not on the list of acquisition fields');
    return { value, action: 'keep', rule: 'acquisition field' };
  };

  for (const [key, value] of Object.entries(source)) {
    let outcome = decide(key, value);
    if (outcome.action === 'keep' && outcome.rule !== 'policy override') {
      const texts = [print(outcome.value), ...textsIn(outcome.value)];
      if (pattern && texts.some((text) => pattern.test(text)))
        outcome = {
          value: undefined,
          action: 'remove',
          rule: `${outcome.rule}: contains an identifier of the subject`,
        };
      else if (mode !== 'full' && key !== 'AcquisitionTime') {
        const dateless = mapTexts(outcome.value, (text) => withoutDates(text) ?? text);
        if (print(dateless) !== print(outcome.value))
          outcome = { value: dateless, action: 'clean', rule: `${outcome.rule}: date inside text` };
      }
    }
    if (outcome.value !== undefined) json[key] = outcome.value;
    changes.push({
      tag: key,
      name: key,
      vr: '',
      action: outcome.action,
      before: cut(print(value)),
      after: cut(outcome.value === undefined ? '' : print(outcome.value)),
      rule: outcome.rule,
    });
  }

  stamp('DeidentificationMethod', appended(json.DeidentificationMethod, methodText(recipe)));
  const prior = Array.isArray(json.DeidentificationMethodCodeSequence)
    ? (json.DeidentificationMethodCodeSequence as unknown[])
    : [];
  const known = new Set(prior.map((item) => (item as { CodeValue?: unknown })?.CodeValue));
  stamp('DeidentificationMethodCodeSequence', [
    ...prior,
    ...headerCodes(recipe)
      .filter(({ code }) => !known.has(code))
      .map(({ code, meaning }) => ({ CodeValue: code, CodingSchemeDesignator: 'DCM', CodeMeaning: meaning })),
  ]);
  return { json, changes };

  function stamp(key: string, value: unknown): void {
    json[key] = value;
    const at = changes.findIndex((c) => c.tag === key);
    const entry: HeaderChange = {
      tag: key,
      name: key,
      vr: '',
      action: 'stamp',
      before: at >= 0 ? changes[at]!.before : '',
      after: cut(print(value)),
      rule: 'stamp',
    };
    if (at >= 0) changes[at] = entry;
    else changes.push(entry);
  }
}

function appended(prior: unknown, text: string): string[] {
  const values = Array.isArray(prior) ? prior.map(String) : prior === undefined ? [] : [String(prior)];
  return values.includes(text) ? values : [...values, text];
}

/** Of received statements our own: what others wrote is free text, in which a hospital and a date may stand. */
function ownStatements(value: unknown): string[] | undefined {
  const own = textsIn(value).filter((text) => text.startsWith(`${methodMark}:`));
  return own.length > 0 ? own : undefined;
}

/**
 * The codes of a received sequence with the meanings that the standard gives them, and nothing else of its items.
 * Local codes (`99…`, PS3.16 section 8) mean nothing to others and are left out.
 */
function codesOf(value: unknown): Record<string, string>[] | undefined {
  const code = (text: unknown): text is string => typeof text === 'string' && /^[\w.-]{1,16}$/.test(text);
  const codes = (Array.isArray(value) ? value : []).flatMap((item: unknown) => {
    const { CodeValue, CodingSchemeDesignator } = (item ?? {}) as Record<string, unknown>;
    if (!code(CodeValue) || !code(CodingSchemeDesignator)) return [];
    if (CodingSchemeDesignator.startsWith('99')) return [];
    const known = Object.values(optionCodes).find((o) => o.code === CodeValue);
    const meaning = known && CodingSchemeDesignator === 'DCM' ? { CodeMeaning: known.meaning } : undefined;
    return [{ CodeValue, CodingSchemeDesignator, ...meaning }];
  });
  return codes.length > 0 ? codes : undefined;
}

/** Every text of a value, names of fields included. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(textsIn);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => [name, ...textsIn(inner)]);
}

/** A value with each of its texts replaced; a list keeps its length, for its places have meanings. */
function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((inner) => mapTexts(inner, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, mapTexts(inner, change)]));
}

function shiftSidecarDate(value: unknown, days: number): string | undefined {
  if (typeof value !== 'string') return undefined;
  const plain = /^(\d{4})(\d{2})(\d{2})$/.exec(value);
  const iso = plain ? `${plain[1]}-${plain[2]}-${plain[3]}` : value;
  // A date of our own making is before 1926 already and is not moved again.
  if (iso < '1926' && /^\d{4}-/.test(iso)) return iso;
  return shiftIso(iso, days);
}

/** Ages over 89 are grouped: the number or `090Y`, however it is written, becomes 89 (or `089Y`). */
function groupAge(value: unknown): unknown {
  if (typeof value === 'number') return value > 89 ? 89 : value;
  return typeof value === 'string' && isGroupedAge(value) ? '089Y' : value;
}

/** Identifiers that a sidecar states about its own subject. */
function ownIdentifiers(
  source: SidecarJson,
): { kind: 'patient-name' | 'patient-id' | 'institution' | 'accession' | 'physician'; text: string }[] {
  const of = (
    key: string,
    kind: 'patient-name' | 'patient-id' | 'institution' | 'accession' | 'physician',
  ) => {
    const value = source[key];
    if (typeof value !== 'string' || value.trim().length < 4) return [];
    return kind === 'patient-name' || kind === 'physician'
      ? [value, ...value.split(/[\^\s,]+/).filter((p) => p.length >= 3)].map((text) => ({ kind, text }))
      : [{ kind, text: value }];
  };
  return [
    ...of('PatientName', 'patient-name'),
    ...of('PatientID', 'patient-id'),
    ...of('InstitutionName', 'institution'),
    ...of('AccessionNumber', 'accession'),
    ...of('ReferringPhysicianName', 'physician'),
    ...of('PerformingPhysicianName', 'physician'),
    ...of('OperatorsName', 'physician'),
  ];
}

function print(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

function cut(text: string): string {
  return text.length > 120 ? `${text.slice(0, 119)}…` : text;
}
