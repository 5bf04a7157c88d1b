import { describe, expect, it } from 'vitest';
import { ROW_CLASSES } from '../product-variants';
import { BLOCK } from '../shared/kv-pool';
import { attentionTiling, attentionVariants } from './attention-variants';
import type { AttentionKey } from './attention-variants';

/** Query heads of a kv head, and their size. */
const HEADS = [[1, 64], [2, 256], [3, 64], [4, 128], [7, 64], [8, 80], [8, 256], [12, 40]] as const; // prettier-ignore

const keys = HEADS.flatMap(([group, headDim]) =>
  ROW_CLASSES.flatMap((run) =>
    [1, 8, 32].flatMap((lanes) =>
      (lanes === 1 ? [false] : [false, true]).map((split): AttentionKey => {
        return { group, kvHeads: 4, headDim, kvFormat: 'f16', window: 0, rows: run, run, split, lanes };
      }),
    ),
  ),
);

describe('the variants of every key', () => {
  it('are at most eight, and each deals the work otherwise', () => {
    for (const key of keys) {
      const deals = attentionVariants(key).map((variant) => [attentionTiling(key, variant), variant.sharers]);
      expect(deals.length).toBeLessThanOrEqual(8);
      expect(new Set(deals.map((deal) => JSON.stringify(deal))).size).toBe(deals.length);
    }
  });

  it('keep within what every device has, and leave no query to nobody', () => {
    for (const key of keys) {
      for (const variant of attentionVariants(key)) {
        const { ROWS, HEADS: heads, WORKGROUP, SUMMED, SUM_TURNS, SHARED } = attentionTiling(key, variant);
        const queries = ROWS * heads;
        expect(key.group % heads).toBe(0);
        expect(WORKGROUP % BLOCK).toBe(0);
        expect(WORKGROUP).toBeLessThanOrEqual(256);
        expect(4 * (2 * queries * BLOCK + 2 * queries)).toBeLessThanOrEqual(16384);
        expect(Math.floor(WORKGROUP / (key.headDim / 4)) * SUMMED * SUM_TURNS).toBeGreaterThanOrEqual(queries);
        expect(WORKGROUP * SHARED).toBeGreaterThanOrEqual((queries * BLOCK) / 4);
      }
    }
  });

  it('are several for one token and for a prompt', () => {
    const offered = (key: AttentionKey) => attentionVariants(key).length;
    const llama = { group: 4, kvHeads: 8, headDim: 128, kvFormat: 'f16', window: 0, lanes: 32 } as const;
    expect(offered({ ...llama, rows: 1, run: 1, split: true })).toBeGreaterThan(3);
    expect(offered({ ...llama, rows: 64, run: 64, split: false })).toBeGreaterThan(3);
  });
});
