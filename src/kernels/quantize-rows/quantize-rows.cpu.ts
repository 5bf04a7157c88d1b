import type { Constants, CpuView, Grid } from '../../gpu/kernel';
import { CHUNK } from '../../quant/format';
import { QUANTIZED_WORDS } from '../shared/quantize';

const { fround } = Math;
const LARGEST_CODE = 127;
const SCALE_UNIT = fround(1 / LARGEST_CODE);
const SMALLEST = 2 ** -100;

/** Adding and taking away 1.5 · 2²³ in f32 rounds to the nearest integer, to the even one of two, as WGSL's `round` does. */
const ROUNDER = 1.5 * 2 ** 23;

/** Twin of quantize-rows.wgsl. */
export function quantizeRowsOnCpu(
  { x, y }: Readonly<Record<'x' | 'y', CpuView>>,
  { CHUNKS }: Constants<'CHUNKS'>,
  grid: Grid,
): void {
  for (let chunk = 0; chunk < grid[2] * CHUNKS; chunk++) {
    quantizeChunk(x.f32.subarray(CHUNK * chunk, CHUNK * (chunk + 1)), y, QUANTIZED_WORDS * chunk);
  }
}

/** Twin of shared/quantize.wgsl. @param at the word of y where the chunk begins */
export function quantizeChunk(numbers: Float32Array, y: CpuView, at: number): void {
  const most = numbers.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  const hasCodes = most >= SMALLEST;
  const inverse = hasCodes ? fround(LARGEST_CODE / most) : 0;
  const sums = [0, 0];
  for (let i = 0; i < CHUNK; i += 4) {
    let word = 0;
    for (let k = 0; k < 4; k++) {
      const code = fround(fround(numbers[i + k]! * inverse) + ROUNDER) - ROUNDER;
      word |= (code & 0xff) << (8 * k);
      sums[i >> 4]! += code;
    }
    y.u32[at + i / 4] = word;
  }
  y.f32[at + 8] = hasCodes ? most * SCALE_UNIT : 0;
  y.f32[at + 9] = sums[0]!;
  y.f32[at + 10] = sums[1]!;
  y.f32[at + 11] = 0;
}

/** The numbers that quantised rows stand for, `chunks` chunks from the beginning of `x` on. */
export function dequantize(x: CpuView, chunks: number): Float32Array<ArrayBuffer> {
  const numbers = new Float32Array(CHUNK * chunks);
  for (let chunk = 0; chunk < chunks; chunk++) {
    const at = QUANTIZED_WORDS * chunk;
    const scale = x.f32[at + 8]!;
    for (let i = 0; i < CHUNK; i++) {
      const code = (x.u32[at + (i >> 2)]! << (24 - 8 * (i & 3))) >> 24;
      numbers[CHUNK * chunk + i] = scale * code;
    }
  }
  return numbers;
}
