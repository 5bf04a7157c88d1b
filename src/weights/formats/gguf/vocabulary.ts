/**
 * What both kinds of GGUF tokenizers have in common: the tokens with their types, the ids with a role, and what of a
 * tokenizer.json follows from these. As in llama.cpp (llama-vocab.cpp), whose ids are the measure.
 */
import { HearthError } from '../../../lib/errors';
import type { GgufMetadata } from './header';
import { complaint, count, flag, numbers, text, texts } from './metadata';

export interface Vocabulary {
  /** By id; no two are equal, none is empty. */
  tokens: readonly string[];
  /** By id; see TOKEN_TYPES. */
  types: ArrayLike<number>;
  bos: number | null;
  eos: number | null;
  unknown: number | null;
  padding: number | null;
  /** Every id that ends an answer. */
  ends: readonly number[];
  /** What a bare text is put between. */
  addsBos: boolean;
  addsEos: boolean;
}

/** `llama_token_type` of llama.cpp. */
export const TOKEN_TYPES = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const;

/** What a kind of tokenizer does where the file says nothing. */
export interface VocabularyDefaults {
  bos: number | null;
  eos: number | null;
  unknown: number | null;
  addsBos: boolean;
}

const KEY = 'tokenizer.ggml';

/** @throws HearthError `bad-file`. */
export function readVocabulary(metadata: GgufMetadata, defaults: VocabularyDefaults): Vocabulary {
  const tokens = readTokens(metadata);
  const types = readPerToken(metadata, 'token_type', tokens.length) ?? new Int32Array(tokens.length).fill(1);
  // Many files carry ids beyond the vocabulary for what they do not have.
  const inVocabulary = (id: number | null | undefined) => (id != null && id < tokens.length ? id : null);
  const role = (name: string, fallback: number | null = null) =>
    inVocabulary(count(metadata, `${KEY}.${name}_token_id`)) ?? inVocabulary(fallback);

  const eos = role('eos', defaults.eos);
  const ends = [eos, role('eot'), role('eom'), ...tokens.map((token, id) => (END_TOKENS.has(token) ? id : null))];
  return {
    tokens,
    types,
    bos: role('bos', defaults.bos),
    eos,
    unknown: role('unknown', defaults.unknown),
    padding: role('padding'),
    ends: [...new Set(ends.filter((id) => id !== null))],
    addsBos: flag(metadata, `${KEY}.add_bos_token`) ?? defaults.addsBos,
    addsEos: flag(metadata, `${KEY}.add_eos_token`) ?? false,
  };
}

/** Many files name one end only, a base model's; these end an answer wherever they exist. */
const END_TOKENS: ReadonlySet<string> = new Set([
  '</s>',
  '<eos>',
  '<|endoftext|>',
  '<|end_of_text|>',
  '<|im_end|>',
  '<|eot_id|>',
  '<|eom_id|>',
  '<|end|>',
  '<end_of_turn>',
  '<end_of_utterance>',
  '<EOT>',
  '_<EOT>',
  '[EOT]',
  '[EOS]',
  '<｜end▁of▁sentence｜>',
]);

function readTokens(metadata: GgufMetadata): string[] {
  const tokens = texts(metadata, `${KEY}.tokens`);
  if (!tokens || tokens.length === 0) throw complaint(`${KEY}.tokens`, tokens, 'the tokens of a vocabulary');
  const ids = new Map<string, number>();
  return tokens.map((token, id) => {
    const name = token === '' ? `[EMPTY_${id}]` : token;
    const other = ids.get(name);
    if (other !== undefined) {
      throw new HearthError(
        'bad-file',
        `The GGUF file has the token ${JSON.stringify(name)} as ${other} and ${id}; expected each token once.`,
      );
    }
    ids.set(name, id);
    return name;
  });
}

/** A list with a finite number for each token. */
export function readPerToken(metadata: GgufMetadata, name: string, tokens: number): ArrayLike<number> | undefined {
  const key = `${KEY}.${name}`;
  const list = numbers(metadata, key);
  if (!list) return undefined;
  if (list.length !== tokens) {
    throw new HearthError('bad-file', `The GGUF file has ${list.length} numbers in ${key}; expected ${tokens}.`);
  }
  if (!Array.from(list).every(Number.isFinite)) {
    throw new HearthError('bad-file', `The GGUF file has ${key} with a NaN or infinity; expected finite numbers.`);
  }
  return list;
}

/** The `vocab` of a tokenizer.json. Its keys are a stranger's, "__proto__" among them, so no assignment makes them. */
export function vocabOf({ tokens }: Vocabulary): Record<string, number> {
  return Object.fromEntries(tokens.map((token, id) => [token, id]));
}

/**
 * The `added_tokens` of a tokenizer.json: what is found in a text before anything else looks at it. Of these, control tokens
 * and ends are left out of what a person reads.
 */
export function addedTokens(metadata: GgufMetadata, { tokens, types, ends }: Vocabulary) {
  const { control, unknown, userDefined } = TOKEN_TYPES;
  const eatsSpace = isPhi3(metadata);
  return tokens.flatMap((content, id) => {
    const type = types[id];
    const special = type === control || type === unknown || ends.includes(id);
    if (!special && type !== userDefined) return [];
    const rstrip = eatsSpace && !['<unk>', '<s>', '<|endoftext|>'].includes(content);
    return { id, content, single_word: false, lstrip: false, rstrip, normalized: false, special };
  });
}

/** The only model whose special tokens swallow the space after them; GGUF has no field for that, so llama.cpp goes by name. */
function isPhi3(metadata: GgufMetadata): boolean {
  return /phi-?3/i.test(text(metadata, 'general.name') ?? '');
}

/** The `post_processor` of a tokenizer.json: what a bare text is put between; null for nothing. */
export function postProcessor({ tokens, bos, eos, addsBos, addsEos }: Vocabulary): object | null {
  const special = (id: number | null, adds: boolean) => (adds && id !== null ? [tokens[id]!] : []);
  const before = special(bos, addsBos);
  const after = special(eos, addsEos);
  if (before.length + after.length === 0) return null;
  const piece = (token: string) => ({ SpecialToken: { id: token, type_id: 0 } });
  const single = [...before.map(piece), { Sequence: { id: 'A', type_id: 0 } }, ...after.map(piece)];
  const known = [...before, ...after].map((token) => [
    token,
    { id: token, ids: [tokens.indexOf(token)], tokens: [token] },
  ]);
  return { type: 'TemplateProcessing', single, pair: single, special_tokens: Object.fromEntries(known) };
}
