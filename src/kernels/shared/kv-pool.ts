/** Names of the constants that describe a KV pool to a kernel (kv-pool.wgsl). */
export const KV_POOL_CONSTANTS = ['KV_HEADS', 'HEAD_DIM', 'KV_F32', 'TABLE_STRIDE'] as const;
export type KvPoolConstant = (typeof KV_POOL_CONSTANTS)[number];

/** Positions in one block. */
export const BLOCK = 32;
