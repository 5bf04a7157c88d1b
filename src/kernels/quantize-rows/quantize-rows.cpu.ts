import type { Constants, CpuView, Grid } from '../../gpu/kernel';
import { CHUNK } from '../../quant/format';
import { QUANTIZED_WORDS } from '../shared/quantized';

const { fround } = Math;
const LARGEST_CODE = 127;
const SCALE_UNIT = fround(1 / LARGEST_CODE);
const SMALLEST = 2 ** -100;

/** Adding and taking away 1.5 · 2²³ in f32 rounds to the nearest integer, to the even one of two, as WGSL's `round` does. */
const ROUNDER = 1.5 * 2 ** 23;

/** Twin of quantize-rows.wgsl. */
export function quantizeRowsOnCpu(
  { x, quantized }: Readonly<Record<'x' | 'quantized', CpuView>>,
  { CHUNKS }: Constants<'CHUNKS'>,
  grid: Grid,
): void {
  for (let chunk = 0; chunk < grid[2] * CHUNKS; chunk++) {
    quantizeChunk(x.f32.subarray(CHUNK * chunk, CHUNK * (chunk + 1)), quantized, QUANTIZED_WORDS * chunk);
  }
}

/** Twin of shared/quantize.wgsl. @param at the word of `quantized` where the chunk begins */
export function quantizeChunk(numbers: Float32Array, quantized: CpuView, at: number): void {
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
    quantized.u32[at + i / 4] = word;
  }
  quantized.f32[at + 8] = hasCodes ? most * SCALE_UNIT : 0;
  quantized.f32[at + 9] = sums[0]!;
  quantized.f32[at + 10] = sums[1]!;
  quantized.f32[at + 11] = 0;
}

/** The codes of whole chunks. */
export function codesOf(numbers: Float32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const chunks = numbers.length / CHUNK;
  const u32 = new Uint32Array(QUANTIZED_WORDS * chunks);
  const x = { f32: numbers, u32: new Uint32Array(numbers.buffer) };
  quantizeRowsOnCpu({ x, quantized: { u32, f32: new Float32Array(u32.buffer) } }, { CHUNKS: chunks }, [1, 1, 1]);
  return u32;
}

/** The numbers that quantised rows stand for. */
export function dequantize(x: CpuView): Float32Array<ArrayBuffer> {
  const chunks = Math.floor(x.u32.length / QUANTIZED_WORDS);
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
