import { NETWORK_NAMES } from '../../shared/risk/network-names.ts';
import {
  type AuditLimits,
  FACE_NETWORKS,
  type FaceNetwork,
  type RecognitionFigures,
  type ScanRecognition,
} from '../../shared/risk/records.ts';
import { rankOfOwn } from '../../shared/statistics/rank-of-own.ts';
import { scoreThreshold } from '../../shared/statistics/score-threshold.ts';
import { descriptorsOf, similarities, type ViewDescriptors, viewsWithFace } from './face-gallery.ts';
import { AUDIT_VIEWS } from './look-conditions.ts';
import { type Look, LookCache } from './looks.ts';
import { type Probe, recognitionFigures } from './recognition-figures.ts';

/** One original: its picture in the gallery, and the untouched probe of it. */
export interface OriginalLooks {
  readonly seriesId: number;
  /** One place in the gallery per subject: of several scans the first of this list that shows most of a face. */
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

/**
 * Everybody with everybody: every untouched and every de-identified head against one gallery picture of each person.
 *
 * The threshold of a network is set on the untouched heads: the similarity that at most the policy's share of strangers
 * reaches. Comparisons without a face on either side do not lower it.
 */
export function recogniseCohort(order: CohortOrder): CohortResult {
  const cache = new LookCache(order.dir);
  const looks = new Map<string, Look>();
  const lookOf = (key: string): Look => {
    const look = looks.get(key) ?? cache.read<Look>(key) ?? { condition: 'probe' as const, views: [] };
    looks.set(key, look as Look);
    return look as Look;
  };
  const chosen = chooseGallery(order.originals, lookOf);
  const placeOf = new Map(chosen.map((o, n) => [o.subjectId, n]));
  const people = chosen.length + order.borrowed.length;
  const recognitions = new Map<number, ScanRecognition[]>();
  const upperBound: RecognitionFigures[] = [];
  const byMethod = new Map<string, RecognitionFigures[]>();

  for (const network of FACE_NETWORKS) {
    const see = (key: string) => descriptorsOf(lookOf(key), network, AUDIT_VIEWS);
    const gallery: ViewDescriptors[] = [...chosen.map((o) => see(o.gallery)), ...order.borrowed.map(see)];
    const probeOf = (key: string, subjectId: number): Probe => {
      const descriptors = see(key);
      return {
        own: placeOf.get(subjectId) ?? -1,
        scores: similarities(descriptors, gallery),
        views: AUDIT_VIEWS.length,
        viewsWithFace: viewsWithFace(descriptors),
        facesIn: AUDIT_VIEWS.filter((_, v) => descriptors[v]),
      };
    };
    const untouched = new Map(order.originals.map((o) => [o.seriesId, probeOf(o.probe, o.subjectId)]));
    const edited = order.attempts.map((a) => ({ ...a, looked: probeOf(a.probe, a.subjectId) }));
    const represented = new Set(chosen.map((o) => o.seriesId));
    const upper = [...untouched].filter(([id]) => represented.has(id)).map(([, probe]) => probe);
    const threshold = thresholdOf(upper, order.limits.maxFalseAccept);
    const range = rangeOf([...upper, ...edited.map((e) => e.looked)]);
    upperBound.push(recognitionFigures(network, upper, people, range, threshold));
    for (const method of new Set(order.attempts.map((a) => a.method))) {
      const probes = edited.filter((e) => e.method === method).map((e) => e.looked);
      const list = byMethod.get(method) ?? [];
      list.push(recognitionFigures(network, probes, people, range, threshold));
      byMethod.set(method, list);
    }
    for (const { derivativeId, seriesId, looked } of edited) {
      const list = recognitions.get(derivativeId) ?? [];
      list.push(recognitionOf(network, looked, untouched.get(seriesId), people, threshold));
      recognitions.set(derivativeId, list);
    }
  }
  const sees = upperBound
    .filter((f) => people >= order.limits.minPeople && (f.rank1.value ?? 0) >= order.limits.minUpperBound)
    .map((f) => f.network);
  return {
    galleryPeople: chosen.length,
    upperBound,
    sees,
    blind: sees.length > 0 ? '' : whyBlind(people, upperBound, order.limits),
    methods: [...byMethod].map(([method, figures]) => ({ method, figures })),
    scans: [...recognitions].map(([derivativeId, recognition]) => ({ derivativeId, recognition })),
  };
}

/** One original per person, with a face in as many pictures as any of the person's; people without any are left out. */
function chooseGallery(originals: readonly OriginalLooks[], lookOf: (key: string) => Look): OriginalLooks[] {
  const best = new Map<number, { readonly original: OriginalLooks; readonly faces: number }>();
  for (const original of originals) {
    const look = lookOf(original.gallery);
    const faces = FACE_NETWORKS.reduce((n, w) => n + viewsWithFace(descriptorsOf(look, w, AUDIT_VIEWS)), 0);
    if (faces > (best.get(original.subjectId)?.faces ?? 0)) best.set(original.subjectId, { original, faces });
  }
  return [...best.values()].map((b) => b.original);
}

function thresholdOf(probes: readonly Probe[], maxFalseAccept: number): number | null {
  const strangers = probes.flatMap(({ own, scores }) =>
    [...scores].filter((score, g) => g !== own && Number.isFinite(score)),
  );
  const threshold = scoreThreshold(strangers, maxFalseAccept);
  return threshold !== null && Number.isFinite(threshold) ? threshold : null;
}

/** From the least to the greatest similarity that was found at all. */
function rangeOf(probes: readonly Probe[]): [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { scores } of probes)
    for (const score of scores) {
      if (!Number.isFinite(score)) continue;
      if (score < low) low = score;
      if (score > high) high = score;
    }
  return low <= high ? [low, high] : [0, 1];
}

function recognitionOf(
  network: FaceNetwork,
  probe: Probe,
  original: Probe | undefined,
  people: number,
  threshold: number | null,
): ScanRecognition {
  const own = ownScore(probe);
  const untouched = original && ownScore(original);
  return {
    network,
    views: probe.views,
    viewsWithFace: probe.viewsWithFace,
    similarity: own,
    threshold,
    accepted: own === null || threshold === null ? null : own >= threshold,
    rank: placeAmong(probe),
    people,
    originalSimilarity: untouched ?? null,
    originalRank: original ? placeAmong(original) : null,
  };
}

function ownScore({ own, scores }: Probe): number | null {
  const score = own < 0 ? Number.NEGATIVE_INFINITY : scores[own]!;
  return Number.isFinite(score) ? score : null;
}

function placeAmong(probe: Probe): number | null {
  return (
    rankOfOwn(
      ownScore(probe),
      probe.scores.filter((_, g) => g !== probe.own),
    )?.rank ?? null
  );
}

function whyBlind(people: number, upperBound: readonly RecognitionFigures[], limits: AuditLimits): string {
  if (people < limits.minPeople)
    return `only ${people} ${people === 1 ? 'head' : 'heads'} with a face can be compared, and the policy asks for ${limits.minPeople}`;
  const found = upperBound.map((f) => `${NETWORK_NAMES[f.network]} ${percent(f.rank1.value ?? 0)}`);
  return `the networks find too few of the untouched heads of this project again (${found.join(', ')}; the policy asks for ${percent(limits.minUpperBound)})`;
}

const percent = (share: number) => `${Math.round(100 * share)} %`;
