/**
 * The main loop: schedule, submit, take in. Tokens are drawn on the device, so a step is submitted before the ones before it
 * are read, and the device never waits for the host. The loop runs while there is work and sleeps otherwise; each step is
 * one submission over the rows of all live requests.
 */
import { HearthError, toHearthError } from '../lib/errors';
import { invariant, present } from '../lib/invariant';
import { FINISHED_BAD, RESULT_IDS, RESULT_WORDS } from '../kernels/shared/slot-state';
import type { FinishReason, Request } from './request';
import type { Runner, StepShape } from './runner';
import { Scheduler } from './scheduler';
import type { Schedule } from './scheduler';
import type { Sequence } from './sequence';
import { wantsFilters, wantsPenalties } from './slot-upload';
import { Speculation } from './speculation';

/** Steps under way at once: one that runs, and two that wait their turn. The twins on the CPU run within the call. */
const STEPS_AHEAD = { webgpu: 3, cpu: 1 } as const;

/** A submitted step, and what it did for whom. */
interface StepUnderWay {
  readonly number: number;
  readonly goingOn: readonly Ticket[];
  readonly prefilled: readonly Sequence[];
  readonly drafts: number;
  readonly results: Uint32Array<ArrayBuffer>; // [goingOn][RESULT_WORDS]
  readonly done: Promise<void>;
}

/** A sequence as it was admitted: what a step drew for an earlier admission is drawn again, and the same. */
interface Ticket {
  readonly sequence: Sequence;
  readonly admission: number;
}

export class DecodeLoop {
  readonly #requests = new Map<Sequence, Request>();
  readonly #underWay: StepUnderWay[] = [];
  #scheduler: Scheduler;
  #spareResults: Uint32Array<ArrayBuffer>[] = [];
  #steps = 0;
  #running: Promise<void> | null = null;

  /** @param replace gives a runner in place of one whose device was lost, or throws why there is none. */
  constructor(
    public runner: Runner,
    readonly speculation: Speculation,
    readonly replace: (error: HearthError) => Promise<Runner>,
  ) {
    this.#scheduler = new Scheduler(runner.cache);
    this.#makeResults();
  }

  get waiting(): number {
    return this.#scheduler.waiting;
  }

  get running(): number {
    return this.#scheduler.running;
  }

  /** Takes a request in; its events tell the rest. */
  submit(request: Request): void {
    this.#requests.set(request.sequence, request);
    this.#scheduler.enqueue(request.sequence);
    this.#running ??= this.#run();
  }

  /** Ends every request with `aborted` and resolves when the last step is done. */
  async stop(): Promise<void> {
    for (const request of this.#requests.values()) request.aborted = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#requests.size > 0 || this.#underWay.length > 0) {
      try {
        while (await this.#submitNext()) {
          // The device has work for as long as it takes to read what it has done.
        }
        await this.#takeInNext();
      } catch (error) {
        await this.#recover(toHearthError(error));
      }
    }
    this.#running = null;
  }

  /** @returns false when there is nothing to submit before a step under way is read. */
  async #submitNext(): Promise<boolean> {
    for (const request of this.#requests.values()) if (request.aborted) this.#finish(request, 'aborted');
    if (this.#requests.size === 0 || this.#spareResults.length === 0) return false;
    const { runner } = this;
    const schedule = this.#scheduler.schedule(this.#room());
    const { goingOn, prefill, drafts, draftOnly } = schedule;
    for (const sequence of schedule.admitted) this.#admit(sequence);
    if (goingOn.length === 0 && prefill.length === 0) return false;

    const prepared = await runner.prepare(shapeOf(schedule));
    const results = present(this.#spareResults.pop(), 'results of a step that is not under way');
    const slots = goingOn.map(slotOf);
    const positions = prefill.flatMap(({ sequence, from, count }) =>
      Array.from({ length: count }, (_, i) => [slotOf(sequence), from + i] as const),
    );
    const done = runner.submit(prepared, { slots, prefill: positions }, results);
    done.catch(() => {}); // whoever takes the step in hears of it
    for (const sequence of goingOn) sequence.noteSubmitted(drafts);
    this.#underWay.push({
      number: ++this.#steps,
      goingOn: goingOn.map((sequence) => ({ sequence, admission: sequence.admissions })),
      prefilled: draftOnly ? [] : prefill.map(({ sequence }) => sequence),
      drafts,
      results,
      done,
    });
    return true;
  }

  async #takeInNext(): Promise<void> {
    const step = this.#underWay[0];
    invariant(step || this.#requests.size === 0, 'a live request always has a row to compute');
    if (!step) return;
    await step.done;
    this.#underWay.shift();
    this.#scheduler.cache.passFence(step.number);
    for (const sequence of step.prefilled) this.#requests.get(sequence)?.reportPrefill();
    step.goingOn.forEach((ticket, i) => {
      const at = i * RESULT_WORDS;
      this.#takeIn(ticket, step.drafts, step.results.subarray(at, at + RESULT_WORDS));
    });
    this.#spareResults.push(step.results);
  }

  #takeIn({ sequence, admission }: Ticket, drafts: number, result: Uint32Array): void {
    if (sequence.admissions !== admission) return;
    sequence.noteRead(drafts);
    const request = this.#requests.get(sequence);
    if (!request || request.aborted) return;
    const [accepted = 0, finished, matched = 0] = result;
    if (finished === FINISHED_BAD) return this.#failOne(request);
    if (accepted === 0) return; // it had finished before the step began
    if (drafts > 0) this.speculation.record(drafts, matched);
    else this.speculation.recordPlain(accepted);
    const reason = request.takeIn(result.subarray(RESULT_IDS, RESULT_IDS + accepted), drafts, matched);
    sequence.noteAccepted(accepted, drafts);
    this.#scheduler.cache.publish(slotOf(sequence), sequence.ids, sequence.computed, sequence.draftComputed);
    if (reason !== null) this.#finish(request, reason);
  }

  #admit(sequence: Sequence): void {
    const { settings, stopIds, logprobs } = sequence.traits;
    const { ids, promptIds, capacity } = sequence;
    const content = { ids, promptLength: promptIds.length, limit: capacity, settings, stopIds, logprobs };
    this.runner.upload(slotOf(sequence), content);
    this.#requests.get(sequence)?.clock.markScheduled();
  }

  #finish(request: Request, reason: FinishReason): void {
    this.#remove(request);
    request.end(reason);
  }

  #failOne(request: Request): void {
    this.#remove(request);
    request.events.fail(new HearthError('internal', 'The model gave a logit that is no finite number.'));
  }

  #remove(request: Request): void {
    this.#requests.delete(request.sequence);
    this.#scheduler.remove(request.sequence, this.#steps);
  }

  /** After an error of the device nothing it held is left: what was known goes on from there on another one. */
  async #recover(error: HearthError): Promise<void> {
    this.#underWay.length = 0;
    try {
      if (error.code !== 'device-lost') throw error;
      for (const request of this.#requests.values()) request.reportRecovery();
      this.runner = await this.replace(error);
      this.#scheduler = new Scheduler(this.runner.cache);
      this.#makeResults();
      for (const sequence of this.#requests.keys()) {
        sequence.forgetDevice();
        this.#scheduler.enqueue(sequence);
      }
    } catch (reason) {
      const failure = toHearthError(reason);
      for (const request of [...this.#requests.values()]) {
        this.#remove(request);
        request.events.fail(failure);
      }
      this.#scheduler.cache.passFence(this.#steps);
      this.#makeResults();
    }
  }

  #makeResults(): void {
    const { backend, options } = this.runner;
    const words = options.maxSequences * RESULT_WORDS;
    this.#spareResults = Array.from({ length: STEPS_AHEAD[backend.kind] }, () => new Uint32Array(words));
  }
}

function slotOf(sequence: Sequence): number {
  return present(sequence.slot, 'slot of a running sequence');
}

function shapeOf({ goingOn, prefill, drafts, draftOnly }: Schedule): StepShape {
  return {
    sequences: goingOn.length,
    prefillRows: prefill.reduce((sum, { count }) => sum + count, 0),
    drafts,
    draftOnly,
    penalties: goingOn.some(({ traits }) => wantsPenalties(traits.settings)),
    filters: goingOn.some(({ traits }) => wantsFilters(traits.settings)),
  };
}
