import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BLOCK } from '../kernels/shared/kv-pool';
import { KvCache } from './kv-cache';
import { Batch, Scheduler } from './scheduler';
import { Sequence } from './sequence';

const SLOTS = 3;
const CONTEXT = 4 * BLOCK;
const MAX_ROWS = 16;

interface Arrival {
  promptLength: number;
  answerLength: number;
  /** Steps before it arrives, after the one before it. */
  delay: number;
  /** Steps of its life after which it is aborted; null if it may end by itself. */
  patience: number | null;
}

const arrivals: fc.Arbitrary<Arrival[]> = fc.array(
  fc.record({
    promptLength: fc.integer({ min: 1, max: CONTEXT - 20 }),
    answerLength: fc.integer({ min: 1, max: 20 }),
    delay: fc.nat(3),
    patience: fc.option(fc.nat(12), { nil: null }),
  }),
  { maxLength: 12 },
);

/** What must hold of every batch: rows in order, each in its sequence's own blocks, decode rows never left out. */
function checkBatch(
  batch: Batch,
  cache: KvCache,
  running: ReadonlySet<Sequence>,
  before: ReadonlyMap<Sequence, number>,
) {
  expect(batch.rowCount).toBeLessThanOrEqual(MAX_ROWS);
  const bySlot = new Map([...running].filter(({ slot }) => slot !== null).map((sequence) => [sequence.slot, sequence]));
  const next = new Map(before);
  for (let row = 0; row < batch.rowCount; row++) {
    const [token, position, slot] = batch.rows.subarray(4 * row, 4 * row + 3);
    const sequence = bySlot.get(slot!)!;
    expect(position).toBe(next.get(sequence) ?? 0);
    expect(token).toBe(sequence.idAt(position!));
    next.set(sequence, position! + 1);
  }
  for (const sequence of bySlot.values()) expect(sequence.cached).toBe(next.get(sequence) ?? 0);
  const tables = [...bySlot].flatMap(([slot, { capacity }]) => {
    const base = slot! * cache.tableStride;
    return Array.from(cache.tables.subarray(base, base + Math.ceil(capacity / BLOCK)));
  });
  expect(new Set(tables).size).toBe(tables.length);
  batch.outputs.forEach((sequence, i) => {
    expect(sequence.pendingRows).toBe(0);
    expect(batch.rows[4 * batch.picked[i]! + 1]).toBe(sequence.length - 1);
  });
}

describe('Scheduler', () => {
  it('brings every sequence to its end, whoever arrives and whoever leaves, and every block back', () => {
    fc.assert(
      fc.property(arrivals, (plan) => {
        const cache = new KvCache(SLOTS * 4 - 3, SLOTS, CONTEXT); // not everybody fits at once
        const scheduler = new Scheduler(cache);
        const batch = new Batch(MAX_ROWS, SLOTS);
        const live = new Map<Sequence, Arrival & { age: number }>();
        const coming = [...plan];
        let delay = coming[0]?.delay ?? 0;
        for (let step = 0; coming.length > 0 || live.size > 0; step++) {
          expect(step).toBeLessThan(2000);
          for (; coming[0] && delay <= 0; delay = coming[0]?.delay ?? 0) {
            const arrival = coming.shift()!;
            const promptIds = Array.from({ length: arrival.promptLength }, (_, i) => 1000 * live.size + i);
            const sequence = new Sequence(promptIds, arrival.promptLength + arrival.answerLength);
            live.set(sequence, { ...arrival, age: 0 });
            scheduler.enqueue(sequence);
          }
          delay--;
          for (const [sequence, request] of live) {
            if (request.patience === null || request.age++ < request.patience) continue;
            live.delete(sequence);
            scheduler.remove(sequence);
          }

          const before = new Map([...live.keys()].map((sequence) => [sequence, sequence.cached]));
          const decoding = [...live.keys()].filter(({ slot, pendingRows }) => slot !== null && pendingRows === 1);
          scheduler.schedule(batch);
          expect(batch.rowCount > 0).toBe(live.size > 0);
          checkBatch(batch, cache, new Set(live.keys()), before);
          expect(decoding.every((sequence) => batch.outputs.includes(sequence))).toBe(true);
          expect(scheduler.running + scheduler.waiting).toBe(live.size);

          for (const sequence of batch.outputs) {
            sequence.append(step);
            if (sequence.canAppend) continue;
            live.delete(sequence);
            scheduler.remove(sequence);
          }
        }
        expect(cache.freeBlocks).toBe(cache.blocks);
      }),
    );
  });

  it('lets nobody overtake the first who waits', () => {
    const cache = new KvCache(4, SLOTS, CONTEXT);
    const scheduler = new Scheduler(cache);
    const batch = new Batch(MAX_ROWS, SLOTS);
    const [running, large, small] = [3, 2, 1].map((blocks) => new Sequence([1], blocks * BLOCK));
    for (const sequence of [running!, large!, small!]) scheduler.enqueue(sequence);
    scheduler.schedule(batch);
    expect([running!.slot !== null, large!.slot, small!.slot]).toEqual([true, null, null]);
    scheduler.remove(running!);
    scheduler.schedule(batch);
    expect([large!.slot !== null, small!.slot !== null]).toEqual([true, true]);
  });

  it('gives answering sequences their row before a long prompt fills the batch', () => {
    const scheduler = new Scheduler(new KvCache(12, SLOTS, CONTEXT));
    const batch = new Batch(MAX_ROWS, SLOTS);
    const long = new Sequence(
      Array.from({ length: 100 }, (_, i) => i),
      101,
    );
    const short = new Sequence([7], 8);
    scheduler.enqueue(long);
    scheduler.enqueue(short);
    scheduler.schedule(batch);
    expect(batch.rowCount).toBe(MAX_ROWS);
    expect(batch.outputs).toEqual([short]);
    expect([short.cached, long.cached]).toEqual([1, MAX_ROWS - 1]);
  });
});

describe('Sequence', () => {
  it('counts what is cached, what is pending and what still fits', () => {
    const sequence = new Sequence([5, 6], 3);
    expect([sequence.length, sequence.pendingRows, sequence.canAppend]).toEqual([2, 2, true]);
    expect(() => sequence.append(9)).toThrow(/invariant/); // its prompt is not computed yet
    sequence.cached = 2;
    sequence.append(9);
    expect([sequence.idAt(1), sequence.idAt(2), sequence.pendingRows, sequence.canAppend]).toEqual([6, 9, 1, false]);
    expect(() => new Sequence([1, 2], 1)).toThrow(/invariant/);
  });
});
