import type { Constants, CpuView, Grid } from '../../gpu/kernel';

/** Twin of rms-norm.wgsl with store.wgsl. */
export function rmsNormOnCpu(
  { x, weight, y }: Readonly<Record<'x' | 'weight' | 'y', CpuView>>,
  { STRIDE, WIDTH, EPSILON, ADD }: Constants<'STRIDE' | 'WIDTH' | 'EPSILON' | 'ADD'>,
  grid: Grid,
): void {
  const stride = 4 * STRIDE;
  for (let row = 0; row < grid[2]; row++) {
    const base = row * stride;
    let sum = 0;
    for (let i = 0; i < stride; i++) sum += x.f32[base + i]! ** 2;
    const factor = 1 / Math.sqrt(sum / WIDTH + EPSILON);
    for (let i = 0; i < stride; i++) {
      const normed = x.f32[base + i]! * factor * weight.f32[i]!;
      y.f32[base + i] = ADD === 1 ? y.f32[base + i]! + normed : normed;
    }
  }
}
