import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BLOCK } from '../kernels/shared/kv-pool';
import { divideUp } from '../lib/shapes';
import { BlockManager } from './block-manager';
import { expectNoLeak, SimulatedDevice } from './testing/simulated-device';

const SLOTS = 4;
const STRIDE = 5;
const CONTEXT = STRIDE * BLOCK;

/** `length` tokens; those of another `kind` differ from position `from` on. */
const tokens = (length: number, kind = 0, from = 0) =>
  Array.from({ length }, (_, i) => (i < from ? i : 1000 * kind + i));

const manager = (blocks = 3 * STRIDE + 1) => new BlockManager({ blocks, slots: SLOTS, contextLength: CONTEXT });

/** Takes a sequence in, publishes what it has as if computed, and gives it up. */
function remember(blocks: BlockManager, ids: readonly number[], { salt = '', draft = false } = {}): void {
  const { slot } = blocks.admit(ids, salt, ids.length)!;
  blocks.publish(slot, ids, ids.length, draft ? ids.length : 0);
  blocks.release(slot, blocks.passedFence);
}

const cachedOf = (blocks: BlockManager, ids: readonly number[], salt = '') => {
  const { slot, cachedPositions } = blocks.admit(ids, salt, ids.length)!;
  blocks.release(slot, blocks.passedFence);
  return cachedPositions;
};

const row = (blocks: BlockManager, slot: number) =>
  Array.from(blocks.tables.subarray(slot * blocks.tableStride, (slot + 1) * blocks.tableStride));

describe('BlockManager', () => {
  it('finds the longest prefix of full blocks, of finished and of live sequences', () => {
    const blocks = manager();
    const ids = tokens(100);
    remember(blocks, ids);
    expect(cachedOf(blocks, ids)).toBe(96);
    expect(cachedOf(blocks, tokens(150))).toBe(96);
    expect(cachedOf(blocks, tokens(100, 1, 70))).toBe(64);
    expect(cachedOf(blocks, tokens(100, 1, 63))).toBe(32);
    expect(cachedOf(blocks, tokens(100, 1))).toBe(0);
    const live = blocks.admit(tokens(100, 2), '', 100)!;
    blocks.publish(live.slot, tokens(100, 2), 100, 0);
    const other = blocks.admit(tokens(100, 2), '', 100)!;
    expect(other.cachedPositions).toBe(96);
    expect(row(blocks, other.slot).slice(0, 3)).toEqual(row(blocks, live.slot).slice(0, 3));
    expect(row(blocks, other.slot)[3]).not.toBe(row(blocks, live.slot)[3]);
  });

  it('finds nothing that was published under another salt', () => {
    const blocks = manager();
    remember(blocks, tokens(100), { salt: 'https://one.example' });
    expect(cachedOf(blocks, tokens(100), 'https://two.example')).toBe(0);
    expect(cachedOf(blocks, tokens(100))).toBe(0);
    expect(cachedOf(blocks, tokens(100), 'https://one.example')).toBe(96);
  });

  it('finds no tokens that only look alike when written down', () => {
    const blocks = manager();
    remember(blocks, [12, ...tokens(40)], { salt: '3' });
    expect(cachedOf(blocks, [1, 2, ...tokens(39)], '3')).toBe(0);
    expect(cachedOf(blocks, [12, ...tokens(40)], '3 ')).toBe(0);
  });

  it.each([
    [BLOCK - 1, 0],
    [BLOCK, 0],
    [BLOCK + 1, 0],
    [BLOCK + 2, BLOCK],
    [2 * BLOCK + 1, BLOCK],
    [2 * BLOCK + 2, 2 * BLOCK],
  ])('shares of %i tokens only what neither the last row nor a draft will write: %i positions', (length, positions) => {
    const blocks = manager();
    remember(blocks, tokens(CONTEXT));
    expect(cachedOf(blocks, tokens(length))).toBe(positions);
    const publisher = manager();
    remember(publisher, tokens(length));
    expect(cachedOf(publisher, tokens(CONTEXT))).toBe(positions);
  });

  it('publishes only what is verified', () => {
    const blocks = manager();
    const { slot } = blocks.admit(tokens(100), '', 100)!;
    blocks.publish(slot, tokens(100), 66, 0);
    expect(cachedOf(blocks, tokens(100))).toBe(64);
    blocks.publish(slot, tokens(100), 100, 0);
    expect(cachedOf(blocks, tokens(100))).toBe(96);
  });

  it('tells how far the draft holds what is cached, and learns when it catches up', () => {
    const blocks = manager();
    const { slot } = blocks.admit(tokens(100), '', 100)!;
    blocks.publish(slot, tokens(100), 100, 40);
    const second = blocks.admit(tokens(100), '', 100)!;
    expect(second).toMatchObject({ cachedPositions: 96, draftCached: 32 });
    blocks.publish(second.slot, tokens(100), 100, 100);
    expect(blocks.admit(tokens(100), '', 100)).toMatchObject({ cachedPositions: 96, draftCached: 96 });
  });

  it('keeps the first published of two equal blocks, with what its draft holds', () => {
    const blocks = manager();
    const [first, second] = [blocks.admit(tokens(40), '', 40)!, blocks.admit(tokens(40), '', 40)!];
    blocks.publish(first.slot, tokens(40), 40, 0);
    blocks.publish(second.slot, tokens(40), 40, 40);
    const third = blocks.admit(tokens(40), '', 40)!;
    expect(row(blocks, third.slot)[0]).toBe(row(blocks, first.slot)[0]);
    expect(third.draftCached).toBe(0); // the second's draft lies in the second's block
  });

  it('evicts the least recently used first, and of one prompt its end first', () => {
    const blocks = manager(2 * STRIDE + 1);
    for (const kind of [1, 2, 3]) remember(blocks, tokens(98, kind)); // three cached blocks each, one left free
    expect(cachedOf(blocks, tokens(98, 1))).toBe(96); // used again: now 2 is the oldest
    expect(blocks.stats).toMatchObject({ used: 0, cached: 9, free: 1, evictions: 0 });
    const { slot } = blocks.admit(tokens(96, 4), '', 96)!;
    expect(blocks.stats).toMatchObject({ used: 3, cached: 7, free: 0, evictions: 2 });
    blocks.release(slot, 0);
    expect([1, 2, 3].map((kind) => cachedOf(blocks, tokens(98, kind)))).toEqual([96, 32, 96]);
  });

  it('publishes anew what was forgotten with an equal block of another', () => {
    const blocks = new BlockManager({ blocks: 9, slots: 3, contextLength: CONTEXT });
    const [first, second] = [blocks.admit(tokens(40), '', 40)!, blocks.admit(tokens(80), '', 80)!];
    blocks.publish(first.slot, tokens(40), 40, 0);
    blocks.publish(second.slot, tokens(80), 80, 80); // its second block follows the first's first
    blocks.release(first.slot, 0);
    const third = blocks.admit(tokens(150, 1), '', 150)!; // takes all that can be had
    expect(blocks.stats).toMatchObject({ used: 8, cached: 0, free: 0, evictions: 1 });
    blocks.release(third.slot, 0);
    expect(cachedOf(blocks, tokens(80))).toBe(0);
    blocks.publish(second.slot, tokens(80), 80, 80);
    expect(blocks.admit(tokens(80), '', 80)).toMatchObject({ cachedPositions: 64, draftCached: 64 });
  });

  it('refuses what has no room and changes nothing', () => {
    const blocks = manager(STRIDE + 1);
    remember(blocks, tokens(40));
    const { slot } = blocks.admit(tokens(90, 1), '', 90)!;
    const before = [blocks.stats, Array.from(blocks.tables)];
    expect(blocks.admit(tokens(40), '', 97)).toBeNull(); // one block is there, three more are not
    expect(blocks.admit(tokens(40), '', 40, 1)).toBeNull(); // one must be left over
    expect(blocks.grow(slot, 6 * BLOCK - BLOCK)).toBe(true);
    expect(blocks.grow(slot, CONTEXT)).toBe(true);
    expect(before[0]).toMatchObject({ used: 3, cached: 1, free: 1 });
    expect(blocks.stats).toMatchObject({ used: 5, cached: 0, free: 0, lookups: 3, hits: 0 });
    expect(blocks.admit([1], '', 1)).toBeNull();
  });

  it('refuses a sequence when every slot is taken', () => {
    const blocks = manager();
    for (let i = 0; i < SLOTS; i++) expect(blocks.admit([i], '', 1)).not.toBeNull();
    expect(blocks.admit([9], '', 1)).toBeNull();
  });

  it('keeps slot and blocks of a released sequence until its last step has ended, yet finds what it published', () => {
    const blocks = manager(STRIDE + 1);
    const { slot } = blocks.admit(tokens(CONTEXT), '', CONTEXT)!;
    blocks.publish(slot, tokens(CONTEXT), CONTEXT, 0);
    const held = row(blocks, slot);
    blocks.release(slot, 7);
    expect(blocks.isReleasing).toBe(true);
    expect(blocks.admit([1], '', 1)).toBeNull();
    blocks.passFence(6);
    expect([row(blocks, slot), blocks.stats.used]).toEqual([held, STRIDE]);
    blocks.passFence(7);
    expect([blocks.isReleasing, blocks.stats.used, blocks.stats.cached]).toEqual([false, 0, 4]);
    expect(blocks.admit(tokens(CONTEXT), '', CONTEXT)).toMatchObject({ slot, cachedPositions: 4 * BLOCK });
  });

  it('counts blocks looked for and found', () => {
    const blocks = manager();
    expect(blocks.stats.hitRate).toBe(0);
    remember(blocks, tokens(98));
    cachedOf(blocks, tokens(98));
    expect(blocks.stats).toMatchObject({ lookups: 6, hits: 3, hitRate: 0.5 });
  });

  it('says once after each change that the tables must be written', () => {
    const blocks = manager();
    const taken = () => [blocks.takeChanges(), blocks.takeChanges()];
    expect(taken()).toEqual([true, false]); // the device has none yet
    const { slot } = blocks.admit([1], '', 1)!;
    expect(taken()).toEqual([true, false]);
    blocks.grow(slot, BLOCK);
    expect(blocks.takeChanges()).toBe(false);
    blocks.grow(slot, BLOCK + 1);
    expect(taken()).toEqual([true, false]);
    blocks.release(slot, 0);
    expect(taken()).toEqual([true, false]);
  });

  it('names the scratch block wherever a slot has none of its own', () => {
    const blocks = manager();
    const scratch = 3 * STRIDE;
    const { slot } = blocks.admit([1], '', 1)!;
    expect(row(blocks, slot).slice(1)).toEqual([scratch, scratch, scratch, scratch]);
    expect(row(blocks, blocks.nullSlot)).toEqual(Array(STRIDE).fill(scratch));
    blocks.release(slot, 0);
    expect(new Set(blocks.tables)).toEqual(new Set([scratch]));
  });

  it('refuses more positions than the context, even where blocks are free', () => {
    const blocks = manager();
    expect(() => blocks.admit([1], '', CONTEXT + 1)).toThrow(/161 positions.*160/);
    expect(() => blocks.grow(blocks.admit([1], '', 1)!.slot, CONTEXT + 1)).toThrow(/161 positions.*160/);
  });

  it('takes a double release, and a pool too small for one sequence, for the bugs they are', () => {
    const blocks = manager();
    const { slot } = blocks.admit([1], '', 1)!;
    blocks.release(slot, 1);
    expect(() => blocks.release(slot, 1)).toThrow(/invariant/);
    expect(() => manager(STRIDE)).toThrow(/invariant/);
  });

  it('never lets a write meet a reader, nor a prompt find what other tokens left, and loses no block', () => {
    fc.assert(
      fc.property(
        fc.array(action, { maxLength: 150, size: 'max' }),
        fc.integer({ min: STRIDE + 1, max: 3 * STRIDE }),
        simulate,
      ),
      { numRuns: 3 * (fc.readConfigureGlobal().numRuns ?? 100) },
    );
  });
});

type Action =
  | { kind: 'admit'; family: number; from: number; length: number; salt: string; drafts: boolean }
  | { kind: 'write'; which: number; count: number; accepted: number }
  | { kind: 'release'; which: number }
  | { kind: 'end' };

const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('admit' as const),
      family: fc.nat(1),
      from: fc.nat(2).map((blocks) => blocks * BLOCK),
      length: fc.oneof(
        fc.integer({ min: 1, max: CONTEXT - 10 }),
        fc.tuple(fc.integer({ min: 1, max: STRIDE - 1 }), fc.nat(3)).map(([full, more]) => full * BLOCK + more),
      ),
      salt: fc.constantFrom('', '', '', 'other'),
      drafts: fc.boolean(),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('write' as const),
      which: fc.nat(SLOTS - 1),
      count: fc.constantFrom(20, CONTEXT),
      accepted: fc.integer({ min: 1, max: 4 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('release' as const), which: fc.nat(SLOTS - 1) }) },
  { weight: 4, arbitrary: fc.constant({ kind: 'end' as const }) },
);

/** Sequences that compute their prompt in chunks, then go on by rounds of guesses; each step ends some actions later. */
function simulate(actions: readonly Action[], blocks: number): void {
  const manager = new BlockManager({ blocks, slots: SLOTS, contextLength: CONTEXT });
  const device = new SimulatedDevice(manager);
  interface Live {
    slot: number;
    salt: string;
    ids: number[];
    drafts: boolean;
    cachedPositions: number;
    /** Positions that submitted steps compute, and those of the draft. */
    computed: number;
    drafted: number;
    lastStep: number;
  }
  const live: Live[] = [];
  const underWay: { step: number; end: () => void }[] = [];
  let step = 0;

  const endOldest = () => {
    const oldest = underWay.shift();
    oldest?.end();
    if (oldest) manager.passFence(oldest.step);
  };
  const write = (sequence: Live, count: number, accepted: number) => {
    const { slot, salt, cachedPositions, drafts } = sequence;
    const from = sequence.computed;
    const decoding = from >= sequence.ids.length - 1;
    if (decoding) {
      const next = sequence.ids.length + accepted;
      if (next > CONTEXT || !manager.grow(slot, next)) return;
      for (let i = 0; i < accepted; i++) sequence.ids.push(sequence.ids.length % 7);
    }
    const ids = sequence.ids.slice();
    const to = decoding ? ids.length - 1 : Math.min(from + count, ids.length - 1);
    // The draft's first step of a round begins one position before the last token that was known.
    const draftFrom = Math.max(0, Math.min(sequence.drafted, decoding ? from - 1 : from));
    const tables = device.tables();
    sequence.computed = to;
    if (drafts) sequence.drafted = to;
    sequence.lastStep = ++step;
    underWay.push({
      step,
      end() {
        device.run(tables, { pool: 'model', slot, salt, ids, from, to, cachedPositions });
        if (drafts) device.run(tables, { pool: 'draft', slot, salt, ids, from: draftFrom, to, cachedPositions });
        if (live.includes(sequence)) manager.publish(slot, ids, to + 1, drafts ? to + 1 : 0);
      },
    });
  };

  for (const each of actions) {
    if (each.kind === 'admit') {
      const ids = tokens(each.length, each.family, each.from);
      const before = manager.stats;
      const admission = manager.admit(ids, each.salt, ids.length);
      if (admission) {
        const { slot, cachedPositions, draftCached } = admission;
        expect(draftCached).toBeLessThanOrEqual(cachedPositions);
        const computed = { computed: cachedPositions, drafted: draftCached };
        const sequence = { slot, salt: each.salt, ids, drafts: each.drafts, cachedPositions, ...computed, lastStep: 0 };
        live.push(sequence);
      } else {
        const full = live.length === SLOTS || manager.isReleasing;
        expect(full || divideUp(ids.length, BLOCK) > before.free).toBe(true);
        expect(manager.stats).toEqual(before);
      }
    } else if (each.kind === 'write') {
      const sequence = live[each.which];
      if (sequence) write(sequence, each.count, each.accepted);
    } else if (each.kind === 'release') {
      const [sequence] = live.splice(each.which, 1);
      if (sequence) manager.release(sequence.slot, sequence.lastStep);
    } else {
      endOldest();
    }
    expectNoLeak(manager);
  }
  while (underWay.length > 0) endOldest();
  for (const { slot, lastStep } of live) manager.release(slot, lastStep);
  expectNoLeak(manager);
  expect(manager.stats.used).toBe(0);
}
