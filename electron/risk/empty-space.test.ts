import { expect, it } from 'vitest';
import { seededRandom } from '../../shared/statistics/seeded-random.ts';
import { BLOCK, emptySpace } from './empty-space.ts';

it('states the chessboard distance to the next block that the body reaches, as counting says', () => {
  const next = seededRandom(3);
  const shape = [17, 12, 9] as const;
  const field = Float32Array.from({ length: 17 * 12 * 9 }, () => (next() < 0.004 ? 1 : -1));
  const { distance, shape: blocks } = emptySpace(field, shape);

  const reached: [number, number, number][] = [];
  for (let c = 0; c < blocks[2] - 2; c++)
    for (let b = 0; b < blocks[1] - 2; b++)
      for (let a = 0; a < blocks[0] - 2; a++) {
        let inside = false;
        for (let k = 0; k <= BLOCK; k++)
          for (let j = 0; j <= BLOCK; j++)
            for (let i = 0; i <= BLOCK; i++) {
              const [x, y, z] = [BLOCK * a + i, BLOCK * b + j, BLOCK * c + k];
              if (x >= 17 || y >= 12 || z >= 9) continue;
              inside ||= field[x + 17 * (y + 12 * z)]! > 0;
            }
        if (inside) reached.push([a, b, c]);
      }
  expect(reached.length).toBeGreaterThan(3);
  for (let c = 0; c < blocks[2] - 2; c++)
    for (let b = 0; b < blocks[1] - 2; b++)
      for (let a = 0; a < blocks[0] - 2; a++) {
        const expected = Math.min(
          ...reached.map(([x, y, z]) => Math.max(Math.abs(x - a), Math.abs(y - b), Math.abs(z - c))),
        );
        expect(distance[a + 1 + blocks[0] * (b + 1 + blocks[1] * (c + 1))]).toBe(expected);
      }
});
