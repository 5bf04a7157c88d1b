import type { Constants, CpuView, Grid } from '../../gpu/kernel';

/** Twin of gather-rows.wgsl. */
export function gatherRowsOnCpu(
  { x, picked, y }: Readonly<Record<'x' | 'picked' | 'y', CpuView>>,
  { STRIDE }: Constants<'STRIDE'>,
  grid: Grid,
): void {
  const stride = 4 * STRIDE;
  for (let i = 0; i < grid[2]; i++) {
    const from = picked.u32[i]! * stride;
    y.f32.set(x.f32.subarray(from, from + stride), i * stride);
  }
}
