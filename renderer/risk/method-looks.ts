import type { SymbolType } from '@observablehq/plot';

/** How one method is drawn in every plot: colour, dashes and shape, so that colour is never alone. */
export interface MethodLook {
  readonly color: string;
  readonly dash: string;
  readonly symbol: SymbolType;
}

const DASHES = ['none', '7 3', '2 3', '9 3 2 3', '4 2', '1 2'];
const SYMBOLS: readonly SymbolType[] = ['circle', 'square', 'triangle', 'diamond', 'star', 'wye'];

/** @param place of the method in the report */
export function lookOf(place: number): MethodLook {
  const n = place % SYMBOLS.length;
  return { color: `var(--rf-c${n + 1})`, dash: DASHES[n] ?? 'none', symbol: SYMBOLS[n] ?? 'circle' };
}
