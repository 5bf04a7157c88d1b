import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HearthError } from '../lib/errors';
import { roundToFloat16 } from './float16';
import type { GroupSize, PackedFormat, PackedMatrix, QuantizedFormat } from './format';
import { formatName, packedBytes, rowLayout } from './format';
import { packExact, packRows } from './pack';
import { readCodes, readScales, unpack, unpackRow } from './unpack';

const quantizedFormats: QuantizedFormat[] = [];
for (const kind of ['int4', 'int8'] as const) {
  for (const group of (kind === 'int8' ? [16, 32, 64, 128] : [32, 64, 128]) as GroupSize[]) {
    for (const affine of [false, true]) {
      for (const scale of ['f16', 'f32'] as const) quantizedFormats.push({ kind, group, affine, scale });
    }
  }
}
const formats: PackedFormat[] = [...quantizedFormats, { kind: 'f16' }, { kind: 'bf16' }, { kind: 'f32' }];

const int4: QuantizedFormat = { kind: 'int4', group: 32, affine: false, scale: 'f16' };

/** Widths around the edges of words, chunks and groups, and those of the models we know. */
const width = fc.constantFrom(1, 2, 7, 31, 32, 33, 64, 65, 128, 129, 172, 704);

/** Weights as they occur: mostly small, sometimes an outlier, sometimes a row of zeros. */
const weight = fc.oneof(
  { weight: 8, arbitrary: fc.float({ min: -1, max: 1, noNaN: true }) },
  { weight: 1, arbitrary: fc.float({ min: -100, max: 100, noNaN: true }) },
  { weight: 1, arbitrary: fc.constant(0) },
);

/** A matrix of up to four rows. */
const matrixOf = (arbitrary: fc.Arbitrary<number>) =>
  fc.tuple(fc.integer({ min: 1, max: 4 }), width).chain(([rows, columns]) =>
    fc.record({
      rows: fc.constant(rows),
      width: fc.constant(columns),
      weights: fc
        .array(arbitrary, { minLength: rows * columns, maxLength: rows * columns })
        .map((values) => Float32Array.from(values)),
    }),
  );

/** Codes, scales and biases that the format holds exactly. */
const exactCodesOf = (format: QuantizedFormat) =>
  fc.tuple(fc.integer({ min: 1, max: 3 }), width).chain(([rows, columns]) => {
    const groups = rows * rowLayout(format, columns).groupsPerRow;
    const code = format.kind === 'int4' ? fc.integer({ min: 0, max: 15 }) : fc.integer({ min: -128, max: 127 });
    const scale = fc
      .float({ min: -1000, max: 1000, noNaN: true })
      .map((value) => (format.scale === 'f16' ? roundToFloat16(value) : value));
    const scales = fc.array(scale, { minLength: groups, maxLength: groups });
    return fc.record({
      format: fc.constant(format),
      rows: fc.constant(rows),
      width: fc.constant(columns),
      codes: fc.array(code, { minLength: rows * columns, maxLength: rows * columns }),
      scales,
      biases: format.affine ? scales : fc.constant(undefined),
    });
  });

/** The bytes behind words: compared much faster than the words one by one. */
function bytesOf(words: Uint32Array): Buffer {
  return Buffer.from(words.buffer, words.byteOffset, words.byteLength);
}

function joined(blocks: Uint32Array[]): Buffer {
  return Buffer.concat(blocks.map(bytesOf));
}

function errorOf(action: () => unknown): HearthError {
  try {
    action();
  } catch (error) {
    if (error instanceof HearthError) return error;
    throw error;
  }
  throw new Error('expected a HearthError, nothing was thrown');
}

describe('the bits', () => {
  it('int4: byte k of word j holds weights 8j + k (low) and 8j + 4 + k (high), padding is 8', () => {
    const codes = [1, 2, 3, 4, 5, 6, 7, 9, 15, 0];
    const matrix = packExact({ format: int4, rows: 1, width: 10, codes, scales: [0.5] });
    expect([...matrix.codes]).toEqual([0x94736251, 0x8888808f, 0x88888888, 0x88888888]);
    expect([...matrix.scales]).toEqual([0x00003800]);
    const masked = matrix.codes[0]! & 0x0f0f0f0f;
    expect([masked & 255, (masked >> 8) & 255, (masked >> 16) & 255, masked >> 24]).toEqual([1, 2, 3, 4]);
    expect([...unpack(matrix)]).toEqual(codes.map((code) => 0.5 * (code - 8)));
  });

  it('affine int4: padding is 0, a word holds the scale (low half) and the bias (high half)', () => {
    const format: QuantizedFormat = { ...int4, affine: true };
    const matrix = packExact({ format, rows: 1, width: 2, codes: [3, 15], scales: [2], biases: [-1] });
    expect([...matrix.codes]).toEqual([0x00000f03, 0, 0, 0]);
    expect([...matrix.scales]).toEqual([0xbc004000]);
    expect([...unpack(matrix)]).toEqual([5, 29]);
  });

  it('int8: four signed bytes, ascending', () => {
    const format: QuantizedFormat = { kind: 'int8', group: 32, affine: false, scale: 'f32' };
    const matrix = packExact({
      format,
      rows: 1,
      width: 5,
      codes: [-128, -1, 0, 127, 2],
      scales: [0.1].map(Math.fround),
    });
    expect([...matrix.codes]).toEqual([0x7f00ff80, 0x00000002, 0, 0, 0, 0, 0, 0]);
    expect([...matrix.scales]).toEqual([0x3dcccccd]);
    expect([...unpack(matrix)]).toEqual([-12.8, -0.1, 0, 12.7, 0.2].map(Math.fround));
  });

  it('affine f32: the scale in one word, the bias in the next', () => {
    const format: QuantizedFormat = { kind: 'int8', group: 16, affine: true, scale: 'f32' };
    const matrix = packExact({
      format,
      rows: 1,
      width: 17,
      codes: new Int8Array(17).fill(1),
      scales: [1, 2],
      biases: [-3, 4],
    });
    expect([...matrix.scales]).toEqual([0x3f800000, 0xc0400000, 0x40000000, 0x40800000]);
    expect([...unpack(matrix)]).toEqual([...Array<number>(16).fill(-2), 6]);
  });

  it('symmetric f16: two groups to a word, the even one low, a row never sharing a word with the next', () => {
    const codes = new Int8Array(2 * 96).fill(9);
    const matrix = packExact({ format: int4, rows: 2, width: 96, codes, scales: [1, 2, 3, -1, -2, -3] });
    expect([...matrix.scales]).toEqual([0x40003c00, 0x00004200, 0xc000bc00, 0x0000c200]);
    expect([0, 32, 64, 96, 128, 160].map((at) => unpack(matrix)[at])).toEqual([1, 2, 3, -1, -2, -3]);
  });

  it('f16, bf16, f32: low half first, padding is 0', () => {
    const weights = Float32Array.of(1, -2, 0.5);
    const words = (kind: 'f16' | 'bf16' | 'f32') => [...packRows(weights, 1, 3, { kind }).codes.subarray(0, 4)];
    expect(words('f16')).toEqual([0xc0003c00, 0x00003800, 0, 0]);
    expect(words('bf16')).toEqual([0xc0003f80, 0x00003f00, 0, 0]);
    expect(words('f32')).toEqual([0x3f800000, 0xc0000000, 0x3f000000, 0]);
  });

  it('padding has the code of zero in rows we quantise too', () => {
    for (const format of quantizedFormats) {
      const codes = new Float32Array(64);
      readCodes(packRows(new Float32Array(35).fill(1), 1, 35, format), 0, codes);
      const pad = format.kind === 'int4' && !format.affine ? 8 : 0;
      expect([...codes.subarray(35)]).toEqual(Array<number>(29).fill(pad));
    }
  });

  it('has the sizes of format.ts', () => {
    for (const format of formats) {
      for (const columns of [1, 31, 33, 172, 704]) {
        const matrix = packRows(new Float32Array(2 * columns), 2, columns, format);
        expect(matrix.codes.byteLength + matrix.scales.byteLength).toBe(packedBytes(format, 2, columns));
      }
    }
  });
});

describe.each(formats.map((format) => [formatName(format), format] as const))('%s', (_, format) => {
  it('packs block by block to the same bytes as at once', () => {
    fc.assert(
      fc.property(matrixOf(weight), fc.nat(), ({ rows, width: columns, weights }, cut) => {
        const whole = packRows(weights, rows, columns, format);
        const first = cut % (rows + 1);
        const blocks = [
          packRows(weights.subarray(0, first * columns), first, columns, format),
          packRows(weights.subarray(first * columns), rows - first, columns, format),
        ];
        expect(joined(blocks.map(({ codes }) => codes))).toEqual(bytesOf(whole.codes));
        expect(joined(blocks.map(({ scales }) => scales))).toEqual(bytesOf(whole.scales));
      }),
    );
  });
});

describe.each(quantizedFormats.map((format) => [formatName(format), format] as const))('exact %s', (_, format) => {
  it('gives back every code, scale and bias, and weights scale · q + bias', () => {
    fc.assert(
      fc.property(exactCodesOf(format), (exact) => {
        const matrix = packExact(exact);
        const { paddedWidth, groupsPerRow } = rowLayout(format, exact.width);
        const zeroLevel = format.kind === 'int4' && !format.affine ? 8 : 0;
        const row = new Float32Array(exact.width);
        for (let r = 0; r < exact.rows; r++) {
          const codes = new Float32Array(paddedWidth);
          const scales = new Float32Array(groupsPerRow);
          const biases = new Float64Array(groupsPerRow);
          readCodes(matrix, r, codes);
          readScales(matrix, r, scales, biases);
          unpackRow(matrix, r, row);
          for (let group = 0; group < groupsPerRow; group++) {
            const at = r * groupsPerRow + group;
            expect(scales[group]).toBe(exact.scales[at]);
            if (exact.biases) expect(biases[group]).toBe(exact.biases[at]);
          }
          const wrong: string[] = [];
          for (let column = 0; column < paddedWidth; column++) {
            const code = column < exact.width ? exact.codes[r * exact.width + column]! : zeroLevel;
            if (codes[column] !== code) wrong.push(`column ${column} reads code ${codes[column]}, not ${code}`);
            if (column >= exact.width) continue;
            const at = r * groupsPerRow + Math.floor(column / format.group);
            const value = Math.fround(exact.scales[at]! * (code - zeroLevel) + (exact.biases?.[at] ?? 0));
            if (row[column] !== value) wrong.push(`column ${column} decodes to ${row[column]}, not ${value}`);
          }
          expect(wrong).toEqual([]);
        }
      }),
    );
  });
});

describe('float formats', () => {
  it('hold what they can hold exactly', () => {
    fc.assert(
      fc.property(matrixOf(fc.integer({ min: -128, max: 127 })), ({ rows, width: columns, weights }) => {
        for (const kind of ['f16', 'bf16', 'f32'] as const) {
          expect(unpack(packRows(weights, rows, columns, { kind }))).toEqual(weights);
        }
      }),
    );
  });
});

describe('refusals', () => {
  it('name a code out of range and where it lies', () => {
    const codes = new Int8Array(64).fill(7);
    codes[35] = 16;
    const error = errorOf(() => packExact({ format: int4, rows: 2, width: 32, codes, scales: [1, 1] }));
    expect(error.code).toBe('bad-file');
    expect(error.message).toContain('Found code 16 at row 1, column 3');
  });

  it('name a scale that would have to be rounded', () => {
    const pack = (scale: number, format: QuantizedFormat): PackedMatrix =>
      packExact({ format, rows: 1, width: 1, codes: [9], scales: [scale] });
    for (const scale of [0.1, 65536, NaN]) expect(errorOf(() => pack(scale, int4)).code).toBe('bad-file');
    expect(unpack(pack(65536, { ...int4, scale: 'f32' }))[0]).toBe(65536);
    expect(errorOf(() => pack(0.1, { ...int4, scale: 'f32' })).message).toContain('0.1');
  });

  it('reject weights that are not finite, and those f16 cannot hold', () => {
    for (const bad of [NaN, Infinity, -Infinity]) {
      const weights = Float32Array.of(1, 2, bad, 4);
      expect(errorOf(() => packRows(weights, 1, 4, int4)).code).toBe('bad-file');
      expect(errorOf(() => packRows(weights, 2, 2, { ...int4, affine: true })).code).toBe('bad-file');
    }
    expect(errorOf(() => packRows(Float32Array.of(7e4), 1, 1, { kind: 'f16' })).code).toBe('bad-request');
  });

  it('reject lengths that do not match, and formats without a bias', () => {
    expect(errorOf(() => packRows(new Float32Array(5), 2, 3, int4)).code).toBe('internal');
    const exact = { rows: 1, width: 2, codes: [1, 2], scales: [1] };
    expect(errorOf(() => packExact({ ...exact, format: { ...int4, affine: true } })).code).toBe('internal');
    expect(errorOf(() => packExact({ ...exact, format: int4, biases: [1] })).code).toBe('internal');
    expect(errorOf(() => packExact({ ...exact, format: int4, scales: [1, 2] })).code).toBe('internal');
  });
});
