const group = new Intl.NumberFormat('en-GB', { useGrouping: true });
const MINUS = '\u2212';
const DASH = '\u2013';

/** 12345 → "12,345". */
export function formatCount(value: number): string {
  return group.format(value);
}

/** A count with its noun; `word` is the singular and takes an s. */
export function plural(value: number, word: string, many = `${word}s`): string {
  return `${formatCount(value)} ${value === 1 ? word : many}`;
}

/** Seconds as a person says them: "8 s", "3 min 20 s", "2 h 05 min". */
export function formatSeconds(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return DASH;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${String(whole % 60).padStart(2, '0')} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}

/** Time left, rounded as coarsely as the guess deserves; null while it is not known. */
export function formatTimeLeft(seconds: number | null): string {
  if (seconds === null || !Number.isFinite(seconds) || seconds < 0) return 'time left not known yet';
  if (seconds < 5) return 'a few seconds left';
  if (seconds < 55) return `about ${Math.ceil(seconds / 5) * 5} s left`;
  const minutes = Math.max(1, Math.round(seconds / 60));
  if (minutes < 60) return `about ${minutes} min left`;
  const quarters = Math.round(minutes / 15);
  const hours = Math.floor(quarters / 4);
  const rest = (quarters % 4) * 15;
  return rest === 0 ? `about ${hours} h left` : `about ${hours} h ${rest} min left`;
}

/** Items per minute; slow work as time per item. */
export function formatRate(itemsPerMinute: number | null): string {
  if (itemsPerMinute === null || !(itemsPerMinute > 0)) return 'rate not known yet';
  if (itemsPerMinute >= 600) return `${formatCount(Math.round(itemsPerMinute / 60))} per second`;
  if (itemsPerMinute >= 2) return `${formatCount(Math.round(itemsPerMinute))} per minute`;
  return `${formatSeconds(60 / itemsPerMinute)} each`;
}

/** Powers of 1000, as disks are sold and file managers count. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** Signed percent with a true minus; two digits below 10 %. */
export function formatPercent(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return DASH;
  const digits = Math.abs(value) < 10 ? 2 : 1;
  const text = Math.abs(value).toFixed(digits);
  if (Number(text) === 0) return `${text} %`;
  return `${value < 0 ? MINUS : '+'}${text} %`;
}

/** A plain number with a true minus, as many digits as its size deserves. */
export function formatNumber(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return DASH;
  const size = Math.abs(value);
  const text =
    size >= 1000
      ? group.format(Math.round(size))
      : size >= 100 || Number.isInteger(size)
        ? String(Math.round(size))
        : size.toFixed(size >= 10 ? 1 : size >= 1 ? 2 : 3);
  return value < 0 && Number(text.replaceAll(',', '')) !== 0 ? `${MINUS}${text}` : text;
}

/** p values are never printed as zero. */
export function formatP(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return DASH;
  return value < 0.001 ? '< 0.001' : value.toFixed(3);
}

/** Grid as "256 × 256 × 176". */
export function formatShape(shape: readonly number[]): string {
  return shape.length === 0 ? DASH : shape.join(' × ');
}

export function formatVoxelSize(sizes: readonly number[]): string {
  return sizes.length === 0
    ? DASH
    : sizes
        .slice(0, 3)
        .map((size) => String(Number(size.toFixed(2))))
        .join(' × ');
}

/** ISO time stamp → local "2026-11-21 14:05". */
export function formatTime(iso: string): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return iso;
  const two = (value: number) => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}`;
}
