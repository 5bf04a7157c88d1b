/**
 * The main loop: schedule, submit, take in. Tokens are drawn on the device, so a step is submitted before the ones before it
 * are read, and the device never waits for the host. The loop runs while there is work and sleeps otherwise; each step is
 * one submission over the rows of all live requests.
 */
import { HearthError, toHearthError } from '../lib/errors';
import { invariant, present } from '../lib/invariant';
import { LONG_CONTEXT } from '../kernels/attention/splits';
import { maskWords } from '../kernels/shared/mask-words';
import { DEAD_ROW, FINISHED_BAD, LOGPROB_WORDS, RESULT_IDS, RESULT_WORDS } from '../kernels/shared/slot-state';
import { IdleWork } from './idle-work';
import type { Activity, Pieces } from './idle-work';
import { readLogprobs } from './logprobs';
import { measureCosts } from './measure-costs';
import type { FinishReason, Request } from './request';
import { decodeShape } from './runner';
import type { Runner, StepPlan, StepResults, StepShape } from './runner';
import { Scheduler } from './scheduler';
import type { PlanEntry } from './scheduler';
import type { Sequence } from './sequence';
import { wantsFilters, wantsLikeliest, wantsPenalties } from './slot-upload';
import { MAX_DRAFTS } from './speculation';
import type { Round, Speculation } from './speculation';
import { EngineCollector } from './stats';
import type { BlockStats } from './stats';
import { tuneRunner } from './tuning/tune-runner';

/** Steps under way at once: one that runs, and two that wait their turn. The twins on the CPU run within the call. */
const STEPS_AHEAD = { webgpu: 3, cpu: 1 } as const;

/** The same while a sequence is under a grammar, which sits out all of them but its own: so it has every second step. */
const STEPS_AHEAD_OF_GRAMMARS = 2;

/** From this share of tokens that looking up would have guessed right it is worth knowing what that costs. */
const PROMISING_RATE = 0.5;

/** Words of a row: token, position, slot, and its place in a run, or DEAD_ROW. */
const ROW_WORDS = 4;

/** A mask that forbids nothing. */
const ALL_ALLOWED = 0xffff_ffff;

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
  /** Guessing costs what it did with other kernels. */
  #costsAreStale = false;
  #isTuned = false;
  #retunes = 0;
  readonly #idleWork: IdleWork;

  /**
   * @param replace gives a runner in place of one whose device was lost, or throws why there is none.
   * @param activity of all loops on the device
   */
  constructor(
    public runner: Runner,
    readonly speculation: Speculation,
    readonly replace: (error: HearthError) => Promise<Runner>,
    readonly activity: Activity,
  ) {
    this.#idleWork = new IdleWork(activity, () => this.#nextIdleWork());
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
    this.#idleWork.pause();
    this.#running ??= this.#run();
  }

  /** Records all steps anew, after the table of tuned kernels has changed, and measures what it does not know while nobody asks. */
  retune(): void {
    this.#retunes++;
    this.#isTuned = false;
    this.#idleWork.forget(); // it knows the table as it was
    this.runner.forgetSteps();
    this.#costsAreStale = true;
    if (this.#running === null && !this.#stopped) this.#idleWork.start();
  }

  /** Ends every request with `aborted`, those still to come too, and resolves when the last step is done. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const request of this.#requests.values()) request.aborted = true;
    await this.#running;
    await this.#idleWork.stop();
  }

  async #run(): Promise<void> {
    this.activity.begin();
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
    this.activity.end();
    this.#running = null;
    if (!this.#stopped) this.#idleWork.start();
  }

  #nextIdleWork(): Pieces | null {
    const hasCosts = this.speculation.costs !== null && !this.#costsAreStale;
    if (this.#worthMeasuring && !hasCosts) return this.#measureCosts();
    return this.runner.tuning.isOn && !this.#isTuned ? this.#tune() : null;
  }

  async *#measureCosts(): Pieces {
    this.speculation.costs = yield* measureCosts(this.runner);
    this.#costsAreStale = false;
  }

  async *#tune(): Pieces {
    const retunes = this.#retunes;
    const hasChanged = yield* tuneRunner(this.runner);
    if (retunes !== this.#retunes) return;
    this.#isTuned = true;
    this.#costsAreStale ||= hasChanged;
  }

  get #mostAhead(): number {
    const most = STEPS_AHEAD[this.runner.backend.kind];
    for (const { traits } of this.#requests.keys()) {
      if (traits.grammar !== null) return Math.min(most, STEPS_AHEAD_OF_GRAMMARS);
    }
    return most;
  }

  /** @returns false when there is nothing to submit before a step under way is read. */
  async #submitNext(): Promise<boolean> {
    for (const request of this.#requests.values()) if (request.aborted) this.#finish(request, 'aborted');
    if (this.#requests.size === 0 || this.#underWay.length >= this.#mostAhead) return false;
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
      part: 'whole',
      long: goingOn.some(({ length }) => length > LONG_CONTEXT),
      greedy: goingOn.every(({ traits }) => wantsLikeliest(traits)),
      penalties: goingOn.some(({ traits }) => wantsPenalties(traits.settings)),
      filters: goingOn.some(({ traits }) => wantsFilters(traits.settings)),
      logprobs: goingOn.some(({ traits }) => traits.logprobs !== null),
      masked: goingOn.some(({ traits }) => traits.grammar !== null),
    };
    const results = present(this.#spareResults.pop(), 'results of a step that is not under way');
    const outputs = goingOn.length * (drafts + 1);
    const into = { results, logprobs: shape.logprobs ? new Uint32Array(outputs * LOGPROB_WORDS) : null };
    const plan = { slots: goingOn.map(slotOf), prefill: prefill.flatMap(positionsOf) };
    const { done } = shape.masked
      ? await this.#submitMasked(shape, plan, goingOn, into)
      : { done: runner.submit(await runner.prepare(shape), plan, into) };
    done.catch(() => {}); // whoever takes the step in hears of it
    for (const sequence of goingOn) sequence.noteSubmitted(round);
    for (const { sequence, from, count } of prefill) {
      if (isDrafted && sequence.draftCached === from) sequence.draftCached = from + count;
    }
    this.collector.markStep(shape.sequences * (drafts + 1) + shape.prefillRows);
    this.#underWay.push({ number: ++this.#steps, goingOn, prefill, round, into, done });
    return true;
  }

  /**
   * Submits a step in which grammars have a say: the forward, then, while it runs, the masks of its rows, and the draw. What
   * was guessed is read for them: only such a step waits for the device before it is wholly submitted.
   * @returns when the results are there, in an object, so that nobody waits for them here.
   */
  async #submitMasked(
    shape: StepShape,
    plan: StepPlan,
    goingOn: readonly Sequence[],
    into: StepResults,
  ): Promise<{ done: Promise<void> }> {
    const { runner } = this;
    const rowsEach = shape.drafts + 1;
    const outputs = goingOn.length * rowsEach;
    const [rowsPart, forwardPart, drawPart] = await Promise.all([
      runner.prepare({ ...shape, part: 'rows' }),
      runner.prepare({ ...shape, part: 'forward' }),
      runner.prepare({ ...shape, part: 'draw' }),
    ]);
    await this.#idleWork.underWay; // its rows may not come between
    const rows = shape.drafts > 0 ? new Uint32Array(outputs * ROW_WORDS) : null;
    const laidOut = runner.submitRows(rowsPart, plan, rows);
    for (const part of [laidOut, runner.submitForward(forwardPart)]) part.catch(() => {}); // the draw fails as well
    const words = maskWords(runner.vocabSize);
    const masks = new Uint32Array(outputs * words).fill(ALL_ALLOWED);
    await Promise.all(
      goingOn.map(async ({ traits: { grammar } }, i) => {
        const first = i * rowsEach;
        const own = Array.from({ length: rowsEach }, (_, k) =>
          masks.subarray((first + k) * words, (first + k + 1) * words),
        );
        await grammar?.fillMasks(own, async () => {
          if (rows === null) return [];
          await laidOut;
          return guessesOf(rows.subarray(first * ROW_WORDS, (first + rowsEach) * ROW_WORDS));
        });
      }),
    );
    return { done: runner.submitDraw(drawPart, masks, plan, into) };
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
        part: 'guesses',
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
    if (finished === FINISHED_BAD) return this.#failOne(request, badLogit());
    if (accepted === 0) return; // it had finished before the step began
    if (round.guesser === 'draft') this.speculation.record(drafted, matched);
    else this.speculation.recordUndrafted(accepted);
    if (sequence.answerIds.length === 0) request.reportPrefill(sequence.promptIds.length);
    const ids = result.subarray(RESULT_IDS, RESULT_IDS + accepted);
    if (sequence.traits.grammar?.accept(ids) === false) return this.#failOne(request, wrongToken());
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

  #failOne(request: Request, error: HearthError): void {
    this.#remove(request);
    request.events.fail(error);
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
      this.#idleWork.forget();
      this.#isTuned = false;
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

function badLogit(): HearthError {
  return new HearthError('internal', 'The model gave a logit that is no finite number.');
}

/** Only where a grammar allows none of the tokens can one be drawn that it does not allow. */
function wrongToken(): HearthError {
  return new HearthError('bad-grammar', 'The grammar goes on with characters that no token of this model has.', {
    hint: 'Leave those characters out of the grammar, or pick another model.',
  });
}

/** What was guessed, by the rows of a sequence: the first has the token before, dead ones have none. */
function guessesOf(rows: Uint32Array): number[] {
  const guesses: number[] = [];
  for (let at = ROW_WORDS; at < rows.length && rows[at + ROW_WORDS - 1] !== DEAD_ROW; at += ROW_WORDS) {
    guesses.push(rows[at]!);
  }
  return guesses;
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
