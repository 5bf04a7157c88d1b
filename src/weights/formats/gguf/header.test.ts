import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { HearthError } from '../../../lib/errors';
import { generator, text } from '../../testing/checkpoint';
import { gguf, type TestGguf, type TestValue } from '../../testing/gguf';
import { type GgufHeader, parseGgufHeader } from './header';

const testdata = resolve(import.meta.dirname, '../../../../../shared/testdata');
const deep = import.meta.env['HEARTH_DEEP'] === '1';

/** As a reader of the whole file would. */
function parse(file: Uint8Array<ArrayBuffer>): GgufHeader {
  const header = parseGgufHeader(file, file.length, 'x.gguf');
  if ('neededBytes' in header) throw new Error('asked for more than the whole file');
  return header;
}

const name = (value: string): TestValue => ({ type: 'string', value });

/** Every type of value, and three tensors. */
const sample: TestGguf = {
  metadata: [
    ['general.architecture', name('llama')],
    ['u8', { type: 'u8', value: 255 }],
    ['i8', { type: 'i8', value: -128 }],
    ['u16', { type: 'u16', value: 65535 }],
    ['i16', { type: 'i16', value: -2 }],
    ['u32', { type: 'u32', value: 2 ** 32 - 1 }],
    ['i32', { type: 'i32', value: -(2 ** 31) }],
    ['u64', { type: 'u64', value: 2n ** 53n }],
    ['i64', { type: 'i64', value: -1n }],
    ['f32', { type: 'f32', value: 0.5 }],
    ['f64', { type: 'f64', value: 0.1 }],
    ['bool', { type: 'bool', value: true }],
    [
      'texts',
      { list: 'string', values: ['', '\ufeff', 'Ġ', '▁a', '𝕏', 'a\0b', 'a text of more than 24 bytes of ASCII'] },
    ],
    ['flags', { list: 'bool', values: [true, false] }],
    ['bytes', { list: 'u8', values: [1, 2] }],
    ['scores', { list: 'f32', values: [0, -1.5] }],
    ['longs', { list: 'i64', values: [-1n, 2n ** 60n] }],
    ['none', { list: 'u16', values: [] }],
  ],
  tensors: [
    { name: 'b', sizes: [64, 3], type: 8, offset: 32 },
    { name: 'a', sizes: [4], type: 0, offset: 0 },
    { name: 'c', sizes: [256, 1, 2], type: 14, offset: 256 },
  ],
  data: new Uint8Array(256 + 420),
};

const replace = (changes: TestGguf) => gguf({ ...sample, ...changes });
const withTensors = (...tensors: NonNullable<TestGguf['tensors']>) => replace({ tensors });
const entry = (...metadata: NonNullable<TestGguf['metadata']>) => replace({ metadata });

/** The file with other bytes at a place; a negative one counts from the end. */
function patched(file: Uint8Array<ArrayBuffer>, at: number, ...bytes: number[]): Uint8Array<ArrayBuffer> {
  const copy = file.slice();
  copy.set(bytes, at < 0 ? file.length + at : at);
  return copy;
}

describe('a header', () => {
  it('gives metadata of every type, and of every tensor its type, row-major shape and place', () => {
    const { metadata, tensors, ...rest } = parse(gguf(sample));
    expect(Object.fromEntries(metadata)).toEqual({
      'general.architecture': 'llama',
      u8: 255,
      i8: -128,
      u16: 65535,
      i16: -2,
      u32: 2 ** 32 - 1,
      i32: -(2 ** 31),
      u64: 2 ** 53,
      i64: -1,
      f32: 0.5,
      f64: 0.1,
      bool: true,
      texts: ['', '\ufeff', 'Ġ', '▁a', '𝕏', 'a\0b', 'a text of more than 24 bytes of ASCII'],
      flags: [true, false],
      bytes: Uint8Array.of(1, 2),
      scores: Float32Array.of(0, -1.5),
      longs: Float64Array.of(-1, 2 ** 60),
      none: new Uint16Array(0),
    });
    const start = gguf(sample).length - 676;
    expect(rest).toEqual({ version: 3, alignment: 32, dataStartBytes: start });
    expect(start % 32).toBe(0);
    expect(tensors.map(({ type, ...tensor }) => ({ ...tensor, type: type.name }))).toEqual([
      { name: 'a', type: 'F32', shape: [4], startBytes: start, endBytes: start + 16 },
      { name: 'b', type: 'Q8_0', shape: [3, 64], startBytes: start + 32, endBytes: start + 32 + 6 * 34 },
      { name: 'c', type: 'Q6_K', shape: [2, 1, 256], startBytes: start + 256, endBytes: start + 676 },
    ]);
    expect(parse(replace({ version: 2 })).version).toBe(2);
  });

  it('grows: whatever prefix is there, it asks for more that the file has, until it is whole', () => {
    const file = gguf(sample);
    const header = parse(file);
    for (const startLength of [0, 3, 24, 100]) {
      let length = startLength;
      let asked = 0;
      for (;;) {
        const piece = parseGgufHeader(file.slice(0, length), file.length, 'x.gguf');
        if (!('neededBytes' in piece)) {
          expect(piece).toEqual(header);
          break;
        }
        expect(piece.neededBytes).toBeGreaterThan(length);
        expect(piece.neededBytes).toBeLessThanOrEqual(file.length);
        length = piece.neededBytes;
        asked++;
      }
      expect(asked).toBeLessThan(200);
    }
  });

  it('keeps another alignment', () => {
    const alignment: TestGguf = {
      metadata: [['general.alignment', { type: 'u32', value: 8 }]],
      tensors: [{ name: 'a', sizes: [4], type: 0, offset: 8 }],
      data: new Uint8Array(24),
      alignment: 8,
    };
    expect(parse(gguf(alignment)).tensors[0]!.endBytes).toBe(gguf(alignment).length);
  });

  it.each([
    ['other first bytes', text('<!doctype html>'), /3c 21 64 6f as its first bytes; expected "GGUF"/],
    ['nothing in it', new Uint8Array(0), /from byte 0 to 4 of 0/],
    ['nothing behind the magic', text('GGUF'), /from byte 4 to 8 of 4/],
    ['more tensors than bytes', patched(gguf(sample), 8, 255, 255), /65535 tensors from byte/],
    ['absurdly many tensors', patched(gguf(sample), 12, 1), /4294967299 tensors; expected at most/],
    ['absurdly many keys', patched(gguf(sample), 20, 1), /4294967314 metadata keys; expected at most/],
    [
      'more elements than bytes',
      patched(entry(['x', { list: 'f64', values: [1] }]), 24 + 8 + 1 + 8, 255, 255),
      /65535 elements of "x"/,
    ],
    [
      'a text of 2^63 bytes',
      patched(entry(['x', name('abc')]), 24 + 8 + 1 + 4 + 7, 0x80),
      /9223372036854775811 for the length of "x"/,
    ],
    [
      'a text of 2^52 bytes',
      patched(entry(['x', name('abc')]), 24 + 8 + 1 + 4 + 6, 0x10),
      /"x" from byte 45 to 4503599627370544 of 868/,
    ],
    [
      'texts that are not UTF-8',
      patched(entry(['x', name('abc')]), 24 + 8 + 1 + 4 + 8, 0xff),
      /"x" in bytes that are not UTF-8/,
    ],
    ['one key twice', entry(['x', name('a')], ['x', name('b')]), /key "x" twice/],
    ['an unknown type of value', patched(entry(['x', name('abc')]), 24 + 8 + 1, 13), /value of type 13 in "x"/],
    ['lists of lists', patched(entry(['x', { list: 'u8', values: [1] }]), 24 + 8 + 1 + 4, 9), /list of lists in "x"/],
    [
      'a boolean of 2',
      entry(['x', { type: 'u8', value: 2 }]).map((byte, i) => (i === 33 ? 7 : byte)),
      /2 for a boolean/,
    ],
    ['a whole number between floats', entry(['x', { type: 'u64', value: 2n ** 53n + 1n }]), /9007199254740993 for "x"/],
    [
      'an alignment of 24',
      entry(['general.alignment', { type: 'u32', value: 24 }]),
      /general.alignment = 24; expected a power/,
    ],
    ['an alignment in words', entry(['general.alignment', name('32')]), /general.alignment = "32"/],
    ['a tensor without sizes', withTensors({ name: 'a', sizes: [], type: 0, offset: 0 }), /with 0 dimensions/],
    [
      'a tensor of five dimensions',
      withTensors({ name: 'a', sizes: [1, 1, 1, 1, 1], type: 0, offset: 0 }),
      /5 dimensions/,
    ],
    ['a size of 0', withTensors({ name: 'a', sizes: [4, 0], type: 0, offset: 0 }), /sizes 4 × 0/],
    [
      'half a block',
      withTensors({ name: 'a', sizes: [33], type: 8, offset: 0 }),
      /rows of 33 weights in Q8_0; expected a multiple of 32/,
    ],
    ['a product of 2^60', withTensors({ name: 'a', sizes: [2 ** 30, 2 ** 30], type: 0, offset: 0 }), /below 2\^53/],
    [
      'an offset out of line',
      withTensors({ name: 'a', sizes: [4], type: 0, offset: 8 }),
      /at offset 8; expected an offset that is a multiple of 32/,
    ],
    ['an end beyond the file', withTensors({ name: 'a', sizes: [200], type: 0, offset: 0 }), /up to byte \d+ of \d+/],
    [
      'one name twice',
      withTensors({ name: 'a', sizes: [4], type: 0, offset: 0 }, { name: 'a', sizes: [4], type: 0, offset: 32 }),
      /tensor "a" twice/,
    ],
    [
      'tensors that overlap',
      withTensors({ name: 'a', sizes: [9], type: 0, offset: 0 }, { name: 'b', sizes: [4], type: 0, offset: 32 }),
      /"a" and "b" on the same bytes/,
    ],
  ])('that lies with %s is refused', (_, file, message) => {
    expect(() => parse(file)).toThrow(
      expect.objectContaining({ code: 'bad-file', message: expect.stringMatching(message) }),
    );
    expect(() => parse(file)).toThrow(/expected/);
  });

  it('of another version, byte order or tensor type is unsupported, by name', () => {
    const unsupported = (message: RegExp) =>
      expect.objectContaining({ code: 'unsupported-model', message: expect.stringMatching(message) });
    expect(() => parse(replace({ version: 1 }))).toThrow(unsupported(/is GGUF version 1; expected version 2 or 3/));
    expect(() => parse(replace({ version: 0x03000000 }))).toThrow(unsupported(/big-endian/));
    expect(() => parse(withTensors({ name: 'odd', sizes: [4], type: 4, offset: 0 }))).toThrow(
      unsupported(/tensor "odd" of type 4; known are F32, F16, Q4_0/),
    );
  });

  it('is believed without a file size, which servers may hide, but not beyond 100 MB', () => {
    const file = gguf(sample);
    expect(parseGgufHeader(file, null, 'x')).toEqual(parse(file));
    const long = patched(entry(['x', { list: 'u8', values: [1] }]), 24 + 8 + 1 + 4 + 4, 0, 0, 0, 1);
    expect(parseGgufHeader(long, null, 'x')).toEqual({ neededBytes: 24 + 8 + 1 + 4 + 4 + 8 + 2 ** 24 });
    expect(() => parseGgufHeader(patched(long, 24 + 8 + 1 + 4 + 4, 0, 0, 0, 8), null, 'x')).toThrow(/elements of "x"/);
  });

  /** Where a lie hurts: each field's bytes overwritten by numbers that lengths, counts, types and offsets should not be. */
  it('whatever is done to its fields, is refused with a sentence or describes tensors that hold water', () => {
    const random = generator(6);
    const pick = (count: number) => Math.floor(random() * count);
    const original = gguf(sample);
    const headerBytes = parse(original).dataStartBytes;
    const lies = [0n, 1n, 2n, 7n, 8n, 9n, 31n, 33n, 255n, 65536n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 53n, 2n ** 63n, -1n];
    let accepted = 0;
    let refused = 0;
    for (let round = 0; round < (deep ? 50_000 : 800); round++) {
      let file = original.slice();
      for (let lie = 0; lie <= pick(3); lie++) {
        const at = 4 + pick(headerBytes - 12);
        const view = new DataView(file.buffer);
        const kind = pick(5);
        if (kind === 0) file[at] = pick(256);
        else if (kind === 1) view.setUint32(at, Number(lies[pick(lies.length)]! & 0xffffffffn), true);
        else if (kind === 2) view.setBigInt64(at, BigInt.asIntN(64, lies[pick(lies.length)]!), true);
        else if (kind === 3) file = file.slice(0, at + pick(file.length - at));
        else file.copyWithin(at, pick(headerBytes), pick(headerBytes)); // fields where others belong
        if (file.length < headerBytes) break;
      }
      let header: GgufHeader;
      try {
        header = parse(file);
      } catch (error) {
        expect(error).toBeInstanceOf(HearthError);
        expect(['bad-file', 'unsupported-model']).toContain((error as HearthError).code);
        expect((error as HearthError).message.length).toBeLessThan(1500);
        refused++;
        continue;
      }
      accepted++;
      let end = header.dataStartBytes;
      for (const { shape, type, startBytes, endBytes } of header.tensors) {
        expect(startBytes).toBeGreaterThanOrEqual(end);
        expect(shape.reduce((product, size) => product * size, 1) / type.blockWeights).toBe(
          (endBytes - startBytes) / type.blockBytes,
        );
        end = endBytes;
      }
      expect(end).toBeLessThanOrEqual(Math.max(file.length, header.dataStartBytes));
    }
    expect(accepted).toBeGreaterThan(0);
    expect(refused).toBeGreaterThan(0);
  });
});

describe('files of llama.cpp', () => {
  it('are read whole', (context) => {
    context.skip(!existsSync(testdata), 'the test data folder ../shared/testdata is missing');
    for (const folder of ['refmodels/gguf', 'llamacpp/vocab', 'stories260K']) {
      for (const file of readdirSync(join(testdata, folder)).filter((file) => file.endsWith('.gguf'))) {
        const bytes = new Uint8Array(readFileSync(join(testdata, folder, file)));
        const { metadata, tensors } = parse(bytes);
        expect(metadata.get('general.architecture'), file).toEqual(expect.any(String));
        if (folder !== 'llamacpp/vocab') expect(tensors.at(-1)!.endBytes, file).toBeLessThanOrEqual(bytes.length);
        if (folder !== 'llamacpp/vocab') expect(tensors.at(-1)!.endBytes, file).toBeGreaterThan(bytes.length - 32);
      }
    }
  });
});
