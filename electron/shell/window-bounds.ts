import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

export interface Bounds {
  readonly x?: number;
  readonly y?: number;
  readonly width: number;
  readonly height: number;
}

export interface WindowState extends Bounds {
  readonly maximized: boolean;
}

interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const standard: WindowState = { width: 1440, height: 900, maximized: false };
export const smallest = { width: 1024, height: 680 } as const;

/**
 * Where the window opens: as it was left, if enough of it can still be seen on a screen that is there.
 *
 * @param saved what the file held; anything at all
 * @param screens work areas of the screens, device-independent pixels
 */
export function restoreWindow(saved: unknown, screens: readonly Area[]): WindowState {
  const s = saved as Partial<WindowState> | null | undefined;
  const isSize = (n: unknown): n is number =>
    typeof n === 'number' && Number.isFinite(n) && n > 0 && n <= 20_000;
  if (!s || !isSize(s.width) || !isSize(s.height)) return standard;
  const width = Math.max(smallest.width, Math.round(s.width));
  const height = Math.max(smallest.height, Math.round(s.height));
  const maximized = s.maximized === true;
  if (!Number.isFinite(s.x) || !Number.isFinite(s.y)) return { width, height, maximized };
  const x = Math.round(s.x!);
  const y = Math.round(s.y!);
  // The title bar must be reachable: 100 px of width, and the top edge on the screen.
  const reachable = screens.some(
    (a) =>
      Math.min(x + width, a.x + a.width) - Math.max(x, a.x) >= 100 &&
      y >= a.y - 1 &&
      y <= a.y + a.height - 50,
  );
  return reachable ? { x, y, width, height, maximized } : { width, height, maximized };
}

export function readWindowState(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/** A window that forgets its size is a nuisance; a window that cannot close is worse: failures are ignored. */
export function saveWindowState(file: string, state: WindowState): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(`${file}.part`, JSON.stringify(state));
    renameSync(`${file}.part`, file);
  } catch {
    // Nothing to be done, nothing lost but a size.
  }
}
