/**
 * The tokenizer.json of a GGUF file with a SentencePiece-style vocabulary (`tokenizer.ggml.model` = "llama": Llama 2, Mistral,
 * Gemma, Phi-3). "▁" stands for a space, what is no token is spelled in bytes, and scores say which neighbours merge first.
 * As merges in a list these scores would not be exact (`text/pair-merger.ts`), and Gemma's would be 600,000, so the model
 * keeps them: "ScoredBPE" of `text/bpe-model.ts`.
 */
import type { GgufMetadata } from './header';
import { flag } from './metadata';
import { addedTokens, postProcessor, readPerToken, readVocabulary, vocabOf, type Vocabulary } from './vocabulary';

/** @throws HearthError `bad-file`. */
export function spmTokenizer(metadata: GgufMetadata): { vocabulary: Vocabulary; tokenizer: object } {
  const vocabulary = readVocabulary(metadata, { bos: 1, eos: 2, unknown: 0, addsBos: true });
  const { tokens, unknown } = vocabulary;
  const scores = readPerToken(metadata, 'scores', tokens.length) ?? new Float32Array(tokens.length);
  const addsSpace = flag(metadata, 'tokenizer.ggml.add_space_prefix') ?? true;

  const escape = { type: 'Replace', pattern: { String: ' ' }, content: '▁' };
  const unescape = { type: 'Replace', pattern: { String: '▁' }, content: ' ' };
  const strip = { type: 'Strip', content: ' ', start: 1, stop: 0 };
  const tokenizer = {
    version: '1.0',
    added_tokens: addedTokens(metadata, vocabulary),
    normalizer: addsSpace ? { type: 'Sequence', normalizers: [{ type: 'Prepend', prepend: '▁' }, escape] } : escape,
    pre_tokenizer: null,
    post_processor: postProcessor(vocabulary),
    decoder: {
      type: 'Sequence',
      decoders: [unescape, { type: 'ByteFallback' }, { type: 'Fuse' }, ...(addsSpace ? [strip] : [])],
    },
    model: {
      type: 'ScoredBPE',
      unk_token: unknown === null ? null : tokens[unknown],
      byte_fallback: true,
      vocab: vocabOf(vocabulary),
      scores: Array.from(scores),
    },
  };
  return { vocabulary, tokenizer };
}
