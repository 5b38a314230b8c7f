import { describe, expect, it } from 'vitest';
import { dice } from '../../shared/statistics/dice.ts';
import { BRAIN_LABELS } from '../segmentation/segmentation.ts';
import { LabelMissingError, REGIONS, regionDice, regionVolumes } from './regions.ts';

const labelsOf = (name: string) => REGIONS.find((r) => r.structure === name)!.labels;
const sorted = (labels: readonly number[]) => [...labels].sort((a, b) => a - b);

/** One voxel-sum per label that cannot be confused with another: label n has n² + 0.5 mm³. */
const structures = BRAIN_LABELS.map((label) => ({
  label,
  structure: String(label),
  volumeMm3: label * label + 0.5,
  centroidRas: null,
  confidence: 0.9,
}));

describe('regions', () => {
  it('put every label inside the skull into exactly one of GM, WM and CSF, and once into TIV', () => {
    const parts = [...labelsOf('GM'), ...labelsOf('WM'), ...labelsOf('CSF')];
    expect(sorted(parts)).toEqual(sorted(BRAIN_LABELS));
    expect(sorted(labelsOf('TIV'))).toEqual(sorted([...new Set(BRAIN_LABELS)]));
  });

  it('use only brain labels, each structure under one name, and no label in two structures below the totals', () => {
    const small = REGIONS.slice(4).flatMap((r) => r.labels);
    expect(new Set(small).size).toBe(small.length);
    for (const label of small) expect(BRAIN_LABELS).toContain(label);
    expect(new Set(REGIONS.map((r) => r.structure)).size).toBe(REGIONS.length);
  });

  it('are the subcortical set of seven pairs and the brain stem, the ventricles, the cerebellum and the totals', () => {
    // FreeSurferColorLUT: left and right labels of the structures named in the reference study.
    const table: Record<string, number[]> = {
      thalamus: [10, 49],
      caudate: [11, 50],
      putamen: [12, 51],
      pallidum: [13, 52],
      hippocampus: [17, 53],
      amygdala: [18, 54],
      accumbens: [26, 58],
    };
    for (const [name, [left, right]] of Object.entries(table)) {
      expect([labelsOf(`left ${name}`), labelsOf(`right ${name}`)]).toEqual([[left], [right]]);
    }
    expect(sorted(labelsOf('left lateral ventricle'))).toEqual([4, 5]);
    expect(sorted(labelsOf('right lateral ventricle'))).toEqual([43, 44]);
    expect(REGIONS).toHaveLength(27);
  });

  it('add up soft volumes: TIV = GM + WM + CSF', () => {
    const volumes = regionVolumes(structures);
    const total = structures.reduce((sum, s) => sum + s.volumeMm3, 0);
    expect(volumes.TIV).toBeCloseTo(total, 6);
    expect(volumes.GM! + volumes.WM! + volumes.CSF!).toBeCloseTo(total, 6);
    expect(volumes['right lateral ventricle']).toBe(43 * 43 + 44 * 44 + 1);
    expect(volumes['cerebellum WM']).toBe(7 * 7 + 46 * 46 + 1);
  });

  it('refuse a segmentation that lacks a label', () => {
    expect(() => regionVolumes(structures.filter((s) => s.label !== 58))).toThrow(LabelMissingError);
  });
});

describe('regionDice', () => {
  it('is Dice of the union of a region’s labels, as counted one region at a time', () => {
    // Twelve voxels by hand: body 4, horn 5, cortex 3, outside 258.
    const a = [4, 4, 5, 5, 3, 3, 3, 3, 258, 258, 0, 0];
    const b = [4, 5, 5, 3, 3, 3, 258, 258, 258, 4, 0, 0];
    const overlaps = regionDice(a, b);
    // Ventricle: 4 in a, 4 in b, 3 shared (the body that became horn counts as shared).
    expect(overlaps['left lateral ventricle']).toBeCloseTo(6 / 8, 12);
    expect(overlaps.GM).toBeCloseTo((2 * 2) / (4 + 3), 12);
    expect(overlaps.TIV).toBeCloseTo((2 * 6) / (8 + 7), 12);
    expect(overlaps['brain stem']).toBeUndefined();
    for (const { structure, labels } of REGIONS) {
      const mask = (map: number[]) => map.map((label) => (labels.includes(label) ? 1 : 0));
      expect(overlaps[structure] ?? null, structure).toEqual(dice(mask(a), mask(b)));
    }
  });

  it('is 1 for a map with itself and refuses maps of different grids or without labels', () => {
    expect(regionDice([3, 16, 0], [3, 16, 0])).toMatchObject({ GM: 1, 'brain stem': 1, TIV: 1 });
    expect(() => regionDice([1, 2], [1])).toThrow(RangeError);
    expect(() => regionDice([-1], [1])).toThrow(RangeError);
    expect(() => regionDice([2000], [1])).toThrow(RangeError);
  });
});
