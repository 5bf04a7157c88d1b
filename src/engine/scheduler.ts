/**
 * Who goes next. Sequences wait until blocks are free; all live ones share each forward: every sequence that is answering
 * gets its one row first, what is left of the batch goes to prompts in chunks, in order of arrival.
 */
import { invariant, present } from '../lib/invariant';
import type { KvCache } from './kv-cache';
import type { Sequence } from './sequence';

/** Rows of one forward, in the layout the kernels read. Made once and refilled. */
export class Batch {
  readonly rows: Uint32Array<ArrayBuffer>; // [maxRows][4]: token, position, slot, unused
  readonly picked: Uint32Array<ArrayBuffer>; // [maxOutputs]: rows whose logits are taken
  readonly outputs: Sequence[] = []; // whose logits they are
  rowCount = 0;

  constructor(
    readonly maxRows: number,
    readonly maxOutputs: number,
  ) {
    this.rows = new Uint32Array(4 * maxRows);
    this.picked = new Uint32Array(maxOutputs);
  }

  get room(): number {
    return this.maxRows - this.rowCount;
  }

  clear(): void {
    this.rowCount = 0;
    this.outputs.length = 0;
  }

  /** Adds the next `count` rows of a sequence and counts them as cached: the forward will have computed them. */
  add(sequence: Sequence, count: number): void {
    invariant(count <= this.room && count <= sequence.pendingRows, 'the rows exist and fit the batch');
    const slot = present(sequence.slot, 'slot of a running sequence');
    for (let i = 0; i < count; i++) {
      const position = sequence.cached++;
      const at = 4 * this.rowCount++;
      this.rows[at] = sequence.idAt(position);
      this.rows[at + 1] = position;
      this.rows[at + 2] = slot;
    }
    if (sequence.pendingRows === 0) {
      this.picked[this.outputs.length] = this.rowCount - 1;
      this.outputs.push(sequence);
    }
  }
}

export class Scheduler {
  readonly #waiting: Sequence[] = [];
  readonly #running: Sequence[] = [];

  constructor(readonly cache: KvCache) {}

  get waiting(): number {
    return this.#waiting.length;
  }

  get running(): number {
    return this.#running.length;
  }

  enqueue(sequence: Sequence): void {
    this.#waiting.push(sequence);
  }

  /** Takes a sequence out, wherever it is, and frees what it holds. */
  remove(sequence: Sequence): void {
    for (const list of [this.#waiting, this.#running]) {
      const index = list.indexOf(sequence);
      if (index >= 0) list.splice(index, 1);
    }
    if (sequence.slot !== null) this.cache.release(sequence.slot);
    sequence.slot = null;
  }

  /** Fills the batch with the rows of the next forward; empty when nothing is left to do. */
  schedule(batch: Batch): void {
    this.#admit();
    batch.clear();
    for (const sequence of this.#running) {
      if (sequence.pendingRows === 1 && batch.room > 0) batch.add(sequence, 1);
    }
    for (const sequence of this.#running) {
      const count = Math.min(sequence.pendingRows, batch.room);
      if (count > 0) batch.add(sequence, count);
    }
  }

  #admit(): void {
    for (let next = this.#waiting[0]; next && this.cache.canReserve(next.capacity); next = this.#waiting[0]) {
      this.#waiting.shift();
      next.slot = this.cache.reserve(next.capacity);
      this.#running.push(next);
    }
  }
}
