import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BLOCK } from '../kernels/shared/kv-pool';
import { divideUp } from '../lib/shapes';
import { BlockManager } from './block-manager';
import { Scheduler } from './scheduler';
import type { Plan, Priority, Schedulable } from './scheduler';
import type { Guesser } from './speculation';
import { expectNoLeak } from './testing/simulated-device';
import { rightAnswer, SimulatedLoop } from './testing/simulated-loop';
import type { SimulatedRequest, SimulatedSequence } from './testing/simulated-loop';

const SLOTS = 4;
const STRIDE = 5;
const CONTEXT = STRIDE * BLOCK;
const BUDGET = 64;

const tokens = (length: number, kind = 0, from = 0) =>
  Array.from({ length }, (_, i) => (i < from ? i : 1000 * kind + i));

function loop({ blocks = SLOTS * STRIDE + 1, slots = SLOTS, decodeRows = 1 } = {}): SimulatedLoop {
  const manager = new BlockManager({ blocks, slots, contextLength: CONTEXT });
  return new SimulatedLoop(manager, { budget: BUDGET, decodeRows });
}

/** A sequence in the hands of a test: nothing runs, its length is as it is told. */
interface Tokens extends Schedulable {
  length: number;
  priority: Priority;
  awaitsRead?: boolean;
}

let kinds = 100;
function sequence(promptLength: number): Tokens {
  const ids = tokens(promptLength, kinds++);
  const state = { slot: null, cached: 0, draftCached: 0 };
  return { ids, length: ids.length, capacity: CONTEXT, priority: 'background', salt: '', ...state };
}

/** An entry in short: `prefill a 0+63`, `decode a`. */
function describePlan({ entries }: Plan<SimulatedSequence>, names: Record<string, Schedulable>): string[] {
  const nameOf = (sequence: Schedulable) => Object.keys(names).find((name) => names[name] === sequence);
  return entries.map((entry) =>
    entry.kind === 'decode'
      ? `decode ${nameOf(entry.sequence)}`
      : `prefill ${nameOf(entry.sequence)} ${entry.from}+${entry.count}`,
  );
}

describe('Scheduler', () => {
  it('computes a short prompt and its first token in one forward, then a row a step', () => {
    const engine = loop();
    const a = engine.submit({ promptIds: tokens(10), answerLength: 3 });
    expect(describePlan(engine.advance(), { a })).toEqual(['prefill a 0+9', 'decode a']);
    expect(describePlan(engine.advance(), { a })).toEqual(['decode a']);
    expect(describePlan(engine.advance(), { a })).toEqual(['decode a']);
    expect(engine.finished).toEqual([a]);
    expect(a.ids).toEqual(rightAnswer(tokens(10), 3));
  });

  it('begins a prompt of one token with its decode row', () => {
    const engine = loop();
    const a = engine.submit({ promptIds: [5], answerLength: 1 });
    expect(describePlan(engine.advance(), { a })).toEqual(['decode a']);
  });

  it('computes of a prompt whose beginning is known only the rest', () => {
    const engine = loop();
    engine.submit({ promptIds: tokens(100), answerLength: 1 });
    while (engine.live.size > 0) engine.advance();
    const a = engine.submit({ promptIds: tokens(110), answerLength: 1 });
    expect(describePlan(engine.advance(), { a })).toEqual(['prefill a 96+13', 'decode a']);
  });

  it('plans nothing more for a sequence whose last token is under way', () => {
    const engine = loop();
    const a = engine.submit({ promptIds: [5], answerLength: 2 });
    expect([1, 2].map(() => describePlan(engine.advance(3), { a }))).toEqual([['decode a'], ['decode a']]);
    expect(engine.advance(3).entries).toEqual([]);
    expect(engine.finished).toEqual([]); // one of its two steps is still under way
    engine.advance();
    expect(engine.finished).toEqual([a]);
  });

  it('lets who waits for what was read sit out, while others go on', () => {
    const blocks = new BlockManager({ blocks: SLOTS * STRIDE + 1, slots: SLOTS, contextLength: CONTEXT });
    const scheduler = new Scheduler<Tokens>(blocks);
    const a: Tokens = { ...sequence(3), awaitsRead: false };
    const b = sequence(3);
    scheduler.enqueue(a);
    scheduler.enqueue(b);
    const decoded = (step: number) => {
      const { entries } = scheduler.schedule({ budget: BUDGET, reserveAhead: 1, step });
      return entries.filter(({ kind }) => kind === 'decode').map((entry) => entry.sequence);
    };
    expect(decoded(1)).toEqual([a, b]);
    a.awaitsRead = true;
    expect(decoded(2)).toEqual([b]);
    a.awaitsRead = false;
    expect(decoded(3)).toEqual(expect.arrayContaining([a, b]));
  });

  it('leaves prompts a quarter of the rows while somebody answers, and all of them otherwise', () => {
    const engine = loop();
    const a = engine.submit({ promptIds: [5], answerLength: 20 });
    engine.advance();
    const b = engine.submit({ promptIds: tokens(150), answerLength: 1 });
    expect(describePlan(engine.advance(), { a, b })).toEqual(['decode a', `prefill b 0+${BUDGET / 4}`]);
    engine.abort(a);
    expect(describePlan(engine.advance(), { a, b })).toEqual([`prefill b ${BUDGET / 4}+${BUDGET}`]);
  });

  it('takes no more decode entries than the forward has logits for, and who was left out takes its turn', () => {
    const scheduler = new Scheduler<Tokens>(new BlockManager({ blocks: 21, slots: SLOTS, contextLength: CONTEXT }));
    const [a, b, c] = [sequence(5), sequence(5), sequence(1)];
    for (const each of [a, b, c]) scheduler.enqueue(each);
    const plan = (step: number) =>
      scheduler.schedule({ budget: 64, reserveAhead: 8, decodeRows: 8, outputs: 16, step });
    const decoded = (step: number) =>
      plan(step).entries.flatMap(({ kind, sequence }) => (kind === 'decode' ? [sequence] : []));
    expect(decoded(1)).toEqual([c, a]);
    expect(decoded(2)).toHaveLength(2);
    expect(decoded(3)[0]).toBe(b);
  });

  it('lets prompts take turns, so that a long one holds up nobody', () => {
    const engine = loop();
    const a = engine.submit({ promptIds: tokens(150, 1), answerLength: 1 });
    expect(describePlan(engine.advance(), { a })).toEqual(['prefill a 0+64']);
    const b = engine.submit({ promptIds: tokens(20, 2), answerLength: 1 });
    const c = engine.submit({ promptIds: tokens(150, 3), answerLength: 1 });
    expect(describePlan(engine.advance(), { a, b, c })).toEqual(['prefill a 64+64']);
    expect(describePlan(engine.advance(), { a, b, c })).toEqual(['prefill b 0+19', 'decode b', 'prefill c 0+44']);
    expect(describePlan(engine.advance(), { a, b, c })).toEqual(['prefill a 128+21', 'decode a', 'prefill c 44+42']);
  });

  it('computes first what the person looks at, also when they look elsewhere', () => {
    const engine = loop();
    const a = engine.submit({ promptIds: tokens(150, 1), answerLength: 1 });
    const b = engine.submit({ promptIds: tokens(150, 2), answerLength: 1, priority: 'foreground' });
    expect(describePlan(engine.advance(), { a, b })).toEqual(['prefill b 0+64']);
    [a.priority, b.priority] = ['foreground', 'background'];
    expect(describePlan(engine.advance(), { a, b })).toEqual(['prefill a 0+64']);
  });

  it('lets nobody overtake the first who waits', () => {
    const engine = loop({ blocks: STRIDE + 1 });
    const running = engine.submit({ promptIds: tokens(3 * BLOCK, 1), answerLength: 1 });
    const large = engine.submit({ promptIds: tokens(3 * BLOCK, 2), answerLength: 1 });
    const small = engine.submit({ promptIds: [7], answerLength: 1 });
    expect(engine.advance().admitted).toEqual([running]);
    engine.abort(running);
    expect(engine.advance().admitted).toEqual([large]);
    expect(engine.scheduler.waiting).toBe(1);
    expect(small.slot).toBeNull();
  });

  it('gives what the person looks at the place of what runs behind, and resumes that later', () => {
    const engine = loop({ slots: 1 });
    const behind = engine.submit({ promptIds: tokens(100), answerLength: 30 });
    engine.advance();
    engine.advance();
    engine.advance();
    const looked = engine.submit({ promptIds: tokens(40, 2), answerLength: 2, priority: 'foreground' });
    const plan = engine.advance();
    expect([plan.preempted, plan.admitted]).toEqual([[behind], [looked]]);
    expect([behind.slot, behind.cached]).toEqual([null, 0]);
    while (behind.slot === null) engine.advance();
    expect(behind.cached).toBeGreaterThanOrEqual(96); // its blocks were still there
    while (engine.live.size > 0) engine.advance();
    expect(engine.finished).toEqual([looked, behind]);
    expect(behind.ids).toEqual(rightAnswer(tokens(100), 30));
  });

  it('does not send away an equal for who waits', () => {
    const engine = loop({ slots: 1 });
    const first = engine.submit({ promptIds: [1], answerLength: 30, priority: 'foreground' });
    engine.submit({ promptIds: [2], answerLength: 2, priority: 'foreground' });
    for (let step = 0; step < 10; step++) expect(engine.advance().preempted).toEqual([]);
    expect(first.slot).not.toBeNull();
  });

  it('sends the last who came back to wait when blocks run out, and waits for its steps before anybody uses them', () => {
    const engine = loop({ blocks: 7 });
    const first = engine.submit({ promptIds: tokens(30, 1), answerLength: 120 });
    const last = engine.submit({ promptIds: tokens(30, 2), answerLength: 120 });
    const preempted: SimulatedSequence[] = [];
    while (engine.live.size > 0) {
      const plan = engine.advance(2);
      preempted.push(...plan.preempted);
      if (plan.preempted.length > 0) expect(plan.entries.length).toBeLessThanOrEqual(1);
    }
    expect(new Set(preempted)).toEqual(new Set([last]));
    expect(engine.finished).toEqual([first, last]);
    for (const { ids } of [first, last]) expect(ids).toEqual(rightAnswer(ids.slice(0, 30), 120));
  });

  it('takes a preempted sequence in again only when its steps have ended, though there be room', () => {
    const manager = new BlockManager({ blocks: 40, slots: 3, contextLength: CONTEXT });
    const scheduler = new Scheduler<Tokens>(manager);
    const [a, b, c, looked] = [sequence(1), sequence(1), sequence(1), sequence(1)];
    for (const each of [a, b, c]) scheduler.enqueue(each);
    scheduler.schedule({ budget: BUDGET, reserveAhead: 1, step: 1 });
    a.length = b.length = CONTEXT; // their last tokens are under way
    scheduler.schedule({ budget: BUDGET, reserveAhead: 1, step: 2 });
    looked.priority = 'foreground';
    scheduler.enqueue(looked);
    expect(scheduler.schedule({ budget: BUDGET, reserveAhead: 1, step: 3 })).toMatchObject({ preempted: [c] });
    manager.passFence(1);
    for (const each of [a, b]) scheduler.remove(each);
    expect(scheduler.schedule({ budget: BUDGET, reserveAhead: 1, step: 4 }).admitted).toEqual([looked]);
    expect(scheduler.schedule({ budget: BUDGET, reserveAhead: 1, step: 5 }).admitted).toEqual([]);
    manager.passFence(2);
    expect(scheduler.schedule({ budget: BUDGET, reserveAhead: 1, step: 6 }).admitted).toEqual([c]);
  });

  it('sends nobody else away while blocks are on their way back', () => {
    const manager = new BlockManager({ blocks: 8, slots: 3, contextLength: CONTEXT });
    const scheduler = new Scheduler<Tokens>(manager);
    const [a, b, c] = [sequence(2 * BLOCK - 1), sequence(2 * BLOCK - 1), sequence(1)];
    for (const each of [a, b, c]) scheduler.enqueue(each);
    scheduler.schedule({ budget: 1024, reserveAhead: 1, step: 1 });
    [a.length, b.length] = [3 * BLOCK, 2 * BLOCK]; // a takes the two blocks that are left, b would need one
    const plan = scheduler.schedule({ budget: 1024, reserveAhead: 1, step: 2 });
    expect(plan).toMatchObject({ preempted: [c], entries: [{ sequence: a }] });
    expect(c.slot).toBeNull();
    manager.passFence(1);
    expect(scheduler.schedule({ budget: 1024, reserveAhead: 1, step: 3 }).entries).toMatchObject([
      { sequence: b },
      { sequence: a },
    ]);
  });

  it('takes nobody in while somebody who runs waits for blocks', () => {
    const manager = new BlockManager({ blocks: 11, slots: 4, contextLength: CONTEXT });
    const scheduler = new Scheduler<Tokens>(manager);
    const [a, b, c, late] = [sequence(1), sequence(1), sequence(1), { ...sequence(1), capacity: 2 }];
    for (const each of [a, b, c]) scheduler.enqueue(each);
    scheduler.schedule({ budget: BUDGET, reserveAhead: 1, step: 1 });
    scheduler.remove(c);
    scheduler.enqueue(late);
    // Of seven blocks a takes four; b wants four too, and c's comes back behind the first step.
    const plan = scheduler.schedule({ budget: BUDGET, reserveAhead: CONTEXT, step: 2 });
    expect(plan).toMatchObject({ admitted: [], preempted: [], entries: [{ sequence: a }] });
    manager.passFence(1);
    expect(scheduler.schedule({ budget: BUDGET, reserveAhead: CONTEXT, step: 3 }).entries).toHaveLength(2);
  });

  it('gives decode rows in turn when not all have room in a forward', () => {
    const manager = new BlockManager({ blocks: 40, slots: 3, contextLength: CONTEXT });
    const engine = new SimulatedLoop(manager, { budget: 8, decodeRows: 4 });
    const names = Object.fromEntries(
      ['a', 'b', 'c'].map((name, i) => [name, engine.submit({ promptIds: [i], answerLength: 100 })]),
    );
    const plans = Array.from({ length: 3 }, () => describePlan(engine.advance(), names));
    expect(plans).toEqual([
      ['decode a', 'decode b'],
      ['decode c', 'decode a'],
      ['decode b', 'decode c'],
    ]);
  });

  it('refuses a prompt that leaves no room for a token as the bug it is', () => {
    expect(() => loop().submit({ promptIds: tokens(10), answerLength: 0 })).toThrow(/invariant/);
    expect(() => loop().submit({ promptIds: [], answerLength: 3 })).toThrow(/invariant/);
  });

  it('brings every request to its right end, whoever arrives, leaves or is looked at, and every block back', () => {
    fc.assert(fc.property(traffic, simulate));
  });
});

interface Arrival extends SimulatedRequest {
  /** Steps before it arrives, after the one before it. */
  delay: number;
  /** Steps of its life after which it is aborted; null if it may end by itself. */
  patience: number | null;
}

interface Traffic {
  arrivals: Arrival[];
  blocks: number;
  slots: number;
  budget: number;
  decodeRows: number;
  /** What changes from step to step, over and over: how far the device is behind, what rounds accept, who is looked at. */
  lags: number[];
  accepts: number[];
  guessers: Guesser[];
  looks: (number | null)[];
}

const arrival: fc.Arbitrary<Arrival> = fc
  .record({
    kind: fc.nat(2),
    from: fc.nat(3).map((blocks) => blocks * BLOCK),
    promptLength: fc.oneof(fc.integer({ min: 1, max: 100 }), fc.constantFrom(31, 32, 33, 34, 64, 65, 66, 97)),
    answerLength: fc.integer({ min: 1, max: 60 }),
    salt: fc.constantFrom('', '', '', 'other'),
    drafts: fc.boolean(),
    priority: fc.constantFrom<Priority>('foreground', 'background'),
    delay: fc.nat(6),
    patience: fc.option(fc.nat(30), { freq: 4, nil: null }),
  })
  .map(({ kind, from, promptLength, ...rest }) => ({ ...rest, promptIds: tokens(promptLength, kind, from) }));

const traffic: fc.Arbitrary<Traffic> = fc.record({
  arrivals: fc.array(arrival, { minLength: 2, maxLength: 14, size: 'max' }),
  blocks: fc.integer({ min: STRIDE + 1, max: 2 * STRIDE }),
  slots: fc.integer({ min: 1, max: SLOTS + 2 }),
  budget: fc.integer({ min: 4, max: BUDGET }),
  decodeRows: fc.integer({ min: 1, max: 4 }),
  lags: fc.array(fc.nat(3), { minLength: 1 }),
  accepts: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1 }),
  guessers: fc.array(fc.constantFrom<Guesser>('draft', 'lookup'), { minLength: 1 }),
  looks: fc.array(fc.option(fc.nat(5), { freq: 1, nil: null }), { minLength: 1 }),
});

function simulate({ arrivals, blocks, slots, budget, decodeRows, lags, accepts, guessers, looks }: Traffic): void {
  const manager = new BlockManager({ blocks, slots, contextLength: CONTEXT });
  const engine = new SimulatedLoop(manager, { budget, decodeRows });
  const patience = new Map<SimulatedSequence, number>();
  const requests: { sequence: SimulatedSequence; request: Arrival }[] = [];
  const coming = [...arrivals];
  let delay = coming[0]?.delay ?? 0;
  for (let step = 0; coming.length > 0 || engine.live.size > 0; step++) {
    expect(step).toBeLessThan(5000);
    for (; coming[0] && delay <= 0; delay = coming[0]?.delay ?? 0) {
      const request = coming.shift()!;
      const sequence = engine.submit(request);
      requests.push({ sequence, request });
      if (request.patience !== null) patience.set(sequence, request.patience);
    }
    delay--;
    for (const [sequence, left] of patience) {
      patience.set(sequence, left - 1);
      if (left <= 0) engine.abort(sequence);
    }
    const looked = looks[step % looks.length];
    if (looked !== null) {
      [...engine.live].forEach((sequence, i) => (sequence.priority = i === looked ? 'foreground' : 'background'));
    }
    const before = new Map([...engine.live].map((sequence) => [sequence, sequence.cached]));
    const of = <T>(values: readonly T[]) => values[step % values.length];
    const plan = engine.advance(of(lags), of(accepts), of(guessers));
    checkPlan(plan, { budget, decodeRows }, before);
    expectNoLeak(manager);
    expect(engine.scheduler.running + engine.scheduler.waiting).toBe(engine.live.size);
  }
  for (let idle = 0; idle < 5; idle++) engine.advance();
  expect(manager.stats.used).toBe(0);
  for (const { sequence, request } of requests) {
    const { promptIds, answerLength } = request;
    if (request.patience === null) expect(engine.finished).toContain(sequence);
    expect(sequence.ids).toEqual(rightAnswer(promptIds, answerLength).slice(0, sequence.ids.length));
    if (engine.finished.includes(sequence)) expect(sequence.ids.length).toBe(sequence.capacity);
  }
}

/** The rows fit, prompts go on where they were, and while somebody answers they keep to their share. */
function checkPlan(
  { entries, admitted }: Plan<SimulatedSequence>,
  { budget, decodeRows }: { budget: number; decodeRows: number },
  before: ReadonlyMap<SimulatedSequence, number>,
): void {
  let rows = 0;
  let prefilled = 0;
  const planned = new Set<SimulatedSequence>();
  for (const entry of entries) {
    const { sequence } = entry;
    rows += entry.kind === 'decode' ? decodeRows : entry.count;
    if (entry.kind === 'decode') continue;
    prefilled += entry.count;
    expect(planned).not.toContain(sequence);
    planned.add(sequence);
    expect(entry.count).toBeGreaterThan(0);
    if (!admitted.includes(sequence)) expect(entry.from).toBe(before.get(sequence));
  }
  expect(rows).toBeLessThanOrEqual(budget);
  if (entries[0]?.kind === 'decode') expect(prefilled).toBeLessThanOrEqual(divideUp(budget, 4));
}
