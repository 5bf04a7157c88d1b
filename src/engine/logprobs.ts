/**
 * How likely the model found a token and its likeliest alternatives: what is reported when a request asks for `logprobs`,
 * whoever drew the token. All are natural logarithms of the model's own probabilities, before penalties, bias, temperature
 * and filters.
 */
import { LOGPROB_WORDS } from '../kernels/shared/slot-state';

export interface TokenLogprob {
  id: number;
  /** The token's own text; bytes that are no whole character by themselves are U+FFFD. */
  text: string;
  logprob: number;
}

/** A token of the answer with the likeliest tokens in its place, likeliest first; itself among them where it is one. */
export interface TokenLogprobs extends TokenLogprob {
  top: TokenLogprob[];
}

/** The same before it has words, as a sampler gives it. */
export interface IdLogprobs {
  id: number;
  logprob: number;
  top: { id: number; logprob: number }[];
}

export function spellLogprobs({ id, logprob, top }: IdLogprobs, tokenText: (id: number) => string): TokenLogprobs {
  return { id, text: tokenText(id), logprob, top: top.map((other) => ({ ...other, text: tokenText(other.id) })) };
}

/**
 * What the device reports of drawn tokens.
 * @param words [outputs][LOGPROB_WORDS], see kernels/logprobs.
 * @param first the output that drew the first of `ids`.
 */
export function readLogprobs(words: Uint32Array<ArrayBuffer>, first: number, ids: Iterable<number>): IdLogprobs[] {
  const floats = new Float32Array(words.buffer, words.byteOffset, words.length);
  return Array.from(ids, (id, i) => {
    const at = (first + i) * LOGPROB_WORDS;
    const top = Array.from({ length: words[at + 1]! }, (_, rank) => {
      const pair = at + 2 + 2 * rank;
      return { id: words[pair]!, logprob: floats[pair + 1]! };
    });
    return { id, logprob: floats[at]!, top };
  });
}
