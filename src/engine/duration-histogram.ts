/**
 * Percentiles of durations in bounded memory: counts in buckets whose widths grow with the duration. A figure is off by at
 * most 2.2 percent, however many durations there are, and adding one allocates nothing.
 */
const SHORTEST_MS = 0.01;
const BUCKETS_PER_DOUBLING = 16;
/** Up to 0.01 ms · 2^24, almost three minutes; what is longer counts as that. */
const BUCKETS = 24 * BUCKETS_PER_DOUBLING;

export class DurationHistogram {
  readonly #counts = new Uint32Array(BUCKETS);
  #total = 0;
  #shortestMs = Infinity;
  #longestMs = 0;

  /** Counts `count` durations of the same length. */
  add(durationMs: number, count = 1): void {
    const bucket = Math.floor(BUCKETS_PER_DOUBLING * Math.log2(Math.max(durationMs, SHORTEST_MS) / SHORTEST_MS));
    this.#counts[Math.min(bucket, BUCKETS - 1)]! += count;
    this.#total += count;
    this.#shortestMs = Math.min(this.#shortestMs, durationMs);
    this.#longestMs = Math.max(this.#longestMs, durationMs);
  }

  /** The duration that a share of all does not exceed: 0.5 gives the median. 0 while there is none. */
  percentileMs(share: number): number {
    if (this.#total === 0) return 0;
    const rank = Math.max(1, Math.ceil(share * this.#total));
    let bucket = 0;
    for (let counted = this.#counts[0]!; counted < rank; counted += this.#counts[bucket]!) bucket++;
    const middleMs = SHORTEST_MS * 2 ** ((bucket + 0.5) / BUCKETS_PER_DOUBLING);
    return Math.min(Math.max(middleMs, this.#shortestMs), this.#longestMs);
  }
}
