import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_FLOAT16, roundToFloat16 } from './float16';
import type { GroupSize, PackedMatrix, QuantizedFormat } from './format';
import { formatName, rowLayout } from './format';
import { packRows } from './pack';
import { readCodes, readScales, unpack } from './unpack';

const formats: QuantizedFormat[] = [];
for (const kind of ['int4', 'int8'] as const) {
  for (const group of [32, 128] as GroupSize[]) {
    for (const affine of [false, true]) {
      for (const scale of ['f16', 'f32'] as const) formats.push({ kind, group, affine, scale });
    }
  }
}
formats.push({ kind: 'int8', group: 16, affine: false, scale: 'f32' });

/** Slack for sums of squares that two programs add in different ways. */
const ROUNDING_SLACK = 1e-6;

/** Largest relative error of an f32 product and sum. */
const FLOAT32_EPSILON = 2 ** -23;

const groupOf = (format: QuantizedFormat) =>
  fc
    .tuple(fc.float({ min: -1, max: 1, noNaN: true }), fc.constantFrom(1e-3, 0.02, 1, 50))
    .chain(([offset, spread]) =>
      fc
        .array(fc.float({ min: -1, max: 1, noNaN: true }), { minLength: 1, maxLength: format.group })
        .map((values) => Float32Array.from(values, (value) => spread * (value ** 3 + offset * 0.3))),
    );

function squaredError(weights: Float32Array, decoded: ArrayLike<number>): number {
  let error = 0;
  for (let i = 0; i < weights.length; i++) error += (weights[i]! - decoded[i]!) ** 2;
  return error;
}

/** Bare round-to-nearest over one group: the largest weight (or the range) sets the scale. */
function roundToNearest(weights: Float32Array, { kind, affine, scale }: QuantizedFormat): number[] {
  const store = scale === 'f16' ? roundToFloat16 : Math.fround;
  const levels = kind === 'int4' ? 15 : 255;
  const min = Math.min(...weights);
  const max = Math.max(...weights);
  const step = store(affine ? (max - min) / levels : Math.max(-min, max) / ((levels - 1) / 2));
  const lowest = !affine ? -(levels - 1) / 2 : kind === 'int4' ? 0 : -128;
  const highest = affine ? lowest + levels : -lowest;
  const bias = affine ? store(min - lowest * step) : 0;
  return Array.from(weights, (weight) => {
    const level = step === 0 ? 0 : Math.min(Math.max(Math.round((weight - bias) / step), lowest), highest);
    return level * step + bias;
  });
}

/** One row's stored weights before they are rounded to f32, which matters for a small spread about a large offset. */
function decodeUnrounded(matrix: PackedMatrix): number[] {
  const { paddedWidth, groupsPerRow } = rowLayout(matrix.format, matrix.width);
  const codes = new Float32Array(paddedWidth);
  const [scales, biases] = [new Float64Array(groupsPerRow), new Float64Array(groupsPerRow)];
  readCodes(matrix, 0, codes);
  readScales(matrix, 0, scales, biases);
  return Array.from(codes.subarray(0, matrix.width), (code) => scales[0]! * code + biases[0]!);
}

/** The numbers with −0 made 0: the two are one weight. */
function plain(values: Float32Array): number[] {
  return Array.from(values, (value) => value + 0);
}

describe.each(formats.map((format) => [formatName(format), format] as const))('%s', (_, format) => {
  it('is never worse than bare round-to-nearest', () => {
    fc.assert(
      fc.property(groupOf(format), (weights) => {
        const ours = squaredError(weights, decodeUnrounded(packRows(weights, 1, weights.length, format)));
        const bare = squaredError(weights, roundToNearest(weights, format));
        const energy = squaredError(weights, new Float32Array(weights.length));
        expect(ours).toBeLessThanOrEqual(bare * (1 + ROUNDING_SLACK) + energy * 1e-12);
      }),
    );
  });

  it('gives every weight the nearest code, so none within the range is off by more than half a step', () => {
    fc.assert(
      fc.property(groupOf(format), (weights) => {
        const matrix = packRows(weights, 1, weights.length, format);
        const { paddedWidth, groupsPerRow } = rowLayout(format, weights.length);
        const codes = new Float32Array(paddedWidth);
        const [scales, biases] = [new Float32Array(groupsPerRow), new Float64Array(groupsPerRow)];
        readCodes(matrix, 0, codes);
        readScales(matrix, 0, scales, biases);
        const step = Math.abs(scales[0]!);
        const [lowest, highest] = format.kind === 'int4' ? [0, 15] : [-128, 127];
        const decoded = unpack(matrix);
        const tooFar = [...weights.keys()].filter((i) => {
          const clipped = codes[i] === lowest || codes[i] === highest;
          const rounding = FLOAT32_EPSILON * (Math.abs(weights[i]!) + Math.abs(biases[0]!));
          return step > 0 && !clipped && !(Math.abs(weights[i]! - decoded[i]!) <= step / 2 + rounding);
        });
        expect(tooFar).toEqual([]);
      }),
    );
  });

  it('keeps zeros, equal weights and weights on the grid', () => {
    const pack = (weights: Float32Array): Float32Array => unpack(packRows(weights, 1, weights.length, format));
    expect([...pack(new Float32Array(20))]).toEqual(Array<number>(20).fill(0));
    if (format.affine) expect([...pack(new Float32Array(20).fill(0.75))]).toEqual(Array<number>(20).fill(0.75));
    const steps = format.kind === 'int4' ? [-8, 7, 0, 3, -5] : [-128, 127, 0, 3, -5];
    for (const scale of [0.25, -0.25]) {
      const grid = Float32Array.from(steps, (step) => scale * step);
      expect(plain(pack(grid))).toEqual(plain(grid));
    }
  });
});

describe('int4', () => {
  it('uses −8 for whichever end is longer', () => {
    for (const sign of [1, -1]) {
      const weights = Float32Array.from(
        { length: 32 },
        (_, i) => sign * (i === 3 ? -8 : (i % 8) * (i % 3 === 0 ? -1 : 1)),
      );
      const format: QuantizedFormat = { kind: 'int4', group: 32, affine: false, scale: 'f16' };
      expect(plain(unpack(packRows(weights, 1, 32, format)))).toEqual(plain(weights));
    }
  });

  it('beats round-to-nearest by a third of the error (symmetric) and a sixth (affine) on bell-shaped weights', () => {
    // Sums of uniform numbers from a linear congruential generator: the same on every machine.
    let state = 1;
    const uniform = (): number => (state = (state * 1664525 + 1013904223) % 2 ** 32) / 2 ** 32 - 0.5;
    const weights = Float32Array.from({ length: 64 * 32 }, () => {
      let sum = 0;
      for (let i = 0; i < 12; i++) sum += uniform();
      return 0.02 * sum;
    });
    const shares = ([false, true] as const).map((affine) => {
      const format: QuantizedFormat = { kind: 'int4', group: 32, affine, scale: 'f16' };
      let bare = 0;
      for (let group = 0; group < 64; group++) {
        const part = weights.subarray(group * 32, (group + 1) * 32);
        bare += squaredError(part, roundToNearest(part, format));
      }
      return squaredError(weights, unpack(packRows(weights, 64, 32, format))) / bare;
    });
    expect(shares[0]).toBeLessThan(2 / 3);
    expect(shares[1]).toBeLessThan(5 / 6);
  });

  it('saturates rather than storing an infinite scale, and rounds the smallest weights to zero', () => {
    const format: QuantizedFormat = { kind: 'int4', group: 32, affine: false, scale: 'f16' };
    for (const affine of [false, true]) {
      const huge = unpack(packRows(Float32Array.of(3e38, -3e38, 1), 1, 3, { ...format, affine }));
      expect(huge[0]).toBeGreaterThanOrEqual(7 * MAX_FLOAT16);
      expect(huge[1]).toBeLessThanOrEqual(-MAX_FLOAT16);
      const tiny = unpack(packRows(Float32Array.of(1e-12, -1e-12), 1, 2, { ...format, affine }));
      expect(Math.max(...tiny.map(Math.abs))).toBeLessThanOrEqual(1e-12);
    }
  });
});
