import { describe, expect, it } from 'vitest';
import { type AuditReport, auditLimits, type RecognitionFigures } from '../../shared/risk/records.ts';
import { caveatsOf, sentenceFor, sentenceOf, type WordsInput } from './audit-words.ts';
import { methodsTsv, scansTsv } from './export-tsv.ts';

const estimate = (value: number | null, n = 40) => ({
  value,
  low: value === null ? null : Math.max(0, value - 0.1),
  high: value === null ? null : value + 0.1,
  n,
});
const figures = (network: RecognitionFigures['network'], rank1: number): RecognitionFigures => ({
  network,
  probes: 40,
  withoutFace: 2,
  faceFound: estimate(0.9),
  facesByView: [],
  rank1: estimate(rank1),
  rank5: estimate(rank1),
  auc: estimate(0.5),
  eer: estimate(0.5),
  dPrime: estimate(0),
  roc: [],
  genuine: { from: 0, to: 1, counts: [1] },
  impostor: { from: 0, to: 1, counts: [1] },
  threshold: 0.6,
  accepted: estimate(0.02),
});
const words = (more: Partial<WordsInput> = {}): WordsInput => ({
  at: '2026-01-01T00:00:00Z',
  people: 40,
  galleryPeople: 40,
  borrowed: 0,
  chanceRank1: 1 / 40,
  chanceRank5: 5 / 40,
  upperBound: [figures('human', 1), figures('face-api', 0.6)],
  sees: ['human'],
  methods: [
    {
      method: 'template',
      scans: 40,
      states: { safe: 38, 'at-risk': 1, 'cannot-tell': 1 },
      recognition: [figures('human', 0.05), figures('face-api', 0.1)],
      distance: {
        n: 40,
        meanMm: estimate(2),
        p95Mm: estimate(6),
        averageMeanMm: estimate(2.1),
        averageN: 40,
        closer: 20,
        p: 0.4,
        pairs: [],
      },
      morphometry: [{ engine: 'tissue-em', meanAbsPercent: estimate(0.1), over5Percent: 0, failedAfter: 0 }],
      secondsPerScan: 4.2,
    },
  ],
  limits: auditLimits.parse({}),
  tools: 'known 1',
  problems: [],
  seconds: { look: 3, distance: 1 },
  blind: '',
  ...more,
});

describe('the words of an audit', () => {
  it('say what is found with the upper bound and chance beside it', () => {
    expect(sentenceOf(words())).toBe(
      'Put among 40 people, the network Human finds 100 % (90 % to 110 %) of the untouched heads again, and of the de-identified ones: template 5 % (0 % to 15 %); chance is 3 %.',
    );
  });

  it('claim nothing where no network sees', () => {
    const blind = words({ sees: [], blind: 'only 3 people can be compared' });
    expect(sentenceOf(blind)).toMatch(
      /cannot be told: only 3 people can be compared\. .* template 2\.0 mm\./,
    );
    expect(sentenceOf(blind)).not.toContain('%');
    expect(caveatsOf(blind).at(-1)).toContain('Nothing is claimed');
  });

  it('say that it was not audited', () => {
    expect(sentenceOf(words({ methods: [] }))).toContain('No de-identified scan');
  });

  it('say the same for all methods of a finished report, and less for some or none of them', () => {
    const finish = (given: WordsInput): AuditReport => ({
      ...given,
      sentence: sentenceOf(given),
      caveats: [],
    });
    const blur = { ...words().methods[0]!, method: 'blur' };
    const both = [...words().methods, blur];
    for (const given of [
      words({ methods: both }),
      words({ methods: both, sees: [], blind: 'only 3 people can be compared' }),
      words({ methods: [{ ...blur, distance: null }], sees: [], blind: 'no network looked' }),
      words({ methods: [] }),
    ])
      expect(sentenceFor(finish(given), given.methods)).toBe(sentenceOf(given));
    expect(sentenceFor(finish(words({ methods: both })), [blur])).toMatch(
      /ones: blur 5 % \(0 % to 15 %\); chance/,
    );
    expect(sentenceFor(finish(words({ methods: both })), [])).toBe(
      'Put among 40 people, the network Human finds 100 % (90 % to 110 %) of the untouched heads again; chance is 3 %.',
    );
    const blind = finish(words({ methods: both, sees: [], blind: 'only 3 people can be compared' }));
    expect(sentenceFor(blind, [])).toBe(
      'Whether the faces of this project can be recognised cannot be told: only 3 people can be compared.',
    );
    expect(sentenceFor(blind, [blur])).toMatch(/compared\. .*on average: blur 2\.0 mm\.$/);
  });

  it('name the network that is not believed, borrowed heads, and how coarse the rates are', () => {
    const all = caveatsOf(words({ galleryPeople: 3, borrowed: 9 })).join(' ');
    expect(all).toContain('face-api recognises only 60 %');
    expect(all).toContain('Only 3 people');
    expect(all).toContain('9 computed variations');
    expect(all).toContain('one right answer is 8 %');
    expect(all).toContain('render to render');
    expect(caveatsOf(words({ galleryPeople: 400 })).join(' ')).not.toContain('one right answer');
  });
});

describe('the tables of an audit', () => {
  const report: AuditReport = { ...words(), sentence: 'A\nsentence', caveats: ['one'] };

  it('hold every figure with its interval, the untouched heads and chance', () => {
    const text = methodsTsv(report);
    const rows = text
      .split('\n')
      .filter((line) => line && !line.startsWith('#'))
      .map((line) => line.split('\t'));
    expect(new Set(rows.map((r) => r.length))).toEqual(new Set([7]));
    expect(text).toContain('# A sentence\n');
    expect(rows).toContainEqual(['untouched', 'human', 'rank1', '1', '0.9', '1.1', '40']);
    expect(rows).toContainEqual(['template', 'human', 'rank1', '0.05', '0', '0.15', '40']);
    expect(rows).toContainEqual(['chance', 'n/a', 'rank1', '0.025', 'n/a', 'n/a', '40']);
    expect(rows).toContainEqual(['template', 'n/a', 'distance_wilcoxon_p', '0.4', 'n/a', 'n/a', '40']);
    expect(rows).toContainEqual(['template', 'n/a', 'scans_at-risk', '1', 'n/a', 'n/a', '40']);
  });

  it('hold one row per scan, n/a where nothing was found, and no cell that breaks its row', () => {
    const text = scansTsv([
      {
        derivativeId: 1,
        seriesId: 2,
        subjectLabel: 'sub-A',
        kind: 'T1w',
        method: 'template',
        current: true,
        state: 'cannot-tell',
        reason: 'a\tb\nc',
        next: '',
        recognition: [],
        distance: null,
        problems: [],
        at: '2026-01-01T00:00:00Z',
      },
    ]);
    const [header, row, ...rest] = text
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t'));
    expect(rest).toEqual([]);
    expect(row).toHaveLength(header!.length);
    expect(row![header!.indexOf('human_rank')]).toBe('n/a');
    expect(row![header!.indexOf('reason')]).toBe('a b c');
  });
});
