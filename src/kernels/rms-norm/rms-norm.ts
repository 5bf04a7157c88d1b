import { defineKernel } from '../../gpu/kernel';
import { rmsNormOnCpu } from './rms-norm.cpu';
import wgsl from './rms-norm.wgsl?raw';

/** y[r] = x[r] / sqrt(mean(x[r]²) + EPSILON) · weight. */
export const rmsNorm = defineKernel({
  name: 'rms-norm',
  bindings: [
    { name: 'x', access: 'read' },
    { name: 'weight', access: 'read' },
    { name: 'y', access: 'read_write' },
  ],
  constants: ['STRIDE', 'WIDTH', 'EPSILON'],
  wgsl: () => wgsl,
  cpu: rmsNormOnCpu,
});
