/** Blocks of GGUF types for tests: every bit at random, with finite scales among which the extremes of f16 are frequent. */
import { GGML_BLOCKS, type GgmlBlockType } from '../blocks';

/** Offsets of the f16 numbers of a block. */
export const SCALE_OFFSETS: Readonly<Record<GgmlBlockType, readonly number[]>> = {
  Q4_0: [0],
  Q4_1: [0, 2],
  Q5_0: [0],
  Q5_1: [0, 2],
  Q8_0: [0],
  Q4_K: [0, 2],
  Q5_K: [0, 2],
  Q6_K: [208],
};

/** Zeros, the least and the largest subnormal, the least normal number, one, the largest. */
const EXTREMES = [0, 0x8000, 1, 0x8001, 0x3ff, 0x400, 0x3c00, 0x7bff, 0xfbff];

/** @param random numbers in [0, 1) */
export function randomBlocks(type: GgmlBlockType, count: number, random: () => number): Uint8Array<ArrayBuffer> {
  const { bytes } = GGML_BLOCKS[type];
  const blocks = Uint8Array.from({ length: count * bytes }, () => Math.floor(256 * random()));
  const view = new DataView(blocks.buffer);
  for (let at = 0; at < blocks.length; at += bytes) {
    for (const offset of SCALE_OFFSETS[type]) {
      const extreme = EXTREMES[Math.floor(2 * EXTREMES.length * random())];
      let bits = extreme ?? Math.floor(65536 * random());
      if ((bits & 0x7c00) === 0x7c00) bits ^= 0x4000; // neither infinite nor NaN
      view.setUint16(at + offset, bits, true);
    }
  }
  return blocks;
}
