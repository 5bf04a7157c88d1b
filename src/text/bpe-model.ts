/**
 * The `model` of a tokenizer.json that is byte-pair encoding: from a word to the texts of its tokens. Normalizers,
 * pre-tokenizers and all the rest stay with @huggingface/tokenizers, which is given this model in place of its own.
 *
 * Besides Hugging Face's "BPE" there is "ScoredBPE", our own spelling for what GGUF files say of SentencePiece models: a
 * `vocab` and `scores` by id, in place of merges (`weights/formats/gguf/tokenizer-spm.ts` writes it).
 */
import { HearthError } from '../lib/errors';
import { isObject, type JsonObject } from './checkpoint-texts';
import { listedMerges, MAX_VOCABULARY, mergePairs, type MergeTable, scoredMerges } from './pair-merger';

export interface BpeModel {
  vocabulary: ReadonlyMap<string, number>;
  encodeWords(words: readonly string[]): string[];
  /** The same model for the library, without what only encoding needs. */
  forLibrary: JsonObject;
}

/** Words that are kept with their tokens: more than the different words of a long chat. */
const CACHED_WORDS = 20_000;
/** Longer ones hardly come twice. */
const MAX_CACHED_LENGTH = 256;

/** @throws HearthError `bad-file` for malformed models, `unsupported-model` for BPE with affixes, as CLIP has it. */
export function readBpeModel(model: JsonObject): BpeModel {
  for (const affix of ['continuing_subword_prefix', 'continuing_subword_suffix', 'end_of_word_suffix']) {
    if (model[affix]) {
      const found = JSON.stringify(model[affix]);
      throw new HearthError('unsupported-model', `tokenizer.json has the ${affix} ${found}; expected none.`);
    }
  }
  const vocabulary = readVocabulary(model['vocab']);
  const merges: MergeTable =
    model['type'] === 'ScoredBPE'
      ? scoredMerges(vocabulary, readScores(model['scores'], vocabulary))
      : listedMerges(vocabulary, readMerges(model['merges']));
  const unknown = typeof model['unk_token'] === 'string' ? [model['unk_token']] : [];
  const bytesOf = model['byte_fallback'] === true ? byteTokens(vocabulary) : () => null;
  const ignoresMerges = model['ignore_merges'] === true;

  const encodeWord = (word: string): string[] => {
    if (ignoresMerges && vocabulary.has(word)) return [word];
    const pieces = mergePairs(word, vocabulary, merges);
    if (pieces.every((piece) => vocabulary.has(piece))) return pieces;
    return pieces.flatMap((piece) => (vocabulary.has(piece) ? piece : (bytesOf(piece) ?? unknown)));
  };

  let cache = new Map<string, string[]>();
  const encodeCached = (word: string): string[] => {
    if (word.length > MAX_CACHED_LENGTH) return encodeWord(word);
    let tokens = cache.get(word);
    if (!tokens) {
      if (cache.size >= CACHED_WORDS) cache = new Map();
      cache.set(word, (tokens = encodeWord(word)));
    }
    return tokens;
  };

  return {
    vocabulary,
    encodeWords: (words) => words.flatMap(encodeCached),
    forLibrary: { ...model, type: 'BPE', merges: [] },
  };
}

function readVocabulary(vocab: unknown): ReadonlyMap<string, number> {
  if (!isObject(vocab)) throw malformed('vocab', 'an object of tokens with ids');
  const vocabulary = new Map<string, number>();
  for (const [token, id] of Object.entries(vocab)) {
    if (!isId(id)) throw malformed(`id ${JSON.stringify(id)} for the token ${JSON.stringify(token)}`, ID_RULE);
    vocabulary.set(token, id);
  }
  return vocabulary;
}

/** Each as ["a", "b"] or as "a b", where the first token has at least one character, which may be a space. */
function readMerges(merges: unknown): (readonly [string, string])[] {
  if (!Array.isArray(merges)) throw malformed('"merges"', 'a list of pairs of tokens');
  return merges.map((merge: unknown, i) => {
    if (isPair(merge)) return merge;
    const space = typeof merge === 'string' ? merge.indexOf(' ', 1) : -1;
    if (typeof merge !== 'string' || space < 0) throw malformed(`merge ${i}`, 'two tokens');
    return [merge.slice(0, space), merge.slice(space + 1)];
  });
}

function isPair(parts: unknown): parts is [string, string] {
  return Array.isArray(parts) && parts.length === 2 && parts.every((part) => typeof part === 'string');
}

function readScores(scores: unknown, vocabulary: ReadonlyMap<string, number>): number[] {
  const isScores = (list: unknown): list is number[] => Array.isArray(list) && list.every(Number.isFinite);
  if (!isScores(scores)) throw malformed('"scores"', 'a list of numbers');
  for (const id of vocabulary.values()) {
    if (id >= scores.length) throw malformed(`${scores.length} scores and a token of id ${id}`, 'a score for each id');
  }
  return scores;
}

/** The tokens for the UTF-8 bytes of a text, "<0xE2>" and so on; null when one of them is missing. */
function byteTokens(vocabulary: ReadonlyMap<string, number>): (text: string) => string[] | null {
  const utf8 = new TextEncoder();
  return (text) => {
    const tokens = Array.from(utf8.encode(text), (byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);
    return tokens.every((token) => vocabulary.has(token)) ? tokens : null;
  };
}

export const ID_RULE = `ids from 0 to ${MAX_VOCABULARY - 1}`;

export function isId(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < MAX_VOCABULARY;
}

function malformed(found: string, expected: string): HearthError {
  return new HearthError('bad-file', `tokenizer.json has a malformed ${found}; expected ${expected}.`);
}
