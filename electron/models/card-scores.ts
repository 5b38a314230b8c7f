import type { z } from 'zod';
import type { cardScore } from '../../shared/models/records.ts';

type Score = z.infer<typeof cardScore>;

/** Lists longer than this (people, a number for each label) stay in the card. */
const MOST_PARTS = 8;

/**
 * A card's nested scores as rows to read: what, the value as text, and how it was measured.
 *
 * An object of plain values is one row; `value` and `how` in it are the figure and its explanation.
 *
 * @example cardScores({ ixi: { brainDice: 0.98, volume: { grey: 0.97, white: 0.96 } } })
 * // [{ name: 'ixi: brain Dice', value: '0.98', how: '' }, { name: 'ixi: volume', value: 'grey 0.97, white 0.96', how: '' }]
 */
export function cardScores(scores: Readonly<Record<string, unknown>>): Score[] {
  return rowsOf(scores, '', '');
}

function rowsOf(group: Readonly<Record<string, unknown>>, path: string, outerHow: string): Score[] {
  const how = typeof group.how === 'string' ? group.how : outerHow;
  const rows: Score[] = [];
  for (const [key, value] of Object.entries(group)) {
    if (key === 'how') continue;
    const name = path === '' ? words(key) : `${path}: ${words(key)}`;
    if (isPlain(value)) rows.push({ name, value: text(value), how });
    else if (Array.isArray(value)) {
      if (value.length <= MOST_PARTS && value.every(isPlain))
        rows.push({ name, value: value.map(text).join(', '), how });
    } else if (value !== null && typeof value === 'object') {
      rows.push(...objectRows(value as Readonly<Record<string, unknown>>, name, how));
    }
  }
  return rows;
}

function objectRows(group: Readonly<Record<string, unknown>>, name: string, outerHow: string): Score[] {
  const { how: own, value: main, ...rest } = group;
  const how = typeof own === 'string' ? own : outerHow;
  const parts = Object.entries(rest);
  if (!parts.every(([, v]) => isPlain(v)) || (main !== undefined && !isPlain(main))) {
    return rowsOf(group, name, how);
  }
  if (parts.length > MOST_PARTS) return [];
  const texts = [
    ...(main === undefined ? [] : [text(main as Plain)]),
    ...parts.map(([key, v]) => `${words(key)} ${text(v as Plain)}`),
  ];
  return texts.length > 0 ? [{ name, value: texts.join(', '), how }] : [];
}

type Plain = string | number | boolean;

function isPlain(value: unknown): value is Plain {
  return ['string', 'number', 'boolean'].includes(typeof value);
}

/** At most four digits after the point: what a card's figures are worth. */
function text(value: Plain): string {
  if (typeof value === 'number') return String(Number(value.toFixed(4)));
  return typeof value === 'boolean' ? (value ? 'yes' : 'no') : value;
}

/** `medianOfPersonP95` → `median of person P95`; names of measures keep their capital. */
function words(key: string): string {
  return key
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .split(' ')
    .map((word, n) => (n === 0 || /^(Dice|P\d+|[A-Z]{2,})$/.test(word) ? word : word.toLowerCase()))
    .join(' ');
}
