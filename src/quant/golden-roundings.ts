/**
 * Test support: the three plain roundings under which the golden vectors of Tales were computed, as packed matrices that
 * hold exactly those values. Arithmetic is f32 as in the program that made them, rounding to nearest with ties to even.
 * Nothing that ships calls this; the importer uses `packRows`.
 */
import { roundToFloat16 } from './float16';
import type { PackedMatrix, QuantizedFormat } from './format';
import { roundTiesEven } from '../lib/rounding';
import { divideUp } from '../lib/shapes';
import { packExact } from './pack';

export type GoldenRounding = 'q4_sym' | 'q4_asym' | 'q8_sym';

const GROUP = 32;

/** q4_asym is w' = s · (q − z): the bias −s·z needs more bits than f16 has. */
const FORMATS: Record<GoldenRounding, QuantizedFormat> = {
  q4_sym: { kind: 'int4', group: GROUP, affine: false, scale: 'f16' },
  q4_asym: { kind: 'int4', group: GROUP, affine: true, scale: 'f32' },
  q8_sym: { kind: 'int8', group: GROUP, affine: false, scale: 'f16' },
};

/**
 * Rounds rows of weights in groups of 32:
 * q4_sym   s = f16(max|w| / 7),      q = clamp(round(w / s), −7, 7),         w' = s · q
 * q4_asym  s = f16((hi − lo) / 15),  q = clamp(round(w / s) + z, 0, 15),     w' = s · (q − z), z = clamp(round(−lo / s), 0, 15)
 * q8_sym   s = f16(max|w| / 127),    q = clamp(round(w / s), −127, 127),     w' = s · q
 * with lo = min(w, 0) and hi = max(w, 0).
 * @param weights f32 values // [rows][width]
 */
export function packGolden(rounding: GoldenRounding, weights: Float32Array, rows: number, width: number): PackedMatrix {
  const format = FORMATS[rounding];
  const groups = divideUp(width, GROUP);
  const codes = new Int8Array(rows * width);
  const scales = new Float32Array(rows * groups);
  const biases = new Float32Array(rows * groups);
  for (let row = 0; row < rows; row++) {
    for (let group = 0; group < groups; group++) {
      const start = row * width + group * GROUP;
      const end = Math.min(start + GROUP, (row + 1) * width);
      let low = 0;
      let high = 0;
      for (let i = start; i < end; i++) {
        low = Math.min(low, weights[i]!);
        high = Math.max(high, weights[i]!);
      }
      const range = rounding === 'q4_asym' ? Math.fround(high - low) : Math.max(-low, high);
      if (range === 0) {
        codes.fill(rounding === 'q4_sym' ? 8 : 0, start, end);
        continue;
      }
      const [levels, lowest, highest] = LEVELS[rounding];
      const scale = roundToFloat16(Math.fround(range / levels));
      const zero = rounding === 'q4_asym' ? clamp(roundTiesEven(Math.fround(-low / scale)), 0, 15) : 0;
      const stored = rounding === 'q4_sym' ? 8 : 0;
      for (let i = start; i < end; i++) {
        codes[i] = clamp(roundTiesEven(Math.fround(weights[i]! / scale)) + zero, lowest, highest) + stored;
      }
      scales[row * groups + group] = scale;
      biases[row * groups + group] = -scale * zero;
    }
  }
  return packExact({ format, rows, width, codes, scales, biases: format.affine ? biases : undefined });
}

/** [steps the range is divided into, lowest q, highest q] */
const LEVELS: Record<GoldenRounding, readonly [number, number, number]> = {
  q4_sym: [7, -7, 7],
  q4_asym: [15, 0, 15],
  q8_sym: [127, -127, 127],
};

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
