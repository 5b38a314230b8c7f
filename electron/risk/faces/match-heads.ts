import { FACE_NETWORKS, type FaceNetwork, type RecognitionFigures } from '../../../shared/risk/records.ts';
import { rankOfOwn } from '../../../shared/statistics/rank-of-own.ts';
import { descriptorsOf, similarities, viewsWithFace } from '../face-gallery.ts';
import { type Probe, recognitionFigures } from '../recognition-figures.ts';
import type { SurfaceView } from '../render.ts';
import type { FaceReading } from './face-reader.ts';

/** What the networks found in the pictures of one file. */
export interface SeenHead {
  readonly file: string;
  /** Files with the same one are of the same person, see {@link personOfFile}. */
  readonly person: string;
  readonly views: readonly { readonly view: SurfaceView; readonly readings: readonly FaceReading[] }[];
}

/** One network's answer to one probe. */
export interface NetworkMatch {
  readonly network: FaceNetwork;
  readonly views: number;
  readonly viewsWithFace: readonly SurfaceView[];
  /** The head of the gallery that is most alike; null where no view of both shows a face. */
  readonly best: { readonly file: string; readonly similarity: number } | null;
  /** Similarity to the own person, and that person's place in the gallery; null without a face or without the person. */
  readonly similarity: number | null;
  readonly rank: number | null;
}

export interface HeadMatch {
  readonly file: string;
  /** The own person's file in the gallery; null where there is none. */
  readonly own: string | null;
  readonly matches: readonly NetworkMatch[];
}

export interface NetworkTotals {
  readonly network: FaceNetwork;
  /** Share of all renders in which no face was found, 0…1; null without renders. */
  readonly galleryWithoutFace: number | null;
  readonly probesWithoutFace: number | null;
  /** Share of the gallery that guessing would name within the first one and the first five. */
  readonly chance: { readonly rank1: number | null; readonly rank5: number | null };
  /** Over the probes whose own person is in the gallery. */
  readonly figures: RecognitionFigures;
}

export interface HeadMatches {
  readonly probes: readonly HeadMatch[];
  readonly totals: readonly NetworkTotals[];
}

/**
 * The person a file is of, by its name: without folders and suffix, without a `_desc-…` entity, and without what
 * follows `__`.
 *
 * @example personOfFile('out/IXI012__blur.nii.gz') // 'IXI012'
 * @example personOfFile('sub-01_desc-defaced_T1w.nii') // 'sub-01_T1w'
 */
export function personOfFile(path: string): string {
  const name = path.replace(/^.*[/\\]/, '').replace(/\.nii(\.gz)?$/i, '');
  return name.replace(/_desc-[a-z0-9]+/i, '').replace(/(?<=.)__.*$/, '');
}

/**
 * Compares every probe with every head of the gallery, each network for itself, as the audit of a project does.
 *
 * @param views those that were pictured
 */
export function matchHeads(
  gallery: readonly SeenHead[],
  probes: readonly SeenHead[],
  views: readonly SurfaceView[],
): HeadMatches {
  const places = new Map(gallery.map((head, n) => [head.person, n]));
  const byNetwork = FACE_NETWORKS.map((network) => {
    const heads = gallery.map((head) => descriptorsOf(head, network, views));
    const looked = probes.map(({ person, views: seen }): Looked => {
      const descriptors = descriptorsOf({ views: seen }, network, views);
      return {
        faceIn: views.filter((_, v) => descriptors[v]),
        own: places.get(person) ?? -1,
        scores: similarities(descriptors, heads),
        views: views.length,
        viewsWithFace: viewsWithFace(descriptors),
      };
    });
    const known = looked.filter((probe) => probe.own >= 0);
    const seenShare = (counts: readonly number[]) =>
      counts.length === 0 ? null : 1 - sum(counts) / (views.length * counts.length);
    return {
      looked,
      totals: {
        network,
        galleryWithoutFace: seenShare(heads.map(viewsWithFace)),
        probesWithoutFace: seenShare(looked.map((probe) => probe.viewsWithFace)),
        chance: {
          rank1: gallery.length === 0 ? null : 1 / gallery.length,
          rank5: gallery.length === 0 ? null : Math.min(1, 5 / gallery.length),
        },
        figures: recognitionFigures(network, known, gallery.length, rangeOf(known), null),
      },
    };
  });
  return {
    probes: probes.map(({ file, person }, p) => ({
      file,
      own: gallery[places.get(person) ?? -1]?.file ?? null,
      matches: byNetwork.map(({ looked, totals }) => matchOf(totals.network, looked[p]!, gallery)),
    })),
    totals: byNetwork.map(({ totals }) => totals),
  };
}

interface Looked extends Probe {
  readonly faceIn: readonly SurfaceView[];
}

function matchOf(network: FaceNetwork, probe: Looked, gallery: readonly SeenHead[]): NetworkMatch {
  const { own, scores, views, faceIn } = probe;
  let best = -1;
  for (let n = 0; n < scores.length; n++) {
    if (scores[n]! > (best < 0 ? Number.NEGATIVE_INFINITY : scores[best]!)) best = n;
  }
  const place =
    own < 0
      ? null
      : rankOfOwn(
          scores[own]!,
          scores.filter((_, n) => n !== own),
        );
  return {
    network,
    views,
    viewsWithFace: faceIn,
    best: best < 0 ? null : { file: gallery[best]!.file, similarity: scores[best]! },
    similarity: place === null ? null : scores[own]!,
    rank: place?.rank ?? null,
  };
}

/** From the least to the greatest similarity that was found. */
function rangeOf(probes: readonly Probe[]): [number, number] {
  const found = probes.flatMap(({ scores }) => [...scores].filter(Number.isFinite));
  return found.length === 0
    ? [0, 1]
    : found.reduce(([low, high], s) => [Math.min(low, s), Math.max(high, s)], [1, -1] as [number, number]);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
