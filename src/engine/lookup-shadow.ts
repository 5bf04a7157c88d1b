/**
 * How often looking up would have guessed right, without a guess being made: the host knows the tokens of an answer once they
 * have been read, and remembers where each n-gram was seen last, so each token tells whether the kernel `lookup` would have
 * guessed it. That costs two entries of a map a token, and no round on the device.
 */
import { LONGEST_NGRAM, SHORTEST_NGRAM } from '../kernels/lookup/lookup';
import { AcceptanceRate } from './acceptance-rate';

/** Tokens that the rate remembers, roughly: text repeats itself in stretches, which begin and end at once. */
const MEMORY = 16;

/** Tokens taken in at once: a long prompt is caught up with step by step, so that none waits for it. */
const MOST_AT_ONCE = 4096;

export class LookupShadow {
  readonly #rate = new AcceptanceRate(MEMORY, 0, MEMORY);
  /** Of n-grams of each length, by their hash: the position after the last one. */
  readonly #ends = new Map<number, Map<number, number>>();
  #length = 0;
  #guess: number | null = null;

  /** @param promptLength tokens that were given: they are remembered, yet nothing would have guessed them. */
  constructor(readonly promptLength: number) {
    for (let n = LONGEST_NGRAM; n >= SHORTEST_NGRAM; n--) this.#ends.set(n, new Map());
  }

  /** Share of the last tokens that would have been guessed right. */
  get rate(): number {
    return this.#rate.value;
  }

  /** Takes in what is new of a sequence's tokens, or as much of it as goes at once. */
  follow(ids: readonly number[]): void {
    const until = Math.min(ids.length, this.#length + MOST_AT_ONCE);
    for (; this.#length < until; this.#length++) {
      const id = ids[this.#length]!;
      if (this.#length >= this.promptLength) this.#rate.record(1, this.#guess === id ? 1 : 0);
      this.#guess = this.#guessAfter(ids, this.#length + 1);
    }
  }

  /** What would be guessed after the first `length` tokens; from then on their last n-grams are the ones seen last. */
  #guessAfter(ids: readonly number[], length: number): number | null {
    let guess: number | null = null;
    for (const [n, ends] of this.#ends) {
      if (n > length) continue;
      const hash = hashOf(ids, length, n);
      const end = ends.get(hash);
      if (guess === null && end !== undefined && isSame(ids, end, length, n)) guess = ids[end]!;
      ends.set(hash, length);
    }
    return guess;
  }
}

/** Of the `n` tokens before `end`: 30 bits, which a map takes as they are. */
function hashOf(ids: readonly number[], end: number, n: number): number {
  let hash = 0;
  for (let back = n; back > 0; back--) hash = Math.imul(hash ^ ids[end - back]!, 0x9e37_79b1) ^ (hash >>> 15);
  return hash >>> 2;
}

function isSame(ids: readonly number[], end: number, otherEnd: number, n: number): boolean {
  for (let back = n; back > 0; back--) if (ids[end - back] !== ids[otherEnd - back]) return false;
  return true;
}
