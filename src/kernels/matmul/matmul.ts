import { type Constants, defineKernel } from '../../gpu/kernel';
import epilogue from '../shared/epilogue.wgsl?raw';
import { blockShape, PACKED_CONSTANTS, packedWgsl } from '../shared/packed';
import rank from '../shared/rank.wgsl?raw';
import { unroll } from '../shared/unroll';
import { multiplications } from '../shared/work';
import intoRanks from './argmax.wgsl?raw';
import { matmulArgmaxOnCpu, matmulOnCpu } from './matmul.cpu';
import multiply from './matmul.wgsl?raw';
import solo from './solo.wgsl?raw';
import intoY from './store.wgsl?raw';
import team from './team.wgsl?raw';

/** How threads share a product; see ProductVariant. */
const SHARING = ['WORKGROUP', 'LANES', 'OUTPUTS_PER_THREAD', 'ROWS_PER_THREAD'] as const;
type Sharing = (typeof SHARING)[number];

/** What comes before an epilogue: the decoder, and each thread's share of the products. */
function sharesWgsl(constants: Constants<Sharing | 'DECODER'>): string {
  const { OUTPUTS_PER_THREAD: o, ROWS_PER_THREAD: r, LANES } = constants;
  return [
    `const OUTPUTS_PER_THREAD = ${o}u;\nconst ROWS_PER_THREAD = ${r}u;\nconst PRODUCTS = ${o * r}u;`,
    packedWgsl(constants),
    LANES === 1 ? solo : team,
    unroll(multiply, { ...blockShape(constants), r, o }),
  ].join('\n');
}

/**
 * y[r][Y_OFFSET + o] = Σ w[o][i] · x[r][i], or what EPILOGUE makes of it. A row's result has the same bits beside whichever
 * others, and in whichever sharing of the same LANES. Grid: teams of OUTPUTS in x and y, rows in z.
 */
export const matmul = defineKernel({
  name: 'matmul',
  bindings: [
    { name: 'x', access: 'read' },
    { name: 'codes', access: 'read' },
    { name: 'scales', access: 'read' },
    { name: 'y', access: 'read_write' },
  ],
  constants: [...PACKED_CONSTANTS, ...SHARING, 'OUTPUTS', 'Y_OFFSET', 'Y_STRIDE', 'EPILOGUE'],
  wgsl: (constants) => [sharesWgsl(constants), epilogue, intoY].join('\n'),
  work: multiplications,
  cpu: matmulOnCpu,
});

/** Of each workgroup's products with a row the first rank, FIRST_ID being the token of the first output. */
export const matmulArgmax = defineKernel({
  name: 'matmul/argmax',
  bindings: [
    { name: 'x', access: 'read' },
    { name: 'codes', access: 'read' },
    { name: 'scales', access: 'read' },
    { name: 'ranks', access: 'read_write' },
  ],
  constants: [...PACKED_CONSTANTS, ...SHARING, 'OUTPUTS', 'FIRST_ID', 'RANK_STRIDE', 'RANK_OFFSET'],
  wgsl: (constants) => [sharesWgsl(constants), rank, intoRanks].join('\n'),
  work: multiplications,
  cpu: matmulArgmaxOnCpu,
});

/** Decode's: the same with one row, by a name of its own in profiles. */
export const matvec = { ...matmul, name: 'matvec' };
export const matvecArgmax = { ...matmulArgmax, name: 'matvec/argmax' };
