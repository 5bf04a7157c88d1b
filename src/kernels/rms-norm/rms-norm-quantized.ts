import { defineKernel } from '../../gpu/kernel';
import { quantizingWgsl } from '../shared/quantize';
import codes from './codes.wgsl?raw';
import { rmsNormQuantizedOnCpu } from './rms-norm-quantized.cpu';
import norm from './rms-norm.wgsl?raw';

/** quantized[r] = what `quantizeRows` makes of `rmsNorm`'s result. */
export const rmsNormQuantized = defineKernel({
  name: 'rms-norm/int8',
  bindings: [
    { name: 'x', access: 'read' },
    { name: 'weight', access: 'read' },
    { name: 'quantized', access: 'read_write' },
  ],
  constants: ['STRIDE', 'WIDTH', 'EPSILON'],
  wgsl: () => [norm, quantizingWgsl(codes)].join('\n'),
  cpu: rmsNormQuantizedOnCpu,
});
