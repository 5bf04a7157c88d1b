/**
 * Who goes next. Sequences wait until there is room; all running ones share each forward: those that are answering first,
 * prompts in chunks beside them. Precedence decides who is taken in and who gives up its blocks: what the person looks at
 * goes before the rest, and of equals the earlier before the later.
 */
import { invariant, present } from '../lib/invariant';
import type { BlockManager } from './block-manager';

/** `foreground` is what the person looks at. It may change while the sequence is scheduled. */
export type Priority = 'foreground' | 'background';

/** What the scheduler knows of a sequence. It reads the first part and writes the second. */
export interface Schedulable {
  /** The tokens known: prompt, and answer so far. They are what a preempted sequence is computed from again. */
  readonly ids: readonly number[];
  /** The most tokens it may have once all submitted steps have ended; `ids.length` when none is under way. */
  readonly length: number;
  /** Tokens at which it ends. */
  readonly capacity: number;
  readonly priority: Priority;
  /** What its next token may be is known only once the steps under way are read: it goes on after that. */
  readonly awaitsRead?: boolean;
  /** The origin whose prefixes it may share. */
  readonly salt: string;

  /** Block-table slot; null while it waits. */
  slot: number | null;
  /** Positions of the prompt whose keys and values are there, or will be after the plans so far. */
  cached: number;
  /** The same of the draft's pool at admission; from then on the caller's to keep. */
  draftCached: number;
}

/**
 * A part of a forward: the next `count` positions of a prompt from `from`, or the row of the last token known (with a
 * draft: and those of the tokens guessed after it), which gives the next.
 */
export type PlanEntry<S> =
  { sequence: S; kind: 'prefill'; from: number; count: number } | { sequence: S; kind: 'decode' };

export interface Plan<S> {
  /**
   * Decode entries, then prefill entries by turn. A prompt's last chunk is followed by the sequence's first decode entry,
   * so that a short prompt gives its first token in one forward; who cannot do both at once may leave that entry out, it
   * comes again. Empty when everything waits for steps under way, or nothing is left to do.
   */
  entries: PlanEntry<S>[];
  /** Taken in with this plan: their state must reach the device before its step. */
  admitted: S[];
  /** Sent back to wait: their steps under way still count, their slots are given up. Who is admitted too came in again. */
  preempted: S[];
}

export interface ScheduleOptions {
  /** Rows of the forward. */
  budget: number;
  /** Positions beyond a sequence's length that it must have blocks for: what steps may write before the next plan. */
  reserveAhead: number;
  /** The number of the step that this plan becomes, from 1; a plan of several steps takes the last. */
  step: number;
  /** Rows of a decode entry: 1, and 1 for each guessed token. */
  decodeRows?: number;
  /** Rows of all decode entries at most: those whose logits the forward has room for; as many as it has rows if absent. */
  outputs?: number;
}

/** What is left of a forward while it is planned. */
interface Room {
  readonly step: number;
  readonly decodeRows: number;
  /** Decode entries that it can still take. */
  decodes: number;
}

/**
 * The share of the budget that prompts may fill while somebody is answering, so that a long prompt beside an answer does
 * not stretch each of its steps to a full forward. With 128 rows it is 32: few enough that on a GPU reading the weights,
 * which one row needs too, is still most of a step; enough that a prompt advances by a block a step.
 */
const PREFILL_SHARE = 1 / 4;

/** A sequence and what only the scheduler keeps of it. */
interface Entry<S> {
  readonly sequence: S;
  readonly arrival: number;
  /** Tokens that were known when it was taken in: its prompt, and what it had answered before it was preempted. */
  promptLength: number;
  /** Its place among those who want rows: who got some goes behind the others. */
  turn: number;
  /** The last planned step that names its slot; 0 before the first. */
  lastStep: number;
}

export class Scheduler<S extends Schedulable> {
  #waiting: Entry<S>[] = [];
  #running: Entry<S>[] = [];
  #arrivals = 0;
  #turns = 0;

  constructor(readonly blocks: BlockManager) {}

  get waiting(): number {
    return this.#waiting.length;
  }

  get running(): number {
    return this.#running.length;
  }

  /** Takes a sequence in, to wait its turn. */
  enqueue(sequence: S): void {
    const { ids, capacity } = sequence;
    invariant(ids.length > 0 && ids.length < capacity, 'a prompt has a token and leaves room for one');
    this.#waiting.push({ sequence, arrival: this.#arrivals++, promptLength: 0, turn: 0, lastStep: 0 });
  }

  /** Takes a sequence out, wherever it is; what it holds is given back when its last step has ended. */
  remove(sequence: S): void {
    const running = this.#running.find((entry) => entry.sequence === sequence);
    if (running) this.#release(running);
    else this.#waiting = this.#waiting.filter((entry) => entry.sequence !== sequence);
  }

  /**
   * Plans the next forward. When steps are under way, their fences (`BlockManager.passFence`) may be what an empty plan
   * waits for; when none is, a plan is empty only if there is no sequence.
   */
  schedule({ budget, reserveAhead, step, decodeRows = 1, outputs = budget }: ScheduleOptions): Plan<S> {
    const left: Room = { step, decodeRows, decodes: Math.floor(Math.min(budget, outputs) / decodeRows) };
    invariant(left.decodes > 0, 'a forward has room for one decode entry');
    const plan: Plan<S> = { entries: [], admitted: [], preempted: [] };
    const starved = this.#grow(reserveAhead, plan);
    if (starved.size === 0) this.#admit(reserveAhead, plan);
    const ready = this.#running.filter((entry) => !starved.has(entry));
    const room = budget - this.#decode(ready, left, plan);
    const share = room < budget ? Math.max(1, Math.floor(budget * PREFILL_SHARE)) : budget;
    this.#prefill(ready, Math.min(room, share), left, plan);
    return plan;
  }

  /**
   * Reserves blocks for what running sequences may write before the next plan. Where none are left, the last in precedence
   * gives up its own, one at a time: nobody else does while blocks are on their way back.
   * @returns those that must sit this plan out.
   */
  #grow(reserveAhead: number, plan: Plan<S>): Set<Entry<S>> {
    const starved = new Set<Entry<S>>();
    const entries = this.#running.toSorted(byPrecedence);
    for (const entry of entries) {
      const { length, capacity } = entry.sequence;
      while (!this.blocks.grow(slotOf(entry), Math.min(length + reserveAhead, capacity))) {
        if (this.blocks.isReleasing) {
          starved.add(entry);
          break;
        }
        // A lone sequence has the pool to itself, and the pool holds a full one: it is never its own victim.
        invariant(entries.length > 1, 'a lone sequence has room');
        const victim = present(entries.pop(), 'last in precedence');
        this.#preempt(victim, plan);
        if (victim === entry) break;
      }
    }
    return starved;
  }

  /**
   * Takes in who waits, in precedence; nobody overtakes. One block stays over for each sequence that runs, so that who
   * comes in is not sent away by the next block boundary. What the person looks at takes the place of what runs behind.
   */
  #admit(reserveAhead: number, plan: Plan<S>): void {
    while (this.#waiting.length > 0) {
      const entry = this.#waiting.reduce((first, other) => (byPrecedence(other, first) < 0 ? other : first));
      if (entry.lastStep > this.blocks.passedFence) return; // steps under way may still lengthen what it must compute
      const { sequence } = entry;
      const { ids, capacity, salt } = sequence;
      const reserve = Math.min(ids.length + reserveAhead, capacity);
      const admission = this.blocks.admit(ids, salt, reserve, this.#running.length);
      if (admission) {
        sequence.slot = admission.slot;
        sequence.cached = admission.cachedPositions;
        sequence.draftCached = admission.draftCached;
        entry.promptLength = ids.length;
        entry.turn = this.#turns++;
        this.#waiting = this.#waiting.filter((other) => other !== entry);
        this.#running.push(entry);
        plan.admitted.push(sequence);
        continue;
      }
      if (this.blocks.isReleasing) return;
      invariant(this.#running.length > 0, 'a lone sequence has room');
      const last = this.#running.reduce((last, other) => (byPrecedence(other, last) > 0 ? other : last));
      if (CLASSES[last.sequence.priority] <= CLASSES[sequence.priority]) return;
      this.#preempt(last, plan);
    }
  }

  /** @returns the rows it took. Where not all have room, who has waited longest goes first. */
  #decode(ready: readonly Entry<S>[], left: Room, plan: Plan<S>): number {
    const entries = ready
      .filter(
        ({ sequence, promptLength }) =>
          sequence.cached >= promptLength - 1 && sequence.length < sequence.capacity && sequence.awaitsRead !== true,
      )
      .toSorted((a, b) => a.turn - b.turn)
      .slice(0, left.decodes);
    for (const entry of entries) {
      plan.entries.push({ sequence: entry.sequence, kind: 'decode' });
      entry.lastStep = left.step;
      entry.turn = this.#turns++;
    }
    left.decodes -= entries.length;
    return entries.length * left.decodeRows;
  }

  /** Gives prompts their chunks: one takes all it needs, and the next goes on from there. */
  #prefill(ready: readonly Entry<S>[], allowance: number, left: Room, plan: Plan<S>): void {
    const entries = ready
      .filter(({ sequence, promptLength }) => sequence.cached < promptLength - 1)
      .toSorted((a, b) => CLASSES[a.sequence.priority] - CLASSES[b.sequence.priority] || a.turn - b.turn);
    let room = allowance;
    for (const entry of entries) {
      if (room === 0) return;
      const { sequence, promptLength } = entry;
      const from = sequence.cached;
      const count = Math.min(room, promptLength - 1 - from);
      plan.entries.push({ sequence, kind: 'prefill', from, count });
      room -= count;
      sequence.cached += count;
      entry.lastStep = left.step;
      entry.turn = this.#turns++;
      if (sequence.cached < promptLength - 1 || room < left.decodeRows || left.decodes === 0) continue;
      plan.entries.push({ sequence, kind: 'decode' });
      room -= left.decodeRows;
      left.decodes--;
    }
  }

  #preempt(entry: Entry<S>, plan: Plan<S>): void {
    this.#release(entry);
    entry.sequence.cached = 0;
    entry.sequence.draftCached = 0;
    this.#waiting.push(entry);
    plan.preempted.push(entry.sequence);
  }

  #release(entry: Entry<S>): void {
    this.#running = this.#running.filter((other) => other !== entry);
    this.blocks.release(slotOf(entry), entry.lastStep);
    entry.sequence.slot = null;
  }
}

const CLASSES: Record<Priority, number> = { foreground: 0, background: 1 };

function slotOf({ sequence }: Entry<Schedulable>): number {
  return present(sequence.slot, 'slot of a running sequence');
}

/** What the person looks at first, then who came first; a preempted sequence is so the first of its class to come back. */
function byPrecedence(a: Entry<Schedulable>, b: Entry<Schedulable>): number {
  return CLASSES[a.sequence.priority] - CLASSES[b.sequence.priority] || a.arrival - b.arrival;
}
