import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BLOCK } from '../kernels/shared/kv-pool';
import { divideUp } from '../lib/shapes';
import { KvCache } from './kv-cache';

const SLOTS = 4;
const CONTEXT = 5 * BLOCK;

/** What the block table of a slot names for `length` positions. */
const blocksOf = (cache: KvCache, slot: number, length: number) =>
  Array.from(cache.tables.subarray(slot * cache.tableStride, slot * cache.tableStride + divideUp(length, BLOCK)));

describe('KvCache', () => {
  it('gives each live slot blocks of its own and gets every one of them back', () => {
    // A positive number reserves that many positions where that is possible, 0 releases the oldest slot.
    const actions = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 1, max: CONTEXT })), { maxLength: 60 });
    fc.assert(
      fc.property(actions, fc.integer({ min: 5, max: SLOTS * 5 }), (lengths, blocks) => {
        const cache = new KvCache(blocks, SLOTS, CONTEXT);
        const live: { slot: number; length: number; blocks: number[] }[] = [];
        for (const length of lengths) {
          if (length === 0) {
            const oldest = live.shift();
            if (oldest) cache.release(oldest.slot);
          } else {
            const held = live.reduce((sum, other) => sum + other.blocks.length, 0);
            const fits = live.length < SLOTS && held + divideUp(length, BLOCK) <= blocks;
            expect(cache.canReserve(length)).toBe(fits);
            if (!fits) continue;
            const slot = cache.reserve(length);
            live.push({ slot, length, blocks: blocksOf(cache, slot, length) });
          }
          const owned = live.flatMap((entry) => entry.blocks);
          expect(new Set(owned).size).toBe(owned.length);
          expect(owned.every((block) => block < blocks)).toBe(true);
          expect(cache.freeBlocks).toBe(blocks - owned.length);
          for (const entry of live) expect(blocksOf(cache, entry.slot, entry.length)).toEqual(entry.blocks);
        }
        for (const { slot } of live) cache.release(slot);
        expect(cache.freeBlocks).toBe(blocks);
      }),
    );
  });

  it('says once after each reservation that the tables must be written', () => {
    const cache = new KvCache(4, 2, 2 * BLOCK);
    expect([cache.takeChanges(), cache.takeChanges()]).toEqual([true, false]); // the device has none yet
    const slot = cache.reserve(BLOCK + 1);
    expect([cache.takeChanges(), cache.takeChanges()]).toEqual([true, false]);
    cache.release(slot);
    expect(cache.takeChanges()).toBe(false); // nobody reads a free slot's table
  });

  it('refuses more positions than the context, even where blocks are free', () => {
    expect(() => new KvCache(8, 2, BLOCK).reserve(BLOCK + 1)).toThrow(/33 positions.*32/);
  });

  it('takes a double release for the bug it is', () => {
    const cache = new KvCache(4, 2, BLOCK);
    const slot = cache.reserve(1);
    cache.release(slot);
    expect(() => cache.release(slot)).toThrow(/invariant/);
  });
});
