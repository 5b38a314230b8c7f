import { describe, expect, it } from 'vitest';
import { policy, ps315Options } from '../../shared/deidentify/records.ts';
import { describePolicy, OPTION_WORDS, PIXEL_OPTION_WORDS } from './describe-policy.ts';

const stored = (options: Record<string, boolean>) => policy.parse({ name: 'Own', options });

describe('the options of PS3.15', () => {
  it('are all said, each once: as a switch, or as what is always so', () => {
    const words = { ...PIXEL_OPTION_WORDS, ...OPTION_WORDS };
    expect(Object.keys(words)).toEqual(Object.keys(ps315Options.shape));
    expect(new Set(Object.values(words).map((word) => word.code)).size).toBe(12);
  });

  it('are no switch where nothing is switched: which codes are given is tested beside the stamps', () => {
    expect(Object.keys(PIXEL_OPTION_WORDS).filter((key) => key in OPTION_WORDS)).toEqual([]);
    expect(OPTION_WORDS).not.toHaveProperty('cleanPixelData');
    expect(OPTION_WORDS).not.toHaveProperty('cleanRecognizableVisualFeatures');
  });

  it('about pixels change nothing in a stored policy, and promise no search for text', () => {
    const one = stored({ cleanPixelData: true, cleanRecognizableVisualFeatures: false });
    expect(describePolicy(one)).toEqual(describePolicy(stored({})));
    expect(PIXEL_OPTION_WORDS.cleanPixelData.meaning).toContain('not looked for');
    expect(PIXEL_OPTION_WORDS.cleanPixelData.claimed).toBe(false);
  });
});
