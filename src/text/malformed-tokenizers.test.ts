import { describe, expect, test } from 'vitest';
import { HearthError } from '../lib/errors';
import type { CheckpointTexts } from './checkpoint-texts';
import { createTextModel } from './text-model';

const deep = import.meta.env['HEARTH_DEEP'] === '1';

/** Byte-level, with every component that such files have. */
const byteLevel = {
  version: '1.0',
  added_tokens: [
    { id: 6, content: '<s>', special: true, single_word: false, lstrip: false, rstrip: false, normalized: false },
    { id: 7, content: '<tool>', special: false, single_word: false, lstrip: true, rstrip: true, normalized: true },
  ],
  normalizer: { type: 'Sequence', normalizers: [{ type: 'NFC' }, { type: 'Lowercase' }] },
  pre_tokenizer: {
    type: 'Sequence',
    pretokenizers: [
      { type: 'Split', pattern: { Regex: ' ?\\p{L}+|\\s+' }, behavior: 'Isolated', invert: false },
      { type: 'Digits', individual_digits: true },
      { type: 'ByteLevel', add_prefix_space: false, use_regex: false },
    ],
  },
  post_processor: {
    type: 'TemplateProcessing',
    single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
    pair: [],
    special_tokens: { '<s>': { id: '<s>', ids: [6], tokens: ['<s>'] } },
  },
  decoder: { type: 'ByteLevel', add_prefix_space: false },
  model: {
    type: 'BPE',
    ignore_merges: false,
    unk_token: null,
    vocab: { a: 0, b: 1, Ġ: 2, ab: 3, Ġab: 4, Ċ: 5 },
    merges: ['a b', ['Ġ', 'ab']],
  },
};

/** SentencePiece-style, with scores. */
const scored = {
  ...byteLevel,
  normalizer: {
    type: 'Sequence',
    normalizers: [
      { type: 'Prepend', prepend: '▁' },
      { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
    ],
  },
  pre_tokenizer: null,
  decoder: {
    type: 'Sequence',
    decoders: [
      { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
      { type: 'ByteFallback' },
      { type: 'Fuse' },
      { type: 'Strip', content: ' ', start: 1, stop: 0 },
    ],
  },
  model: {
    type: 'ScoredBPE',
    unk_token: '<unk>',
    byte_fallback: true,
    vocab: { '<unk>': 0, '▁': 1, a: 2, b: 3, '▁a': 4, '<0x0A>': 5 },
    scores: [0, -3, -1, -2, -1, 0],
  },
};

const unigram = {
  ...scored,
  model: {
    type: 'Unigram',
    unk_id: 0,
    vocab: [
      ['<unk>', 0],
      ['▁', -3],
      ['a', -1],
      ['b', -2],
      ['▁a', -1],
      ['<0x0A>', 0],
    ],
  },
};

const others = {
  'config.json': { vocab_size: 8, eos_token_id: 6 },
  'tokenizer_config.json': {
    bos_token: '<s>',
    eos_token: { content: '<s>' },
    chat_template: '{{ messages[0].content }}',
  },
  'generation_config.json': { bos_token_id: 6, eos_token_id: [6, 7] },
};

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const junk: (() => Json)[] = [
  () => null,
  () => true,
  () => -1,
  () => 0.5,
  () => 2 ** 31,
  () => 1e300,
  () => '',
  () => 'a',
  () => '(',
  () => '\ud800',
  () => 'BPE',
  () => [],
  () => ({}),
  () => [[]],
  () => ({ type: 'Sequence' }),
  () => Array.from({ length: 50 }).reduce<Json>((inner) => [inner], []),
  () => Array.from({ length: 500 }).reduce<Json>((inner) => ({ type: 'Sequence', normalizers: [inner] }), {}),
];

/** A copy in which one place holds something else: junk, nothing, another place's content, or itself twice. */
function mutated(value: Json, pick: (count: number) => number): Json {
  const copy = structuredClone(value);
  const places: { of: Record<string, Json>; key: string }[] = [];
  const collect = (node: Json) => {
    if (typeof node !== 'object' || node === null) return;
    for (const key of Object.keys(node)) {
      places.push({ of: node as Record<string, Json>, key });
      collect((node as Record<string, Json>)[key]!);
    }
  };
  collect(copy);
  const { of, key } = places[pick(places.length)]!;
  const other = places[pick(places.length)]!;
  const kind = pick(6);
  if (kind < 3) of[key] = junk[pick(junk.length)]!();
  else if (kind === 3) delete of[key];
  else if (kind === 4) of[key] = structuredClone(other.of[other.key]!);
  else if (Array.isArray(of)) of.push(structuredClone(of[Number(key)]));
  else of[`${key}_`] = of[key]!;
  return copy;
}

describe.each(Object.entries({ byteLevel, scored, unigram }))('a %s tokenizer', (_, tokenizer) => {
  const files = { 'tokenizer.json': tokenizer, ...others } as unknown as Record<string, Json>;
  const textsOf = (files: Record<string, Json>) =>
    Object.fromEntries(
      Object.entries(files).map(([name, json]) => [name, JSON.stringify(json)]),
    ) as unknown as CheckpointTexts;

  /** Everything a model does with words. */
  function use(texts: CheckpointTexts): void {
    const { tokenizer, renderChat } = createTextModel(texts);
    renderChat([{ role: 'user', content: 'ab a' }]);
    for (const text of ['', 'ab <s>a\nb', '<tool> 1é🦙'])
      tokenizer.decode(tokenizer.encode(text, { addSpecialTokens: true }));
  }

  test('works as it is', () => {
    expect(() => use(textsOf(files))).not.toThrow();
  });

  test('in which anything else stands somewhere is refused with a sentence, or works', () => {
    let state = 11;
    const pick = (count: number) => (state = (Math.imul(state, 48_271) >>> 0) % 0x7fffffff) % count;
    const counts = { refused: 0, worked: 0 };
    for (let round = 0; round < (deep ? 10_000 : 400); round++) {
      const name = pick(4) > 0 ? 'tokenizer.json' : Object.keys(others)[pick(3)]!;
      const changed = textsOf({ ...files, [name]: mutated(files[name]!, pick) });
      try {
        use(changed);
        counts.worked++;
      } catch (error) {
        if (!(error instanceof HearthError))
          throw new Error(`${name}: ${changed[name as 'config.json']}`, { cause: error });
        expect(['bad-file', 'unsupported-model', 'bad-request']).toContain(error.code);
        counts.refused++;
      }
    }
    expect(Math.min(counts.refused, counts.worked)).toBeGreaterThan(20);
  });
});
