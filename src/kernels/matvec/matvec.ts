import { defineKernel } from '../../gpu/kernel';
import argmax from '../shared/argmax.wgsl?raw';
import dot from '../shared/dot.wgsl?raw';
import epilogue from '../shared/epilogue.wgsl?raw';
import { PACKED_CONSTANTS, packedWgsl } from '../shared/packed';
import rank from '../shared/rank.wgsl?raw';
import { multiplications } from '../shared/work';
import intoRanks from './argmax.wgsl?raw';
import { matvecArgmaxOnCpu, matvecOnCpu } from './matvec.cpu';
import product from './matvec.wgsl?raw';
import intoY from './store.wgsl?raw';

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
  wgsl: (constants) => [packedWgsl(constants), dot, epilogue, product, intoY].join('\n'),
  work: (constants, grid) => multiplications(constants, grid, 1),
  cpu: matvecOnCpu,
});

/** Of each workgroup's products the first rank, FIRST_ID being the token of the first output; no product is stored. */
export const matvecArgmax = defineKernel({
  name: 'matvec/argmax',
  bindings: [
    { name: 'x', access: 'read' },
    { name: 'codes', access: 'read' },
    { name: 'scales', access: 'read' },
    { name: 'ranks', access: 'read_write' },
  ],
  constants: [...PACKED_CONSTANTS, 'OUTPUTS', 'WORKGROUP', 'LANES', 'FIRST_ID', 'RANK_STRIDE', 'RANK_OFFSET'],
  wgsl: (constants) => [packedWgsl(constants), dot, rank, argmax, product, intoRanks].join('\n'),
  work: (constants, grid) => multiplications(constants, grid, 1),
  cpu: matvecArgmaxOnCpu,
});
