/**
 * The ways in which a product may be computed. They differ in how threads share the work, never in the order of additions:
 * every variant of a key gives the same bits, so that a device may take whichever is fastest on it.
 */
import { divideUp } from '../lib/shapes';
import type { Decoder } from './shared/packed';

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
  /** Threads that share an output: the numerics class (Backend.lanes). */
  readonly lanes: number;
}

export interface ProductVariant {
  /** Threads of a workgroup, a multiple of the key's lanes. */
  readonly workgroup: number;
  /** Weight rows that a team of `lanes` threads multiplies; of a gated product half of them are gates, half are ups. */
  readonly outputsPerThread: number;
  /** Rows of activations of a team; one is matvec, more are matmul. */
  readonly rowsPerThread: number;
}

/** How a pass chooses. */
export interface ProductChoice {
  /** See Backend.lanes. */
  readonly lanes: number;
  /** One of `productVariants(key)`. */
  readonly choose: (key: ProductKey) => ProductVariant;
}

/** The first variant of every key. */
export function defaultProducts(lanes: number): ProductChoice {
  return { lanes, choose: (key) => productVariants(key)[0] };
}

/** The most rows of each class: a variant is timed with as many. */
export const ROW_CLASSES = [1, 2, 4, 8, 64] as const;
export type RowClass = (typeof ROW_CLASSES)[number];

/** The class of a pass of `rows` rows: 1, 2, 3 to 4, 5 to 8, or more. */
export function rowClass(rows: number): RowClass {
  return ROW_CLASSES.find((most) => rows <= most) ?? 64;
}

/** A key as one word, for tables of choices. */
export function productKeyText({ decoder, width, outputs, rows, result, lanes }: ProductKey): string {
  return [decoder, width, outputs, rows, result, lanes].join('-');
}

/** Outputs of which one rank is kept: a workgroup's, alike in all variants, so that a row has its ranks in any of them. */
export function outputsPerRank(lanes: number): number {
  return lanes === 1 ? 64 : divideUp(256, lanes);
}

/** At most eight; the first is the default, on a GPU and in software alike. */
export function productVariants({ rows, lanes }: ProductKey): readonly [ProductVariant, ...ProductVariant[]] {
  // In software small workgroups, so that small matrices still occupy every core.
  return [{ workgroup: lanes === 1 ? 16 : 64, outputsPerThread: 4, rowsPerThread: rows === 1 ? 1 : 4 }];
}
