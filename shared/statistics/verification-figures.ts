import { equalErrorRate } from './equal-error-rate.ts';

/**
 * Scores of a verification experiment with the people behind them, numbered from 0.
 *
 * −Infinity stands for a comparison that could not be made (no face found): it ranks below all others.
 */
export interface ScoreTable {
  readonly genuine: ArrayLike<number>;
  readonly genuinePerson: ArrayLike<number>;
  readonly impostor: ArrayLike<number>;
  /** The person looked for and the person he was compared with. */
  readonly impostorProbe: ArrayLike<number>;
  readonly impostorGallery: ArrayLike<number>;
}

export interface VerificationFigures {
  /** See `areaUnderRoc`, `equalErrorRate` and `dPrime`; d′ is taken over the comparisons that could be made. */
  readonly auc: number | null;
  readonly eer: number | null;
  readonly dPrime: number | null;
}

/**
 * Area under the ROC, equal error rate and d′ of a table in which every person counts a number of times.
 *
 * Made for `bootstrapPeople`: scores are sorted once, then each draw is one pass through the table. A genuine score counts
 * times[person], an impostor score times[probe] · times[gallery].
 *
 * @returns a function of the times (absent: everybody once)
 * @throws RangeError for a score that is NaN or lists of unequal length
 */
export function verificationFigures(table: ScoreTable): (times?: ArrayLike<number>) => VerificationFigures {
  const { genuine, genuinePerson, impostor, impostorProbe, impostorGallery } = table;
  if (
    genuine.length !== genuinePerson.length ||
    impostor.length !== impostorProbe.length ||
    impostor.length !== impostorGallery.length
  ) {
    throw new RangeError('Expected a person behind every score, got lists of unequal length.');
  }
  const levels = Float64Array.from(new Set(Array.from(genuine))).sort();
  if (Number.isNaN(levels.at(-1) ?? 0)) throw new RangeError('Expected scores, got NaN among them.');
  const genuineLevel = Int32Array.from(genuine, (s) => lowerBound(levels, s));
  // Bin 2r: below level r and above the one before; bin 2r + 1: equal to level r.
  const bin = Int32Array.from(impostor, (s) => {
    if (Number.isNaN(s)) throw new RangeError('Expected scores, got NaN among them.');
    const r = lowerBound(levels, s);
    return 2 * r + (levels[r] === s ? 1 : 0);
  });
  const probe = Int32Array.from(impostorProbe);
  const gallery = Int32Array.from(impostorGallery);
  // Squares are summed about a middle value, or small spreads would drown in rounding.
  const centre = middle(genuine);
  const offset = Float64Array.from(impostor, (s) => (Number.isFinite(s) ? s - centre : Number.NaN));

  return (times) => {
    const own = new Float64Array(levels.length);
    const other = new Float64Array(2 * levels.length + 1);
    const g = new Moments();
    for (let n = 0; n < genuineLevel.length; n++) {
      const w = times ? times[genuinePerson[n]!]! : 1;
      own[genuineLevel[n]!]! += w;
      if (Number.isFinite(genuine[n]!)) g.add(genuine[n]! - centre, w);
    }
    const m = new Moments();
    for (let n = 0; n < bin.length; n++) {
      const a = times ? times[probe[n]!]! : 1;
      if (a === 0) continue;
      const w = times ? a * times[gallery[n]!]! : 1;
      if (w === 0) continue;
      other[bin[n]!]! += w;
      const x = offset[n]!;
      if (!Number.isNaN(x)) m.add(x, w);
    }
    return { ...ranked(own, other), dPrime: distance(g, m) };
  };
}

/** Area and equal error rate from weights per level. */
function ranked(own: Float64Array, other: Float64Array): Pick<VerificationFigures, 'auc' | 'eer'> {
  const sum = (values: Float64Array) => values.reduce((total, v) => total + v, 0);
  const [genuine, impostor] = [sum(own), sum(other)];
  if (genuine === 0 || impostor === 0) return { auc: null, eer: null };
  let wins = 0;
  let below = 0;
  for (let r = 0; r < own.length; r++) {
    below += other[2 * r]!;
    wins += own[r]! * (below + other[2 * r + 1]! / 2);
    below += other[2 * r + 1]!;
  }
  const curve = [{ falseAccept: 0, trueAccept: 0 }];
  let [accepted, found] = [0, 0];
  const step = () => curve.push({ falseAccept: accepted / impostor, trueAccept: found / genuine });
  for (let r = own.length - 1; r >= 0; r--) {
    accepted += other[2 * r + 2]!;
    step();
    accepted += other[2 * r + 1]!;
    found += own[r]!;
    step();
  }
  curve.push({ falseAccept: 1, trueAccept: 1 });
  return { auc: wins / (genuine * impostor), eer: equalErrorRate(curve) };
}

class Moments {
  weight = 0;
  first = 0;
  second = 0;
  add(x: number, w: number): void {
    this.weight += w;
    this.first += w * x;
    this.second += w * x * x;
  }
  variance(): number {
    return (this.second - (this.first * this.first) / this.weight) / (this.weight - 1);
  }
}

function distance(g: Moments, m: Moments): number | null {
  if (g.weight < 2 || m.weight < 2) return null;
  const spread = Math.sqrt(Math.max(0, (g.variance() + m.variance()) / 2));
  return spread > 0 ? (g.first / g.weight - m.first / m.weight) / spread : null;
}

/** First index whose level is not below the value. */
function lowerBound(levels: Float64Array, value: number): number {
  let [low, high] = [0, levels.length];
  while (low < high) {
    const at = (low + high) >> 1;
    if (levels[at]! < value) low = at + 1;
    else high = at;
  }
  return low;
}

function middle(values: ArrayLike<number>): number {
  let [sum, n] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i]!)) continue;
    sum += values[i]!;
    n++;
  }
  return n > 0 ? sum / n : 0;
}
