import type { Constants, Grid } from '../../gpu/kernel';
import { dequantize } from '../quantize-rows/quantize-rows.cpu';
import { matmulOnCpu } from './matmul.cpu';
import type { ProductBuffers, ProductConstant } from './matmul.cpu';

/** Twin of integer.wgsl: by the numbers that the codes stand for. */
export function matmulIntegerOnCpu(
  { x, ...others }: ProductBuffers,
  constants: Constants<ProductConstant>,
  grid: Grid,
): void {
  const f32 = dequantize(x);
  matmulOnCpu({ x: { f32, u32: new Uint32Array(f32.buffer) }, ...others }, constants, grid);
}
