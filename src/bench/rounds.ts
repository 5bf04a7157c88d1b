/**
 * Timing that can be compared: everything that is held against each other runs in turns within one run, so that a machine
 * that grows slow grows slow for all. Figures are medians, with the interval in which the true median lies with about 95
 * percent, from the order of the rounds alone (the sign test's interval).
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

/**
 * Runs every case once a round, after one round for warmth.
 * @param onRound called with how many rounds are done, of `rounds` and the one for warmth
 * @returns the times of each, round by round.
 */
export async function interleave<Name extends string>(
  cases: Readonly<Record<Name, () => Promise<number>>>,
  rounds: number,
  signal?: AbortSignal,
  onRound?: (done: number) => void,
): Promise<Record<Name, number[]>> {
  const names = Object.keys(cases) as Name[];
  const times = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let round = 0; round <= rounds; round++) {
    for (const name of names) {
      signal?.throwIfAborted();
      const ms = await cases[name]();
      if (round > 0) times[name].push(ms);
    }
    onRound?.(round + 1);
  }
  return times;
}

/** How far apart the rounds of one case lie: half the interval, as a share of the median. */
export function noiseOf({ median, low, high }: Figure): number {
  return median === 0 ? 0 : (high - low) / 2 / median;
}
