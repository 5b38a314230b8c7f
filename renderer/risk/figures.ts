import type { Estimate } from '../../shared/risk/records.ts';
import { plural } from '../ui/format.ts';

const MINUS = '\u2212';

/** 0.525 → "53 %"; one digit where whole numbers would hide chance (0.025 → "2.5 %"). */
export function formatShare(share: number | null | undefined): string {
  if (share == null || !Number.isFinite(share)) return '–';
  return `${percentText(100 * share)} %`;
}

function percentText(percent: number): string {
  const rounded = Math.round(10 * percent) / 10;
  return rounded < 10 && !Number.isInteger(rounded) ? rounded.toFixed(1) : String(Math.round(percent));
}

/** A number with fixed digits and a true minus. */
export function formatFixed(value: number | null | undefined, digits: number): string {
  if (value == null || !Number.isFinite(value)) return '–';
  const text = Math.abs(value).toFixed(digits);
  return value < 0 && Number(text) !== 0 ? `${MINUS}${text}` : text;
}

/** How the figures of one kind are written. */
export type Unit = 'share' | 'plain' | 'tenths' | 'mm' | 'percent';

/** A value alone; the unit stands elsewhere. */
export function valueText(value: number | null, unit: Unit): string {
  return WRITE[unit](value);
}

const WRITE: Readonly<Record<Unit, (value: number | null) => string>> = {
  share: (value) => (value === null ? '–' : percentText(100 * value)),
  plain: (value) => formatFixed(value, 2),
  tenths: (value) => formatFixed(value, 1),
  mm: (value) => formatFixed(value, 1),
  percent: (value) => formatFixed(value, 2),
};
const SIGN: Readonly<Record<Unit, string>> = { share: ' %', plain: '', tenths: '', mm: ' mm', percent: ' %' };

/** "53 % (38–68)"; without an interval just the value. */
export function formatEstimate(estimate: Estimate | null | undefined, unit: Unit): string {
  if (!estimate || estimate.value === null) return '–';
  const range = intervalText(estimate, unit);
  return `${WRITE[unit](estimate.value)}${SIGN[unit]}${range ? ` (${range})` : ''}`;
}

export function intervalText({ low, high }: Estimate, unit: Unit): string {
  if (low === null || high === null) return '';
  // A dash beside a minus cannot be read.
  return `${WRITE[unit](low)}${low < 0 ? ' to ' : '–'}${WRITE[unit](high)}`;
}

/** Heads that were looked for: of an untouched reference one for each person, of a method every scan. */
export type Probes = 'people' | 'scans';

/** "40 people" or "44 scans". */
export function probesText(count: number, probes: Probes): string {
  return probes === 'people' ? plural(count, 'person', 'people') : plural(count, 'scan');
}
