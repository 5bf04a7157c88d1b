/**
 * The ways in which a product may be computed. They differ in how threads share the work, never in the order of additions:
 * every variant of a key gives the same bits, so that a device may take whichever is fastest on it.
 */
import type { Backend } from '../gpu/backend';
import { present } from '../lib/invariant';
import { divideUp } from '../lib/shapes';
import { CHUNK } from '../quant/format';
import { integerTiledBytes, tiledBytes, tiledShare } from './matmul/matmul';
import { type Decoder, VECTOR_QUADS } from './shared/packed';
import type { ActivationFormat } from './shared/quantized';

/** What the choice of a variant may depend on. */
export interface ProductKey {
  readonly decoder: Decoder;
  /** Weights in a row. */
  readonly width: number;
  /** Outputs of one dispatch. */
  readonly outputs: number;
  /** Rows of activations, as `rowClass` counts them. */
  readonly rows: RowClass;
  /** What is written: products, products of gates and ups, or the likeliest output of each workgroup. */
  readonly result: 'products' | 'gated' | 'ranks';
  /** How the rows lie there, which is a numerics class each. */
  readonly activations: ActivationFormat;
  /** The rows are normed by the product itself. */
  readonly normed: boolean;
  /** Threads that share an output: `lanesOf`. */
  readonly lanes: number;
  /** See Backend.quads. */
  readonly quads: boolean;
}

export interface ProductVariant {
  /**
   * `direct`: from registers, `lanes` threads to an output. `quads`: so too, with activations that four neighbours read
   * together, where each has outputs to itself. `tiled`: through workgroup memory, for many rows.
   */
  readonly kernel: 'direct' | 'quads' | 'tiled';
  /** Threads of a workgroup. */
  readonly workgroup: number;
  /** Weight rows that a thread multiplies; of a gated product half of them are gates, half are ups. */
  readonly outputsPerThread: number;
  /** Rows of activations that a thread multiplies them with. */
  readonly rowsPerThread: number;
  /** The quads of a vector are written out, not a loop: faster, and longer to compile. Tiles have no such choice. */
  readonly whole: boolean;
}

/** What a backend says of its threads. */
export type Threads = Pick<Backend, 'lanes' | 'quads'>;

/** How a pass chooses. */
export interface ProductChoice {
  readonly threads: Threads;
  /** One of `productVariants(key)`. */
  readonly choose: (key: ProductKey) => ProductVariant;
}

/**
 * Threads that share an output of a matrix `width` weights wide, in a numerics class: as many as the class has, but so few
 * that each has two chunks or more.
 * @param lanes Backend.lanes
 */
export function lanesOf(width: number, lanes: number): number {
  return Math.min(lanes, 2 ** Math.floor(Math.log2(Math.max(1, width / CHUNK / 2))));
}

/**
 * Whether the products of a numerics class norm the rows they read, so that a norm is no dispatch of its own. Where each
 * thread has its outputs to itself, all of them would norm the whole row; there a dispatch costs less.
 */
export function normsInside(lanes: number): boolean {
  return lanes > 1;
}

/** The first variant of every key. */
export function defaultProducts(threads: Threads): ProductChoice {
  return { threads, choose: (key) => productVariants(key)[0] };
}

/** The most rows of each class: a variant is timed with as many. */
export const ROW_CLASSES = [1, 2, 4, 8, 16, 64] as const;
export type RowClass = (typeof ROW_CLASSES)[number];

/** The class of a pass of `rows` rows: 1, 2, to 4, to 8, to 16, or more. */
export function rowClass(rows: number): RowClass {
  return ROW_CLASSES.find((most) => rows <= most) ?? 64;
}

/** A key as one word, for tables of choices. */
export function productKeyText(key: ProductKey): string {
  const { decoder, width, outputs, rows, result, activations, normed, lanes, quads } = key;
  return [decoder, width, outputs, rows, result, activations, normed, lanes, quads].join('-');
}

/** Outputs of which one rank is kept: a workgroup's, alike in all variants, so that a row has its ranks in any of them. */
export function outputsPerRank(lanes: number): number {
  return lanes === 1 ? 64 : divideUp(256, lanes);
}

/** [workgroup, outputs of a thread, rows of a thread, whether whole vectors are written out] */
type Sizes = readonly [workgroup: number, outputs: number, rows: number, whole?: 'whole'];

type Choices = Readonly<Partial<Record<ProductVariant['kernel'], readonly Sizes[]>>>;

/**
 * Where threads share outputs, on GPUs: few weight rows to a thread, so that there are many threads, and their loads in
 * flight; and for many rows tiles, in the first of which a thread has 32 products for 12 vectors that it reads.
 */
const SHARED: Record<RowClass, Choices> = {
  1: { direct: [[64, 4, 1], [128, 4, 1], [256, 4, 1], [64, 2, 1], [128, 2, 1], [64, 8, 1], [32, 8, 1]] },
  2: { direct: [[64, 4, 2], [128, 4, 2], [64, 2, 2], [128, 2, 2], [64, 8, 2], [32, 8, 2]] },
  4: { direct: [[64, 4, 4], [128, 4, 4], [64, 2, 4], [128, 2, 4], [64, 8, 4], [32, 8, 4]] },
  8: { direct: [[64, 4, 8], [64, 2, 8], [128, 2, 8], [64, 8, 8], [64, 4, 4]] },
  16: { tiled: [[64, 8, 2], [128, 4, 2], [64, 4, 2]], direct: [[64, 4, 8], [64, 8, 8]] },
  64: { tiled: [[64, 8, 4], [128, 4, 4], [64, 4, 4], [128, 2, 4]], direct: [[64, 4, 8], [64, 8, 8]] },
}; // prettier-ignore

/**
 * Where each thread has its outputs to itself, in software: a load costs there as much as eight multiplications, so a thread
 * has many outputs and rows; workgroups are small, so that small matrices still occupy every core; and no thread waits for
 * another, which is dear.
 */
const ALONE: Record<RowClass, Choices> = {
  1: { direct: [[4, 16, 1], [8, 8, 1], [16, 4, 1]] },
  2: { direct: [[4, 16, 2], [8, 8, 2]] },
  4: { direct: [[4, 16, 4], [4, 32, 4], [8, 8, 4]] },
  8: { direct: [[4, 16, 8], [4, 32, 8], [8, 8, 8]] },
  16: { direct: [[4, 16, 8], [4, 32, 8], [4, 16, 16]] },
  64: { direct: [[4, 16, 8], [4, 32, 8], [4, 16, 16]] },
}; // prettier-ignore

/**
 * The same where four neighbours read activations together: a thread needs half the outputs for as many multiplications to a
 * load. First what compiles fast, for a prompt's kernels stand between a visitor and the first answer; whole vectors are for
 * the tuner.
 */
const ALONE_IN_QUADS: Record<RowClass, Choices> = {
  1: { quads: [[16, 4, 1, 'whole'], [32, 2, 1, 'whole'], [8, 8, 1, 'whole']], direct: [[4, 16, 1]] },
  2: { quads: [[16, 4, 2, 'whole'], [8, 8, 2, 'whole']], direct: [[4, 16, 2]] },
  4: { quads: [[8, 8, 4], [8, 8, 4, 'whole'], [16, 4, 4, 'whole']], direct: [[4, 16, 4]] },
  8: { quads: [[8, 8, 8], [8, 8, 8, 'whole'], [16, 4, 8, 'whole']], direct: [[4, 16, 8]] },
  16: { quads: [[8, 8, 8], [8, 8, 8, 'whole'], [16, 4, 8, 'whole']], direct: [[4, 16, 8]] },
  64: { quads: [[8, 8, 8], [8, 8, 8, 'whole'], [16, 4, 8, 'whole']], direct: [[4, 16, 8]] },
}; // prettier-ignore

/** Bytes of workgroup memory that every device has. */
const WORKGROUP_BYTES = 16384;

/** At most eight; the first is the default. */
export function productVariants(key: ProductKey): readonly [ProductVariant, ...ProductVariant[]] {
  const { quads = [], tiled = [], direct = [] } = choicesOf(key)[key.rows];
  const [first, ...others] = [
    ...quads.map((sizes) => variantOf('quads', sizes)),
    ...tiled.map((sizes) => variantOf('tiled', sizes)),
    ...direct.map((sizes) => variantOf('direct', sizes)),
  ].filter((variant) => (variant.kernel === 'tiled' ? tileSuits(key, variant) : directSuits(key, variant)));
  return [present(first, `a variant of ${productKeyText(key)}`), ...others];
}

function choicesOf({ lanes, quads, activations, decoder }: ProductKey): Record<RowClass, Choices> {
  if (lanes > 1) return SHARED;
  if (activations === 'int8') return ALONE;
  return quads && VECTOR_QUADS[decoder] >= 4 ? ALONE_IN_QUADS : ALONE; // of fewer quads to a vector there is little to share
}

function tileSuits(key: ProductKey, variant: ProductVariant): boolean {
  const bytes = key.activations === 'int8' ? integerTiledBytes : tiledBytes;
  const fits = bytes(tiledShare(sharingConstants(key, variant)), key.decoder) <= WORKGROUP_BYTES;
  return fits && key.result !== 'ranks';
}

function directSuits({ lanes, result, normed }: ProductKey, variant: ProductVariant): boolean {
  const { workgroup, outputsPerThread, rowsPerThread } = variant;
  const kept = (outputsPerThread + (normed ? 1 : 0)) * rowsPerThread;
  const fits = lanes === 1 || 4 * workgroup * kept <= WORKGROUP_BYTES;
  const isWhole = workgroup % lanes === 0;
  return fits && isWhole && (result !== 'ranks' || (workgroup / lanes) * outputsPerThread === outputsPerRank(lanes));
}

/** The constants of a variant, the same for all its kernels. */
export function sharingConstants({ lanes }: ProductKey, variant: ProductVariant) {
  return {
    WORKGROUP: variant.workgroup,
    LANES: lanes,
    OUTPUTS_PER_THREAD: variant.outputsPerThread,
    ROWS_PER_THREAD: variant.rowsPerThread,
    QUADS: variant.kernel === 'quads' ? 1 : 0,
    WHOLE: variant.whole ? 1 : 0,
  };
}

function variantOf(
  kernel: ProductVariant['kernel'],
  [workgroup, outputsPerThread, rowsPerThread, whole]: Sizes,
): ProductVariant {
  return { kernel, workgroup, outputsPerThread, rowsPerThread, whole: whole !== undefined };
}
