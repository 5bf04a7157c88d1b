import { type Constants, defineKernel, type Grid } from '../../gpu/kernel';
import { divideUp } from '../../lib/shapes';
import { CHUNK } from '../../quant/format';
import epilogue from '../shared/epilogue.wgsl?raw';
import { type Decoder, decoderOf, PACKED_CONSTANTS, packedWgsl, stepQuads, VECTOR_QUADS } from '../shared/packed';
import rank from '../shared/rank.wgsl?raw';
import { unroll } from '../shared/unroll';
import intoRanks from './argmax.wgsl?raw';
import { matmulArgmaxOnCpu, matmulNormedOnCpu, matmulOnCpu } from './matmul.cpu';
import multiply from './matmul.wgsl?raw';
import normed from './normed.wgsl?raw';
import own from './own.wgsl?raw';
import plain from './plain.wgsl?raw';
import quads from './quads.wgsl?raw';
import solo from './solo.wgsl?raw';
import intoYByTiles from './store-tile.wgsl?raw';
import intoY from './store.wgsl?raw';
import team from './team.wgsl?raw';
import tiled from './tiled.wgsl?raw';

/** How threads share a product; see ProductVariant. */
const SHARING = ['WORKGROUP', 'LANES', 'OUTPUTS_PER_THREAD', 'ROWS_PER_THREAD', 'QUADS', 'WHOLE'] as const;
type Sharing = (typeof SHARING)[number];

/** What comes before an epilogue: the decoder, and each thread's share of the products. */
function sharesWgsl(constants: Constants<Sharing | 'DECODER'>, activations: string): string {
  const { ROWS_PER_THREAD: r, QUADS, WHOLE } = constants;
  const q = stepQuads(constants);
  const t = WHOLE ? VECTOR_QUADS[decoderOf(constants)] / q : 1;
  const l = divideUp(r * t * q, 4);
  const text = multiply
    .replace('STEPS {', WHOLE ? ONE_STEP : STEPS)
    .replace('= ACTIVATION', `= ${QUADS ? SHARED_ACTIVATION : OWN_ACTIVATION}`);
  return [
    ...(QUADS ? ['enable subgroups;', constantsWgsl({ LOADS: l })] : []),
    constantsWgsl({ STEP: t * q }),
    sharedWgsl(constants, activations === normed ? r : 0),
    activations,
    QUADS ? unroll(quads, { l, h: 4 * l }) : own,
    unroll(text, { t, q, ...unrolling(constants) }),
  ].join('\n');
}

/** The decoder, and how threads put their products and so many other sums together. */
export function sharedWgsl(constants: Constants<Sharing | 'DECODER'>, sums: number): string {
  const { OUTPUTS_PER_THREAD, LANES } = constants;
  return [
    constantsWgsl({ ...keptConstants(constants, sums), TEAM_ROWS: OUTPUTS_PER_THREAD }),
    packedWgsl(constants),
    LANES === 1 ? solo : team,
  ].join('\n');
}

// What stands in matmul.wgsl for a part that cannot be a function.
const STEPS = 'for (var step = 0u; step < VECTOR_QUADS; step += STEP) {';
const ONE_STEP = 'const step = 0u; {';
const OWN_ACTIVATION = 'x[read + 8u * CHUNKS * {r}u + STEP_QUADS * {t}u + {q}u]';
const SHARED_ACTIVATION = 'read[STEP * {r}u + STEP_QUADS * {t}u + {q}u]';

/** What a thread keeps: its products and so many other sums. */
function keptConstants({ OUTPUTS_PER_THREAD: o, ROWS_PER_THREAD: r }: Constants<Sharing>, sums: number) {
  return {
    OUTPUTS_PER_THREAD: o,
    ROWS_PER_THREAD: r,
    PRODUCTS: o * r,
    KEPT: o * r + sums,
  };
}

/** Threads along the rows of activations of a tile. */
const LINES = 8;

/** What a workgroup has: weight rows, and rows of activations. */
export interface Share {
  readonly weightRows: number;
  readonly rows: number;
}

/** A workgroup's share in `matmul` and its siblings. */
export function directShare({ WORKGROUP, LANES, OUTPUTS_PER_THREAD, ROWS_PER_THREAD }: Constants<Sharing>): Share {
  return { weightRows: OUTPUTS_PER_THREAD * (WORKGROUP / LANES), rows: ROWS_PER_THREAD };
}

/** A workgroup's share in `matmulTiled`. */
export function tiledShare({ WORKGROUP, OUTPUTS_PER_THREAD, ROWS_PER_THREAD }: Constants<Sharing>): Share {
  return { weightRows: OUTPUTS_PER_THREAD * (WORKGROUP / LINES), rows: ROWS_PER_THREAD * LINES };
}

/** Bytes of workgroup memory that `matmulTiled` takes: a stage of 32 weights and activations, scales and totals (tiled.wgsl). */
export function tiledBytes({ weightRows, rows }: Share, decoder: Decoder): number {
  const vectors = 8 / VECTOR_QUADS[decoder];
  return 16 * 8 * (weightRows + rows) + vectors * (8 * weightRows + 8 * rows);
}

/** Bytes of workgroup memory that `matmulTiledInteger` takes: a stage of 64 codes, scales and totals (integer-tiled.wgsl). */
export function integerTiledBytes({ weightRows, rows }: Share, decoder: Decoder): number {
  const vectors = 16 / VECTOR_QUADS[decoder];
  return (8 * 8 + 8 * vectors) * (weightRows + rows);
}

/** Multiplications of all workgroups, by which a long step is cut (gpu/pace.ts). */
function multiplications({ weightRows, rows }: Share, { CHUNKS }: Constants<'CHUNKS'>, [x, y, z]: Grid): number {
  return x * y * z * weightRows * rows * CHUNK * CHUNKS;
}

function constantsWgsl(constants: Readonly<Record<string, number>>): string {
  return Object.entries(constants)
    .map(([name, value]) => `const ${name} = ${value}u;`)
    .join('\n');
}

export const BINDINGS = [
  { name: 'x', access: 'read' },
  { name: 'codes', access: 'read' },
  { name: 'scales', access: 'read' },
  { name: 'y', access: 'read_write' },
] as const;
const GAMMA = { name: 'gamma', access: 'read' } as const;

/** Products of activations as they are, by threads that read for themselves: what is joined to products of integers. */
export const plainWgsl = [plain, own, epilogue, intoY].join('\n');

export const CONSTANTS = [...PACKED_CONSTANTS, ...SHARING, 'OUTPUTS', 'Y_OFFSET', 'Y_STRIDE', 'EPILOGUE'] as const;

/**
 * y[r][Y_OFFSET + o] = Σ w[o][i] · x[r][i], or what EPILOGUE makes of it. A row's result has the same bits beside whichever
 * others, and in whichever sharing of the same LANES. Grid: teams of OUTPUTS in x and y, rows in z.
 */
export const matmul = defineKernel({
  name: 'matmul',
  bindings: BINDINGS,
  constants: CONSTANTS,
  wgsl: (constants) => directWgsl(constants, plain),
  work: (constants, grid) => multiplications(directShare(constants), constants, grid),
  cpu: matmulOnCpu,
});

/** What `matmul` gives of the rows x / sqrt(mean(x²) + EPSILON) · gamma. */
export const matmulNormed = defineKernel({
  name: 'matmul/normed',
  bindings: [...BINDINGS, GAMMA],
  constants: [...CONSTANTS, 'WIDTH', 'EPSILON'],
  wgsl: (constants) => directWgsl(constants, normed),
  work: matmul.work,
  cpu: matmulNormedOnCpu,
});

function directWgsl(constants: Constants<(typeof CONSTANTS)[number]>, activations: string): string {
  return [sharesWgsl(constants, activations), epilogue, intoY].join('\n');
}

/** What `matmul` gives, by tiles in workgroup memory: for many rows. Grid: tiles of OUTPUTS in x and y, of rows in z. */
export const matmulTiled = defineKernel({
  name: 'matmul/tiled',
  bindings: BINDINGS,
  constants: CONSTANTS,
  wgsl: (constants) => tiledWgsl(constants, plain),
  work: (constants, grid) => multiplications(tiledShare(constants), constants, grid),
  cpu: (buffers, constants, grid) => matmulOnCpu(buffers, tileRows(constants), grid),
});

/** What `matmulNormed` gives, by tiles. */
export const matmulTiledNormed = defineKernel({
  name: 'matmul/tiled/normed',
  bindings: matmulNormed.bindings,
  constants: matmulNormed.constants,
  wgsl: (constants) => tiledWgsl(constants, normed),
  work: matmulTiled.work,
  cpu: (buffers, constants, grid) => matmulNormedOnCpu(buffers, tileRows(constants), grid),
});

function tiledWgsl(constants: Constants<(typeof CONSTANTS)[number]>, activations: string): string {
  return [tileWgsl(constants), activations, unroll(tiled, unrolling(constants))].join('\n');
}

/** What comes before and behind the multiplying of a tile. */
export function tileWgsl(constants: Constants<(typeof CONSTANTS)[number]>): string {
  const { weightRows, rows } = tiledShare(constants);
  const COLUMNS = constants.WORKGROUP / LINES;
  const tile = { TEAM_ROWS: weightRows, TILE_OUTPUTS: weightRows, TILE_ROWS: rows, COLUMNS, LINES };
  return [
    constantsWgsl({ ...keptConstants(constants, 0), ...tile }),
    packedWgsl(constants),
    solo,
    epilogue,
    unroll(intoYByTiles, unrolling(constants)),
  ].join('\n');
}

/** How often lines with {o} and {r} are repeated. */
export function unrolling({ OUTPUTS_PER_THREAD: o, ROWS_PER_THREAD: r }: Constants<Sharing>) {
  return { r, o };
}

/** The constants with the rows of a workgroup, which is all that a twin asks of the sharing. */
export function tileRows<C extends Constants<Sharing>>(constants: C): C {
  return { ...constants, ROWS_PER_THREAD: tiledShare(constants).rows };
}

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
  wgsl: (constants) => [sharesWgsl(constants, plain), rank, intoRanks].join('\n'),
  work: (constants, grid) => multiplications(directShare(constants), constants, grid),
  cpu: matmulArgmaxOnCpu,
});

/** Decode's: the same with one row, by a name of its own in profiles. */
export const matvec = { ...matmul, name: 'matvec' };
export const matvecNormed = { ...matmulNormed, name: 'matvec/normed' };
export const matvecArgmax = { ...matmulArgmax, name: 'matvec/argmax' };
