/** One key of a screen; `keys` is compared with `KeyboardEvent.key`, lower case for letters. */
export interface Shortcut {
  readonly keys: string;
  readonly does: string;
  readonly run: () => void;
  /** Shown in the list instead of `keys`. */
  readonly label?: string;
  readonly alt?: boolean;
}

/**
 * What a key press means; the list registered last is asked first.
 *
 * A key that is held down counts once, or what it does would be done to every scan that comes on screen meanwhile. The
 * arrow keys, which only move, go on.
 */
export function findShortcut(
  press: Pick<KeyboardEvent, 'key' | 'altKey' | 'repeat'>,
  lists: readonly (readonly Shortcut[])[],
): Shortcut | undefined {
  if (press.repeat && !press.key.startsWith('Arrow')) return undefined;
  const key = press.key.length === 1 ? press.key.toLowerCase() : press.key;
  for (const list of [...lists].reverse()) {
    const hit = list.find((shortcut) => shortcut.keys === key && Boolean(shortcut.alt) === press.altKey);
    if (hit) return hit;
  }
  return undefined;
}
