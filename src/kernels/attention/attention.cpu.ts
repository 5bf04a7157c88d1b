import type { Constants, CpuView, Grid } from '../../gpu/kernel';
import { formatOf, loadPosition, placeOf } from '../shared/kv-pool.cpu';
import type { KvPoolConstant } from '../shared/kv-pool';
import { softCapped } from '../shared/soft-cap';

/** Twin of attention.wgsl, with the softmax in two passes over all positions. */
export function attentionOnCpu(
  {
    qkv,
    rows,
    tables,
    keys,
    values,
    y,
  }: Readonly<Record<'qkv' | 'rows' | 'tables' | 'keys' | 'values' | 'y', CpuView>>,
  constants: Constants<KvPoolConstant | 'Q_HEADS' | 'QKV_STRIDE' | 'Y_STRIDE' | 'SCALE' | 'SOFT_CAP' | 'WINDOW'>,
  grid: Grid,
): void {
  const { Q_HEADS, KV_HEADS, HEAD_DIM, KV_FORMAT, QKV_STRIDE, Y_STRIDE, SCALE, SOFT_CAP, WINDOW } = constants;
  const format = formatOf(KV_FORMAT);
  const numbers = new Float32Array(HEAD_DIM);
  const sums = new Float64Array(HEAD_DIM);
  for (let row = 0; row < grid[2]; row++) {
    const length = rows.u32[4 * row + 1]! + 1;
    const sequence = rows.u32[4 * row + 2]!;
    const first = WINDOW > 0 ? Math.max(0, length - WINDOW) : 0;
    const shares = new Float64Array(length);
    for (let head = 0; head < Q_HEADS; head++) {
      const kvHead = Math.floor(head / (Q_HEADS / KV_HEADS));
      const query = row * QKV_STRIDE + head * HEAD_DIM;
      let maximum = -Infinity;
      for (let position = first; position < length; position++) {
        loadPosition(keys, format, placeOf(tables, constants, sequence, position, kvHead), numbers);
        let score = 0;
        for (let i = 0; i < HEAD_DIM; i++) score += qkv.f32[query + i]! * numbers[i]!;
        score *= SCALE;
        if (SOFT_CAP > 0) score = softCapped(score, SOFT_CAP);
        shares[position] = score;
        maximum = Math.max(maximum, score);
      }
      let total = 0;
      sums.fill(0);
      for (let position = first; position < length; position++) {
        const share = Math.exp(shares[position]! - maximum);
        total += share;
        loadPosition(values, format, placeOf(tables, constants, sequence, position, kvHead), numbers);
        for (let i = 0; i < HEAD_DIM; i++) sums[i] = sums[i]! + share * numbers[i]!;
      }
      for (let i = 0; i < HEAD_DIM; i++) y.f32[row * Y_STRIDE + head * HEAD_DIM + i] = sums[i]! / total;
    }
  }
}
