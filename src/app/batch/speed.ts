/** How fast a run goes and how long it will take: by the clock of the run, in which pauses do not count. */

export interface RunSpeed {
  /** Answer tokens of all rows together, over the last seconds; null until it can be told. */
  tokensPerSecond: number | null;
  secondsLeft: number | null;
}

/** What is older says little about now. */
const WINDOW_MS = 5000;
/** A speed of less time than this is chance. */
const SHORTEST_MS = 500;

/** Follows one run from its start. @param now milliseconds of a clock that does not jump */
export function createSpeedometer(now: () => number = () => performance.now()) {
  const startMs = now();
  const marks: { atMs: number; tokens: number }[] = [{ atMs: startMs, tokens: 0 }];
  let tokens = 0;
  return {
    addTokens(count: number): void {
      tokens += count;
    },
    /** The speed now. @param ended rows that have ended in this run @param left rows that have not, in flight or waiting */
    read(ended: number, left: number): RunSpeed {
      const atMs = now();
      while (marks.length > 1 && atMs - (marks[1]?.atMs ?? atMs) >= WINDOW_MS) marks.shift();
      const passedMs = atMs - (marks[0]?.atMs ?? atMs);
      const passedTokens = tokens - (marks[0]?.tokens ?? 0);
      marks.push({ atMs, tokens });
      return {
        tokensPerSecond: passedMs >= SHORTEST_MS ? (1000 * passedTokens) / passedMs : null,
        secondsLeft: ended > 0 ? ((atMs - startMs) / 1000 / ended) * left : null,
      };
    },
    /** The whole run until now. */
    total(): { tokens: number; seconds: number } {
      return { tokens, seconds: (now() - startMs) / 1000 };
    },
  };
}
