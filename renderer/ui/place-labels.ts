export interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export interface LabelPlace {
  /** Offset of the text's anchor from its point, pixels; y runs down and is the middle of the line. */
  readonly dx: number;
  readonly dy: number;
  readonly anchor: 'start' | 'middle' | 'end';
}

/** Measures of 12 px text, on the generous side. */
const CHARACTER = 6.6;
const HALF_LINE = 8;
const MARK = 6;

const CANDIDATES: readonly LabelPlace[] = [
  { dx: 10, dy: 0, anchor: 'start' },
  { dx: 8, dy: -13, anchor: 'start' },
  { dx: 8, dy: 13, anchor: 'start' },
  { dx: -10, dy: 0, anchor: 'end' },
  { dx: -8, dy: -13, anchor: 'end' },
  { dx: -8, dy: 13, anchor: 'end' },
  { dx: 0, dy: -18, anchor: 'middle' },
  { dx: 0, dy: 18, anchor: 'middle' },
  { dx: 10, dy: -28, anchor: 'start' },
  { dx: 10, dy: 28, anchor: 'start' },
  { dx: -10, dy: -28, anchor: 'end' },
  { dx: -10, dy: 28, anchor: 'end' },
];

/**
 * Where the label of each point goes so that it covers no other label and no point, the first that fits.
 *
 * @param points pixels, y down, with the text of their label
 * @param frame labels stay inside where they can
 * @param taken boxes that are occupied already
 * @returns one place a point, in their order; where nothing fits, to the right
 */
export function placeLabels(
  points: readonly { readonly x: number; readonly y: number; readonly text: string }[],
  frame: Box,
  taken: readonly Box[] = [],
): LabelPlace[] {
  const boxes: Box[] = [
    ...taken,
    ...points.map(({ x, y }) => ({ left: x - MARK, right: x + MARK, top: y - MARK, bottom: y + MARK })),
  ];
  return points.map((point) => {
    const fits = CANDIDATES.find((place) => {
      const box = boxOf(point, place);
      return inside(box, frame) && !boxes.some((other) => overlap(box, other));
    });
    const place = fits ?? (CANDIDATES[0] as LabelPlace);
    boxes.push(boxOf(point, place));
    return place;
  });
}

function boxOf(point: { x: number; y: number; text: string }, { dx, dy, anchor }: LabelPlace): Box {
  const width = CHARACTER * point.text.length;
  const start = anchor === 'start' ? 0 : anchor === 'end' ? width : width / 2;
  const left = point.x + dx - start;
  const y = point.y + dy;
  return { left, right: left + width, top: y - HALF_LINE, bottom: y + HALF_LINE };
}

function inside(box: Box, frame: Box): boolean {
  return (
    box.left >= frame.left && box.right <= frame.right && box.top >= frame.top && box.bottom <= frame.bottom
  );
}

function overlap(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}
