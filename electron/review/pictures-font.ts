/** The six orientation letters as 5 × 7 bitmaps, drawn here so that no font file is needed. */
const GLYPHS: Readonly<Record<string, readonly string[]>> = {
  L: ['#....', '#....', '#....', '#....', '#....', '#....', '#####'],
  R: ['####.', '#...#', '#...#', '####.', '#.#..', '#..#.', '#...#'],
  A: ['.###.', '#...#', '#...#', '#####', '#...#', '#...#', '#...#'],
  P: ['####.', '#...#', '#...#', '####.', '#....', '#....', '#....'],
  S: ['.####', '#....', '#....', '.###.', '....#', '....#', '####.'],
  I: ['.###.', '..#..', '..#..', '..#..', '..#..', '..#..', '.###.'],
};

export const GLYPH_WIDTH = 5;
export const GLYPH_HEIGHT = 7;

/**
 * Calls `paint` for every pixel of a letter on a dark plate one pixel wider than it.
 *
 * @param x left edge of the letter in the picture
 * @param y top edge
 * @param scale picture pixels per bitmap pixel
 */
export function drawLetter(
  letter: string,
  x: number,
  y: number,
  scale: number,
  paint: (x: number, y: number, ink: boolean) => void,
): void {
  const rows = GLYPHS[letter];
  if (rows === undefined) throw new RangeError(`expected one of L R A P S I, got "${letter}"`);
  for (let row = -1; row <= GLYPH_HEIGHT; row++)
    for (let column = -1; column <= GLYPH_WIDTH; column++)
      for (let dy = 0; dy < scale; dy++)
        for (let dx = 0; dx < scale; dx++)
          paint(x + column * scale + dx, y + row * scale + dy, rows[row]?.[column] === '#');
}
