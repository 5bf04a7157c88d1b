/** How keys and values lie in a pool (kv-pool.wgsl draws it), for those who make pools and those who bind them. */
import { divideUp, roundUp } from '../../lib/shapes';

/** How a pool stores its numbers. A kernel's KV_FORMAT is the index in this list. */
export const KV_FORMATS = ['f16', 'f32', 'int8'] as const;
export type KvFormat = (typeof KV_FORMATS)[number];

/** Names of the constants that describe a KV pool to a kernel (kv-pool.wgsl). */
export const KV_POOL_CONSTANTS = ['KV_HEADS', 'HEAD_DIM', 'KV_FORMAT', 'TABLE_STRIDE'] as const;
export type KvPoolConstant = (typeof KV_POOL_CONSTANTS)[number];

/** Positions in one block. */
export const BLOCK = 32;

/** Numbers of a position that share a scale in int8; the last group of a head may be shorter. */
export const KV_GROUP = 32;

/** Bytes of one position of one kv head, in a pool of keys or of values. */
export function kvPositionBytes(format: KvFormat, headDim: number): number {
  switch (format) {
    case 'f16':
      return 2 * headDim;
    case 'f32':
      return 4 * headDim;
    case 'int8':
      return roundUp(headDim, 16) + 4 * divideUp(headDim, KV_GROUP);
  }
}

/** Bytes of one block of all kv heads. */
export function kvBlockBytes(format: KvFormat, kvHeads: number, headDim: number): number {
  return BLOCK * kvHeads * kvPositionBytes(format, headDim);
}

/** Largest head that attention has room for. */
export const MAX_HEAD_DIM = 256;
