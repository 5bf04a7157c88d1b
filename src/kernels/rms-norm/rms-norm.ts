import { defineKernel } from '../../gpu/kernel';
import { rmsNormOnCpu } from './rms-norm.cpu';
import norm from './rms-norm.wgsl?raw';
import store from './store.wgsl?raw';

/** y[r] = x[r] / sqrt(mean(x[r]²) + EPSILON) · weight, or y[r] += … where ADD is 1. */
export const rmsNorm = defineKernel({
  name: 'rms-norm',
  bindings: [
    { name: 'x', access: 'read' },
    { name: 'weight', access: 'read' },
    { name: 'y', access: 'read_write' },
  ],
  constants: ['STRIDE', 'WIDTH', 'EPSILON', 'ADD'],
  wgsl: () => [norm, store].join('\n'),
  cpu: rmsNormOnCpu,
});
