/**
 * The main loop: schedule, submit, take in. Tokens are drawn on the device, so a step is submitted before the ones before it
 * are read, and the device never waits for the host. The loop runs while there is work and sleeps otherwise; each step is
 * one submission over the rows of all live requests.
 */
import { HearthError, toHearthError } from '../lib/errors';
import { invariant, present } from '../lib/invariant';
import { LONG_CONTEXT } from '../kernels/attention/splits';
import { FINISHED_BAD, LOGPROB_WORDS, RESULT_IDS, RESULT_WORDS } from '../kernels/shared/slot-state';
import { readLogprobs } from './logprobs';
import { measureCosts } from './measure-costs';
import type { FinishReason, Request } from './request';
import { decodeShape } from './runner';
import type { Runner, StepResults, StepShape } from './runner';
import { Scheduler } from './scheduler';
import type { PlanEntry } from './scheduler';
import type { Sequence } from './sequence';
import { wantsFilters, wantsLikeliest, wantsPenalties } from './slot-upload';
import { MAX_DRAFTS } from './speculation';
import type { Round, Speculation, SpeculationCosts } from './speculation';
import { EngineCollector } from './stats';
import type { BlockStats } from './stats';

/** Steps under way at once: one that runs, and two that wait their turn. The twins on the CPU run within the call. */
const STEPS_AHEAD = { webgpu: 3, cpu: 1 } as const;

/** Nobody has asked for anything for so long: what guessing costs may be measured. */
const IDLE_MS = 250;

/** From this share of tokens that looking up would have guessed right it is worth knowing what that costs. */
const PROMISING_RATE = 0.5;

type PrefillEntry = Extract<PlanEntry<Sequence>, { kind: 'prefill' }>;

/** A submitted step, and what it does for whom. */
interface StepUnderWay {
  readonly number: number;
  readonly goingOn: readonly Sequence[];
  readonly prefill: readonly PrefillEntry[];
  readonly round: Round;
  readonly into: StepResults;
  readonly done: Promise<void>;
}

export class DecodeLoop {
  readonly collector = new EngineCollector();
  readonly #requests = new Map<Sequence, Request>();
  readonly #underWay: StepUnderWay[] = [];
  #scheduler: Scheduler<Sequence>;
  #spareResults: Uint32Array<ArrayBuffer>[] = [];
  #steps = 0;
  #running: Promise<void> | null = null;
  #stopped = false;
  #worthMeasuring: boolean;
  #measuring: AsyncGenerator<void, SpeculationCosts> | null = null;
  #idleTimer: ReturnType<typeof setTimeout> | undefined;
  #measuredForward: Promise<void> | null = null;

  /** @param replace gives a runner in place of one whose device was lost, or throws why there is none. */
  constructor(
    public runner: Runner,
    readonly speculation: Speculation,
    readonly replace: (error: HearthError) => Promise<Runner>,
  ) {
    this.#scheduler = new Scheduler(runner.cache);
    this.#worthMeasuring = runner.draft !== null;
    this.#makeResults();
  }

  get waiting(): number {
    return this.#scheduler.waiting;
  }

  get running(): number {
    return this.#scheduler.running;
  }

  get blocks(): BlockStats {
    const { used, cached, free } = this.runner.cache.stats;
    return { used, cached, total: used + cached + free };
  }

  /** Takes a request in; its events tell the rest. */
  submit(request: Request): void {
    if (this.#stopped) request.aborted = true;
    this.#requests.set(request.sequence, request);
    this.#scheduler.enqueue(request.sequence);
    clearTimeout(this.#idleTimer);
    this.#running ??= this.#run();
  }

  /** Ends every request with `aborted`, those still to come too, and resolves when the last step is done. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const request of this.#requests.values()) request.aborted = true;
    await this.#running;
    clearTimeout(this.#idleTimer);
    await this.#measuredForward;
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
    if (this.speculation.costs === null && this.#worthMeasuring && !this.#stopped) this.#measureAfter(IDLE_MS);
  }

  /** Measures what guessing costs, one forward at a time, for as long as nobody asks for anything. */
  #measureAfter(delayMs: number): void {
    clearTimeout(this.#idleTimer);
    this.#idleTimer = setTimeout(() => {
      // One that is still under way, since before the last answer, goes on by itself.
      this.#measuredForward ??= this.#measureForward().finally(() => (this.#measuredForward = null));
    }, delayMs);
  }

  async #measureForward(): Promise<void> {
    try {
      this.#measuring ??= measureCosts(this.runner);
      const { done, value } = await this.#measuring.next();
      if (done === true) this.speculation.costs = value;
      else if (this.#running === null && !this.#stopped) this.#measureAfter(0);
    } catch {
      this.#measuring = null; // of a lost device hears who asks next
    }
  }

  /** @returns false when there is nothing to submit before a step under way is read. */
  async #submitNext(): Promise<boolean> {
    for (const request of this.#requests.values()) if (request.aborted) this.#finish(request, 'aborted');
    if (this.#requests.size === 0 || this.#spareResults.length === 0) return false;
    const { runner } = this;
    const round = this.#chooseRound();
    const { drafts } = round;
    const isDrafted = round.guesser === 'draft';
    // A draft catches up with what is known, so steps without it are read before one with it is submitted.
    if (isDrafted && [...this.#requests.keys()].some(({ undraftedAhead }) => undraftedAhead > 0)) return false;

    const { entries, admitted, preempted } = this.#scheduler.schedule({
      budget: runner.options.maxRows,
      decodeRows: drafts + 1,
      reserveAhead: drafts + 1,
      outputs: runner.options.maxOutputs,
      step: this.#steps + 1,
    });
    for (const sequence of preempted) this.#requests.get(sequence)?.clock.markQueued();
    const goingOn = entries.filter(({ kind }) => kind === 'decode').map(({ sequence }) => sequence);
    const prefill = entries.filter((entry) => entry.kind === 'prefill');
    for (const sequence of admitted) {
      const first = prefill.find((entry) => entry.sequence === sequence); // `cached` is past it already
      this.#admit(sequence, first?.from ?? sequence.cached);
    }
    if (entries.length === 0) return false;
    if (isDrafted) await this.#catchUp(goingOn, prefill);

    const shape: StepShape = {
      sequences: goingOn.length,
      prefillRows: prefill.reduce((sum, { count }) => sum + count, 0),
      ...round,
      draftOnly: false,
      long: goingOn.some(({ length }) => length > LONG_CONTEXT),
      greedy: goingOn.every(({ traits }) => wantsLikeliest(traits)),
      penalties: goingOn.some(({ traits }) => wantsPenalties(traits.settings)),
      filters: goingOn.some(({ traits }) => wantsFilters(traits.settings)),
      logprobs: goingOn.some(({ traits }) => traits.logprobs !== null),
    };
    const results = present(this.#spareResults.pop(), 'results of a step that is not under way');
    const outputs = goingOn.length * (drafts + 1);
    const into = { results, logprobs: shape.logprobs ? new Uint32Array(outputs * LOGPROB_WORDS) : null };
    const plan = { slots: goingOn.map(slotOf), prefill: prefill.flatMap(positionsOf) };
    const done = runner.submit(await runner.prepare(shape), plan, into);
    done.catch(() => {}); // whoever takes the step in hears of it
    for (const sequence of goingOn) sequence.noteSubmitted(round);
    for (const { sequence, from, count } of prefill) {
      if (isDrafted && sequence.draftCached === from) sequence.draftCached = from + count;
    }
    this.collector.markStep(shape.sequences * (drafts + 1) + shape.prefillRows);
    this.#underWay.push({ number: ++this.#steps, goingOn, prefill, round, into, done });
    return true;
  }

  #chooseRound(): Round {
    const { options, draft } = this.runner;
    const sequences = [...this.#requests.keys()];
    const running = sequences.filter(({ slot }) => slot !== null);
    const rows = Math.floor(Math.min(options.maxOutputs, options.maxRows) / Math.max(1, running.length));
    return this.speculation.choose({
      choices: sequences.map(({ traits }) => traits.speculation),
      hasDraft: draft !== null,
      lookupRates: running.map(({ lookup }) => lookup?.rate ?? 0),
      most: Math.min(MAX_DRAFTS, rows - 1),
    });
  }

  /** Lets the draft compute what it has not seen of sequences that go on, up to where the coming round takes over. */
  async #catchUp(goingOn: readonly Sequence[], prefill: readonly PrefillEntry[]): Promise<void> {
    const missing = goingOn.flatMap((sequence) => {
      const from = sequence.draftCached;
      const to = prefill.find((entry) => entry.sequence === sequence)?.from ?? sequence.known - 2;
      sequence.draftCached = Math.max(from, to);
      return to > from ? positionsOf({ sequence, from, count: to - from }) : [];
    });
    const { maxRows } = this.runner.options;
    for (let at = 0; at < missing.length; at += maxRows) {
      const chunk = missing.slice(at, at + maxRows);
      const shape = {
        ...decodeShape(0),
        prefillRows: chunk.length,
        guesser: 'draft',
        drafts: 1,
        draftOnly: true,
      } as const;
      const done = this.runner.submit(await this.runner.prepare(shape), { slots: [], prefill: chunk }, null);
      done.catch(() => {}); // the round that follows fails as well
    }
  }

  async #takeInNext(): Promise<void> {
    const step = this.#underWay[0];
    invariant(step || this.#requests.size === 0, 'a live request always has a row to compute');
    if (!step) return;
    await step.done;
    this.#underWay.shift();
    this.runner.cache.passFence(step.number);
    for (const { sequence, from, count } of step.prefill) this.#requests.get(sequence)?.reportPrefill(from + count);
    for (const i of step.goingOn.keys()) this.#takeIn(step, i);
    this.#spareResults.push(step.into.results);
  }

  /** What a step has drawn for one of its sequences. */
  #takeIn({ goingOn, round, into }: StepUnderWay, index: number): void {
    const sequence = goingOn[index]!;
    const result = into.results.subarray(index * RESULT_WORDS, (index + 1) * RESULT_WORDS);
    sequence.noteRead(round);
    const request = this.#requests.get(sequence);
    if (!request || request.aborted) return;
    const [accepted = 0, finished, matched = 0, drafted = 0] = result;
    if (finished === FINISHED_BAD) return this.#failOne(request);
    if (accepted === 0) return; // it had finished before the step began
    if (round.guesser === 'draft') this.speculation.record(drafted, matched);
    else this.speculation.recordUndrafted(accepted);
    if (sequence.answerIds.length === 0) request.reportPrefill(sequence.promptIds.length);
    const ids = result.subarray(RESULT_IDS, RESULT_IDS + accepted);
    const logprobs = sequence.traits.logprobs === null ? null : into.logprobs;
    const reason = request.takeIn(
      ids,
      drafted,
      matched,
      logprobs ? readLogprobs(logprobs, index * (round.drafts + 1), ids) : [],
    );
    sequence.noteAccepted(accepted, round);
    sequence.lookup?.follow(sequence.ids);
    this.#worthMeasuring ||= (sequence.lookup?.rate ?? 0) >= PROMISING_RATE;
    this.#publish(sequence);
    if (reason !== null) this.#finish(request, reason);
  }

  /** What is known and computed of a sequence can be found by others from now on. */
  #publish({ slot, ids, known, cached, draftCached }: Sequence): void {
    if (slot === null) return;
    const verified = Math.min(known, cached + 1);
    this.runner.cache.publish(slot, ids, verified, Math.min(verified, draftCached + 1));
  }

  /** @param found positions that were in the cache. */
  #admit(sequence: Sequence, found: number): void {
    const { settings, stopIds, logprobs } = sequence.traits;
    const { ids, promptIds, capacity } = sequence;
    const content = { ids, promptLength: promptIds.length, limit: capacity, settings, stopIds, logprobs };
    this.runner.upload(slotOf(sequence), content);
    const clock = this.#requests.get(sequence)?.clock;
    clock?.markScheduled();
    clock?.markCached(found);
    this.collector.markPrompt(ids.length, found);
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
    this.#scheduler.remove(request.sequence);
  }

  /** After an error of the device nothing it held is left: what was known goes on from there on another one. */
  async #recover(error: HearthError): Promise<void> {
    this.#underWay.length = 0;
    try {
      if (error.code !== 'device-lost') throw error;
      for (const request of this.#requests.values()) request.reportRecovery();
      this.runner = await this.replace(error);
      this.#measuring = null;
      this.speculation.costs = null; // they were those of the lost device
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
      this.runner.cache.passFence(this.#steps);
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

function positionsOf({
  sequence,
  from,
  count,
}: Omit<PrefillEntry, 'kind'>): (readonly [slot: number, position: number])[] {
  const slot = slotOf(sequence);
  return Array.from({ length: count }, (_, i) => [slot, from + i] as const);
}
