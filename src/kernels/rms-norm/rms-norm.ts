import { defineKernel } from '../../gpu/kernel';
import { quantizingWgsl } from '../shared/quantize';
import codes from './codes.wgsl?raw';
import { rmsNormOnCpu, rmsNormQuantizedOnCpu } from './rms-norm.cpu';
import norm from './rms-norm.wgsl?raw';
import store from './store.wgsl?raw';

const INPUTS = [
  { name: 'x', access: 'read' },
  { name: 'weight', access: 'read' },
] as const;

/** y[r] = x[r] / sqrt(mean(x[r]²) + EPSILON) · weight, or y[r] += … where ADD is 1. */
export const rmsNorm = defineKernel({
  name: 'rms-norm',
  bindings: [...INPUTS, { name: 'y', access: 'read_write' }],
  constants: ['STRIDE', 'WIDTH', 'EPSILON', 'ADD'],
  wgsl: () => [norm, store].join('\n'),
  cpu: rmsNormOnCpu,
});

/** quantized[r] = what `quantizeRows` makes of `rmsNorm`'s result. */
export const rmsNormQuantized = defineKernel({
  name: 'rms-norm/int8',
  bindings: [...INPUTS, { name: 'quantized', access: 'read_write' }],
  constants: ['STRIDE', 'WIDTH', 'EPSILON'],
  wgsl: () => [norm, quantizingWgsl(codes)].join('\n'),
  cpu: rmsNormQuantizedOnCpu,
});
