import { defineKernel } from '../../gpu/kernel';
import { PACKED_CONSTANTS, packedWgsl } from '../shared/packed';
import dot from '../shared/dot.wgsl?raw';
import epilogue from '../shared/epilogue.wgsl?raw';
import { matvecOnCpu } from './matvec.cpu';
import main from './matvec.wgsl?raw';

/** y[Y_OFFSET + o] = Σ w[o][i] · x[i]: decode's product of a packed matrix with one row of activations. */
export const matvec = defineKernel({
  name: 'matvec',
  bindings: [
    { name: 'x', access: 'read' },
    { name: 'codes', access: 'read' },
    { name: 'scales', access: 'read' },
    { name: 'y', access: 'read_write' },
  ],
  constants: [...PACKED_CONSTANTS, 'OUTPUTS', 'WORKGROUP', 'LANES', 'Y_OFFSET', 'EPILOGUE'],
  wgsl: (constants) => [packedWgsl(constants), dot, epilogue, main].join('\n'),
  cpu: matvecOnCpu,
});
