/** Answers without a model: a small vocabulary, and any token that the grammar allows, for tests of what grammars let through. */
import type { Tokenizer } from '../../../text/tokenizer';
import { GrammarCompiler } from '../grammar-compiler';
import type { GrammarWish } from '../grammar-wish';
import { maskWords } from '../../../kernels/shared/mask-words';

const STOP = 0;
const PIECES = ['', 'true', 'false', 'null', '": ', ', ', '{"', '"}', '  ', 'é', '€', '\n'];
const VOCABULARY = [...PIECES, ...Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i))];
const utf8 = new TextEncoder();
const SINGLE = Array.from({ length: 128 }, (_, i) => Uint8Array.of(128 + i)); // other characters take several tokens
const BYTES = [...VOCABULARY.map((text) => utf8.encode(text)), ...SINGLE];

/** Tokens by which a text comes to its end. */
const CLOSING = new Set(['"', '"}', '}', ']', ', ', ''].map((text) => VOCABULARY.indexOf(text)));
const CLOSING_SHARE = 0.4;

export function createWalkCompiler(): GrammarCompiler {
  const tokenizer = { tokenBytes: (id: number) => BYTES[id]! } as Tokenizer;
  return new GrammarCompiler({ tokenizer, stopTokenIds: new Set([STOP]) }, BYTES.length);
}

/** @param random numbers in [0, 1). @returns a text that the grammar gives, or null where it has not ended after 400 tokens. */
export async function walk(compiler: GrammarCompiler, wish: GrammarWish, random: () => number): Promise<string | null> {
  const matcher = await compiler.matcher(wish);
  const taken: number[] = [];
  try {
    while (taken.length < 400) {
      const mask = new Uint32Array(maskWords(BYTES.length));
      await matcher.fillMasks([mask], () => Promise.resolve([]));
      const allowed = [...BYTES.keys()].filter((id) => (mask[id >>> 5]! >>> (id & 31)) & 1);
      const closing = allowed.filter((id) => CLOSING.has(id));
      const choices = closing.length > 0 && random() < CLOSING_SHARE ? closing : allowed;
      const id = choices[Math.floor(random() * choices.length)]!;
      if (!matcher.accept([id])) throw new Error(`The mask allows token ${id}, and the matcher does not.`);
      if (id === STOP) return new TextDecoder().decode(Uint8Array.from(taken.flatMap((each) => [...BYTES[each]!])));
      taken.push(id);
    }
    return null;
  } finally {
    matcher.dispose();
  }
}
