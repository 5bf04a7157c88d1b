import type { Constants, CpuView, Grid } from '../../gpu/kernel';
import { numberIndex, storeNumber } from '../shared/kv-pool.cpu';
import type { KvPoolConstant } from '../shared/kv-pool';

/** Twin of rotary-append.wgsl. */
export function rotaryAppendOnCpu(
  {
    qkv,
    rows,
    tables,
    rotations,
    keys,
    values,
  }: Readonly<Record<'qkv' | 'rows' | 'tables' | 'rotations' | 'keys' | 'values', CpuView>>,
  constants: Constants<KvPoolConstant | 'Q_HEADS' | 'QKV_STRIDE'>,
  grid: Grid,
): void {
  const { Q_HEADS, KV_HEADS, HEAD_DIM, KV_F32, QKV_STRIDE } = constants;
  const half = HEAD_DIM / 2;
  for (let row = 0; row < grid[2]; row++) {
    const position = rows.u32[4 * row + 1]!;
    const sequence = rows.u32[4 * row + 2]!;
    for (let head = 0; head < Q_HEADS + 2 * KV_HEADS; head++) {
      const base = row * QKV_STRIDE + head * HEAD_DIM;
      if (head >= Q_HEADS + KV_HEADS) {
        const at = numberIndex(tables, constants, sequence, position, head - Q_HEADS - KV_HEADS);
        for (let i = 0; i < HEAD_DIM; i++) storeNumber(values, KV_F32, at + i, qkv.f32[base + i]!);
        continue;
      }
      const at = head >= Q_HEADS ? numberIndex(tables, constants, sequence, position, head - Q_HEADS) : 0;
      for (let i = 0; i < half; i++) {
        const cos = rotations.f32[2 * (position * half + i)]!;
        const sin = rotations.f32[2 * (position * half + i) + 1]!;
        const first = qkv.f32[base + i]!;
        const second = qkv.f32[base + half + i]!;
        const turnedFirst = first * cos - second * sin;
        const turnedSecond = second * cos + first * sin;
        if (head >= Q_HEADS) {
          storeNumber(keys, KV_F32, at + i, turnedFirst);
          storeNumber(keys, KV_F32, at + half + i, turnedSecond);
        } else {
          qkv.f32[base + i] = turnedFirst;
          qkv.f32[base + half + i] = turnedSecond;
        }
      }
    }
  }
}
