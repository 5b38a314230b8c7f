/** 12345 → 12 345, with narrow no-break spaces; decimals stay as they are. */
export function grouped(n: number): string {
  return String(n).replace(/\B(?<!\.\d*)(?=(\d{3})+(?!\d))/g, '\u202f');
}

/** 1 scan, 2 scans. */
export function plural(n: number, word: string): string {
  return `${grouped(n)} ${word}${n === 1 ? '' : 's'}`;
}

/** Change in percent with sign and two decimals; what rounds to zero has no sign. */
export function signedPercent(value: number): string {
  const text = Math.abs(value).toFixed(2);
  const sign = Number(text) === 0 ? '' : value > 0 ? '+' : '\u2212';
  return `${sign}${text} %`;
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}
