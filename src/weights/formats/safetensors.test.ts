import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HearthError } from '../../lib/errors';
import { safetensors, text, withHeader } from '../testing/checkpoint';
import { LENGTH_BYTES, MAX_HEADER_BYTES, parseHeader, readHeaderLength } from './safetensors';

/** As the importer reads a whole file. */
function parse(file: Uint8Array) {
  const length = readHeaderLength(file.subarray(0, LENGTH_BYTES), file.length, 'x.safetensors');
  return parseHeader(file.subarray(LENGTH_BYTES, LENGTH_BYTES + length), file.length, 'x.safetensors');
}

/** A file of 64 data bytes with these entries in its header. */
const withEntries = (entries: unknown) => withHeader(JSON.stringify(entries), new Uint8Array(64));

function lengthOf(value: bigint): Uint8Array {
  const bytes = new Uint8Array(LENGTH_BYTES);
  new DataView(bytes.buffer).setBigUint64(0, value, true);
  return bytes;
}

describe('a header', () => {
  it('gives every tensor its type, shape and place in the file, in the order of the bytes', () => {
    const file = safetensors([
      { name: 'first', dtype: 'BF16', shape: [2, 3], bytes: new Uint8Array(12) },
      { name: 'second', dtype: 'F32', shape: [], bytes: new Uint8Array(4) },
      { name: 'none', dtype: 'I64', shape: [0, 5], bytes: new Uint8Array(0) },
    ]);
    const start = file.length - 16;
    expect(parse(file)).toEqual([
      { name: 'first', dtype: 'BF16', shape: [2, 3], startBytes: start, endBytes: start + 12 },
      { name: 'second', dtype: 'F32', shape: [], startBytes: start + 12, endBytes: start + 16 },
      { name: 'none', dtype: 'I64', shape: [0, 5], startBytes: start + 16, endBytes: start + 16 },
    ]);
  });

  it('may leave gaps, list tensors in any order and end with spaces', () => {
    const header = {
      b: { dtype: 'F32', shape: [4], data_offsets: [48, 64] },
      a: { dtype: 'F16', shape: [2, 2], data_offsets: [8, 16] },
    };
    const file = withHeader(`${JSON.stringify(header)}      `, new Uint8Array(64));
    expect(parse(file).map(({ name }) => name)).toEqual(['a', 'b']);
  });

  it.each([
    ['lengths beyond the file', lengthOf(57n), /header of 57 bytes in a file of 8/],
    ['a length of 2^63', lengthOf(1n << 63n), /header of 9223372036854775808 bytes/],
    ['a header over the limit', lengthOf(BigInt(MAX_HEADER_BYTES) + 1n), /header of 100000001 bytes/],
    ['a header that is cut off', withHeader('{"a":{"dtype":"F3'), /not JSON/],
    ['NaN', withHeader('{"a":{"dtype":"F32","shape":[NaN],"data_offsets":[0,4]}}'), /not JSON/],
    ['text that is not UTF-8', withHeader('{"a"', Uint8Array.of(0xff, 0xfe)).fill(0xff, 9), /not JSON/],
    ['a list', withEntries([]), /header that is a list/],
    ['null for a tensor', withEntries({ a: null }), /tensor "a" with null/],
    ['no dtype', withEntries({ a: { shape: [1], data_offsets: [0, 4] } }), /nothing as its dtype/],
    ['a negative size', withEntries({ a: { dtype: 'F32', shape: [-1], data_offsets: [0, 4] } }), /shape \[-1\]/],
    ['a fraction', withEntries({ a: { dtype: 'F32', shape: [0.5], data_offsets: [0, 2] } }), /shape \[0\.5\]/],
    [
      'a negative offset',
      withEntries({ a: { dtype: 'F32', shape: [1], data_offsets: [-4, 0] } }),
      /data_offsets \[-4,0\]/,
    ],
    ['three offsets', withEntries({ a: { dtype: 'F32', shape: [1], data_offsets: [0, 4, 8] } }), /data_offsets/],
    [
      'offsets in reverse',
      withEntries({ a: { dtype: 'F32', shape: [0], data_offsets: [8, 4] } }),
      /data_offsets \[8,4\]/,
    ],
    ['offsets of 2^53', withEntries({ a: { dtype: 'U8', shape: [4], data_offsets: [2 ** 53, 2 ** 53 + 4] } }), /2\^53/],
    [
      'offsets just below 2^53',
      withEntries({ a: { dtype: 'U8', shape: [1], data_offsets: [2 ** 53 - 2, 2 ** 53 - 1] } }),
      /below 2\^53/,
    ],
    [
      'a product of 2^60',
      withEntries({ a: { dtype: 'F32', shape: [2 ** 30, 2 ** 30], data_offsets: [0, 4] } }),
      /4 bytes/,
    ],
    [
      'too few bytes for the shape',
      withEntries({ a: { dtype: 'F32', shape: [4], data_offsets: [0, 12] } }),
      /12 bytes; expected 16/,
    ],
    ['an end beyond the file', withEntries({ a: { dtype: 'U8', shape: [65], data_offsets: [0, 65] } }), /up to byte/],
    [
      'tensors that overlap',
      withEntries({
        a: { dtype: 'U8', shape: [8], data_offsets: [0, 8] },
        b: { dtype: 'U8', shape: [0], data_offsets: [5, 5] },
        c: { dtype: 'U8', shape: [8], data_offsets: [7, 15] },
      }),
      /"a" and "c" on the same bytes/,
    ],
    [
      'one name twice',
      withHeader(
        '{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"\\u0061":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}',
        new Uint8Array(64),
      ),
      /"a" twice/,
    ],
  ])('that lies with %s is refused', (_, file, message) => {
    expect(() => parse(file)).toThrow(
      expect.objectContaining({ code: 'bad-file', message: expect.stringMatching(message) }),
    );
    expect(() => parse(file)).toThrow(/expected/);
  });

  it('names a type it does not know, and the tensor', () => {
    const file = withEntries({ odd: { dtype: 'F3_E1M1', shape: [1], data_offsets: [0, 1] } });
    expect(() => parse(file)).toThrow(
      expect.objectContaining({ code: 'unsupported-model', message: expect.stringMatching(/"odd" of type F3_E1M1/) }),
    );
  });

  it('is believed without a file size, which servers may hide, but held against itself', () => {
    const header = text('{"a":{"dtype":"U8","shape":[1000],"data_offsets":[0,1000]}}');
    expect(parseHeader(header, null, 'x')).toHaveLength(1);
    expect(readHeaderLength(lengthOf(57n), null, 'x')).toBe(57);
  });

  it('whatever it says, either is refused with a sentence or describes tensors that hold water', () => {
    const junk = fc.oneof(
      fc.integer({ min: -2, max: 70 }),
      fc.constantFrom(2 ** 53, 2 ** 31, 1e300, 0.5, null, 'F32', 'BF16', 'Q4', [], {}, true),
    );
    const pair = fc.tuple(fc.nat(64), fc.nat(64));
    const entry = fc.record(
      {
        dtype: fc.oneof({ weight: 6, arbitrary: fc.constantFrom('F32', 'BF16', 'U8') }, junk),
        shape: fc.oneof({ weight: 6, arbitrary: fc.array(fc.nat(8), { maxLength: 3 }) }, fc.array(junk), junk),
        data_offsets: fc.oneof({ weight: 6, arbitrary: pair }, fc.array(junk), junk),
      },
      { requiredKeys: [] },
    );
    const honest = fc
      .nat(56)
      .chain((start) => fc.nat(8).map((size) => ({ dtype: 'U8', shape: [size], data_offsets: [start, start + size] })));
    const header = fc.dictionary(fc.string(), fc.oneof({ weight: 8, arbitrary: honest }, entry, junk), { maxKeys: 4 });
    const flips = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 2 });
    let accepted = 0;
    fc.assert(
      fc.property(header, flips, fc.nat(80), (entries, flips, cutBytes) => {
        const file = withEntries(entries);
        for (const [at, value] of flips) file[at % file.length] = value;
        const whole = cutBytes > 70 ? file.subarray(0, file.length - (cutBytes - 70)) : file;
        let tensors;
        try {
          tensors = parse(whole);
        } catch (error) {
          expect(error).toBeInstanceOf(HearthError);
          expect(['bad-file', 'unsupported-model']).toContain((error as HearthError).code);
          return;
        }
        accepted += tensors.length;
        const owners = new Set<number>();
        for (const { startBytes, endBytes, shape } of tensors) {
          expect(endBytes).toBeLessThanOrEqual(whole.length);
          expect(shape.every((size) => Number.isSafeInteger(size) && size >= 0)).toBe(true);
          for (let byte = startBytes; byte < endBytes; byte++) {
            expect(owners.has(byte)).toBe(false);
            owners.add(byte);
          }
        }
      }),
      { numRuns: import.meta.env['HEARTH_DEEP'] === '1' ? 20_000 : 500 },
    );
    expect(accepted).toBeGreaterThan(0);
  });
});
