/**
 * Token ids in, text out, one token at a time. Text is handed out as soon as its last byte is known and never before:
 * no half characters, no replacement characters that a later token would take back. Whatever the pieces, they join to
 * the decoding of all ids at once. Each token costs its own bytes only; nothing is decoded twice.
 *
 * A character here is a code point: an emoji of several code points may arrive in several pieces.
 */
import type { Detokenizer } from './detokenizer';

export interface DecodeOptions {
  /** Leave control tokens (end-of-turn and the like) out of the text. Default true. */
  skipSpecialTokens?: boolean;
  /**
   * True when the text goes on after text that is already shown (a bare prompt): a space at its beginning is then part
   * of it and is kept. Default false: a text of its own, whose tokeniser-made leading space is dropped.
   */
  continuesText?: boolean;
}

export class StreamDecoder {
  readonly #detokenizer: Detokenizer;
  readonly #skipSpecialTokens: boolean;
  /** Holds the bytes of an unfinished character; invalid bytes become U+FFFD as the encoding standard says. */
  readonly #utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
  #leadingSpaces: number;

  constructor(detokenizer: Detokenizer, options: DecodeOptions = {}) {
    this.#detokenizer = detokenizer;
    this.#skipSpecialTokens = options.skipSpecialTokens ?? true;
    this.#leadingSpaces = options.continuesText === true ? 0 : detokenizer.leadingSpaces;
  }

  /** The text that this token completes; often the token's own, sometimes nothing. */
  push(id: number): string {
    if (this.#skipSpecialTokens && this.#detokenizer.isSpecial(id)) return '';
    return this.#dropLeadingSpaces(this.#utf8.decode(this.#detokenizer.bytesOf(id), { stream: true }));
  }

  /** Ends the text: a character still unfinished becomes U+FFFD. The decoder is then spent. */
  flush(): string {
    return this.#dropLeadingSpaces(this.#utf8.decode());
  }

  #dropLeadingSpaces(text: string): string {
    let start = 0;
    while (this.#leadingSpaces > 0 && start < text.length) {
      if (text[start] === ' ') {
        start++;
        this.#leadingSpaces--;
      } else {
        this.#leadingSpaces = 0;
      }
    }
    return text.slice(start);
  }
}
