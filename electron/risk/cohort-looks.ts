import type {
  AuditLimits,
  FaceNetwork,
  RecognitionFigures,
  ScanRecognition,
} from '../../shared/risk/records.ts';

/** One person's original as it enters the gallery, and the untouched probe of it. */
export interface OriginalLooks {
  readonly seriesId: number;
  /** One entry of the gallery per subject: of several scans the first one in this list that shows a face. */
  readonly subjectId: number;
  readonly gallery: string;
  readonly probe: string;
}

export interface AttemptProbe {
  readonly derivativeId: number;
  readonly seriesId: number;
  readonly subjectId: number;
  readonly method: string;
  readonly probe: string;
}

/** Looks by their keys in the cache folder, so that a thousand people's descriptors are read in the worker. */
export interface CohortOrder {
  readonly dir: string;
  readonly originals: readonly OriginalLooks[];
  readonly attempts: readonly AttemptProbe[];
  /** Gallery looks of borrowed heads, of nobody. */
  readonly borrowed: readonly string[];
  readonly limits: AuditLimits;
}

export interface CohortResult {
  /** People in the gallery, borrowed ones not counted. */
  readonly galleryPeople: number;
  readonly upperBound: readonly RecognitionFigures[];
  readonly sees: readonly FaceNetwork[];
  /** Why no network is believed, a clause; empty when one is. */
  readonly blind: string;
  readonly methods: readonly { readonly method: string; readonly figures: readonly RecognitionFigures[] }[];
  readonly scans: readonly {
    readonly derivativeId: number;
    readonly recognition: readonly ScanRecognition[];
  }[];
}
