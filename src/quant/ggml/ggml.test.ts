import { describe, expect, it } from 'vitest';
import { generator } from '../../weights/testing/checkpoint';
import { type GroupSize, formatName, type PackedFormat, type QuantizedFormat } from '../format';
import { unpack } from '../unpack';
import { GGML_BLOCKS, type GgmlBlockType } from './blocks';
import { blockRowBytes, decodeBlocks, holdsBlocks, repackBlocks } from './repack';
import { plainDecode } from './testing/plain-decoder';
import { randomBlocks, SCALE_OFFSETS } from './testing/random-blocks';

const TYPES = Object.keys(GGML_BLOCKS) as GgmlBlockType[];
const ROWS = import.meta.env['HEARTH_DEEP'] ? 20_000 : 60;

const quantizedFormats: QuantizedFormat[] = [];
for (const kind of ['int4', 'int8'] as const) {
  for (const group of (kind === 'int8' ? [16, 32, 64, 128] : [32, 64, 128]) as GroupSize[]) {
    for (const affine of [false, true]) {
      for (const scale of ['f16', 'f32'] as const) quantizedFormats.push({ kind, group, affine, scale });
    }
  }
}

/** The bits of each number; a zero has no sign (w = scale · code + bias gives +0 where ggml may give −0). */
const bitsOf = (weights: Float32Array) => Buffer.from(weights.map((weight) => weight + 0).buffer);

describe.each(TYPES)('%s', (type) => {
  const { weights, format } = GGML_BLOCKS[type];
  const width = 3 * weights;
  const bytes = randomBlocks(type, 3 * ROWS, generator(7));
  const expected = bitsOf(plainDecode(type, bytes));

  it('is repacked without changing a bit of any weight', () => {
    const packed = repackBlocks(type, bytes, ROWS, width, format);
    expect(packed).toMatchObject({ format, rows: ROWS, width });
    expect(bitsOf(unpack(packed)).equals(expected)).toBe(true);
  });

  it('is decoded to the same bits', () => {
    const decoded = new Float32Array(ROWS * width);
    decodeBlocks(type, bytes, ROWS, width, decoded);
    expect(bitsOf(decoded).equals(expected)).toBe(true);
  });

  it.each(quantizedFormats.filter((other) => holdsBlocks(other, type)).map((other) => [formatName(other), other]))(
    'is held exactly by %s',
    (_, other) => {
      const packed = repackBlocks(type, bytes, ROWS, width, other);
      expect(bitsOf(unpack(packed)).equals(expected)).toBe(true);
    },
  );

  it('gives the same packed rows in one piece and row by row', () => {
    const rowBytes = blockRowBytes(type, width);
    const whole = repackBlocks(type, bytes.subarray(0, 2 * rowBytes), 2, width, format);
    const rows = [0, 1].map((row) => {
      return repackBlocks(type, bytes.subarray(row * rowBytes, (row + 1) * rowBytes), 1, width, format);
    });
    expect([...whole.codes]).toEqual(rows.flatMap(({ codes }) => [...codes]));
    expect([...whole.scales]).toEqual(rows.flatMap(({ scales }) => [...scales]));
  });

  it.each([
    ['NaN', 0x7e00],
    ['Infinity', 0x7c00],
  ])('is refused with a scale that is %s', (found, bits) => {
    for (const offset of SCALE_OFFSETS[type]) {
      const damaged = bytes.slice(0, blockRowBytes(type, width));
      damaged.fill(0x11, 0, offset).fill(0x11, offset + 2); // so that no product with it is zero
      for (const at of SCALE_OFFSETS[type]) new DataView(damaged.buffer).setUint16(at, 0x3c00, true);
      new DataView(damaged.buffer).setUint16(offset, bits, true);
      const message = expect.stringMatching(new RegExp(`scale -?${found} in a ${type} block`)) as string;
      expect(() => repackBlocks(type, damaged, 1, width, format)).toThrow(
        expect.objectContaining({ code: 'bad-file', message }),
      );
    }
  });
});

it('knows which formats cannot hold a type', () => {
  const held: Record<string, (format: PackedFormat) => boolean> = {
    'codes of 5 bits need int8': (format) => holdsBlocks(format, 'Q5_0') && format.kind === 'int4',
    'a minimum needs a bias': (format) => holdsBlocks(format, 'Q4_1') && !format.affine,
    'a product of f16 and 6 bits needs an f32 scale': (format) => holdsBlocks(format, 'Q4_K') && format.scale === 'f16',
    'groups of 16 need groups of 16': (format) => holdsBlocks(format, 'Q6_K') && format.group !== 16,
  };
  for (const [why, isHeld] of Object.entries(held)) expect(quantizedFormats.some(isHeld), why).toBe(false);
});
