/** Splits of a sequence's positions (splits.wgsl draws them), for those who record attention and make room for its results. */
import { BLOCK } from '../shared/kv-pool';

/** Positions of a split. */
export const SPLIT = 8 * BLOCK;

/** Names of the constants that kernels share which write or merge splits. */
export const SPLIT_CONSTANTS = ['Q_HEADS', 'Y_STRIDE', 'WINDOW', 'SPLITS'] as const;
export type SplitConstant = (typeof SPLIT_CONSTANTS)[number];
