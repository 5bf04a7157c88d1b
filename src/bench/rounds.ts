/**
 * Timing that can be compared: everything that is held against each other runs in turns within one run, so that a machine
 * that grows slow grows slow for all.
 */

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
