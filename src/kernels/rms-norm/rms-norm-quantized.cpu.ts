import type { Constants, CpuView, Grid } from '../../gpu/kernel';
import { quantizeRowsOnCpu } from '../quantize-rows/quantize-rows.cpu';
import { rmsNormOnCpu } from './rms-norm.cpu';

/** Twin of rms-norm.wgsl with codes.wgsl. */
export function rmsNormQuantizedOnCpu(
  { x, weight, quantized }: Readonly<Record<'x' | 'weight' | 'quantized', CpuView>>,
  constants: Constants<'STRIDE' | 'WIDTH' | 'EPSILON'>,
  grid: Grid,
): void {
  const f32 = new Float32Array(grid[2] * 4 * constants.STRIDE);
  const normed = { f32, u32: new Uint32Array(f32.buffer) };
  rmsNormOnCpu({ x, weight, y: normed }, { ...constants, ADD: 0 }, grid);
  quantizeRowsOnCpu({ x: normed, quantized }, { CHUNKS: constants.STRIDE / 8 }, grid);
}
