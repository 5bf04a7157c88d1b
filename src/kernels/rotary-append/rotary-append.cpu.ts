import type { Constants, CpuView, Grid } from '../../gpu/kernel';
import { roundUp } from '../../lib/shapes';
import { formatOf, placeOf, storePosition } from '../shared/kv-pool.cpu';
import type { KvPoolConstant } from '../shared/kv-pool';

type RotaryConstants = Constants<KvPoolConstant | 'Q_HEADS' | 'QKV_STRIDE' | 'ROTARY_DIM'>;

/** What happens to one head's numbers before they are rotated and stored; in place. Heads: queries, keys, values. */
type CompleteHead = (numbers: Float32Array, head: number) => void;

/** Twin of rotary-append.wgsl. @param complete what bias.wgsl or norm.wgsl does, where one is joined. */
export function rotaryAppendOnCpu(
  {
    qkv,
    rows,
    tables,
    rotations,
    keys,
    values,
  }: Readonly<Record<'qkv' | 'rows' | 'tables' | 'rotations' | 'keys' | 'values', CpuView>>,
  constants: RotaryConstants,
  grid: Grid,
  complete?: CompleteHead,
): void {
  const { Q_HEADS, KV_HEADS, HEAD_DIM, KV_FORMAT, QKV_STRIDE, ROTARY_DIM } = constants;
  const half = ROTARY_DIM / 2;
  const format = formatOf(KV_FORMAT);
  const numbers = new Float32Array(HEAD_DIM);
  for (let row = 0; row < grid[2]; row++) {
    const position = rows.u32[4 * row + 1]!;
    const sequence = rows.u32[4 * row + 2]!;
    for (let head = 0; head < Q_HEADS + 2 * KV_HEADS; head++) {
      const base = row * QKV_STRIDE + head * HEAD_DIM;
      numbers.set(qkv.f32.subarray(base, base + HEAD_DIM));
      complete?.(numbers, head);
      if (head >= Q_HEADS + KV_HEADS) {
        const place = placeOf(tables, constants, sequence, position, head - Q_HEADS - KV_HEADS);
        storePosition(values, 'values', format, place, numbers);
        continue;
      }
      for (let i = 0; i < half; i++) {
        const cos = rotations.f32[2 * (position * half + i)]!;
        const sin = rotations.f32[2 * (position * half + i) + 1]!;
        const [first, second] = [numbers[i]!, numbers[half + i]!];
        numbers[i] = first * cos - second * sin;
        numbers[half + i] = second * cos + first * sin;
      }
      if (head < Q_HEADS) qkv.f32.set(numbers, base);
      else {
        const place = placeOf(tables, constants, sequence, position, head - Q_HEADS);
        storePosition(keys, 'keys', format, place, numbers);
      }
    }
  }
}

/** Twin of bias.wgsl. */
export function biasedHead(bias: CpuView, { HEAD_DIM }: RotaryConstants): CompleteHead {
  const stride = roundUp(HEAD_DIM, 32);
  return (numbers, head) => {
    for (let i = 0; i < HEAD_DIM; i++) numbers[i] = numbers[i]! + bias.f32[head * stride + i]!;
  };
}

/** Twin of norm.wgsl. */
export function normedHead(
  norms: CpuView,
  { HEAD_DIM, Q_HEADS, KV_HEADS, EPSILON }: RotaryConstants & Constants<'EPSILON'>,
): CompleteHead {
  return (numbers, head) => {
    if (head >= Q_HEADS + KV_HEADS) return;
    const weights = norms.f32.subarray(head < Q_HEADS ? 0 : roundUp(HEAD_DIM, 32));
    const meanSquare = numbers.reduce((sum, number) => sum + number ** 2, 0) / HEAD_DIM;
    const factor = 1 / Math.sqrt(meanSquare + EPSILON);
    for (let i = 0; i < HEAD_DIM; i++) numbers[i] = numbers[i]! * factor * weights[i]!;
  };
}
