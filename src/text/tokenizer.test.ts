import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { CheckpointTexts } from './checkpoint-texts';
import { readCheckpoint, talesFolder, testdata, testdataMissing } from './test-checkpoints';
import { assertVocabularyFits, createTokenizer } from './tokenizer';

/** A byte-level tokenizer of seven tokens. */
const tiny = {
  added_tokens: [
    { id: 5, content: '<s>', special: true },
    { id: 6, content: '<tool>', special: false },
  ],
  normalizer: null,
  pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, use_regex: true },
  post_processor: {
    type: 'TemplateProcessing',
    single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
    pair: [],
    special_tokens: { '<s>': { id: '<s>', ids: [5], tokens: ['<s>'] } },
  },
  decoder: { type: 'ByteLevel' },
  model: { type: 'BPE', vocab: { a: 0, b: 1, Ġ: 2, ab: 3, Ġab: 4 }, merges: ['a b', 'Ġ ab'] },
};

function checkpoint(tokenizer: unknown, others: Record<string, unknown> = {}): CheckpointTexts {
  const texts = Object.fromEntries(Object.entries(others).map(([name, value]) => [name, JSON.stringify(value)]));
  return { 'config.json': '{}', 'tokenizer.json': JSON.stringify(tokenizer), ...texts };
}
const create = (...args: Parameters<typeof checkpoint>) => createTokenizer(checkpoint(...args));

describe('createTokenizer', () => {
  test('encodes, with and without the tokens that a bare text begins with', () => {
    const tokenizer = create(tiny);
    expect(tokenizer.encode('ab ab', { addSpecialTokens: false })).toEqual([3, 4]);
    expect(tokenizer.encode('ab ab', { addSpecialTokens: true })).toEqual([5, 3, 4]);
    expect(tokenizer.encode('<s>ab', { addSpecialTokens: false })).toEqual([5, 3]);
    expect(tokenizer.encode('', { addSpecialTokens: false })).toEqual([]);
  });

  test('decodes, leaving out special tokens but not other added ones; unknown ids are nothing', () => {
    const tokenizer = create(tiny);
    expect(tokenizer.decode([5, 3, 4, 6, 99])).toBe('ab ab<tool>');
    expect(tokenizer.decode([5, 3], { skipSpecialTokens: false })).toBe('<s>ab');
    expect(tokenizer.decode([])).toBe('');
  });

  test('an added token stands for its own text, even one that byte-level BPE would read as bytes', () => {
    const tokenizer = create({ ...tiny, added_tokens: [{ id: 7, content: 'Ġé', special: false }] });
    expect(tokenizer.decode([3, 7])).toBe('abĠé');
  });

  test('does not clean up spaces, even where the checkpoint says so', () => {
    const vocab = { ...tiny.model.vocab, '!': 7 };
    const tokenizer = create(
      { ...tiny, model: { ...tiny.model, vocab } },
      { 'tokenizer_config.json': { clean_up_tokenization_spaces: true } },
    );
    expect(tokenizer.decode([3, 2, 7])).toBe('ab !');
  });

  test('knows tokens by text and by id, and its sizes', () => {
    const tokenizer = create(tiny);
    expect(tokenizer.tokenText(4)).toBe('Ġab');
    expect(tokenizer.tokenId('Ġab')).toBe(4);
    expect(tokenizer.tokenText(99)).toBeUndefined();
    expect(tokenizer.tokenId('zz')).toBeUndefined();
    expect([tokenizer.baseVocabSize, tokenizer.vocabSize]).toEqual([5, 7]);
    // Some files list the added tokens in the vocabulary as well.
    const twice = create({ ...tiny, model: { ...tiny.model, vocab: { ...tiny.model.vocab, '<tool>': 6 } } });
    expect([twice.baseVocabSize, twice.vocabSize]).toEqual([5, 7]);
  });

  test('special tokens come from tokenizer.json and tokenizer_config.json', () => {
    expect([...create(tiny).specialTokenIds]).toEqual([5]);
    const named = { bos_token: { content: '<s>' }, pad_token: null, additional_special_tokens: ['<tool>'] };
    const tokenizer = create(tiny, { 'tokenizer_config.json': named });
    expect(new Set(tokenizer.specialTokenIds)).toEqual(new Set([5, 6]));
    expect(tokenizer.namedTokens).toEqual({ bos_token: '<s>', additional_special_tokens: ['<tool>'] });
    expect(tokenizer.bosTokenId).toBe(5);
  });

  test('ends are gathered from all three files; each may hold one id or several', () => {
    const files = {
      'config.json': { eos_token_id: 4, bos_token_id: 2 },
      'generation_config.json': { eos_token_id: [3, 1] },
      'tokenizer_config.json': { eos_token: '<s>', bos_token: null },
    };
    expect(create(tiny, files).eosTokenIds).toEqual([3, 1, 4, 5]);
    expect(create(tiny, files).bosTokenId).toBeNull();
    expect(create(tiny, { 'config.json': files['config.json'] }).bosTokenId).toBe(2);
    expect(create(tiny).eosTokenIds).toEqual([]);
  });

  test('a vocabulary larger than the embedding is refused; an added token beyond it only where a text uses it', () => {
    const tokenizer = create(tiny, { 'config.json': { text_config: { vocab_size: 6 } } });
    expect(() => assertVocabularyFits(tokenizer, 6)).not.toThrow();
    expect(() => assertVocabularyFits(tokenizer, 4)).toThrow(
      expect.objectContaining({ code: 'unsupported-model', message: expect.stringContaining('ids up to 4') }),
    );
    expect(tokenizer.encode('<s>ab', { addSpecialTokens: false })).toEqual([5, 3]);
    expect(() => tokenizer.encode('ab<tool>', { addSpecialTokens: false })).toThrow(
      expect.objectContaining({ code: 'bad-request', message: expect.stringContaining('<tool>') }),
    );
  });

  test('Metaspace decoders drop one leading space, unless told never to', () => {
    const unigram = (decoder: unknown) => ({
      ...tiny,
      added_tokens: [],
      post_processor: null,
      pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always' },
      decoder,
      model: {
        type: 'Unigram',
        unk_id: 0,
        vocab: [
          ['<unk>', 0],
          ['▁a', -1],
          ['▁', -2],
          ['b', -2],
        ],
      },
    });
    const tokenizer = create(unigram({ type: 'Metaspace', replacement: '▁', prepend_scheme: 'always' }));
    expect(tokenizer.encode('a b', { addSpecialTokens: false })).toEqual([1, 2, 3]);
    expect(tokenizer.decode([1, 2, 3])).toBe('a b');
    expect(create(unigram({ type: 'Metaspace', prepend_scheme: 'never' })).decode([1, 2, 3])).toBe(' a b');
  });
});

describe('steps that the library alone would do in another way', () => {
  /** The words a text is cut into: every part of it is a token, and a word that is one is taken as it is. */
  function wordsOf(pre_tokenizer: unknown, text: string): string[] {
    const vocab = Object.fromEntries(
      [...parts(text), ...parts(`▁${text.replaceAll(' ', '▁')}`)].map((part, id) => [part, id]),
    );
    const model = { type: 'BPE', ignore_merges: true, vocab, merges: [] };
    const tokenizer = create({ added_tokens: [], pre_tokenizer, decoder: { type: 'ByteLevel' }, model });
    return tokenizer.encode(text, { addSpecialTokens: false }).map((id) => tokenizer.tokenText(id) ?? '');
  }

  function* parts(text: string): Generator<string> {
    for (let start = 0; start < text.length; start++) {
      for (let end = start + 1; end <= text.length; end++) yield text.slice(start, end);
    }
  }

  test.each([
    ['digits are those of Unicode', { type: 'Digits', individual_digits: true }, 'a1½b', ['a', '1', '½', 'b']],
    ['digits together', { type: 'Digits', individual_digits: false }, 'a1½b', ['a', '1½', 'b']],
    ['words are those of Unicode', { type: 'Whitespace' }, 'é3_x!? b', ['é3_x', '!?', 'b']],
    ['"▁" begins a word', { type: 'Metaspace' }, 'a bc  d', ['▁a', '▁bc', '▁', '▁d']],
    ['without one before', { type: 'Metaspace', add_prefix_space: false }, 'a bc', ['a', '▁bc']],
    ['unless nothing is split', { type: 'Metaspace', prepend_scheme: 'first', split: false }, 'a bc', ['▁a▁bc']],
  ])('%s', (_, step, text, words) => {
    expect(wordsOf(step, text)).toEqual(words);
  });

  test('GPT-2 takes U+FEFF for no space and U+0085 for one', () => {
    const vocab = { 'ï»¿!': 0, ÂħÂħ: 1, Âħ: 2, '!': 3 };
    const tokenizer = create({ ...tiny, model: { type: 'BPE', ignore_merges: true, vocab, merges: [] } });
    expect(tokenizer.encode('\ufeff!', { addSpecialTokens: false })).toEqual([0]);
    expect(tokenizer.encode('\u0085\u0085!', { addSpecialTokens: false })).toEqual([2, 2, 3]);
  });
});

describe('files that are not what they should be', () => {
  const split = (behavior: string, invert = false) => ({
    type: 'Split',
    pattern: { String: ' ' },
    behavior,
    invert,
  });
  const sequence = (...pretokenizers: unknown[]) => ({ type: 'Sequence', pretokenizers });
  const replaceSpaces = { type: 'Replace', pattern: { String: ' ' }, content: '▁' };

  test.each([
    ['HTML', '<!doctype html><p>Not found', 'bad-file', '<!doctype'],
    ['nothing', ' ', 'bad-file', 'nothing'],
    ['a list', '[]', 'bad-file', 'JSON object'],
    ['no model', '{}', 'bad-file', 'no \\"model\\"'],
    ['no merges', JSON.stringify({ ...tiny, model: { type: 'BPE', vocab: {} } }), 'bad-file', 'merges'],
    ['ids that are texts', JSON.stringify({ ...tiny, model: { ...tiny.model, vocab: { a: 'x' } } }), 'bad-file', 'ids'],
    ['added tokens without id', JSON.stringify({ ...tiny, added_tokens: [{ content: 'x' }] }), 'bad-file', 'added'],
    ['WordPiece', JSON.stringify({ ...tiny, model: { type: 'WordPiece', vocab: {} } }), 'unsupported-model', 'WordP'],
    ['a WordPiece decoder', JSON.stringify({ ...tiny, decoder: { type: 'WordPiece' } }), 'unsupported-model', 'WordP'],
    ['no decoder', JSON.stringify({ ...tiny, decoder: null }), 'unsupported-model', 'null'],
    ['an unknown step', JSON.stringify({ ...tiny, normalizer: { type: 'Zap' } }), 'unsupported-model', 'Zap'],
    ['a merging split', JSON.stringify({ ...tiny, pre_tokenizer: split('MergedWithNext') }), 'unsupported-model', 'Me'],
    [
      'an inverted split',
      JSON.stringify({ ...tiny, pre_tokenizer: split('Isolated', true) }),
      'unsupported-model',
      'inv',
    ],
    [
      'punctuation one by one',
      JSON.stringify({ ...tiny, pre_tokenizer: sequence({ type: 'Punctuation' }) }),
      'unsupported-model',
      'Punctuation',
    ],
  ])('%s', (_name, text, code, found) => {
    const act = () => createTokenizer({ 'config.json': '{}', 'tokenizer.json': text });
    expect(act).toThrow(expect.objectContaining({ name: 'HearthError', code }));
    expect(act).toThrow(found.replaceAll('\\"', '"'));
  });

  test('Gemma: a split that never applies does no harm', () => {
    const gemma = { ...tiny, normalizer: replaceSpaces, pre_tokenizer: split('MergedWithPrevious') };
    expect(() => create(gemma)).not.toThrow();
  });

  test('a text that cannot be spelt with the vocabulary at all is told', () => {
    const broken = structuredClone(tiny);
    broken.added_tokens = [];
    expect(() => create(broken).encode('ab', { addSpecialTokens: true })).toThrow(
      expect.objectContaining({ code: 'unsupported-model', message: expect.stringContaining('<s>') }),
    );
  });
});

describe('against llama.cpp', () => {
  test.for([
    ['gpt2', 'gpt-2'],
    ['llama2', 'llama-spm'],
    ['phi-3', 'phi-3'],
  ])('%s gives the same ids', ([folder, vocab], context) => {
    context.skip(testdataMissing !== false, String(testdataMissing));
    const tokenizer = createTokenizer(readCheckpoint(join(testdata, 'tokenizers', folder!)));
    const file = join(testdata, `llamacpp/vocab/ggml-vocab-${vocab}.gguf`);
    const texts = readFileSync(`${file}.inp`, 'utf8').split('\n__ggml_vocab_test__\n');
    const expected = readFileSync(`${file}.out`, 'utf8').split('\n');
    expect(texts.length).toBeGreaterThan(30);
    const differing = texts.filter(
      (text, i) => tokenizer.encode(text, { addSpecialTokens: false }).join(' ') !== expected[i]?.trim(),
    );
    expect(differing).toEqual([]);
  });

  test('the tokenizers of the reference models give the same ids', (context) => {
    context.skip(testdataMissing !== false, String(testdataMissing));
    let compared = 0;
    for (const name of readdirSync(join(testdata, 'refmodels/hf'))) {
      const reference = join(testdata, `refmodels/ref/${name}.f32.json`);
      if (!existsSync(reference)) continue;
      const tokenizer = createTokenizer(readCheckpoint(join(testdata, 'refmodels/hf', name)));
      for (const { text, ids } of JSON.parse(readFileSync(reference, 'utf8')).tokenizer_check) {
        expect(tokenizer.encode(text, { addSpecialTokens: true }), `${name}: ${text}`).toEqual(ids);
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(20);
  });
});

test('Tales: ids, ends and sizes', () => {
  const tokenizer = createTokenizer(readCheckpoint(talesFolder));
  expect([tokenizer.vocabSize, tokenizer.bosTokenId, tokenizer.eosTokenIds]).toEqual([4096, null, [0]]);
  expect(new Set(tokenizer.specialTokenIds)).toEqual(new Set([0, 1, 2, 3]));
  const ids = tokenizer.encode('<|user|>\nHi<|end|>', { addSpecialTokens: true });
  expect([ids[0], ids.at(-1)]).toEqual([1, 0]);
});
