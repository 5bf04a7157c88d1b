import type { Constants, CpuView, Grid } from '../../gpu/kernel';
import { decodeRow } from '../shared/packed.cpu';
import type { PackedConstant } from '../shared/packed';
import { Epilogue, gated, isGated } from '../shared/epilogue';

export type ProductConstant = PackedConstant | 'OUTPUTS' | 'WORKGROUP' | 'LANES' | 'Y_OFFSET' | 'EPILOGUE' | 'Y_STRIDE';

type ProductBuffers = Readonly<Record<'x' | 'codes' | 'scales' | 'y', CpuView>>;

/** Twin of matmul.wgsl: a workgroup in z is four rows. */
export function matmulOnCpu(buffers: ProductBuffers, constants: Constants<ProductConstant>, grid: Grid): void {
  multiplyOnCpu(buffers, constants, 4 * grid[2]);
}

/** Every output of `rows` rows; each weight row is decoded once for all of them. */
export function multiplyOnCpu(
  { x, codes, scales, y }: ProductBuffers,
  constants: Constants<ProductConstant>,
  rows: number,
): void {
  const { OUTPUTS, CHUNKS, Y_OFFSET, Y_STRIDE, EPILOGUE } = constants;
  const width = 32 * CHUNKS;
  const weights = new Float32Array(width);
  const ups = new Float32Array(width);
  for (let output = 0; output < OUTPUTS; output++) {
    decodeRow(codes, scales, constants, output, weights);
    if (isGated(EPILOGUE)) decodeRow(codes, scales, constants, OUTPUTS + output, ups);
    for (let row = 0; row < rows; row++) {
      const sum = dot(weights, x.f32, row * width);
      const at = row * Y_STRIDE + Y_OFFSET + output;
      if (isGated(EPILOGUE)) y.f32[at] = gated(EPILOGUE, sum, dot(ups, x.f32, row * width));
      else if (EPILOGUE === Epilogue.add) y.f32[at] = y.f32[at]! + sum;
      else y.f32[at] = sum;
    }
  }
}

/** Four running sums, so that the additions do not wait for one another; `weights` is a multiple of 32 long. */
function dot(weights: Float32Array, x: Float32Array, base: number): number {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  for (let i = 0; i < weights.length; i += 4) {
    a += weights[i]! * x[base + i]!;
    b += weights[i + 1]! * x[base + i + 1]!;
    c += weights[i + 2]! * x[base + i + 2]!;
    d += weights[i + 3]! * x[base + i + 3]!;
  }
  return a + b + (c + d);
}
