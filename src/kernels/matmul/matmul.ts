import { defineKernel } from '../../gpu/kernel';
import argmax from '../shared/argmax.wgsl?raw';
import dot from '../shared/dot.wgsl?raw';
import { ROW_MULTIPLE } from '../shared/epilogue';
import epilogue from '../shared/epilogue.wgsl?raw';
import { PACKED_CONSTANTS, packedWgsl } from '../shared/packed';
import rank from '../shared/rank.wgsl?raw';
import { multiplications } from '../shared/work';
import intoRanks from './argmax.wgsl?raw';
import { matmulArgmaxOnCpu, matmulOnCpu } from './matmul.cpu';
import product from './matmul.wgsl?raw';
import intoY from './store.wgsl?raw';

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
  wgsl: (constants) => [packedWgsl(constants), dot, epilogue, product, intoY].join('\n'),
  work: (constants, grid) => multiplications(constants, grid, ROW_MULTIPLE * grid[2]),
  cpu: matmulOnCpu,
});

/** What `matvecArgmax` gives, for several rows. */
export const matmulArgmax = defineKernel({
  name: 'matmul/argmax',
  bindings: [
    { name: 'x', access: 'read' },
    { name: 'codes', access: 'read' },
    { name: 'scales', access: 'read' },
    { name: 'ranks', access: 'read_write' },
  ],
  constants: [...PACKED_CONSTANTS, 'OUTPUTS', 'WORKGROUP', 'LANES', 'FIRST_ID', 'RANK_STRIDE', 'RANK_OFFSET'],
  wgsl: (constants) => [packedWgsl(constants), dot, rank, argmax, product, intoRanks].join('\n'),
  work: (constants, grid) => multiplications(constants, grid, ROW_MULTIPLE * grid[2]),
  cpu: matmulArgmaxOnCpu,
});
