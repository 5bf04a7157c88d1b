/**
 * How a matrix lies in memory once it is packed: the one description that the packer, the weight store, the CPU twins
 * and the WGSL kernels share. FORMAT.md beside this file draws the bits. A matrix is always [rows][width]: one row is one
 * output of a projection (or one token of an embedding), and rows are contiguous.
 */
import { divideUp, roundUp } from '../lib/shapes';

/** Raised whenever stored bytes change meaning; a manifest with another version is imported again. */
export const PACKED_FORMAT_VERSION = 1;

/** Rows are padded to this many weights, so that one chunk of int4 codes is one aligned vec4<u32>. */
export const CHUNK = 32;

/** Weights that share one scale (and one bias). 16 exists for int8 codes only (GGUF Q6_K). */
export type GroupSize = 16 | 32 | 64 | 128;

/**
 * Quantised codes with a scale per group.
 * symmetric: w = scale · (q − 8) for int4 (q in 0…15), w = scale · q for int8 (q in −128…127).
 * affine:    w = scale · q + bias.
 * Scales and biases are f16, or f32 where the source's product does not fit f16 (GGUF Q4_K's d·sc, GPTQ's −scale·zero).
 */
export interface QuantizedFormat {
  kind: 'int4' | 'int8';
  group: GroupSize;
  affine: boolean;
  scale: 'f16' | 'f32';
}

/** Unquantised weights. */
export interface FloatFormat {
  kind: 'f16' | 'bf16' | 'f32';
}

export type PackedFormat = QuantizedFormat | FloatFormat;

/** A packed matrix: `codes` hold the weights, `scales` the scales (empty for float formats). */
export interface PackedMatrix {
  format: PackedFormat;
  rows: number;
  width: number;
  codes: Uint32Array<ArrayBuffer>; // [rows][codeWordsPerRow]
  scales: Uint32Array<ArrayBuffer>; // [rows][scaleWordsPerRow]
}

/** Sizes of one packed row, in 32-bit words. */
export interface RowLayout {
  /** `width` rounded up to a whole CHUNK: the row stride of the activations it is multiplied with. */
  paddedWidth: number;
  groupsPerRow: number;
  codeWordsPerRow: number;
  scaleWordsPerRow: number;
}

export function isQuantized(format: PackedFormat): format is QuantizedFormat {
  return format.kind === 'int4' || format.kind === 'int8';
}

/** Bits of one code. */
export function bitsPerWeight(kind: PackedFormat['kind']): 4 | 8 | 16 | 32 {
  switch (kind) {
    case 'int4':
      return 4;
    case 'int8':
      return 8;
    case 'f16':
    case 'bf16':
      return 16;
    case 'f32':
      return 32;
  }
}

/** The sizes of one row of a matrix `width` weights wide. */
export function rowLayout(format: PackedFormat, width: number): RowLayout {
  const paddedWidth = roundUp(width, CHUNK);
  const codeWordsPerRow = (paddedWidth * bitsPerWeight(format.kind)) / 32;
  if (!isQuantized(format)) return { paddedWidth, groupsPerRow: 0, codeWordsPerRow, scaleWordsPerRow: 0 };
  const groupsPerRow = divideUp(paddedWidth, format.group);
  const wordsPerGroup = (format.affine ? 2 : 1) * (format.scale === 'f32' ? 1 : 0.5);
  return { paddedWidth, groupsPerRow, codeWordsPerRow, scaleWordsPerRow: Math.ceil(groupsPerRow * wordsPerGroup) };
}

/** Bytes of a packed matrix: codes and scales together. */
export function packedBytes(format: PackedFormat, rows: number, width: number): number {
  const layout = rowLayout(format, width);
  return 4 * rows * (layout.codeWordsPerRow + layout.scaleWordsPerRow);
}

/** A short name for tables and logs: `int4 g32 affine f16`. */
export function formatName(format: PackedFormat): string {
  if (!isQuantized(format)) return format.kind;
  return `${format.kind} g${format.group} ${format.affine ? 'affine' : 'symmetric'} ${format.scale}`;
}
