/** Twin of kv-pool.wgsl: positions written to and read from a pool, in any format. */
import type { Constants, CpuView } from '../../gpu/kernel';
import { roundTiesEven } from '../../lib/rounding';
import { roundUp } from '../../lib/shapes';
import { fromFloat16Bits, toFloat16Bits } from '../../quant/float16';
import { BLOCK, KV_FORMATS, KV_GROUP, kvPositionBytes } from './kv-pool';
import type { KvFormat, KvPoolConstant } from './kv-pool';

/** A whole position of one kv head within a pool. */
export interface Place {
  /** First word of its tile. */
  tile: number;
  /** Within the tile: 0 … 31. */
  position: number;
}

/** Keys and values lie differently within their tiles. */
export type KvSide = 'keys' | 'values';

/** Below this magnitude a group is stored as zeros: 127 over it would no longer be a finite f32. */
const SMALLEST_MAGNITUDE = 1e-30;

export function placeOf(
  tables: CpuView,
  { KV_HEADS, HEAD_DIM, KV_FORMAT, TABLE_STRIDE }: Constants<KvPoolConstant>,
  sequence: number,
  position: number,
  kvHead: number,
): Place {
  const block = tables.u32[sequence * TABLE_STRIDE + Math.floor(position / BLOCK)]!;
  const tileWords = (BLOCK * kvPositionBytes(formatOf(KV_FORMAT), HEAD_DIM)) / 4;
  return { tile: (block * KV_HEADS + kvHead) * tileWords, position: position % BLOCK };
}

/** Writes the numbers of a whole position as the pool stores them. */
export function storePosition(
  pool: CpuView,
  side: KvSide,
  format: KvFormat,
  { tile, position }: Place,
  numbers: Float32Array,
): void {
  const width = numbers.length;
  const words = wordsOf(side, format, width, { tile, position });
  switch (format) {
    case 'f32':
      for (let i = 0; i < width; i++) pool.f32[wordAt(words, i)] = numbers[i]!;
      return;
    case 'f16':
      for (let i = 0; i < width; i += 2) {
        pool.u32[wordAt(words, i / 2)] = toFloat16Bits(numbers[i]!) | (toFloat16Bits(numbers[i + 1]!) << 16);
      }
      return;
    case 'int8': {
      for (let start = 0; start < width; start += KV_GROUP) {
        const end = Math.min(start + KV_GROUP, width);
        let magnitude = 0;
        for (let i = start; i < end; i++) magnitude = Math.max(magnitude, Math.abs(numbers[i]!));
        const inverse = magnitude > SMALLEST_MAGNITUDE ? Math.fround(127 / magnitude) : 0;
        for (let i = start; i < end; i += 4) {
          const codes = numbers.subarray(i, i + 4).map((number) => roundTiesEven(Math.fround(number * inverse)));
          pool.u32[wordAt(words, i / 4)] = codes.reduce((word, code, byte) => word | ((code & 0xff) << (8 * byte)), 0);
        }
        pool.f32[scaleWord(tile, width, start / KV_GROUP, position)] = magnitude;
      }
    }
  }
}

/** Reads the numbers of a whole position into `out`, which has the width of a head. */
export function loadPosition(
  pool: CpuView,
  side: KvSide,
  format: KvFormat,
  { tile, position }: Place,
  out: Float32Array,
): void {
  const width = out.length;
  const words = wordsOf(side, format, width, { tile, position });
  switch (format) {
    case 'f32':
      for (let i = 0; i < width; i++) out[i] = pool.f32[wordAt(words, i)]!;
      return;
    case 'f16':
      for (let i = 0; i < width; i += 2) {
        const word = pool.u32[wordAt(words, i / 2)]!;
        out[i] = fromFloat16Bits(word & 0xffff);
        out[i + 1] = fromFloat16Bits(word >>> 16);
      }
      return;
    case 'int8':
      for (let i = 0; i < width; i += 4) {
        const word = pool.u32[wordAt(words, i / 4)]!;
        const scale = pool.f32[scaleWord(tile, width, Math.floor(i / KV_GROUP), position)]!;
        for (let byte = 0; byte < 4; byte++) out[i + byte] = (scale * ((word << (24 - 8 * byte)) >> 24)) / 127;
      }
  }
}

/** All numbers of a pool, tile by tile: [tiles][32 positions][width]. */
export function poolNumbers(pool: CpuView, side: KvSide, format: KvFormat, width: number): Float32Array {
  const tileWords = (BLOCK * kvPositionBytes(format, width)) / 4;
  const tiles = Math.floor(pool.u32.length / tileWords);
  const numbers = new Float32Array(tiles * BLOCK * width);
  for (let at = 0; at < tiles * BLOCK; at++) {
    const place = { tile: Math.floor(at / BLOCK) * tileWords, position: at % BLOCK };
    loadPosition(pool, side, format, place, numbers.subarray(at * width, (at + 1) * width));
  }
  return numbers;
}

/** @param constant a kernel's KV_FORMAT. */
export function formatOf(constant: number): KvFormat {
  return KV_FORMATS[constant]!;
}

/** Where a position's words lie, for `wordAt`. */
function wordsOf(side: KvSide, format: KvFormat, width: number, { tile, position }: Place) {
  if (side === 'keys') return { base: tile + 4 * position, step: 4 * BLOCK };
  const bytes = format === 'int8' ? roundUp(width, 16) : kvPositionBytes(format, width);
  return { base: tile + (position * bytes) / 4, step: 4 };
}

function wordAt({ base, step }: ReturnType<typeof wordsOf>, i: number): number {
  return base + step * (i >> 2) + (i & 3);
}

function scaleWord(tile: number, width: number, group: number, position: number): number {
  return tile + (BLOCK * roundUp(width, 16)) / 4 + group * BLOCK + position;
}
