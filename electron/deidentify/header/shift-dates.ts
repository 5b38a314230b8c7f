/**
 * Dates moved by a number of days (PS3.15 E.3.6, Retain Longitudinal Temporal Information with Modified Dates).
 *
 * Times of day stay as they are, so intervals are exact to the second.
 */

const dayMs = 86_400_000;

/**
 * A DA value (or several, separated by `\`) moved by whole days; `YYYY.MM.DD` of old files becomes DA.
 *
 * @returns undefined when a value is no date, so that the caller removes it rather than leaks it
 * @example shiftDa('20200301', -1) // '20200229'
 */
export function shiftDa(text: string, days: number): string | undefined {
  return each(text, (value) => {
    const match = /^(\d{4})\.?(\d{2})\.?(\d{2})$/.exec(value);
    return match ? shifted(match[1]!, match[2]!, match[3]!, days) : undefined;
  });
}

/** A DT value moved by whole days; time, fraction and zone are kept, a partial date keeps its precision. */
export function shiftDt(text: string, days: number): string | undefined {
  return each(text, (value) => {
    const match = /^(\d{4})(\d{2})?(\d{2})?(\d{0,6}(?:\.\d{1,6})?)([+-]\d{4})?$/.exec(value);
    if (!match) return undefined;
    const [, year, month, day, time, zone] = match;
    // Without a day the middle of the period stands for it.
    const moved = shifted(year!, month ?? '07', day ?? (month ? '15' : '01'), days);
    if (!moved) return undefined;
    const precision = day ? 8 : month ? 6 : 4;
    return moved.slice(0, precision) + (day ? time! : '') + (zone ?? '');
  });
}

/** An ISO 8601 date or date-time (`2020-03-01T10:11:12`) moved by whole days. */
export function shiftIso(text: string, days: number): string | undefined {
  const match = /^(\d{4})-(\d{2})-(\d{2})(?=$|[T ])/.exec(text);
  if (!match) return undefined;
  const moved = shifted(match[1]!, match[2]!, match[3]!, days);
  if (!moved) return undefined;
  return `${moved.slice(0, 4)}-${moved.slice(4, 6)}-${moved.slice(6, 8)}${text.slice(10)}`;
}

function each(text: string, one: (value: string) => string | undefined): string | undefined {
  const out: string[] = [];
  for (const raw of text.split('\\')) {
    const value = raw.trim();
    const moved = value === '' ? '' : one(value);
    if (moved === undefined) return undefined;
    out.push(moved);
  }
  return out.join('\\');
}

function shifted(year: string, month: string, day: string, days: number): string | undefined {
  const start = new Date(0);
  start.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  if (start.getUTCMonth() !== Number(month) - 1 || start.getUTCDate() !== Number(day)) return undefined;
  const date = new Date(start.getTime() + days * dayMs);
  const y = date.getUTCFullYear();
  if (y < 1 || y > 9999) return undefined;
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${String(y).padStart(4, '0')}${two(date.getUTCMonth() + 1)}${two(date.getUTCDate())}`;
}

const year = '(?:19|20)\\d{2}';
const month = '(?:0?[1-9]|1[0-2])';
const day = '(?:0?[1-9]|[12]\\d|3[01])';
const monthName = '(?:jan|feb|mar|m[aä]r|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez)[a-z]*';
/** Dates as people and scanners write them inside text. */
const datePattern = new RegExp(
  [
    `(?<!\\d)${year}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\\d|3[01])(?:\\d{6}(?:\\.\\d+)?)?(?!\\d)`,
    `(?<!\\d)${year}[-./]${month}[-./]${day}(?!\\d)`,
    `(?<!\\d)${day}[-./]${month}[-./](?:${year}|\\d{2})(?!\\d)`,
    `(?<!\\d)${month}[-./]${day}[-./](?:${year}|\\d{2})(?!\\d)`,
    `(?<![\\dA-Za-z])${day}[- .]*${monthName}[- .,]*(?:${year}|\\d{2})(?!\\d)`,
    `(?<![A-Za-z])${monthName}[- .]*${day}[- .,]+${year}(?!\\d)`,
  ].join('|'),
  'gi',
);

/** The text without dates in it, or undefined when there was none. */
export function withoutDates(text: string): string | undefined {
  const out = text.replace(datePattern, '');
  return out === text ? undefined : out.replace(/ {2,}/g, ' ').trim();
}
