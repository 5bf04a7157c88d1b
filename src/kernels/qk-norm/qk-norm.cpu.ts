import type { Constants, CpuView, Grid } from '../../gpu/kernel';
import { roundUp } from '../../lib/shapes';

/** Twin of qk-norm.wgsl. */
export function qkNormOnCpu(
  { qkv, weight }: Readonly<Record<'qkv' | 'weight', CpuView>>,
  constants: Constants<'Q_HEADS' | 'KV_HEADS' | 'HEAD_DIM' | 'QKV_STRIDE' | 'EPSILON'>,
  grid: Grid,
): void {
  const { Q_HEADS, KV_HEADS, HEAD_DIM, QKV_STRIDE, EPSILON } = constants;
  const weightStride = roundUp(HEAD_DIM, 32);
  for (let row = 0; row < grid[2]; row++) {
    for (const [firstHead, heads] of [
      [0, Q_HEADS],
      [Q_HEADS, KV_HEADS],
    ] as const) {
      const base = row * QKV_STRIDE + firstHead * HEAD_DIM;
      const numbers = qkv.f32.subarray(base, base + heads * HEAD_DIM);
      let sum = 0;
      for (const number of numbers) sum += number ** 2;
      const factor = 1 / Math.sqrt(sum / numbers.length + EPSILON);
      for (let i = 0; i < numbers.length; i++) {
        const head = firstHead + Math.floor(i / HEAD_DIM);
        numbers[i] = numbers[i]! * factor * weight.f32[head * weightStride + (i % HEAD_DIM)]!;
      }
    }
  }
}
