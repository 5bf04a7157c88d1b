/** Twin of kv-pool.wgsl, and the f16 or f32 numbers of a pool. */
import type { Constants, CpuView } from '../../gpu/kernel';
import { fromFloat16Bits, toFloat16Bits } from '../../quant/float16';
import { BLOCK } from './kv-pool';
import type { KvPoolConstant } from './kv-pool';

/** Index of the first number of position `position` of a sequence, for one kv head. */
export function numberIndex(
  tables: CpuView,
  { KV_HEADS, HEAD_DIM, TABLE_STRIDE }: Constants<KvPoolConstant>,
  sequence: number,
  position: number,
  kvHead: number,
): number {
  const block = tables.u32[sequence * TABLE_STRIDE + Math.floor(position / BLOCK)]!;
  return ((block * KV_HEADS + kvHead) * BLOCK + (position % BLOCK)) * HEAD_DIM;
}

/** Writes `number` as the pool stores it. */
export function storeNumber(pool: CpuView, kvF32: number, index: number, number: number): void {
  if (kvF32 === 1) {
    pool.f32[index] = number;
    return;
  }
  const shift = 16 * (index & 1);
  const word = pool.u32[index >> 1]!;
  pool.u32[index >> 1] = (word & ~(0xffff << shift)) | (toFloat16Bits(number) << shift);
}

/** Reads `count` numbers from `index` on into `out`. */
export function loadNumbers(pool: CpuView, kvF32: number, index: number, count: number, out: Float32Array): void {
  for (let i = 0; i < count; i++) {
    const at = index + i;
    out[i] = kvF32 === 1 ? pool.f32[at]! : fromFloat16Bits((pool.u32[at >> 1]! >>> (16 * (at & 1))) & 0xffff);
  }
}
