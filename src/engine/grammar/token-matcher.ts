/**
 * Where an answer stands in its grammar: which tokens may follow, and which were taken. The text between tokens is what
 * counts, not how it was cut into them, so a prompt that is rendered anew leaves it as it is.
 */
import type { GrammarMatcher } from '@mlc-ai/web-xgrammar';
import type { Utf8Guard } from './utf8';

export class TokenMatcher {
  readonly #matcher: GrammarMatcher;
  readonly #guard: Utf8Guard;
  /** The tokens taken. */
  readonly #ids: number[] = [];
  #isFilling = false;
  #isDisposed = false;

  /** @param matcher at the beginning of its grammar; this object's from now on. */
  constructor(matcher: GrammarMatcher, guard: Utf8Guard) {
    this.#matcher = matcher;
    this.#guard = guard;
  }

  /**
   * Takes tokens of the answer; what comes after one that ends it is nobody's.
   * @returns false when the grammar does not allow one of them.
   */
  accept(ids: Iterable<number>): boolean {
    for (const id of ids) {
      if (this.#isDisposed || this.#matcher.isTerminated()) return true;
      if (!this.#take(id)) return false;
    }
    return true;
  }

  /** Takes the last `count` tokens back. */
  rollBack(count: number): void {
    if (count === 0 || this.#isDisposed) return;
    this.#matcher.rollBack(count);
    this.#ids.length -= count;
  }

  /**
   * Which tokens may follow the ones taken, and which each guess, as masks (see kernels/shared/mask-words.ts). Rows behind a
   * guess that the grammar does not allow stay as they are: the one before them draws another token.
   * @param masks one for the token that is next, and one for that behind each guess.
   * @param guesses asked for once the first mask is made.
   */
  async fillMasks(masks: readonly Uint32Array[], guesses: () => Promise<readonly number[]>): Promise<void> {
    if (this.#isDisposed) return;
    this.#isFilling = true;
    let taken = 0;
    try {
      await this.#fill(masks[0]);
      for (const id of await guesses()) {
        if (!this.#take(id)) break;
        taken++;
        if (this.#matcher.isTerminated()) break;
        await this.#fill(masks[taken]);
      }
    } finally {
      this.#isFilling = false;
      if (this.#isDisposed) this.#matcher.dispose();
      else this.rollBack(taken);
    }
  }

  async #fill(mask: Uint32Array | undefined): Promise<void> {
    if (mask === undefined) return;
    mask.set(await this.#matcher.getNextTokenBitmask());
    const lastId = this.#ids.at(-1);
    if (lastId !== undefined) this.#guard.narrow(mask, lastId);
  }

  /** @returns false when the grammar does not allow it. */
  #take(id: number): boolean {
    if (!this.#matcher.acceptToken(id)) return false;
    this.#ids.push(id);
    return true;
  }

  /** Frees it. From then on it has no say: whoever asked for the answer has gone. */
  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    if (!this.#isFilling) this.#matcher.dispose();
  }
}
