import type { Constants, CpuView, Grid } from '../../gpu/kernel';
import { quantizeRowsOnCpu } from '../quantize-rows/quantize-rows.cpu';

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
