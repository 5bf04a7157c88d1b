/** The count of what one site has asked for. */
/**
 * So many per period on average, and no more than that in one go: a bucket that fills evenly. What has begun is finished, so it
 * may be emptied below nothing; then it has to fill up first.
 */
export class Allowance {
  readonly #capacity: number;
  readonly #perMs: number;
  readonly #now: () => number;
  #level: number;
  #filledAtMs: number;

  /** @param now milliseconds of a clock that never goes back, as `performance.now`. */
  constructor(capacity: number, periodMs: number, now: () => number) {
    this.#capacity = capacity;
    this.#perMs = capacity / periodMs;
    this.#now = now;
    this.#level = capacity;
    this.#filledAtMs = now();
  }

  /** What may be spent now; below zero where too much was. */
  get left(): number {
    const nowMs = this.#now();
    this.#level = Math.min(this.#capacity, this.#level + (nowMs - this.#filledAtMs) * this.#perMs);
    this.#filledAtMs = nowMs;
    return this.#level;
  }

  spend(amount: number): void {
    this.#level = this.left - amount;
  }

  /** Until there is something to spend again; 0 where there is. */
  get waitMs(): number {
    return Math.max(0, Math.ceil((1 - this.left) / this.#perMs));
  }
}
