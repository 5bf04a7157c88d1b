/**
 * What a GGUF file says in words, written as the text files of a Hugging Face folder, so that whoever reads a model reads one
 * kind of it: layouts its config.json, `text` its tokenizer.
 */
import { HearthError } from '../../../lib/errors';
import type { ModelTexts } from '../../manifest';
import { configFromGguf, type RopeFactors } from './config';
import type { GgufMetadata } from './header';
import { complaint, text, texts } from './metadata';
import { bpeTokenizer } from './tokenizer-bpe';
import { spmTokenizer } from './tokenizer-spm';
import type { Vocabulary } from './vocabulary';

/** By `tokenizer.ggml.model`. */
const TOKENIZERS: ReadonlyMap<string, (metadata: GgufMetadata) => { vocabulary: Vocabulary; tokenizer: object }> =
  new Map([
    ['llama', spmTokenizer],
    ['gpt2', bpeTokenizer],
  ]);

/**
 * @param ropeFactors the small tensors rope_freqs, rope_factors_long and rope_factors_short, where the file has them
 * @param tensorNames of all parts of the file: some facts are told by tensors alone
 * @throws HearthError `bad-file`; `unsupported-model` for architectures, tokenizers and pre-tokenizers that are not known.
 */
export function textsFromGguf(
  metadata: GgufMetadata,
  ropeFactors: RopeFactors,
  tensorNames: ReadonlySet<string>,
): ModelTexts {
  const { vocabulary, texts } = tokenizerFromGguf(metadata);
  return {
    'config.json': JSON.stringify(configFromGguf(metadata, vocabulary, ropeFactors, tensorNames)),
    ...texts,
  };
}

/** The tokenizer alone, which needs no known architecture. @throws HearthError as `textsFromGguf`. */
export function tokenizerFromGguf(metadata: GgufMetadata): {
  vocabulary: Vocabulary;
  texts: Required<Pick<ModelTexts, 'tokenizer.json' | 'tokenizer_config.json' | 'generation_config.json'>>;
} {
  const kind = text(metadata, 'tokenizer.ggml.model');
  if (kind === undefined) throw complaint('tokenizer.ggml.model', kind, 'the kind of its tokenizer');
  const make = TOKENIZERS.get(kind);
  if (!make) {
    const known = [...TOKENIZERS.keys()].join(' and ');
    throw new HearthError(
      'unsupported-model',
      `The GGUF file has a tokenizer of the kind ${JSON.stringify(kind)}; known are ${known}.`,
    );
  }
  const { vocabulary, tokenizer } = make(metadata);
  return {
    vocabulary,
    texts: {
      'tokenizer.json': JSON.stringify(tokenizer),
      'tokenizer_config.json': JSON.stringify(tokenizerConfig(metadata, vocabulary)),
      'generation_config.json': JSON.stringify({ bos_token_id: vocabulary.bos, eos_token_id: vocabulary.ends }),
    },
  };
}

function tokenizerConfig(metadata: GgufMetadata, { tokens, bos, eos, unknown, padding, ...adds }: Vocabulary): object {
  const tokenOf = (id: number | null) => (id === null ? null : tokens[id]);
  return {
    bos_token: tokenOf(bos),
    eos_token: tokenOf(eos),
    unk_token: tokenOf(unknown),
    pad_token: tokenOf(padding),
    add_bos_token: adds.addsBos,
    add_eos_token: adds.addsEos,
    clean_up_tokenization_spaces: false,
    chat_template: chatTemplate(metadata),
  };
}

/** One template, or several with their names as tokenizer_config.json lists them; null for none. */
function chatTemplate(metadata: GgufMetadata): string | { name: string; template: string }[] | null {
  const main = text(metadata, 'tokenizer.chat_template');
  const named = (texts(metadata, 'tokenizer.chat_templates') ?? []).flatMap((name) => {
    const template = text(metadata, `tokenizer.chat_template.${name}`);
    return template === undefined ? [] : { name, template };
  });
  if (named.length === 0) return main ?? null;
  const others = named.filter(({ name }) => name !== 'default' || main === undefined);
  return main === undefined ? others : [{ name: 'default', template: main }, ...others];
}
