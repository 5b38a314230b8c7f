import { describe, expect, it } from 'vitest';
import type { FaceNetwork } from '../../../shared/risk/records.ts';
import type { SurfaceView } from '../render.ts';
import { matchHeads, personOfFile, type SeenHead } from './match-heads.ts';

describe('personOfFile', () => {
  it.each([
    ['IXI012.nii.gz', 'IXI012'],
    ['a/b/IXI012__blur.nii.gz', 'IXI012'],
    ['a\\IXI012.NII', 'IXI012'],
    ['IXI012_desc-template.nii.gz', 'IXI012'],
    ['sub-01_ses-2_desc-defaced_T1w.nii', 'sub-01_ses-2_T1w'],
    ['sub-01__x__y.nii', 'sub-01'],
    ['__odd.nii', '__odd'],
    ['scan.2.nii.gz', 'scan.2'],
  ])('%s is of %s', (file, person) => expect(personOfFile(file)).toBe(person));
});

const VIEWS: readonly SurfaceView[] = ['front', 'front-left-30'];

/** @param angles one per view, degrees: the direction of both networks' descriptors in a plane; null without a face */
function head(file: string, ...angles: (number | null)[]): SeenHead {
  return {
    file,
    person: personOfFile(file),
    views: angles.map((angle, v) => ({
      view: VIEWS[v]!,
      readings: (['human', 'face-api'] as FaceNetwork[]).map((network) => ({
        network,
        found: angle !== null,
        score: 0.5,
        descriptor:
          angle === null ? null : [Math.cos((angle * Math.PI) / 180), Math.sin((angle * Math.PI) / 180)],
      })),
    })),
  };
}

describe('matchHeads', () => {
  const gallery = [
    head('a.nii', 0, 0),
    head('b.nii', 60, 60),
    head('c.nii', null, 120),
    head('d.nii', null, null),
  ];

  it('names the most alike head and the place of the own person', () => {
    const { probes } = matchHeads(gallery, [head('x/b__blur.nii', 10, 20)], VIEWS);
    // Mean cosines: a (cos 10 + cos 20) / 2, b (cos 50 + cos 40) / 2, c cos 100 from one view, d none.
    expect(probes[0]).toMatchObject({ file: 'x/b__blur.nii', own: 'b.nii' });
    for (const match of probes[0]!.matches) {
      expect(match).toMatchObject({ views: 2, viewsWithFace: VIEWS, best: { file: 'a.nii' }, rank: 2 });
      expect(match.best!.similarity).toBeCloseTo(0.96225, 4);
      expect(match.similarity).toBeCloseTo(0.70442, 4);
    }
  });

  it('says nothing where there is nothing to compare: no person, no face, no view in common', () => {
    const { probes } = matchHeads(
      gallery,
      [head('stranger.nii', 61, 61), head('a.nii', null, null), head('c.nii', 5, null)],
      VIEWS,
    );
    expect(probes.map((p) => p.own)).toEqual([null, 'a.nii', 'c.nii']);
    expect(probes.map((p) => p.matches[0])).toEqual([
      expect.objectContaining({
        best: expect.objectContaining({ file: 'b.nii' }),
        similarity: null,
        rank: null,
      }),
      { network: 'human', views: 2, viewsWithFace: [], best: null, similarity: null, rank: null },
      expect.objectContaining({
        best: expect.objectContaining({ file: 'a.nii' }),
        similarity: null,
        rank: null,
      }),
    ]);
    expect(probes[2]!.matches[0]!.viewsWithFace).toEqual(['front']);
  });

  it('counts over the probes whose person is in the gallery, beside what guessing would reach', () => {
    const probes = [
      head('a.nii', 2, 2),
      head('b.nii', 5, 5),
      head('c.nii', 118, 118),
      head('d.nii', 0, 0),
      head('e.nii', 0, null),
    ];
    const { totals } = matchHeads(gallery, probes, VIEWS);
    expect(totals.map((t) => t.network)).toEqual(['human', 'face-api']);
    for (const { figures, chance, galleryWithoutFace, probesWithoutFace } of totals) {
      expect(chance).toEqual({ rank1: 0.25, rank5: 1 });
      expect(galleryWithoutFace).toBeCloseTo(3 / 8, 10);
      expect(probesWithoutFace).toBeCloseTo(1 / 10, 10);
      // a and c are first, b is second, d has no face in the gallery; e is a stranger.
      expect(figures).toMatchObject({ probes: 4, rank1: { value: 0.5 }, rank5: { value: 0.75 } });
    }
  });
});
