/**
 * The tokenizer.json of a GGUF file with byte-level byte-pair encoding (`tokenizer.ggml.model` = "gpt2": Llama 3, Qwen, SmolLM,
 * Phi-4, Granite, OLMo and most others). The file names how texts are cut into words; `pre-tokenizers.ts` knows what the name
 * means.
 */
import { HearthError } from '../../../lib/errors';
import type { GgufMetadata } from './header';
import { complaint, text, texts } from './metadata';
import { PRE_TOKENIZERS } from './pre-tokenizers';
import { addedTokens, postProcessor, readVocabulary, vocabOf, type Vocabulary } from './vocabulary';

/** @throws HearthError `bad-file`; `unsupported-model` for a pre-tokenizer that is not known. */
export function bpeTokenizer(metadata: GgufMetadata): { vocabulary: Vocabulary; tokenizer: object } {
  const name = text(metadata, 'tokenizer.ggml.pre') ?? 'default';
  const preTokenizer = PRE_TOKENIZERS.get(name);
  if (!preTokenizer) {
    throw new HearthError(
      'unsupported-model',
      `The GGUF file has the pre-tokenizer ${JSON.stringify(name)}; known are ${[...PRE_TOKENIZERS.keys()].join(', ')}.`,
    );
  }
  const { expressions, ignoresMerges = false, addsBos = false } = preTokenizer;
  const vocabulary = readVocabulary(metadata, { bos: null, eos: null, unknown: null, addsBos });
  const merges = texts(metadata, 'tokenizer.ggml.merges');
  if (!merges) throw complaint('tokenizer.ggml.merges', undefined, 'the merges of a byte-pair encoding');

  const splits = expressions.map((Regex) => ({
    type: 'Split',
    pattern: { Regex },
    behavior: 'Isolated',
    invert: false,
  }));
  const bytes = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, use_regex: false };
  const tokenizer = {
    version: '1.0',
    added_tokens: addedTokens(metadata, vocabulary),
    normalizer: null,
    pre_tokenizer: { type: 'Sequence', pretokenizers: [...splits, bytes] },
    post_processor: postProcessor(vocabulary),
    decoder: bytes,
    model: { type: 'BPE', unk_token: null, ignore_merges: ignoresMerges, vocab: vocabOf(vocabulary), merges },
  };
  return { vocabulary, tokenizer };
}
