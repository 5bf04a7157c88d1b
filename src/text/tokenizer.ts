/**
 * Text to token ids and back, as the checkpoint's tokenizer.json says. Encoding is @huggingface/tokenizers; decoding is
 * ours (`detokenizer.ts`, `stream-decoder.ts`), so that streamed and whole texts cannot differ. As in Transformers for BPE,
 * `clean_up_tokenization_spaces` is not applied: it would rewrite what the model said (`x != y .`).
 */
import { Tokenizer as LibraryTokenizer } from '@huggingface/tokenizers';
import { HearthError } from '../lib/errors';
import { present } from '../lib/invariant';
import {
  idList,
  isObject,
  readJsonFile,
  tokenContent,
  type CheckpointTexts,
  type JsonObject,
} from './checkpoint-texts';
import { type BpeModel, ID_RULE, isId, readBpeModel } from './bpe-model';
import { createDetokenizer } from './detokenizer';
import { refuseWrongSplits, respelledPreTokenizer } from './library-limits';
import { StreamDecoder, type DecodeOptions } from './stream-decoder';
import { checkSteps } from './tokenizer-schema';

/** Special tokens by their role in tokenizer_config.json, e.g. `bos_token` → "<s>"; only those that are set. */
export type NamedTokens = Readonly<Record<string, string | readonly string[]>>;

export interface Tokenizer {
  /** Highest id + 1, added tokens included. */
  readonly vocabSize: number;
  /** Highest id + 1 of the vocabulary proper, without added tokens. */
  readonly baseVocabSize: number;
  readonly namedTokens: NamedTokens;
  readonly bosTokenId: number | null;
  /** Every id that ends an answer, from generation_config.json, config.json and tokenizer_config.json. */
  readonly eosTokenIds: readonly number[];
  readonly specialTokenIds: ReadonlySet<number>;
  /**
   * @param options.addSpecialTokens true for bare text (adds BOS where the tokenizer does), false for rendered templates.
   * @throws HearthError `bad-request` when the text spells a token that the model has no embedding for.
   */
  encode(text: string, options: { addSpecialTokens: boolean }): number[];
  decode(ids: Iterable<number>, options?: DecodeOptions): string;
  /** A decoder for one answer. */
  streamDecoder(options?: DecodeOptions): StreamDecoder;
  /** The token as the vocabulary spells it ("Ġdog", "▁dog", "<0xE2>"). */
  tokenText(id: number): string | undefined;
  tokenId(tokenText: string): number | undefined;
  /** The UTF-8 bytes that the token adds to a text; none for control tokens and unknown ids. */
  tokenBytes(id: number): Uint8Array;
}

/** @throws HearthError `bad-file` for files that are malformed, `unsupported-model` for tokenizers of other kinds. */
export function createTokenizer(texts: CheckpointTexts): Tokenizer {
  const json = readJsonFile(texts, 'tokenizer.json');
  const tokenizerConfig = readJsonFile(texts, 'tokenizer_config.json');
  const generationConfig = readJsonFile(texts, 'generation_config.json');
  const config = readJsonFile(texts, 'config.json');

  const model = readModel(json);
  const addedTokens = readAddedTokens(json);
  checkSteps(json);
  refuseWrongSplits(json);
  const library = createLibraryTokenizer({ ...json, added_tokens: addedTokens }, tokenizerConfig, model.bpe);

  const namedTokens = readNamedTokens(tokenizerConfig);
  const addedIds = new Set(addedTokens.map((token) => token.id));
  const toIds = (tokens: string | readonly string[] = []) =>
    [tokens].flat().flatMap((token) => idList(library.token_to_id(token)));
  const specialTokenIds = new Set([
    ...addedTokens.filter((token) => token.special).map((token) => token.id),
    ...Object.values(namedTokens).flatMap(toIds),
  ]);

  const detokenizer = createDetokenizer(json['decoder'], {
    tokenText: (id) => library.id_to_token(id),
    isAdded: (id) => addedIds.has(id),
    isSpecial: (id) => specialTokenIds.has(id),
  });
  const streamDecoder = (options?: DecodeOptions) => new StreamDecoder(detokenizer, options);

  const maxId = (ids: Iterable<number>) => {
    let max = -1;
    for (const id of ids) max = Math.max(max, id);
    return max;
  };
  const baseVocabSize = maxId(model.ids.filter((id) => !addedIds.has(id))) + 1;
  const rows = embeddingRows(config);

  return {
    vocabSize: Math.max(baseVocabSize, maxId(addedIds) + 1),
    baseVocabSize,
    namedTokens,
    bosTokenId:
      (texts['tokenizer_config.json'] === undefined
        ? idList(generationConfig['bos_token_id'] ?? config['bos_token_id'])
        : toIds(namedTokens['bos_token']))[0] ?? null,
    eosTokenIds: [
      ...new Set([
        ...idList(generationConfig['eos_token_id']),
        ...idList(config['eos_token_id']),
        ...toIds(namedTokens['eos_token']),
      ]),
    ],
    specialTokenIds,

    encode(text, { addSpecialTokens }) {
      const { ids, tokens } = library.encode(text, { add_special_tokens: addSpecialTokens });
      ids.forEach((id: number | undefined, i) => {
        if (id === undefined) {
          throw new HearthError(
            'unsupported-model',
            `The tokenizer has no id for ${JSON.stringify(tokens[i])}; expected it in the vocabulary.`,
          );
        }
        if (id >= rows) {
          throw new HearthError(
            'bad-request',
            `The text holds the token ${JSON.stringify(tokens[i])} with id ${id}; this model knows ids below ${rows}.`,
            { hint: 'Leave that token out of the text.' },
          );
        }
      });
      return ids;
    },

    decode(ids, options) {
      const decoder = streamDecoder(options);
      let text = '';
      for (const id of ids) text += decoder.push(id);
      return text + decoder.flush();
    },

    streamDecoder,
    tokenText: (id) => library.id_to_token(id),
    tokenId: (tokenText) => library.token_to_id(tokenText),
    tokenBytes: (id) => (detokenizer.isSpecial(id) ? NO_BYTES : detokenizer.bytesOf(id)),
  };
}

/**
 * Asserts that every token of the vocabulary proper has a row in the model's embedding. Added tokens beyond it are
 * borne (Gemma 3's text models list `<image_soft_token>` there): `encode` refuses texts that use them.
 * @param rows rows of the embedding.
 */
export function assertVocabularyFits(tokenizer: Tokenizer, rows: number): void {
  if (tokenizer.baseVocabSize <= rows) return;
  throw new HearthError(
    'unsupported-model',
    `tokenizer.json has ids up to ${tokenizer.baseVocabSize - 1}; expected ids below ${rows}, the rows of the embedding.`,
    { hint: 'The tokenizer belongs to another model: check the files of the checkpoint.' },
  );
}

const NO_BYTES = new Uint8Array(0);

interface AddedToken {
  id: number;
  content: string;
  special: boolean;
}

/** The library does the steps before and after the model; decoding is ours, so it gets no decoder. */
function createLibraryTokenizer(json: JsonObject, config: JsonObject, bpe: BpeModel | null): LibraryTokenizer {
  const steps = ['normalizer', 'post_processor'];
  const complete = {
    ...json,
    ...Object.fromEntries(steps.map((name) => [name, json[name] ?? null])),
    pre_tokenizer: respelledPreTokenizer(json['pre_tokenizer']),
    decoder: null,
    model: bpe?.forLibrary ?? json['model'],
  };
  const settings = ['remove_space', 'do_lowercase_and_remove_accent'];
  try {
    const library = new LibraryTokenizer(
      complete,
      Object.fromEntries(settings.map((name) => [name, config[name] === true])),
    );
    if (bpe) present(library.model, 'model of the tokenizer').encode = (words) => bpe.encodeWords(words);
    return library;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new HearthError('unsupported-model', `tokenizer.json is of a kind that we cannot run: ${reason}.`, { cause });
  }
}

/** The ids of the vocabulary proper, and the model where it is byte-pair encoding. */
function readModel(json: JsonObject): { ids: number[]; bpe: BpeModel | null } {
  const model = json['model'];
  if (!isObject(model)) {
    throw new HearthError('bad-file', 'tokenizer.json has no "model"; expected a BPE or Unigram model.');
  }
  const { type, vocab, merges } = model;
  if (type === 'BPE' || type === 'ScoredBPE' || (type === undefined && merges !== undefined)) {
    const bpe = readBpeModel(model);
    return { ids: [...bpe.vocabulary.values()], bpe };
  }
  if (type !== 'Unigram') {
    throw new HearthError(
      'unsupported-model',
      `tokenizer.json has a ${JSON.stringify(type)} model; expected BPE or Unigram.`,
    );
  }
  const isScored = (entry: unknown) =>
    Array.isArray(entry) && typeof entry[0] === 'string' && Number.isFinite(entry[1]);
  if (Array.isArray(vocab) && vocab.length > 0 && vocab.every(isScored)) return { ids: [...vocab.keys()], bpe: null };
  throw new HearthError('bad-file', 'tokenizer.json has a malformed "vocab"; expected tokens with scores.');
}

function readAddedTokens(json: JsonObject): AddedToken[] {
  const tokens = json['added_tokens'] ?? [];
  const isToken = (token: unknown): token is AddedToken =>
    isObject(token) && isId(token['id']) && typeof token['content'] === 'string' && token['content'] !== '';
  if (Array.isArray(tokens) && tokens.every(isToken)) return tokens;
  throw new HearthError(
    'bad-file',
    `tokenizer.json has malformed "added_tokens"; expected a list of ${ID_RULE} with content.`,
  );
}

function readNamedTokens(tokenizerConfig: JsonObject): NamedTokens {
  const named: Record<string, string | string[]> = {};
  for (const [key, value] of Object.entries(tokenizerConfig)) {
    const content = key.endsWith('_token') ? tokenContent(value) : null;
    if (content !== null) named[key] = content;
  }
  const additional = tokenizerConfig['additional_special_tokens'];
  if (Array.isArray(additional)) {
    named['additional_special_tokens'] = additional.map(tokenContent).filter((content) => content !== null);
  }
  return named;
}

/** Rows of the embedding as config.json states them; unbounded where it does not. */
function embeddingRows(config: JsonObject): number {
  const textConfig = isObject(config['text_config']) ? config['text_config'] : config;
  return Number(textConfig['vocab_size'] ?? config['vocab_size'] ?? Infinity);
}
