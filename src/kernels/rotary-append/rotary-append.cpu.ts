import type { Constants, CpuView, Grid } from '../../gpu/kernel';
import { formatOf, placeOf, storePosition } from '../shared/kv-pool.cpu';
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
  const { Q_HEADS, KV_HEADS, HEAD_DIM, KV_FORMAT, QKV_STRIDE } = constants;
  const half = HEAD_DIM / 2;
  const format = formatOf(KV_FORMAT);
  const turned = new Float32Array(HEAD_DIM);
  for (let row = 0; row < grid[2]; row++) {
    const position = rows.u32[4 * row + 1]!;
    const sequence = rows.u32[4 * row + 2]!;
    for (let head = 0; head < Q_HEADS + 2 * KV_HEADS; head++) {
      const base = row * QKV_STRIDE + head * HEAD_DIM;
      const numbers = qkv.f32.subarray(base, base + HEAD_DIM);
      if (head >= Q_HEADS + KV_HEADS) {
        const place = placeOf(tables, constants, sequence, position, head - Q_HEADS - KV_HEADS);
        storePosition(values, format, place, numbers);
        continue;
      }
      for (let i = 0; i < half; i++) {
        const cos = rotations.f32[2 * (position * half + i)]!;
        const sin = rotations.f32[2 * (position * half + i) + 1]!;
        const [first, second] = [numbers[i]!, numbers[half + i]!];
        turned[i] = first * cos - second * sin;
        turned[half + i] = second * cos + first * sin;
      }
      if (head < Q_HEADS) numbers.set(turned);
      else storePosition(keys, format, placeOf(tables, constants, sequence, position, head - Q_HEADS), turned);
    }
  }
}
