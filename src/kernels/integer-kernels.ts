/** The kernels of the class whose activations are codes, in one script that is fetched with the first model of that class. */
import { matmulInteger, matmulTiledInteger, matvecInteger } from './matmul/integer';
import { quantizeRows } from './quantize-rows/quantize-rows';
import { rmsNormQuantized } from './rms-norm/rms-norm-quantized';

export const integerKernels = { quantizeRows, rmsNormQuantized, matvecInteger, matmulInteger, matmulTiledInteger };
export type IntegerKernels = typeof integerKernels;
