/**
 * A decode loop without a model: it plans, submits steps that run some plans later on a SimulatedDevice, and takes in what
 * they tell. The next token of a sequence follows from all before it, so an answer is right only if nothing was lost,
 * repeated or mixed up. A round guesses some tokens, with a draft or without, and accepts as many as the sequence's luck says.
 */
import { expect } from 'vitest';
import { present } from '../../lib/invariant';
import type { BlockManager } from '../block-manager';
import { Scheduler } from '../scheduler';
import type { Plan, Priority, Schedulable } from '../scheduler';
import type { Guesser } from '../speculation';
import { SimulatedDevice } from './simulated-device';

export interface SimulatedRequest {
  promptIds: readonly number[];
  answerLength: number;
  priority?: Priority;
  salt?: string;
  /** Whether the draft follows it. */
  drafts?: boolean;
}

export class SimulatedSequence implements Schedulable {
  readonly ids: number[];
  readonly capacity: number;
  readonly salt: string;
  readonly drafts: boolean;
  priority: Priority;
  slot: number | null = null;
  cached = 0;
  draftCached = 0;
  /** Tokens that steps under way may give. */
  expected = 0;
  /** Positions below it were there at admission. */
  cachedPositions = 0;

  constructor({ promptIds, answerLength, priority, salt, drafts }: SimulatedRequest) {
    this.ids = [...promptIds];
    this.capacity = promptIds.length + answerLength;
    this.priority = priority ?? 'background';
    this.salt = salt ?? '';
    this.drafts = drafts ?? false;
  }

  get length(): number {
    return Math.min(this.ids.length + this.expected, this.capacity);
  }
}

/** The token that follows. Few are possible, so that answers begin alike. */
export function nextToken(ids: readonly number[]): number {
  return (ids.reduce((sum, id) => (31 * sum + id) % 1009, ids.length) >> 3) % 2;
}

/** `ids`, and the `count` tokens that follow. */
export function rightAnswer(known: readonly number[], count: number): number[] {
  const ids = [...known];
  while (ids.length < known.length + count) ids.push(nextToken(ids));
  return ids;
}

/** A token that never follows. */
const WRONG = 99;

export interface LoopOptions {
  budget: number;
  /** Rows of a decode entry: the last token, and what is guessed after it. */
  decodeRows: number;
}

/** What the device keeps of a slot while it is somebody's. */
interface SlotState {
  readonly sequence: SimulatedSequence;
  ids: number[];
  /** Positions that hold the keys and values of the ids, in the pool of the draft. */
  drafted: number;
}

type Plans = Plan<SimulatedSequence>;

export class SimulatedLoop {
  readonly scheduler: Scheduler<SimulatedSequence>;
  readonly live = new Set<SimulatedSequence>();
  readonly finished: SimulatedSequence[] = [];
  readonly #device: SimulatedDevice;
  readonly #slots = new Map<number, SlotState>();
  readonly #underWay: { step: number; run: () => void }[] = [];
  #step = 0;

  constructor(
    readonly blocks: BlockManager,
    readonly options: LoopOptions,
  ) {
    this.scheduler = new Scheduler(blocks);
    this.#device = new SimulatedDevice(blocks);
  }

  submit(request: SimulatedRequest): SimulatedSequence {
    const sequence = new SimulatedSequence(request);
    this.live.add(sequence);
    this.scheduler.enqueue(sequence);
    return sequence;
  }

  abort(sequence: SimulatedSequence): void {
    if (this.live.delete(sequence)) this.scheduler.remove(sequence);
  }

  /**
   * Plans and submits one step, and takes in the oldest until at most `lag` are under way.
   * @param accepts how many tokens a round of this step gives where it may.
   * @param guesser who guesses them: what is looked up leaves the draft behind.
   */
  advance(lag = 0, accepts = 1, guesser: Guesser = 'draft'): Plans {
    const { budget, decodeRows } = this.options;
    const step = ++this.#step;
    const plan = this.scheduler.schedule({ budget, decodeRows, reserveAhead: decodeRows, step });
    for (const sequence of plan.admitted) {
      if (sequence.slot === null) expect.fail('who is taken in has a slot');
      sequence.cachedPositions = sequence.cached;
      this.#slots.set(sequence.slot, { sequence, ids: [...sequence.ids], drafted: sequence.draftCached });
    }
    if (plan.entries.length > 0) this.#underWay.push({ step, run: this.#record(plan, accepts, guesser) });
    else if (this.#underWay.length === 0 && this.live.size > 0) expect.fail('nothing is under way and nothing planned');
    const left = plan.entries.length > 0 ? lag : Math.min(lag, this.#underWay.length - 1);
    while (this.#underWay.length > Math.max(0, left)) {
      const oldest = present(this.#underWay.shift(), 'step under way');
      oldest.run();
      this.blocks.passFence(oldest.step);
    }
    return plan;
  }

  /** Writes down a step with the tables of the moment. @returns what runs it and takes it in. */
  #record(plan: Plans, accepts: number, guesser: Guesser): () => void {
    const tables = this.#device.tables();
    const runs = plan.entries.map((entry) => {
      const { sequence } = entry;
      const slot = present(sequence.slot, 'slot of a planned sequence');
      const state = present(this.#slots.get(slot), 'state of a planned sequence');
      if (state.sequence !== sequence) expect.fail(`slot ${slot} is somebody else's`);
      if (entry.kind === 'prefill') return () => this.#prefill(tables, slot, state, entry, guesser);
      if (sequence.length >= sequence.capacity)
        expect.fail('a sequence whose last token is under way is planned again');
      sequence.expected += this.options.decodeRows;
      return () => {
        sequence.expected -= this.options.decodeRows;
        this.#decode(tables, slot, state, accepts, guesser);
      };
    });
    return () => {
      for (const run of runs) run();
    };
  }

  #prefill(
    tables: Uint32Array,
    slot: number,
    state: SlotState,
    { from, count }: { from: number; count: number },
    guesser: Guesser,
  ): void {
    const { sequence, ids } = state;
    const to = from + count;
    this.#run(tables, 'model', slot, state, from, to);
    if (sequence.drafts && guesser === 'draft') {
      this.#run(tables, 'draft', slot, state, Math.min(state.drafted, from), to, from);
      state.drafted = to;
    }
    this.#publish(slot, state, ids.slice(0, to + 1));
  }

  #decode(tables: Uint32Array, slot: number, state: SlotState, accepts: number, guesser: Guesser): void {
    const { sequence } = state;
    const length = state.ids.length;
    if (length >= sequence.capacity) return; // finished on the device: the rows are dead
    const accepted = Math.min(accepts, this.options.decodeRows, sequence.capacity - length);
    const ids = rightAnswer(state.ids, accepted - 1);
    // What was guessed wrong is written too, as far as the sequence may go, and overwritten later.
    while (ids.length < Math.min(length + this.options.decodeRows, sequence.capacity) - 1) ids.push(WRONG);
    const guessed = { ...state, ids };
    if (sequence.drafts && guesser === 'draft') {
      const to = Math.max(length, ids.length - 1); // the last guess is not computed by who guesses
      const from = Math.max(0, length - 2);
      this.#run(tables, 'draft', slot, guessed, Math.min(state.drafted, from), to, from);
      state.drafted = Math.min(to, length + accepted - 1);
    }
    this.#run(tables, 'model', slot, guessed, length - 1, ids.length);
    state.ids = rightAnswer(state.ids, accepted);

    if (!this.live.has(sequence)) return;
    sequence.ids.push(...state.ids.slice(length));
    if (sequence.ids.length === sequence.capacity) {
      this.live.delete(sequence);
      this.finished.push(sequence);
      this.scheduler.remove(sequence);
    } else {
      this.#publish(slot, state, state.ids);
    }
  }

  /** @param news the first position that was not published before: a draft that was left behind fills those below. */
  #run(
    tables: Uint32Array,
    pool: 'model' | 'draft',
    slot: number,
    { sequence, ids }: SlotState,
    from: number,
    to: number,
    news = 0,
  ): void {
    const { salt } = sequence;
    const cachedPositions = from < news ? Math.max(sequence.cachedPositions, news) : sequence.cachedPositions;
    this.#device.run(tables, { pool, slot, salt, ids, from, to, cachedPositions });
  }

  /** Unless the slot has been given up since the step was submitted. */
  #publish(slot: number, { sequence, drafted }: SlotState, verifiedIds: readonly number[]): void {
    if (sequence.slot !== slot) return;
    const draftVerified = sequence.drafts ? Math.min(verifiedIds.length, drafted + 1) : 0;
    this.blocks.publish(slot, verifiedIds, verifiedIds.length, draftVerified);
  }
}
