import type { Constants, CpuView, Grid } from '../../gpu/kernel';
import { rmsNormOnCpu } from '../rms-norm/rms-norm.cpu';
import { decodeRow } from '../shared/packed.cpu';
import type { PackedConstant } from '../shared/packed';
import { Epilogue, gated, isGated } from '../shared/epilogue';
import { isBefore, LAST, rankKey } from '../shared/rank.cpu';

export type ProductConstant = PackedConstant | 'ROWS_PER_THREAD' | 'OUTPUTS' | 'Y_OFFSET' | 'Y_STRIDE' | 'EPILOGUE';

type ArgmaxConstant =
  | PackedConstant
  | 'WORKGROUP'
  | 'LANES'
  | 'OUTPUTS_PER_THREAD'
  | 'ROWS_PER_THREAD'
  | 'OUTPUTS'
  | 'FIRST_ID'
  | 'RANK_STRIDE'
  | 'RANK_OFFSET';

export type ProductBuffers = Readonly<Record<'x' | 'codes' | 'scales' | 'y', CpuView>>;

/** Twin of matmul.wgsl with store.wgsl; each weight row is decoded once for all rows of x. */
export function matmulOnCpu(
  { x, codes, scales, y }: ProductBuffers,
  constants: Constants<ProductConstant>,
  grid: Grid,
): void {
  const { OUTPUTS, CHUNKS, Y_OFFSET, Y_STRIDE, EPILOGUE } = constants;
  const width = 32 * CHUNKS;
  const rows = Math.min(constants.ROWS_PER_THREAD * grid[2], Math.floor(y.f32.length / Y_STRIDE));
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

type NormedBuffers = ProductBuffers & Readonly<Record<'gamma', CpuView>>;

/** Twin of matmul.wgsl with normed.wgsl: the rows of x are normed, and then multiplied. */
export function matmulNormedOnCpu(
  { x, gamma, ...others }: NormedBuffers,
  constants: Constants<ProductConstant | 'WIDTH' | 'EPSILON'>,
  grid: Grid,
): void {
  const stride = 32 * constants.CHUNKS;
  const normed = new Float32Array(x.f32.length);
  const y = { f32: normed, u32: new Uint32Array(normed.buffer) };
  const norm = { STRIDE: stride / 4, WIDTH: constants.WIDTH, EPSILON: constants.EPSILON, ADD: 0 };
  rmsNormOnCpu({ x, weight: gamma, y }, norm, [1, 1, Math.floor(x.f32.length / stride)]);
  matmulOnCpu({ x: y, ...others }, constants, grid);
}

type ArgmaxBuffers = Readonly<Record<'x' | 'codes' | 'scales' | 'ranks', CpuView>>;

const logit = new Float32Array(1);
const logitBits = new Uint32Array(logit.buffer);

/** Twin of matmul.wgsl with argmax.wgsl. */
export function matmulArgmaxOnCpu(
  { x, codes, scales, ranks }: ArgmaxBuffers,
  constants: Constants<ArgmaxConstant>,
  grid: Grid,
): void {
  const { OUTPUTS, CHUNKS, WORKGROUP, LANES, FIRST_ID, RANK_STRIDE, RANK_OFFSET } = constants;
  const width = 32 * CHUNKS;
  const rows = Math.min(constants.ROWS_PER_THREAD * grid[2], Math.floor(ranks.u32.length / (2 * RANK_STRIDE)));
  const weights = new Float32Array(width);
  const outputsPerWorkgroup = (WORKGROUP / LANES) * constants.OUTPUTS_PER_THREAD;
  for (let output = 0; output < OUTPUTS; output++) {
    decodeRow(codes, scales, constants, output, weights);
    const rank = RANK_OFFSET + Math.floor(output / outputsPerWorkgroup);
    for (let row = 0; row < rows; row++) {
      const at = 2 * (row * RANK_STRIDE + rank);
      if (output % outputsPerWorkgroup === 0) ranks.u32.fill(LAST, at, at + 2);
      logit[0] = dot(weights, x.f32, row * width);
      const key = rankKey(logitBits[0]!);
      if (!isBefore(key, FIRST_ID + output, ranks.u32[at]!, ranks.u32[at + 1]!)) continue;
      ranks.u32[at] = key;
      ranks.u32[at + 1] = FIRST_ID + output;
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
