import { Tokenizer as LibraryTokenizer } from '@huggingface/tokenizers';
import fc from 'fast-check';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Detokenizer } from './detokenizer';
import { StreamDecoder, type DecodeOptions } from './stream-decoder';
import { readCheckpoint, talesFolder, testdata, testdataMissing } from './test-checkpoints';
import { createTokenizer } from './tokenizer';

/** Every byte is a token of its own; id 256 is special. */
const bytes: Detokenizer = {
  bytesOf: (id) => (id < 256 ? Uint8Array.of(id) : new TextEncoder().encode('<s>')),
  isSpecial: (id) => id === 256,
  leadingSpaces: 1,
};
const utf8 = (text: string) => [...new TextEncoder().encode(text)];

function pieces(detokenizer: Detokenizer, ids: number[], options?: DecodeOptions): string[] {
  const decoder = new StreamDecoder(detokenizer, options);
  return [...ids.map((id) => decoder.push(id)), decoder.flush()];
}

describe('StreamDecoder', () => {
  test('shows a character with its last byte, not before', () => {
    expect(pieces(bytes, utf8('aé😀'))).toEqual(['a', '', 'é', '', '', '', '😀', '']);
  });

  test('gives up on an unfinished character at the end, and on a wrong byte as soon as it is known', () => {
    expect(pieces(bytes, [0xe2, 0x82])).toEqual(['', '', '\uFFFD']);
    expect(pieces(bytes, [0xe2, 0x41])).toEqual(['', '\uFFFDA', '']);
  });

  test('keeps a byte order mark, as any other character', () => {
    expect(pieces(bytes, utf8('\uFEFFa')).join('')).toBe('\uFEFFa');
  });

  test('drops the leading space of a new text only', () => {
    expect(pieces(bytes, utf8('  a b')).join('')).toBe(' a b');
    expect(pieces(bytes, utf8('a b')).join('')).toBe('a b');
    expect(pieces(bytes, utf8(' a'), { continuesText: true }).join('')).toBe(' a');
    expect(pieces({ ...bytes, leadingSpaces: 2 }, utf8('   a')).join('')).toBe(' a');
    expect(pieces({ ...bytes, leadingSpaces: 2 }, utf8(' a b')).join('')).toBe('a b');
  });

  test('leaves special tokens out unless asked, also within a character', () => {
    expect(pieces(bytes, [0xc3, 256, 0xa9]).join('')).toBe('é');
    expect(pieces(bytes, [0x41, 256], { skipSpecialTokens: false }).join('')).toBe('A<s>');
  });

  test('looks at each token once', () => {
    let looks = 0;
    const counting = { ...bytes, bytesOf: (id: number) => (looks++, bytes.bytesOf(id)) };
    pieces(counting, utf8('x'.repeat(1000)));
    expect(looks).toBe(1000);
  });
});

const folders = [
  talesFolder,
  ...(testdataMissing === false
    ? [
        ...['gpt2', 'llama2', 'phi-3'].map((name) => join(testdata, 'tokenizers', name)),
        ...readdirSync(join(testdata, 'refmodels/hf')).map((name) => join(testdata, 'refmodels/hf', name)),
      ]
    : []),
];

test('third-party tokenizers are there', (context) => {
  context.skip(testdataMissing !== false, String(testdataMissing));
  expect(folders.length).toBeGreaterThan(15);
});

describe.each(folders)('%s', (folder) => {
  const texts = { ...readCheckpoint(folder), 'config.json': '{}' };
  const tokenizer = createTokenizer(texts);
  const library = new LibraryTokenizer(
    JSON.parse(texts['tokenizer.json']),
    JSON.parse(texts['tokenizer_config.json'] ?? '{}'),
  );
  const stream = (ids: number[], options: DecodeOptions) => {
    const decoder = tokenizer.streamDecoder(options);
    return ids.map((id) => decoder.push(id)).join('') + decoder.flush();
  };

  /** Ids where invalid and split characters are frequent: half of them stand for single bytes. */
  const allIds = Array.from({ length: tokenizer.vocabSize }, (_, id) => id);
  const byteIds = allIds.filter((id) => /^(<0x..>|[^▁])$/u.test(tokenizer.tokenText(id) ?? ''));
  const anyIds = fc.array(fc.oneof(fc.constantFrom(...allIds), fc.constantFrom(...byteIds)), {
    minLength: 1,
    maxLength: 60,
  });

  test('random ids stream into what the library decodes at once', () => {
    fc.assert(
      fc.property(anyIds, fc.boolean(), (ids, skipSpecialTokens) => {
        const expected = library.decode(ids, {
          skip_special_tokens: skipSpecialTokens,
          clean_up_tokenization_spaces: false,
        });
        const text = stream(ids, { skipSpecialTokens });
        fc.pre(!text.includes('\uFEFF')); // the library drops byte order marks
        expect(text).toBe(expected);
        expect(tokenizer.decode(ids, { skipSpecialTokens })).toBe(expected);
      }),
    );
  });

  test('texts survive encoding and streaming, without half a character on the way', () => {
    const character = fc.oneof(
      fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
      fc.constantFrom('😀', '👩‍👩‍👧', '語', '한', 'é', ' ', '  ', '\n', 'the ', "don't "),
    );
    fc.assert(
      fc.property(fc.array(character, { maxLength: 40 }), (characters) => {
        // NFC is what Qwen's normalizer does first; "▁" is how SentencePiece writes a space.
        const text = characters.join('').normalize('NFC').replaceAll('▁', '').replaceAll('\uFFFD', '');
        const decoder = tokenizer.streamDecoder({ skipSpecialTokens: false });
        const shown = tokenizer.encode(text, { addSpecialTokens: false }).map((id) => decoder.push(id));
        expect(shown.join('') + decoder.flush()).toBe(text);
        expect(shown.join('')).toBe(text);
      }),
    );
  });
});
