/** Splits of a sequence's positions (splits.wgsl draws them), for those who record attention and make room for its results. */
import { divideUp } from '../../lib/shapes';
import { BLOCK } from '../shared/kv-pool';

/** Positions of a split. */
export const SPLIT = 8 * BLOCK;

/** Positions beyond which the splits of a few rows go to workgroups of their own: fewer are not worth another dispatch. */
export const LONG_CONTEXT = 2 * SPLIT;

/** Rows of a forward for whose partial results there is room; more of them occupy a device without being split. */
export const SPLIT_ROWS = 8;

/** Names of the constants that kernels share which write or merge splits. */
export const SPLIT_CONSTANTS = ['Q_HEADS', 'Y_STRIDE', 'WINDOW', 'SPLITS'] as const;
export type SplitConstant = (typeof SPLIT_CONSTANTS)[number];

/** Splits of `positions` positions. */
export function splitsOf(positions: number): number {
  return divideUp(positions, SPLIT);
}

/** Bytes of the partial results of SPLIT_ROWS rows, none where no context is long. */
export function partialBytes(contextLength: number, heads: number, headDim: number): number {
  return contextLength > LONG_CONTEXT ? 4 * SPLIT_ROWS * heads * splitsOf(contextLength) * (headDim + 4) : 0;
}
