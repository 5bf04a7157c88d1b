/**
 * Which characters of an answer were guessed ahead. Tokens bring their characters in; the text goes out later, because
 * what may begin a stop string is held back, and so in other pieces. A character that several tokens spell is the last one's.
 */

/** From the first character to before the last, in UTF-16 units. */
export type TextRange = [start: number, end: number];

export class DraftedText {
  /** Of what has not gone out yet, counted from its beginning. */
  #ranges: TextRange[] = [];
  #length = 0;

  /** A token brings in so many characters. */
  push(characters: number, drafted: boolean): void {
    const start = this.#length;
    this.#length += characters;
    if (!drafted || characters === 0) return;
    const before = this.#ranges.at(-1);
    if (before?.[1] === start) before[1] = this.#length;
    else this.#ranges.push([start, this.#length]);
  }

  /** So many characters go out. @returns the drafted ones among them. */
  take(characters: number): TextRange[] {
    const isRange = ([start, end]: TextRange) => start < end;
    const taken = this.#ranges.map(([start, end]): TextRange => [start, Math.min(end, characters)]);
    const left = this.#ranges.map(([start, end]): TextRange => [Math.max(start - characters, 0), end - characters]);
    this.#ranges = left.filter(isRange);
    this.#length -= characters;
    return taken.filter(isRange);
  }
}
