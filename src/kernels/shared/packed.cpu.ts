/** Twin of the decoders in this folder: one packed row as plain f32 numbers, scale and bias applied. */
import type { Constants, CpuView } from '../../gpu/kernel';
import { fromFloat16Bits } from '../../quant/float16';
import { decoderOf } from './packed';
import type { PackedConstant } from './packed';

/**
 * Decodes row `row` into `out` [32 · CHUNKS]. Numbers beyond the width come out as whatever the pad holds; activations
 * are zero there.
 */
export function decodeRow(
  codes: CpuView,
  scales: CpuView,
  constants: Constants<PackedConstant>,
  row: number,
  out: Float32Array,
): void {
  const width = 32 * constants.CHUNKS;
  const decoder = decoderOf(constants);
  switch (decoder) {
    case 'int4':
      decodeInt4(codes.u32, scales, constants, row, out);
      return;
    case 'int8':
    case 'int8-g16':
      decodeInt8(codes.u32, scales, constants, row, decoder === 'int8' ? 32 << constants.GROUP_SHIFT : 16, out);
      return;
    case 'f16':
      for (let i = 0; i < width; i++) out[i] = fromFloat16Bits(half(codes.u32, row * width + i));
      return;
    case 'bf16': {
      const bits = new Uint32Array(out.buffer, out.byteOffset, width);
      for (let i = 0; i < width; i++) bits[i] = half(codes.u32, row * width + i) << 16;
      return;
    }
    case 'f32':
      out.set(codes.f32.subarray(row * width, (row + 1) * width));
  }
}

/** The 16-bit number at `index`, low half of a word first. */
function half(words: Uint32Array, index: number): number {
  return (words[index >> 1]! >>> (16 * (index & 1))) & 0xffff;
}

let scale = 0;
let bias = 0;

/** Sets `scale` and `bias` of one group; `zero` is the code that stands for zero in symmetric formats. */
function readScale(
  scales: CpuView,
  { SCALE_WORDS, AFFINE, SCALE_F32 }: Constants<PackedConstant>,
  row: number,
  group: number,
  zero: number,
): void {
  const base = row * SCALE_WORDS;
  if (AFFINE === 1) {
    const word = scales.u32[base + group]!;
    scale = SCALE_F32 === 1 ? scales.f32[base + 2 * group]! : fromFloat16Bits(word & 0xffff);
    bias = SCALE_F32 === 1 ? scales.f32[base + 2 * group + 1]! : fromFloat16Bits(word >>> 16);
  } else {
    scale = SCALE_F32 === 1 ? scales.f32[base + group]! : fromFloat16Bits(half(scales.u32, 2 * base + group));
    bias = -zero * scale;
  }
}

function decodeInt4(
  words: Uint32Array,
  scales: CpuView,
  constants: Constants<PackedConstant>,
  row: number,
  out: Float32Array,
): void {
  const wordsPerGroup = 4 << constants.GROUP_SHIFT;
  const rowWords = 4 * constants.CHUNKS;
  for (let word = 0; word < rowWords; word++) {
    if (word % wordsPerGroup === 0) readScale(scales, constants, row, word / wordsPerGroup, 8);
    const s = scale;
    const b = bias;
    const bits = words[row * rowWords + word]!;
    const at = 8 * word;
    out[at] = s * (bits & 15) + b;
    out[at + 1] = s * ((bits >> 8) & 15) + b;
    out[at + 2] = s * ((bits >> 16) & 15) + b;
    out[at + 3] = s * ((bits >> 24) & 15) + b;
    out[at + 4] = s * ((bits >> 4) & 15) + b;
    out[at + 5] = s * ((bits >> 12) & 15) + b;
    out[at + 6] = s * ((bits >> 20) & 15) + b;
    out[at + 7] = s * (bits >>> 28) + b;
  }
}

function decodeInt8(
  words: Uint32Array,
  scales: CpuView,
  constants: Constants<PackedConstant>,
  row: number,
  group: number,
  out: Float32Array,
): void {
  const wordsPerGroup = group / 4;
  const rowWords = 8 * constants.CHUNKS;
  for (let word = 0; word < rowWords; word++) {
    if (word % wordsPerGroup === 0) readScale(scales, constants, row, word / wordsPerGroup, 0);
    const bits = words[row * rowWords + word]! | 0;
    const at = 4 * word;
    out[at] = scale * ((bits << 24) >> 24) + bias;
    out[at + 1] = scale * ((bits << 16) >> 24) + bias;
    out[at + 2] = scale * ((bits << 8) >> 24) + bias;
    out[at + 3] = scale * (bits >> 24) + bias;
  }
}
