import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { auditLimits } from '../../shared/risk/records.ts';
import { seededRandom } from '../../shared/statistics/seeded-random.ts';
import { type CohortOrder, recogniseCohort } from './cohort-looks.ts';
import { descriptorsOf, similarities } from './face-gallery.ts';
import { AUDIT_VIEWS } from './look-conditions.ts';
import { type Look, LookCache } from './looks.ts';

let dir: string;
let cache: LookCache;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'refacade-cohort-'));
  cache = new LookCache(dir);
  return () => rmSync(dir, { recursive: true, force: true });
});

const random = seededRandom(7);
const face = (): number[] => Array.from({ length: 16 }, () => random() - 0.5);
const near = (values: readonly number[], spread: number) => values.map((v) => v + spread * (random() - 0.5));

/** A look in which `seen` of the views show a face like this one; none for a head without a face. */
function keep(descriptor: readonly number[] | null, spread = 0.05, seen = AUDIT_VIEWS.length): string {
  const key = LookCache.key(String(random()));
  const views = AUDIT_VIEWS.map((view, n) => {
    const found = descriptor !== null && n < seen;
    const values = found ? near(descriptor, spread) : null;
    return {
      view,
      readings: (['human', 'face-api'] as const).map((network) => ({
        network,
        found,
        score: 1,
        descriptor: values,
      })),
    };
  });
  cache.write(key, { condition: 'probe', views, setting: {}, seconds: 0 });
  return key;
}

interface Person {
  readonly face: number[];
  readonly original: CohortOrder['originals'][number];
}

function people(n: number, spread = 0.05): Person[] {
  return Array.from({ length: n }, (_, i) => {
    const own = face();
    const ids = { seriesId: i + 1, subjectId: i + 1 };
    return { face: own, original: { ...ids, gallery: keep(own), probe: keep(own, spread) } };
  });
}

const attempt = (person: Person, method: string, probe: string, derivativeId = person.original.seriesId) => ({
  derivativeId,
  seriesId: person.original.seriesId,
  subjectId: person.original.subjectId,
  method,
  probe,
});
const order = (
  all: Person[],
  attempts: CohortOrder['attempts'],
  more: Partial<CohortOrder> = {},
): CohortOrder => ({
  dir,
  originals: all.map((p) => p.original),
  attempts,
  borrowed: [],
  limits: auditLimits.parse({}),
  ...more,
});

describe('recogniseCohort', () => {
  it('finds untouched heads again, and a head that was not changed with them', () => {
    const all = people(20);
    const result = recogniseCohort(
      order(
        all,
        all.map((p) => attempt(p, 'nothing', p.original.probe)),
      ),
    );
    expect(result).toMatchObject({ galleryPeople: 20, sees: ['human', 'face-api'], blind: '' });
    const [upper] = result.upperBound;
    expect([upper!.rank1.value, upper!.auc.value, upper!.eer.value]).toEqual([1, 1, 0]);
    // Twenty of twenty does not prove that it is always so.
    expect(upper!.rank1.low).toBeGreaterThan(0.8);
    expect(upper!.rank1.low).toBeLessThan(0.9);
    expect(result.methods[0]!.figures[0]!.rank1.value).toBe(1);
    for (const scan of result.scans)
      expect(scan.recognition[0]).toMatchObject({ rank: 1, accepted: true, people: 20 });
  });

  it('is at chance where the new faces are of nobody', () => {
    const all = people(60);
    const result = recogniseCohort(
      order(
        all,
        all.map((p) => attempt(p, 'reface', keep(face()))),
      ),
    );
    const figures = result.methods[0]!.figures[0]!;
    expect(figures.rank1.value).toBeLessThan(0.1);
    expect(Math.abs(figures.auc.value! - 0.5)).toBeLessThan(0.15);
    expect(figures.auc.low).toBeLessThan(0.5);
    expect(figures.auc.high).toBeGreaterThan(0.5);
    expect(figures.accepted.value).toBeLessThan(0.1);
  });

  it('counts heads without a face as not recognised, and never drops them', () => {
    const all = people(20);
    const attempts = all.map((p, n) => attempt(p, 'deface', n < 10 ? keep(null) : p.original.probe));
    const figures = recogniseCohort(order(all, attempts)).methods[0]!.figures[0]!;
    expect(figures).toMatchObject({
      probes: 20,
      withoutFace: 10,
      rank1: { value: 0.5 },
      faceFound: { value: 0.5 },
      facesByView: AUDIT_VIEWS.map((view) => ({ view, found: 10 })),
    });
    expect(figures.accepted.value).toBe(0.5);
  });

  it('sets the threshold on strangers, borrowed ones too, and lets no more than the share through', () => {
    const all = people(12);
    const borrowed = Array.from({ length: 5 }, () => keep(face()));
    const result = recogniseCohort(
      order(all, [attempt(all[0]!, 'x', keep(face()))], {
        borrowed,
        limits: auditLimits.parse({ maxFalseAccept: 0.05 }),
      }),
    );
    expect(result.galleryPeople).toBe(12);
    expect(result.scans[0]!.recognition[0]!.people).toBe(17);
    const { impostor, threshold } = result.upperBound[0]!;
    expect(impostor.counts.reduce((a, b) => a + b)).toBe(12 * 16);
    const looks = all.map((p) => descriptorsOf(cache.read<Look>(p.original.probe)!, 'human', AUDIT_VIEWS));
    const gallery = [...all.map((p) => p.original.gallery), ...borrowed].map((key) =>
      descriptorsOf(cache.read<Look>(key)!, 'human', AUDIT_VIEWS),
    );
    const strangers = looks.flatMap((look, n) => [...similarities(look, gallery)].filter((_, g) => g !== n));
    expect(strangers.filter((s) => s >= threshold!).length).toBe(Math.floor(0.05 * 12 * 16));
  });

  it('compares the same view with the same view, over those that both show', () => {
    const [a, b] = [face(), face()];
    const see = (key: string) => descriptorsOf(cache.read<Look>(key)!, 'human', AUDIT_VIEWS);
    expect(similarities(see(keep(a, 0)), [see(keep(a, 0, 2))])[0]).toBeCloseTo(1, 6);
    expect(similarities(see(keep(a, 0)), [see(keep(b, 0))])[0]).toBeLessThan(0.9);
    expect(similarities(see(keep(a, 0)), [see(keep(null))])[0]).toBe(Number.NEGATIVE_INFINITY);
  });

  it('does not believe a network that cannot find untouched heads, and says so', () => {
    const all = people(20).map((p) => ({ ...p, original: { ...p.original, probe: keep(face()) } }));
    const result = recogniseCohort(order(all, [attempt(all[0]!, 'x', keep(face()))]));
    expect(result.sees).toEqual([]);
    expect(result.blind).toMatch(/too few of the untouched heads .*80 %/);
  });

  it('claims nothing with too few people', () => {
    const all = people(3);
    const result = recogniseCohort(order(all, [attempt(all[0]!, 'x', all[0]!.original.probe)]));
    expect(result.blind).toContain('only 3 heads');
    expect(result.scans[0]!.recognition[0]!.rank).toBe(1);
  });

  it('keeps one place for a person with several scans, the one that shows most of a face', () => {
    const all = people(12);
    const twin = { seriesId: 99, subjectId: 1, gallery: keep(null), probe: keep(all[0]!.face) };
    const cut = { ...all[0]!.original, gallery: keep(null) };
    const originals = [cut, { ...twin, gallery: keep(all[0]!.face) }, ...all.slice(1).map((p) => p.original)];
    const result = recogniseCohort({
      ...order(all, [attempt(all[0]!, 'x', all[0]!.original.probe)]),
      originals,
    });
    expect(result.galleryPeople).toBe(12);
    expect(result.scans[0]!.recognition[0]).toMatchObject({ rank: 1, originalRank: 1 });
  });

  it('knows nobody whose original shows no face', () => {
    const all = people(12);
    const originals = [{ ...all[0]!.original, gallery: keep(null) }, ...all.slice(1).map((p) => p.original)];
    const result = recogniseCohort({
      ...order(all, [attempt(all[0]!, 'x', all[0]!.original.probe)]),
      originals,
    });
    expect(result.scans[0]!.recognition[0]).toMatchObject({ rank: null, accepted: null, originalRank: null });
    expect(result.methods[0]!.figures[0]!.rank1.value).toBe(0);
  });

  it('has an answer for an empty project', () => {
    const result = recogniseCohort(order([], []));
    expect(result).toMatchObject({ galleryPeople: 0, sees: [], methods: [], scans: [] });
    expect(result.blind).toContain('only 0 heads');
  });
});
