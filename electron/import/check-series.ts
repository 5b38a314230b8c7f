import type { QuarantineClass, SeriesKind, SeriesLayout } from '../../shared/import/records.ts';
import type { Problem } from '../../shared/problem.ts';
import type { DicomHeader } from './dicom/header-record.ts';
import { comparableName, isPlaceholderId } from './identity.ts';
import { implausibleSize, implausibleSizeFix } from './plausible-extent.ts';
import type { SliceStack } from './slice-geometry.ts';

/** The grid that grouping worked out. */
export interface CheckedVolume {
  /** Indices of the instances in slice order. */
  order: number[];
  /** Position along the normal of each ordered instance, mm; empty where there is none. */
  positionsMm: number[];
  shape: number[];
  voxelSizeMm: number[];
  /** Voxel→world mm, RAS+, 16 numbers; [] where unknown. */
  affine: number[];
  stack: SliceStack | undefined;
  geometry: 'known' | 'missing' | 'none';
}

export interface Finding {
  problems: Problem[];
  quarantine: { quarantine: QuarantineClass; reason: string } | undefined;
}

interface Checked {
  name: string;
  kind: SeriesKind;
  kindIsSure: boolean;
  layout: SeriesLayout;
  volume: CheckedVolume;
  /** What is wrong with its size, if something is. */
  implausible: string | undefined;
  /** In slice order. */
  headers: readonly DicomHeader[];
  mixedIdentity: boolean;
  mixedOrientation: boolean;
}

/** Steps may differ from their median by this share before they count as uneven. */
const evenSpacing = 0.02;
/** A tilt below this is rounding in the header, degrees. */
const tiltDeg = 0.5;
/** More gaps than this share of the slices and the volume cannot be trusted. */
const tolerableGaps = 0.05;

/**
 * Everything that can be said about a series from its headers alone.
 *
 * @returns Problems in the order a person should read them, and the first reason to set the series aside
 */
export function checkDicomSeries(series: Checked): Finding {
  const problems: Problem[] = [];
  let quarantine: Finding['quarantine'];
  const add = (code: string, level: Problem['level'], message: string, fix?: string) =>
    problems.push({ code, level, subject: series.name, message, fix });
  const setAside = (reason: string, kind: QuarantineClass) => {
    quarantine ??= { quarantine: kind, reason };
  };

  checkIdentity(series, add, setAside);
  checkFiles(series, add, setAside);
  if (series.kind !== 'non-image' && series.kind !== 'secondary-capture') {
    checkGeometry(series, add, setAside);
    checkClaims(series, add);
  }
  return { problems, quarantine };
}

type Add = (code: string, level: Problem['level'], message: string, fix?: string) => void;
type SetAside = (reason: string, kind: QuarantineClass) => void;

function checkIdentity(series: Checked, add: Add, setAside: SetAside): void {
  const { headers } = series;
  if (series.mixedIdentity) {
    add(
      'mixed-identity',
      'error',
      'One Series Instance UID stands in files of different patients. They were kept apart.',
      'Find out whose images these are and correct them at their source.',
    );
    setAside('The files of this series name more than one patient.', 'identity');
  }
  const names = new Set(headers.map((h) => comparableName(h.patientName)).filter(Boolean));
  if (names.size > 1 && !series.mixedIdentity) {
    add(
      'mixed-names',
      'warning',
      `The files of this series carry ${names.size} different patient names under one Patient ID.`,
      'Check that they belong to one person.',
    );
  }
  const id = headers[0]!.patientId;
  if (id.trim() === '') {
    add(
      'empty-patient-id',
      'warning',
      'There is no Patient ID. The study stands as a person of its own and was merged with nobody.',
      'If it belongs to a known subject, correct the Patient ID at its source.',
    );
  } else if (isPlaceholderId(id)) {
    add(
      'placeholder-patient-id',
      'warning',
      'The Patient ID is a placeholder that many people may share. The study stands as a person of its own.',
      'If it belongs to a known subject, correct the Patient ID at its source.',
    );
  }
  if (
    !headers[0]!.studyInstanceUid ||
    !headers[0]!.seriesInstanceUid ||
    headers.some((h) => !h.sopInstanceUid)
  ) {
    add(
      'missing-uids',
      'warning',
      'A study, series or instance UID is missing; the files were kept apart rather than guessed together.',
      'Import the series again from its archive.',
    );
  }
}

function checkFiles(series: Checked, add: Add, setAside: SetAside): void {
  const truncated = series.headers.filter((h) => h.truncatedPixels).length;
  if (truncated > 0) {
    add(
      'truncated-pixels',
      'error',
      `${truncated} of ${series.headers.length} files end before their pixel data does.`,
      'Copy them again from their source, then import again.',
    );
    setAside(`${truncated} of its files are cut off.`, 'unreadable');
  }
  const without = series.headers.filter((h) => !h.hasPixels).length;
  if (without > 0 && without < series.headers.length) {
    add('missing-pixels', 'warning', `${without} of ${series.headers.length} files have no pixel data.`);
  }
}

function checkGeometry(series: Checked, add: Add, setAside: SetAside): void {
  const { volume, headers } = series;
  if (volume.geometry === 'missing') {
    if (series.kind === 'localizer') return;
    add(
      'missing-geometry',
      'error',
      'Image position, orientation or pixel spacing is missing, so the slices cannot be put into space.',
      'Import the series again from a source that kept them.',
    );
    setAside('Position, orientation or pixel spacing is missing.', 'missing-geometry');
    return;
  }
  if (series.implausible) {
    add('implausible-size', 'error', series.implausible, implausibleSizeFix);
    setAside(implausibleSize.reason, implausibleSize.quarantine);
  }
  if (headers.some((h) => h.mixedFrameOrientations) && series.kind !== 'localizer') {
    add(
      'mixed-orientation',
      'warning',
      'The frames of one object lie in different orientations.',
      'Check what it shows; it is not one volume.',
    );
    setAside('Its frames lie in different orientations.', 'inconsistent-geometry');
  }
  const { stack } = volume;
  if (!stack || series.kind === 'localizer') return;
  if (series.mixedOrientation) {
    add(
      'mixed-orientation',
      'warning',
      'The slices of one series lie in different orientations; each orientation was taken as a volume of its own.',
      'Check the parts; exclude those that are not needed.',
    );
    if (stack.slices < 8)
      setAside(
        'The slices of the series lie in different orientations, and few share this one.',
        'inconsistent-geometry',
      );
  }
  if (stack.repeats === 0) {
    add(
      'uneven-repeats',
      'warning',
      'Some slice positions occur more often than others, so the files make no whole number of volumes.',
      'A transfer may have been cut short: import the series again from its source.',
    );
    setAside('Some slice positions occur more often than others.', 'inconsistent-geometry');
  }
  checkSpacing(stack, headers, add, setAside);
  const nominal = Math.abs(headers[0]!.gantryTiltDeg ?? 0);
  if (stack.shearDeg > tiltDeg || nominal > tiltDeg) {
    const measured = stack.shearDeg > tiltDeg ? stack.shearDeg : nominal;
    add(
      'gantry-tilt',
      'warning',
      `The slices are shifted against each other as by a gantry tilted ${measured.toFixed(1)}°; the volume is sheared.`,
      'Lengths across slices are distorted; correct the tilt before measuring.',
    );
    if (stack.shearDeg > 2)
      setAside(
        `The slices are sheared by ${stack.shearDeg.toFixed(1)}° (gantry tilt).`,
        'inconsistent-geometry',
      );
  }
}

function checkSpacing(
  stack: SliceStack,
  headers: readonly DicomHeader[],
  add: Add,
  setAside: SetAside,
): void {
  const { steps, spacingMm } = stack;
  if (steps.length < 2) return;
  const tolerance = Math.max(0.02, evenSpacing * spacingMm);
  const uneven = steps.filter((s) => Math.abs(s - spacingMm) > tolerance);
  const gaps = uneven.filter((s) => {
    const times = Math.round(s / spacingMm);
    return times >= 2 && Math.abs(s - times * spacingMm) <= tolerance * times;
  });
  const odd = uneven.length - gaps.length;
  if (gaps.length > 0) {
    const lost = gaps.reduce((n, s) => n + Math.round(s / spacingMm) - 1, 0);
    add(
      'missing-slices',
      'warning',
      `${lost} slice${lost === 1 ? ' is' : 's are'} missing in ${gaps.length} place${gaps.length === 1 ? '' : 's'}: neighbours lie ${gaps
        .slice(0, 3)
        .map((g) => g.toFixed(2))
        .join(', ')} mm apart instead of ${spacingMm.toFixed(2)} mm.`,
      'Look for the missing files at the source; without them the volume is bent at the gap.',
    );
  }
  if (odd > 0) {
    const widest = Math.max(...uneven).toFixed(2);
    const narrowest = Math.min(...uneven, spacingMm).toFixed(2);
    add(
      'uneven-spacing',
      'warning',
      `Slices are not evenly spaced: ${odd} of ${steps.length} steps differ from ${spacingMm.toFixed(2)} mm (${narrowest} to ${widest} mm).`,
      'Lengths across slices are approximate.',
    );
  }
  if (uneven.length > Math.max(1, tolerableGaps * steps.length)) {
    setAside(
      `${uneven.length} of ${steps.length} steps between slices differ from the usual ${spacingMm.toFixed(2)} mm.`,
      'inconsistent-geometry',
    );
  }
  const thickness = headers[0]!.sliceThickness;
  if (thickness && spacingMm > 1.5 * thickness) {
    add(
      'slice-gap',
      'info',
      `Slices are ${thickness} mm thick but ${spacingMm.toFixed(2)} mm apart: the tissue between them was not imaged, or every other file is missing.`,
    );
  }
}

/** What the file claims about itself, and what that is worth. */
function checkClaims(series: Checked, add: Add): void {
  const h = series.headers[0]!;
  if (h.identityRemoved === 'YES' || h.deidentificationMethod) {
    add(
      'already-deidentified',
      'info',
      `The files say that they were de-identified before${h.deidentificationMethod ? ` (${h.deidentificationMethod})` : ''}. That is no evidence: they are handled like any other.`,
    );
  }
  if (h.burnedInAnnotation === 'YES') {
    add(
      'burned-in-annotation',
      'warning',
      'The files say that text is burned into the pixels.',
      'Look at the images before sharing them.',
    );
  } else if (h.burnedInAnnotation === 'NO') {
    add(
      'burned-in-claim',
      'info',
      'The files say that no text is burned into the pixels. That is a statement, not evidence.',
    );
  }
  if (!series.kindIsSure && ['T1w', 'T2w', 'FLAIR', 'PDw'].includes(series.kind)) {
    add(
      'kind-from-timing',
      'info',
      `No name says what this is; its timing (TR ${h.repetitionTimeMs ?? '?'} ms, TE ${h.echoTimeMs ?? '?'} ms${h.inversionTimeMs ? `, TI ${h.inversionTimeMs} ms` : ''}) suggests ${series.kind}.`,
      'Set the kind if that is wrong.',
    );
  }
}
