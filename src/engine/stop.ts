/**
 * Stop strings in a stream of text. What may be the beginning of a stop string is held back until the next characters
 * decide; everything else passes at once. The result does not depend on how the text is cut into pieces: the answer ends
 * at the stop string that is complete first (of several complete at the same character, the longest) and never shows it.
 * Stop tokens are not text and are no concern of this file.
 */

export interface StopResult {
  /** Text that may be shown. */
  emit: string;
  /** True when a stop string was completed; what follows it is dropped. */
  stopped: boolean;
}

export class StopMatcher {
  readonly #stops: readonly string[];
  /** The longest end of the text so far that a stop string begins with. */
  #held = '';

  /** @param stops non-empty strings. */
  constructor(stops: readonly string[]) {
    this.#stops = stops;
  }

  /** The text that is held back. */
  get held(): string {
    return this.#held;
  }

  /** Takes the next piece of text. After `stopped` the matcher is spent. */
  push(text: string): StopResult {
    const pending = this.#held + text;
    const match = this.#firstMatch(pending);
    if (match !== null) {
      this.#held = '';
      return { emit: pending.slice(0, match.start), stopped: true };
    }
    const emitLength = pending.length - this.#heldLength(pending);
    this.#held = pending.slice(emitLength);
    return { emit: pending.slice(0, emitLength), stopped: false };
  }

  /** The text held back, when no more will come. */
  flush(): string {
    const text = this.#held;
    this.#held = '';
    return text;
  }

  #firstMatch(text: string): { start: number; end: number } | null {
    let first: { start: number; end: number } | null = null;
    for (const stop of this.#stops) {
      const start = text.indexOf(stop);
      if (start < 0) continue;
      const end = start + stop.length;
      if (first === null || end < first.end || (end === first.end && start < first.start)) first = { start, end };
    }
    return first;
  }

  #heldLength(text: string): number {
    let longest = 0;
    for (const stop of this.#stops) {
      for (let length = Math.min(stop.length - 1, text.length); length > longest; length--) {
        if (text.endsWith(stop.slice(0, length))) longest = length;
      }
    }
    return longest;
  }
}
