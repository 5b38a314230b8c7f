import type { AuditState, Estimate } from '../risk/records.ts';
import { grouped } from './receipt-text.ts';

export const STATE_WORDS: Readonly<Record<AuditState, string>> = {
  safe: 'safe',
  'at-risk': 'at risk',
  'cannot-tell': 'cannot tell',
};

/** 0.025 → 2.5 % */
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** A figure that is not known is a dash. */
export function known(value: number | null | undefined, format: (value: number) => string): string {
  return value === null || value === undefined ? '–' : format(value);
}

/** `2.5 to 7.5 %` from a 95 % interval; empty without one. */
export function intervalText({ low, high }: Estimate, format: (value: number) => string): string {
  if (low === null || high === null) return '';
  const [from, to] = [format(low), format(high)];
  const unit = /\s?%$/.exec(to)?.[0] ?? '';
  return `${from.slice(0, from.length - unit.length)} to ${to}`;
}

/** The value with its interval in parentheses. */
export function withInterval(
  estimate: Estimate | undefined,
  format: (value: number) => string,
  interval = intervalText,
): string {
  if (estimate?.value == null) return '–';
  const range = interval(estimate, format);
  return range ? `${format(estimate.value)} (${range})` : format(estimate.value);
}

/** Two decimals with a true minus sign; what rounds to zero has none. */
export function decimal(value: number): string {
  const text = Math.abs(value).toFixed(2);
  return value < 0 && Number(text) !== 0 ? `\u2212${text}` : text;
}

/** The people a head was put among. */
export function galleryText(report: { galleryPeople: number; borrowed: number }): string {
  const own = `${grouped(report.galleryPeople)} ${report.galleryPeople === 1 ? 'person' : 'people'}`;
  return report.borrowed > 0
    ? `${own} and ${grouped(report.borrowed)} computed variations of an average head`
    : own;
}

/** p as journals write it. */
export function pText(p: number): string {
  return p < 0.001 ? '< 0.001' : p.toFixed(3);
}
