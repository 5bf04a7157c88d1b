import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BLOCK } from '../kernels/shared/kv-pool';
import { divideUp } from '../lib/shapes';
import { BlockManager } from './block-manager';
import { planKvPool } from './kv-plan';

const MiB = 2 ** 20;

describe('the plan of the KV pools', () => {
  it('lets more sequences run than the pool holds at their longest', () => {
    // 22 layers · keys and values · 4 heads · 64 numbers of 2 bytes · 32 positions: 720,896 bytes a block, 372 in 256 MiB.
    const blockBytes = 22 * 2 * 4 * 64 * 2 * BLOCK;
    expect(planKvPool({ blockBytes, contextLength: 4096, maxRows: 128 })).toEqual({ blocks: 372, slots: 8 });
    expect(planKvPool({ blockBytes, contextLength: 4096, maxRows: 32 })).toEqual({ blocks: 372, slots: 4 });
  });

  it('takes no more than all running sequences can fill', () => {
    expect(planKvPool({ blockBytes: 1024, contextLength: 256, maxRows: 128 })).toEqual({ blocks: 65, slots: 8 });
  });

  it('holds one full sequence even beyond the budget, and runs as many short ones in it as are worth it', () => {
    const plan = { blockBytes: 4 * MiB, maxRows: 128 };
    expect(planKvPool({ ...plan, contextLength: 4096 })).toEqual({ blocks: 129, slots: 8 });
    expect(planKvPool({ ...plan, contextLength: 300 }, 1)).toEqual({ blocks: 11, slots: 1 });
  });

  it('always makes a pool that a block manager takes, within the budget where one full sequence is', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 8 * MiB }),
        fc.integer({ min: 1, max: 131_072 }),
        fc.integer({ min: 1, max: 512 }),
        fc.integer({ min: 0, max: 1024 * MiB }),
        (blockBytes, contextLength, maxRows, budgetBytes) => {
          const { blocks, slots } = planKvPool({ blockBytes, contextLength, maxRows }, budgetBytes);
          const manager = new BlockManager({ blocks, slots, contextLength });
          expect(manager.admit([1], '', contextLength)).not.toBeNull();
          const least = divideUp(contextLength, BLOCK) + 1;
          expect(blocks * blockBytes).toBeLessThanOrEqual(Math.max(budgetBytes, least * blockBytes));
        },
      ),
    );
  });
});
