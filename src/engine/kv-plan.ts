/**
 * How large the KV pools are and how many sequences run in them. A sequence takes blocks as it grows, so the pool need not
 * hold every sequence at its longest; where it gets tight, the scheduler sends somebody back to wait.
 */
import { BLOCK } from '../kernels/shared/kv-pool';
import { MAX_ROWS_PER_SEQUENCE } from '../kernels/shared/slot-state';
import { divideUp } from '../lib/shapes';

/** Keys and values of all layers. A pool of one layer stays below 128 MiB, what every adapter binds. */
export const KV_BUDGET_BYTES = 256 * 2 ** 20;

/** More at once than a person, or a batch, gains from; each full one takes its share of memory. */
const MAX_SLOTS = 8;

/** Below 512 positions each, a question and a short answer, sequences would mostly push each other out. */
const LEAST_BLOCKS_PER_SEQUENCE = 16;

export interface KvPlan {
  /** Blocks of each pool, the scratch block among them. */
  blocks: number;
  /** Sequences that may run at once. */
  slots: number;
}

/**
 * As many blocks as the budget holds, but no more than all running sequences can fill, and one full sequence whatever it
 * takes. What running sequences leave free keeps the prefixes of finished ones.
 * @param blockBytes one block of keys and values in all layers, with those of a draft.
 * @param contextLength positions one sequence may have.
 * @param maxRows rows of one forward.
 */
export function planKvPool(
  { blockBytes, contextLength, maxRows }: { blockBytes: number; contextLength: number; maxRows: number },
  budgetBytes = KV_BUDGET_BYTES,
): KvPlan {
  const full = divideUp(contextLength, BLOCK);
  // All that answer find room in one forward, each with all its guesses, and who prefills is never left without a row. On
  // the processor, whose forwards are short, that makes four.
  const most = Math.max(1, Math.min(MAX_SLOTS, Math.floor(maxRows / MAX_ROWS_PER_SEQUENCE)));
  const affordable = Math.floor(budgetBytes / blockBytes) - 1; // the scratch block
  const blocks = Math.max(full, Math.min(affordable, most * full));
  const slots = Math.min(most, Math.floor(blocks / Math.min(full, LEAST_BLOCKS_PER_SEQUENCE)));
  return { blocks: blocks + 1, slots };
}
