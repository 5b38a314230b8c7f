import type { QuarantineClass, SeriesKind, SeriesLayout } from '../../shared/import/records.ts';
import type { Problem } from '../../shared/problem.ts';
import type { DicomHeader } from './dicom/header-record.ts';
import type { FaceInView } from './initial-state.ts';

/** One DICOM file with its header, as grouping sees it. */
export interface SourceInstance {
  rootId: number;
  /** Relative to the root. */
  path: string;
  /** Absolute, for identities that have nothing better. */
  file: string;
  size: number;
  mtimeMs: number;
  header: DicomHeader;
}

/** A file of a series that is about to be written to the catalog. */
export interface DraftInstance {
  rootId: number;
  path: string;
  size: number;
  mtimeMs: number;
  sopClassUid: string;
  sopInstanceUid: string;
  instanceNumber: number | null;
  frameCount: number;
  positionMm: number | null;
  transferSyntaxUid: string;
}

export interface DraftSubject {
  key: string;
  patientId: string;
  patientName: string;
  birthDate: string;
  sex: string;
}

export interface DraftStudy {
  /** StudyInstanceUID, or a stand-in where there is none. */
  uid: string;
  date: string;
  time: string;
  description: string;
  accessionNumber: string;
}

/** A series as grouping made it, ready to be written; everything the catalog row needs. */
export interface SeriesDraft {
  /** What tells this volume from others of the same SeriesInstanceUID. */
  splitKey: string;
  format: 'dicom' | 'nifti';
  subject: DraftSubject;
  study: DraftStudy;
  seriesInstanceUid: string;
  seriesNumber: number | null;
  description: string;
  protocol: string;
  modality: string;
  manufacturer: string;
  model: string;
  kind: SeriesKind;
  layout: SeriesLayout;
  shape: number[];
  voxelSizeMm: number[];
  affine: number[];
  faceInView: FaceInView;
  state: 'queued' | 'excluded';
  quarantine: QuarantineClass | null;
  stateReason: string;
  stateNext: string;
  attributes: Record<string, unknown>;
  instances: DraftInstance[];
  problems: Problem[];
}
