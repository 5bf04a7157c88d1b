import type { Constants, CpuView } from '../../gpu/kernel';
import { firstRanksOnCpu, multiplyOnCpu } from '../matmul/matmul.cpu';
import type { ArgmaxConstant, ProductConstant } from '../matmul/matmul.cpu';

/** Twin of matvec.wgsl: one row of matmul.wgsl. */
export function matvecOnCpu(
  buffers: Readonly<Record<'x' | 'codes' | 'scales' | 'y', CpuView>>,
  constants: Constants<Exclude<ProductConstant, 'Y_STRIDE'>>,
): void {
  multiplyOnCpu(buffers, { ...constants, Y_STRIDE: 0 }, 1);
}

/** Twin of matvec.wgsl with argmax.wgsl. */
export function matvecArgmaxOnCpu(
  buffers: Readonly<Record<'x' | 'codes' | 'scales' | 'ranks', CpuView>>,
  constants: Constants<ArgmaxConstant>,
): void {
  firstRanksOnCpu(buffers, constants, 1);
}
