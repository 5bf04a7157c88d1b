/** A share that forgets: of the last trials, about as many as it remembers, how many succeeded. */
export class AcceptanceRate {
  #trials: number;
  #matches: number;

  /**
   * @param memory trials that count, roughly.
   * @param first what it begins with, @param weight and for how many trials that stands.
   */
  constructor(
    readonly memory: number,
    first: number,
    weight: number,
  ) {
    this.#trials = weight;
    this.#matches = first * weight;
  }

  get value(): number {
    return this.#matches / this.#trials;
  }

  /** Lets what it knows stand for so many trials at most, so that the next ones can change it. */
  forget(weight: number): void {
    const keep = Math.min(1, weight / this.#trials);
    this.#trials *= keep;
    this.#matches *= keep;
  }

  /** So many trials, of which so many succeeded. */
  record(trials: number, matches: number): void {
    const keep = (1 - 1 / this.memory) ** trials;
    this.#trials = keep * this.#trials + trials;
    this.#matches = keep * this.#matches + matches;
  }
}
