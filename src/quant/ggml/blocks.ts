/**
 * The block types of GGUF (ggml-common.h): how many weights a block holds in how many bytes, the packed format that holds the
 * same codes and scales without changing any (FORMAT.md), and how a block is read. Every type says w = scale · code + bias
 * with whole codes and a scale for each 16 or 32 weights, so one description serves them all. Little-endian throughout.
 */
import { fromFloat16Bits } from '../float16';
import type { QuantizedFormat } from '../format';

export type GgmlBlockType = 'Q4_0' | 'Q4_1' | 'Q5_0' | 'Q5_1' | 'Q8_0' | 'Q4_K' | 'Q5_K' | 'Q6_K';

/** Where a block's codes and scales go: w[i] = scales[g] · codes[i] + biases[g], g = ⌊i / group⌋. */
export interface BlockTarget {
  codes: Int8Array;
  scales: Float32Array;
  /** Stays zero for types without one. */
  biases: Float32Array;
}

export interface BlockLayout {
  /** Weights in a block; a row is whole blocks. */
  readonly weights: number;
  readonly bytes: number;
  /** Holds every block of this type exactly; its group is the type's own. */
  readonly format: QuantizedFormat;
  /**
   * Reads one block.
   * @param at of the block's first byte in `bytes`
   * @param code, group where the block's first code and first scale go
   */
  readonly read: (bytes: Uint8Array, at: number, target: BlockTarget, code: number, group: number) => void;
}

export const GGML_BLOCKS: Readonly<Record<GgmlBlockType, BlockLayout>> = {
  Q4_0: { weights: 32, bytes: 18, format: { kind: 'int4', group: 32, affine: false, scale: 'f16' }, read: readQ4_0 },
  Q4_1: { weights: 32, bytes: 20, format: { kind: 'int4', group: 32, affine: true, scale: 'f16' }, read: readQ4_1 },
  Q5_0: { weights: 32, bytes: 22, format: { kind: 'int8', group: 32, affine: false, scale: 'f16' }, read: readQ5_0 },
  Q5_1: { weights: 32, bytes: 24, format: { kind: 'int8', group: 32, affine: true, scale: 'f16' }, read: readQ5_1 },
  Q8_0: { weights: 32, bytes: 34, format: { kind: 'int8', group: 32, affine: false, scale: 'f16' }, read: readQ8_0 },
  Q4_K: { weights: 256, bytes: 144, format: { kind: 'int4', group: 32, affine: true, scale: 'f32' }, read: readQ4_K },
  Q5_K: { weights: 256, bytes: 176, format: { kind: 'int8', group: 32, affine: true, scale: 'f32' }, read: readQ5_K },
  Q6_K: { weights: 256, bytes: 210, format: { kind: 'int8', group: 16, affine: false, scale: 'f32' }, read: readQ6_K },
};

export function isBlockType(type: string): type is GgmlBlockType {
  return Object.hasOwn(GGML_BLOCKS, type);
}

/** f16 d; 32 nibbles. w = d · (q − 8) */
function readQ4_0(bytes: Uint8Array, at: number, { codes, scales }: BlockTarget, code: number, group: number): void {
  scales[group] = float16(bytes, at);
  readNibbles(bytes, at + 2, 16, -8, codes, code);
}

/** f16 d; f16 m; 32 nibbles. w = d · q + m */
function readQ4_1(bytes: Uint8Array, at: number, target: BlockTarget, code: number, group: number): void {
  target.scales[group] = float16(bytes, at);
  target.biases[group] = float16(bytes, at + 2);
  readNibbles(bytes, at + 4, 16, 0, target.codes, code);
}

/** f16 d; 32 fifth bits; 32 nibbles. w = d · (q − 16) */
function readQ5_0(bytes: Uint8Array, at: number, { codes, scales }: BlockTarget, code: number, group: number): void {
  scales[group] = float16(bytes, at);
  readNibbles(bytes, at + 6, 16, -16, codes, code);
  addFifthBits(bytes, at + 2, codes, code);
}

/** f16 d; f16 m; 32 fifth bits; 32 nibbles. w = d · q + m */
function readQ5_1(bytes: Uint8Array, at: number, target: BlockTarget, code: number, group: number): void {
  target.scales[group] = float16(bytes, at);
  target.biases[group] = float16(bytes, at + 2);
  readNibbles(bytes, at + 8, 16, 0, target.codes, code);
  addFifthBits(bytes, at + 4, target.codes, code);
}

/** f16 d; 32 signed bytes. w = d · q */
function readQ8_0(bytes: Uint8Array, at: number, { codes, scales }: BlockTarget, code: number, group: number): void {
  scales[group] = float16(bytes, at);
  for (let i = 0; i < 32; i++) codes[code + i] = bytes[at + 2 + i]!;
}

/** f16 d; f16 dmin; 8 pairs of 6 bits; 256 nibbles. w = (d · sc) · q − dmin · m */
function readQ4_K(bytes: Uint8Array, at: number, target: BlockTarget, code: number, group: number): void {
  readSixBitScales(bytes, at, target, group);
  for (let run = 0; run < 4; run++) readNibbles(bytes, at + 16 + 32 * run, 32, 0, target.codes, code + 64 * run);
}

/** As Q4_K, with 32 bytes of fifth bits before the nibbles: bit g of byte i belongs to weight 32 · g + i. */
function readQ5_K(bytes: Uint8Array, at: number, target: BlockTarget, code: number, group: number): void {
  const { codes } = target;
  readSixBitScales(bytes, at, target, group);
  for (let run = 0; run < 4; run++) readNibbles(bytes, at + 48 + 32 * run, 32, 0, codes, code + 64 * run);
  for (let i = 0; i < 256; i++) codes[code + i]! += ((bytes[at + 16 + (i & 31)]! >> (i >> 5)) & 1) << 4;
}

/** 256 nibbles; 256 upper pairs of bits; 16 signed bytes sc; f16 d. w = (d · sc) · (q − 32) */
function readQ6_K(bytes: Uint8Array, at: number, { codes, scales }: BlockTarget, code: number, group: number): void {
  const d = float16(bytes, at + 208);
  for (let g = 0; g < 16; g++) scales[group + g] = d * ((bytes[at + 192 + g]! << 24) >> 24);
  for (let half = 0; half < 2; half++) {
    const first = code + 128 * half;
    // 64 bytes: the low nibbles are weights 0 … 63 of this half, the high ones 64 … 127.
    readNibbles(bytes, at + 64 * half, 64, -32, codes, first);
    // 32 bytes: pair k of byte i belongs to weight 32 · k + i.
    for (let i = 0; i < 128; i++) {
      codes[first + i]! += ((bytes[at + 128 + 32 * half + (i & 31)]! >> (2 * (i >> 5))) & 3) << 4;
    }
  }
}

/** `count` bytes: the low nibbles are the first `count` codes, the high nibbles the next; `zero` is added to each. */
function readNibbles(bytes: Uint8Array, at: number, count: number, zero: number, codes: Int8Array, code: number): void {
  for (let i = 0; i < count; i++) {
    const byte = bytes[at + i]!;
    codes[code + i] = (byte & 15) + zero;
    codes[code + count + i] = (byte >> 4) + zero;
  }
}

/** Bit i of 32 is worth 16 in code i. */
function addFifthBits(bytes: Uint8Array, at: number, codes: Int8Array, code: number): void {
  for (let i = 0; i < 32; i++) codes[code + i]! += ((bytes[at + (i >> 3)]! >> (i & 7)) & 1) << 4;
}

/**
 * d, dmin and the eight pairs (sc, m) of 6 bits in the 12 bytes behind them: those of groups 0 … 3 whole in bytes 0 … 3 and
 * 4 … 7, those of groups 4 … 7 with their low nibbles in bytes 8 … 11 and their upper two bits above the former.
 * Products of f16 and 6 bits are exact in f32.
 */
function readSixBitScales(bytes: Uint8Array, at: number, { scales, biases }: BlockTarget, group: number): void {
  const d = float16(bytes, at);
  const dmin = float16(bytes, at + 2);
  for (let g = 0; g < 4; g++) {
    const scale = bytes[at + 4 + g]!;
    const min = bytes[at + 8 + g]!;
    const low = bytes[at + 12 + g]!;
    scales[group + g] = d * (scale & 63);
    biases[group + g] = -(dmin * (min & 63));
    scales[group + 4 + g] = d * ((low & 15) | ((scale >> 6) << 4));
    biases[group + 4 + g] = -(dmin * ((low >> 4) | ((min >> 6) << 4)));
  }
}

function float16(bytes: Uint8Array, at: number): number {
  return fromFloat16Bits(bytes[at]! | (bytes[at + 1]! << 8));
}
