import { defineKernel } from '../../gpu/kernel';
import { PACKED_CONSTANTS, packedWgsl } from '../shared/packed';
import dot from '../shared/dot.wgsl?raw';
import epilogue from '../shared/epilogue.wgsl?raw';
import { matmulOnCpu } from './matmul.cpu';
import main from './matmul.wgsl?raw';

/** y[r][Y_OFFSET + o] = Σ w[o][i] · x[r][i] for several rows; each row bit-equal to what `matvec` gives it. */
export const matmul = defineKernel({
  name: 'matmul',
  bindings: [
    { name: 'x', access: 'read' },
    { name: 'codes', access: 'read' },
    { name: 'scales', access: 'read' },
    { name: 'y', access: 'read_write' },
  ],
  constants: [...PACKED_CONSTANTS, 'OUTPUTS', 'WORKGROUP', 'LANES', 'Y_OFFSET', 'EPILOGUE', 'Y_STRIDE'],
  wgsl: (constants) => [packedWgsl(constants), dot, epilogue, main].join('\n'),
  cpu: matmulOnCpu,
});
