/**
 * Which blocks of the KV pools belong to whom. A block is 32 positions of every layer; a sequence's block table names its
 * blocks in order. Blocks are reserved when a sequence is admitted, so a running sequence never runs out; the numbers
 * themselves live in device buffers that only kernels touch.
 */
import { HearthError } from '../lib/errors';
import { invariant, present } from '../lib/invariant';
import { divideUp } from '../lib/shapes';
import { BLOCK } from '../kernels/shared/kv-pool';

export class KvCache {
  /** [slots][tableStride]: block ids, written to the device when `takeChanges` says so. */
  readonly tables: Uint32Array<ArrayBuffer>;
  readonly tableStride: number;
  readonly #free: number[];
  readonly #held: (number[] | null)[];
  #changed = true;

  /**
   * @param blocks blocks in each pool.
   * @param slots sequences that may be live at once.
   * @param contextLength positions one sequence may have.
   */
  constructor(
    readonly blocks: number,
    readonly slots: number,
    readonly contextLength: number,
  ) {
    this.tableStride = divideUp(contextLength, BLOCK);
    this.tables = new Uint32Array(slots * this.tableStride);
    this.#free = Array.from({ length: blocks }, (_, i) => blocks - 1 - i);
    this.#held = Array.from({ length: slots }, () => null);
  }

  get freeBlocks(): number {
    return this.#free.length;
  }

  /** True when a sequence of `length` positions can be taken in now. */
  canReserve(length: number): boolean {
    return divideUp(length, BLOCK) <= this.#free.length && this.#held.includes(null);
  }

  /** Takes blocks for `length` positions. @returns the slot whose block table names them. */
  reserve(length: number): number {
    const count = divideUp(length, BLOCK);
    const slot = this.#held.indexOf(null);
    invariant(slot >= 0 && count <= this.#free.length, 'canReserve was asked before reserve');
    if (length > this.contextLength) {
      throw new HearthError('context-overflow', `${length} positions are asked of a context of ${this.contextLength}.`);
    }
    const blocks = this.#free.splice(this.#free.length - count, count);
    this.#held[slot] = blocks;
    this.tables.set(blocks, slot * this.tableStride);
    this.#changed = true;
    return slot;
  }

  /** Gives a slot and its blocks back. */
  release(slot: number): void {
    this.#free.push(...present(this.#held[slot], `blocks of slot ${slot}`));
    this.#held[slot] = null;
  }

  /** True once after the tables changed. */
  takeChanges(): boolean {
    const changed = this.#changed;
    this.#changed = false;
    return changed;
  }
}
