/**
 * A device without numbers: in place of keys and values, each position of each block holds the very tokens that led to it,
 * and their salt. Steps run late, as on a GPU, and each row looks whether what it reads is what its own tokens would have left there, and
 * whether what it writes is anybody else's. So a wrong block, a block given away too early and a write into a shared block
 * all show themselves.
 */
import { expect } from 'vitest';
import { BLOCK } from '../../kernels/shared/kv-pool';
import type { BlockManager } from '../block-manager';

/** Rows of one sequence in one step: positions `from` up to `to` of `ids`, in the pool of the model or of its draft. */
export interface Run {
  pool: 'model' | 'draft';
  slot: number;
  salt: string;
  ids: readonly number[];
  from: number;
  to: number;
  /** Below it the slot's blocks are shared, and the draft may fill what it does not hold there. */
  cachedPositions: number;
}

/** Token ids are below it. */
const MAX_TOKENS = 8192;

export class SimulatedDevice {
  readonly #pools: Record<Run['pool'], Uint32Array>; // [blocks * 32]: a number for the tokens that led there
  readonly #prefixes = new Map<number | string, number>();

  constructor(readonly manager: BlockManager) {
    const positions = manager.blocks * BLOCK;
    this.#pools = { model: new Uint32Array(positions), draft: new Uint32Array(positions) };
  }

  /** The block table as a step submitted now sees it. */
  tables(): Uint32Array {
    return this.manager.tables.slice();
  }

  /** Runs rows by the tables of the moment at which they were submitted. */
  run(tables: Uint32Array, { pool, slot, salt, ids, from, to, cachedPositions }: Run): void {
    const content = this.#pools[pool];
    const row = slot * this.manager.tableStride;
    let prefix = this.#numberOf(salt);
    for (let position = 0; position < to; position++) {
      prefix = this.#numberOf(prefix * MAX_TOKENS + ids[position]!);
      const index = Math.floor(position / BLOCK);
      const block = tables[row + index]!;
      const at = block * BLOCK + (position % BLOCK);
      if (position < from) {
        if (content[at] !== prefix) expect.fail(`position ${position} of slot ${slot} holds what other tokens left`);
        continue;
      }
      content[at] = prefix;
      if (position > from && position % BLOCK > 0) continue; // the rest holds for the whole block
      if (this.manager.tables[row + index] !== block) expect.fail(`block ${block} of slot ${slot} was taken away`);
      if (pool === 'draft' && position < cachedPositions) continue;
      if (this.#holders(block) !== 1) expect.fail(`slot ${slot} writes position ${position} of a shared block`);
    }
  }

  /** Slots whose tables name the block. */
  #holders(block: number): number {
    const { tables, tableStride, nullSlot } = this.manager;
    return tables.subarray(0, nullSlot * tableStride).filter((other) => other === block).length;
  }

  /** A number of its own for each key: a salt, or what came before and the token that follows. */
  #numberOf(key: number | string): number {
    const known = this.#prefixes.get(key) ?? this.#prefixes.size + 1;
    this.#prefixes.set(key, known);
    return known;
  }
}

/** No block is lost, none is counted twice: what the tables name is what is used, and with the others that is all. */
export function expectNoLeak(manager: BlockManager): void {
  const { tables, tableStride, nullSlot, stats } = manager;
  const scratch = manager.blocks - 1;
  const named = new Set(tables.subarray(0, nullSlot * tableStride));
  named.delete(scratch);
  expect([stats.used, stats.used + stats.cached + stats.free]).toEqual([named.size, scratch]);
  expect(new Set(tables.subarray(nullSlot * tableStride))).toEqual(new Set([scratch]));
}
