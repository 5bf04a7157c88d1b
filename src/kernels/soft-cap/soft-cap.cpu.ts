import type { Constants, CpuView, Grid } from '../../gpu/kernel';
import { softCapped } from '../shared/soft-cap';

/** Twin of soft-cap.wgsl. */
export function softCapOnCpu(
  { y }: Readonly<Record<'y', CpuView>>,
  { STRIDE, SOFT_CAP }: Constants<'STRIDE' | 'SOFT_CAP'>,
  grid: Grid,
): void {
  for (let i = 0; i < 4 * STRIDE * grid[2]; i++) y.f32[i] = softCapped(y.f32[i]!, SOFT_CAP);
}
