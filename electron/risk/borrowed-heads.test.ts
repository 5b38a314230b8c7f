import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { installedAverageHead } from '../deidentify/face/installed-average-head.ts';
import { borrowedHead, picturesOfBorrowedHead } from './borrowed-heads.ts';
import { AUDIT_VIEWS } from './look-conditions.ts';

const average = await installedAverageHead();
const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

describe.skipIf(average === null)('borrowed heads (skipped where the average head is missing)', () => {
  it('are the same for the same number, and others for another', async () => {
    const front = async (number: number) =>
      hash((await picturesOfBorrowedHead({ number, seed: 5 }))[0]!.picture.gray);
    const [a, again, b] = [await front(0), await front(0), await front(1)];
    expect(again).toBe(a);
    expect(b).not.toBe(a);
  });

  it('are pictured from every view', async () => {
    const pictures = await picturesOfBorrowedHead({ number: 3, seed: 5 });
    expect(pictures.map((p) => p.view)).toEqual(AUDIT_VIEWS);
    for (const { picture } of pictures) {
      const seen = picture.gray.reduce((n, v) => n + (v > 0 ? 1 : 0), 0) / picture.gray.length;
      expect(seen).toBeGreaterThan(0.15);
      expect(seen).toBeLessThan(0.9);
    }
  });

  it('differ by millimetres, as people do, and stay heads', () => {
    const volumes = [0, 1, 2, 3, 4, 5].map((number) => {
      const { field } = borrowedHead(average!, { number, seed: 5 });
      return field.reduce((n, v) => n + (v > 0 ? 1 : 0), 0);
    });
    const middle = volumes.reduce((a, b) => a + b) / volumes.length;
    for (const volume of volumes) expect(Math.abs(volume / middle - 1)).toBeLessThan(0.3);
    expect(new Set(volumes).size).toBe(volumes.length);
  });
});
