/**
 * A quantity measured in several rounds: the median, with the interval in which the true median lies with about 95 percent, from
 * the order of the rounds alone (the sign test's interval).
 */

/** A measured quantity. */
export interface Figure {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

export function figureOf(values: readonly number[]): Figure {
  const sorted = values.toSorted((a, b) => a - b);
  const reach = 0.98 * Math.sqrt(sorted.length);
  const at = (rank: number) => sorted[Math.max(0, Math.min(sorted.length - 1, Math.round(rank)))]!;
  const middle = (sorted.length - 1) / 2;
  return { median: at(middle), low: at(middle - reach), high: at(middle + reach) };
}

/** A figure under a function that keeps or turns the order. */
export function mapFigure({ median, low, high }: Figure, of: (value: number) => number): Figure {
  const [a, b] = [of(low), of(high)];
  return { median: of(median), low: Math.min(a, b), high: Math.max(a, b) };
}

/** How far apart the rounds of one case lie: half the interval, as a share of the median. */
export function noiseOf({ median, low, high }: Figure): number {
  return median === 0 ? 0 : (high - low) / 2 / median;
}

/** A figure with its interval, e.g. `1.46 ms [0.46, 2.11]`. */
export function figureText({ median, low, high }: Figure, unit: string): string {
  const format = (value: number) => value.toFixed(Math.abs(value) < 10 ? 2 : 1);
  return `${format(median)} ${unit} [${format(low)}, ${format(high)}]`;
}
