/** The place of the true person among the people of a gallery. */
export interface OwnPlace {
  /** 1 is first; people with the same score share the mean of their ranks. */
  readonly rank: number;
  /** People with a higher score than the own one, and other people with the same. */
  readonly above: number;
  readonly tied: number;
}

/**
 * Place of the own score among those of the other people, higher being more alike.
 *
 * @param others one score per other person; −Infinity where no comparison could be made
 * @returns null when the own comparison could not be made (null, NaN or −Infinity): nobody was identified, whoever else
 *   scored
 * @example rankOfOwn(0.6, [0.9, 0.6, 0.1]) // { rank: 2.5, above: 1, tied: 1 }
 */
export function rankOfOwn(own: number | null, others: ArrayLike<number>): OwnPlace | null {
  if (own === null || Number.isNaN(own) || own === Number.NEGATIVE_INFINITY) return null;
  let above = 0;
  let tied = 0;
  for (let n = 0; n < others.length; n++) {
    if (others[n]! > own) above++;
    else if (others[n] === own) tied++;
  }
  return { rank: 1 + above + tied / 2, above, tied };
}
