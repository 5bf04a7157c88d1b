/**
 * Models on one backend, and the steps the decode loop repeats. A step is one submission: the rows of all sequences that go
 * on and of the prompts that are prefilled, the forward, the drawing of tokens and their acceptance; where tokens are guessed
 * ahead, the guesses come first. What a step reads and writes of the sequences lies on the device, so the next step may be
 * submitted before the host knows what this one drew. Buffers are made here once; a step is recorded and prepared once per
 * shape.
 */
import type { Backend, DeviceBuffer, PreparedStep } from '../gpu/backend';
import { Recorder } from '../gpu/recorder';
import type { Step } from '../gpu/recorder';
import { commit } from '../kernels/commit/commit';
import type { IntegerKernels } from '../kernels/integer-kernels';
import { lookup, LONGEST_NGRAM, SHORTEST_NGRAM } from '../kernels/lookup/lookup';
import { ROW_CLASSES } from '../kernels/product-variants';
import { planRows } from '../kernels/plan-rows/plan-rows';
import { propose } from '../kernels/propose/propose';
import type { KvFormat } from '../kernels/shared/kv-pool';
import type { ActivationFormat } from '../kernels/shared/quantized';
import { recordSampling } from '../kernels/sampling';
import type { SamplingBuffers } from '../kernels/sampling';
import { FINISHED_STOP, MAX_BIASES, RESULT_WORDS, SLOT_WORDS, SlotWord } from '../kernels/shared/slot-state';
import { invariant, present } from '../lib/invariant';
import { divideUp } from '../lib/shapes';
import { BlockManager } from './block-manager';
import { DeviceModel } from './device-model';
import type { ForwardInputs, ModelParts } from './device-model';
import { biasPairs, slotWords, tokenCounts, wantsPenalties } from './slot-upload';
import type { SlotContent } from './slot-upload';
import { PLAIN } from './speculation';
import type { Guesser } from './speculation';
import { scratchBuffers, stateBuffers } from './state-buffers';
import { TuningTable } from './tuning/tuning-table';

export interface RunnerOptions {
  /** Positions one sequence may have. */
  contextLength: number;
  /** Blocks of the KV pools, the scratch block among them. */
  blocks: number;
  /** Rows of one forward. */
  maxRows: number;
  /** Sequences that may be live at once. */
  maxSequences: number;
  /** Rows whose logits one forward gives: one a sequence, or several where a draft's guesses are verified. */
  maxOutputs: number;
  /** How keys and values are stored; f32 is for tests of exactness. */
  kvFormat: KvFormat;
  /** What products of layers read: activations, or int8 codes of them. A numerics class each. */
  activationFormat: ActivationFormat;
}

/** How tokens are drawn; see slot-upload.ts. */
export interface DrawShape {
  /** Every sequence wants the likeliest token and nothing of what follows. */
  readonly greedy: boolean;
  /** Whether some sequence wants them. */
  readonly penalties: boolean;
  readonly filters: boolean;
  readonly logprobs: boolean;
  /** Whether some sequence is under a grammar. */
  readonly masked: boolean;
}

/** How a forward and its draw go; see StepShape. */
type ForwardShape = DrawShape & Partial<Pick<StepShape, 'long'>>;

/** Nothing but temperature and min-p. */
export const PLAIN_DRAW: DrawShape = {
  greedy: false,
  penalties: false,
  filters: false,
  logprobs: false,
  masked: false,
};

/**
 * A step is submitted whole, or in the parts between which the host has something to do: `rows` guesses and lays out the rows,
 * `forward` computes their logits, `draw` makes tokens of them. `guesses` lets only the draft model compute the prefilled
 * positions: it had been left behind.
 */
export type StepPart = 'whole' | 'guesses' | 'rows' | 'forward' | 'draw';

interface KnownStep {
  readonly shape: StepShape;
  prepared: PreparedStep;
}

/** Shapes whose steps are kept: far more than a chat has, while prompts beside answers may make thousands. */
const MOST_STEPS = 256;

/** What decides which dispatches a step has. */
export interface StepShape extends DrawShape {
  /** Sequences that go on. */
  readonly sequences: number;
  /** Positions of prompts that are computed without drawing a token. */
  readonly prefillRows: number;
  /** Who guesses tokens first, and how many for each sequence. */
  readonly guesser: Guesser | null;
  readonly drafts: number;
  readonly part: StepPart;
  /** The context of a sequence that goes on exceeds LONG_CONTEXT: decides who adds up, not what comes out. */
  readonly long: boolean;
}

/** One decoded token for each of `sequences`. */
export function decodeShape(sequences: number): StepShape {
  return { sequences, prefillRows: 0, ...PLAIN, part: 'whole', long: false, ...PLAIN_DRAW };
}

/** Whose rows a step has: slots that go on, and (slot, position) to prefill. */
export interface StepPlan {
  readonly slots: readonly number[];
  readonly prefill: readonly (readonly [slot: number, position: number])[];
}

/** Where a step's results go. */
export interface StepResults {
  /** RESULT_WORDS for each of the plan's slots, in order. */
  readonly results: Uint32Array<ArrayBuffer>;
  /** LOGPROB_WORDS for each output; null where nobody asks. */
  readonly logprobs: Uint32Array<ArrayBuffer> | null;
}

export class Runner {
  readonly cache: BlockManager;
  readonly vocabSize: number;
  readonly target: DeviceModel;
  readonly draft: DeviceModel | null;
  readonly inputs: ForwardInputs & Record<'slots' | 'tokens', DeviceBuffer>;
  readonly #state: Record<
    'plan' | 'pairs' | 'counts' | 'biases' | 'masks' | 'chosen' | 'results' | 'logprobs',
    DeviceBuffer
  >;
  readonly #scratch: SamplingBuffers['scratch'];
  readonly #plan: Uint32Array<ArrayBuffer>;
  #steps = new Map<string, KnownStep>(); // the least recently used first
  readonly #buffers: readonly DeviceBuffer[];

  private constructor(
    readonly backend: Backend,
    target: ModelParts,
    draft: ModelParts | null,
    readonly options: RunnerOptions,
    readonly tuning: TuningTable,
    kernels: IntegerKernels | null,
  ) {
    const { contextLength, blocks, maxSequences, maxOutputs } = options;
    this.cache = new BlockManager({ blocks, slots: maxSequences, contextLength });
    const modelOptions = { ...options, tableStride: this.cache.tableStride };
    this.target = new DeviceModel(backend, target, modelOptions, tuning, kernels);
    const draftOptions = { ...modelOptions, maxOutputs: maxSequences };
    this.draft = draft && new DeviceModel(backend, draft, draftOptions, tuning, kernels);
    this.vocabSize = this.target.shape.vocabSize;

    const createAll = <N extends string>(words: Readonly<Record<N, number>>) =>
      Object.fromEntries(
        Object.entries<number>(words).map(([label, count]) => [label, backend.createBuffer(label, 4 * count)]),
      ) as Record<N, DeviceBuffer>;
    const state = createAll(stateBuffers(options, this.vocabSize));
    this.inputs = state;
    this.#state = state;
    this.#plan = new Uint32Array(state.plan.bytes / 4);
    this.#scratch = createAll(scratchBuffers(options, this.vocabSize, this.target.logitStride));
    this.#buffers = [...Object.values(state), ...Object.values<DeviceBuffer>(this.#scratch)];
    backend.write(
      this.inputs.picked,
      0,
      Uint32Array.from({ length: maxOutputs }, (_, i) => i),
    );
    backend.write(
      this.#state.pairs,
      0,
      Uint32Array.from({ length: maxSequences }, (_, i) => 2 * i + 1),
    );
    this.finishNullSlot();
  }

  /** Makes the buffers and prepares the steps of a first answer. @throws HearthError `out-of-memory`, `device-lost`. */
  static async create(
    backend: Backend,
    target: ModelParts,
    draft: ModelParts | null,
    options: RunnerOptions,
    tuning: TuningTable = TuningTable.ofDefaults(),
  ): Promise<Runner> {
    const usesCodes = options.activationFormat === 'int8';
    const kernels = usesCodes ? (await import('../kernels/integer-kernels')).integerKernels : null;
    const runner = new Runner(backend, target, draft, options, tuning, kernels);
    try {
      await backend.settle();
      // A first prompt is nearly always of the largest class of rows; another one's kernels would be compiled for nobody.
      const chunk = { ...decodeShape(1), prefillRows: Math.min(options.maxRows, Math.max(...ROW_CLASSES)) - 1 };
      await Promise.all([runner.prepare(decodeShape(1)), runner.prepare(chunk)]);
      // Most requests filter, and most others are greedy; what that takes to compile need not be waited for.
      for (const other of [{ filters: true }, { greedy: true }, { long: true }]) {
        void Promise.resolve(runner.prepare({ ...decodeShape(1), ...other })).catch(() => {});
      }
      return runner;
    } catch (error) {
      runner.destroy();
      throw error;
    }
  }

  /** Bytes of everything but the weights, by purpose. */
  get memory(): { kv: number; activations: number; state: number } {
    const models = [this.target, ...(this.draft ? [this.draft] : [])];
    const kv = models
      .flatMap(({ pools }) => pools)
      .reduce((sum, { keys, values }) => sum + keys.bytes + values.bytes, 0);
    const all = models.reduce((sum, { bytes }) => sum + bytes, 0);
    return { kv, activations: all - kv, state: this.#buffers.reduce((sum, { bytes }) => sum + bytes, 0) };
  }

  get weightBytes(): number {
    return this.target.parts.weights.bytes + (this.draft?.parts.weights.bytes ?? 0);
  }

  /** Bytes of everything but the weights. */
  get bytes(): number {
    const { kv, activations, state } = this.memory;
    return kv + activations + state;
  }

  /** Tells the device of a sequence; steps submitted from now on know it. */
  upload(slot: number, content: SlotContent): void {
    const { backend, inputs, vocabSize } = this;
    const { ids, settings } = content;
    invariant(ids.length <= this.options.contextLength, 'a sequence fits its context');
    backend.write(inputs.slots, 4 * slot * SLOT_WORDS, slotWords(content));
    backend.write(inputs.tokens, 4 * slot * this.options.contextLength, Uint32Array.from(ids));
    if (!wantsPenalties(settings)) return;
    backend.write(this.#state.counts, 4 * slot * vocabSize, tokenCounts(content, vocabSize));
    if (settings.logitBias.length > 0) backend.write(this.#state.biases, 8 * slot * MAX_BIASES, biasPairs(settings));
  }

  /** The null slot belongs to nobody and has no live rows: so it is unless somebody measures with it. */
  finishNullSlot(): void {
    const finished = 4 * (this.cache.nullSlot * SLOT_WORDS + SlotWord.finished);
    this.backend.write(this.inputs.slots, finished, new Uint32Array([FINISHED_STOP]));
  }

  /** The step of a shape: a promise where it must be prepared, the first time or after MOST_STEPS others. */
  prepare(shape: StepShape): PreparedStep | Promise<PreparedStep> {
    const key = Object.values(shape).join(' ');
    const known = this.#steps.get(key);
    if (known) {
      this.#steps.delete(key); // and to the end, with those used last
      this.#steps.set(key, known);
      return known.prepared;
    }
    const steps = this.#steps; // others may take their place meanwhile
    return this.backend.prepare(this.record(shape)).then((prepared) => {
      steps.set(key, { shape, prepared });
      const [oldest] = steps.keys();
      if (steps.size > MOST_STEPS && oldest !== undefined) steps.delete(oldest);
      return prepared;
    });
  }

  /**
   * Records the known steps anew, for the table of tuned kernels knows better. Each is used as it was until the new one is
   * prepared, so nobody who asks meanwhile waits for it. Yields after each.
   */
  async *renewSteps(): AsyncGenerator<void, void> {
    for (const known of [...this.#steps.values()]) {
      known.prepared = await this.backend.prepare(this.record(known.shape));
      yield;
    }
  }

  /** All steps are recorded anew when they are asked for: what the table of tuned kernels says is to be used at once. */
  forgetSteps(): void {
    this.#steps = new Map();
  }

  /**
   * Submits a step.
   * @returns when the results are there. @throws HearthError `device-lost`.
   */
  submit(prepared: PreparedStep, plan: StepPlan, into: StepResults | null): Promise<void> {
    this.#tell(plan);
    if (plan.slots.length === 0 || into === null) return this.backend.run(prepared);
    return this.#runAndRead(prepared, plan.slots, into);
  }

  /**
   * Submits the part `rows` of a step, which `forward` and `draw` follow with no other step between.
   * @param into receives the rows: four words each, as in plan-rows.wgsl; null where nobody asks.
   */
  submitRows(prepared: PreparedStep, plan: StepPlan, into: Uint32Array<ArrayBuffer> | null): Promise<void> {
    this.#tell(plan);
    if (into === null) return this.backend.run(prepared);
    return this.backend.runAndRead(prepared, [{ buffer: this.inputs.rows, into }]);
  }

  submitForward(prepared: PreparedStep): Promise<void> {
    return this.backend.run(prepared);
  }

  /** @param masks [outputs][maskWords]. @returns when the results are there. */
  submitDraw(
    prepared: PreparedStep,
    masks: Uint32Array<ArrayBuffer>,
    { slots }: StepPlan,
    into: StepResults,
  ): Promise<void> {
    this.backend.write(this.#state.masks, 0, masks);
    return this.#runAndRead(prepared, slots, into);
  }

  #tell({ slots, prefill }: StepPlan): void {
    this.writePlan(slots, prefill);
    if (this.cache.takeChanges()) this.backend.write(this.inputs.tables, 0, this.cache.tables);
  }

  #runAndRead(prepared: PreparedStep, slots: StepPlan['slots'], into: StepResults): Promise<void> {
    const { backend } = this;
    const results = { buffer: this.#state.results, into: into.results.subarray(0, slots.length * RESULT_WORDS) };
    if (into.logprobs === null) return backend.runAndRead(prepared, [results]);
    return backend.runAndRead(prepared, [results, { buffer: this.#state.logprobs, into: into.logprobs }]);
  }

  /** Tells the device whose rows the next step has. */
  writePlan(slots: StepPlan['slots'], prefill: StepPlan['prefill']): void {
    const plan = this.#plan;
    plan[0] = slots.length;
    plan[1] = prefill.length;
    let at = 2;
    for (const slot of slots) {
      plan[at] = slot;
      at += 2;
    }
    for (const [slot, position] of prefill) {
      plan[at] = slot;
      plan[at + 1] = position;
      at += 2;
    }
    this.backend.write(this.#state.plan, 0, plan.subarray(0, at));
  }

  /** The dispatches of a step, or of a part of it. */
  record({ sequences, prefillRows, guesser, drafts, part, ...draw }: StepShape): Step {
    const recorder = new Recorder();
    const rowsEach = drafts + 1;
    const isPart = (...parts: StepPart[]) => parts.includes(part);
    if (isPart('whole', 'guesses', 'rows'))
      this.#recordGuesses(recorder, sequences, prefillRows, guesser, drafts, draw);
    if (isPart('whole', 'rows')) this.#recordPlan(recorder, rowsEach, 1, sequences * rowsEach + prefillRows);
    if (isPart('whole', 'forward')) this.#recordForward(recorder, sequences, rowsEach, prefillRows, draw);
    if (isPart('whole', 'draw') && sequences > 0) this.#recordAcceptance(recorder, sequences, rowsEach, draw);
    return recorder.finish();
  }

  #recordGuesses(
    recorder: Recorder,
    sequences: number,
    prefillRows: number,
    guesser: Guesser | null,
    drafts: number,
    draw: ForwardShape,
  ): void {
    if (guesser === 'lookup' && sequences > 0) this.#recordLookup(recorder, sequences, drafts);
    if (!this.draft || guesser !== 'draft') return;
    // A pair of rows at first: the second last token's keys are missing where all guesses of the round before were right.
    const rowCount = 2 * sequences + prefillRows;
    this.#recordPlan(recorder, 2, 0, rowCount);
    const guessDraw = { ...draw, logprobs: false, masked: false };
    const pairs = { ...this.inputs, picked: this.#state.pairs };
    const runRows = Math.max(2, prefillRows);
    this.draft.record(recorder, pairs, rowCount, sequences, { ...guessDraw, runRows });
    if (sequences > 0) this.#recordProposal(recorder, this.#state.pairs, sequences, guessDraw);
    for (let guess = 1; sequences > 0 && guess < drafts; guess++) {
      this.recordGuess(recorder, sequences, guess, guessDraw);
    }
  }

  /** A forward of the draft over one row of each sequence, `guess` tokens after its last, and the token it guesses. */
  recordGuess(recorder: Recorder, sequences: number, guess: number, draw: ForwardShape): void {
    this.#recordPlan(recorder, 1, 1 + guess, sequences);
    present(this.draft, 'draft model').record(recorder, this.inputs, sequences, sequences, { ...draw, runRows: 1 });
    this.#recordProposal(recorder, this.inputs.picked, sequences, draw);
  }

  /** A forward of the target over `rowsEach` rows of each sequence and the prefilled ones, and what it makes of them. */
  recordVerification(
    recorder: Recorder,
    sequences: number,
    rowsEach: number,
    prefillRows: number,
    draw: ForwardShape,
  ): void {
    this.#recordPlan(recorder, rowsEach, 1, sequences * rowsEach + prefillRows);
    this.#recordForward(recorder, sequences, rowsEach, prefillRows, draw);
    if (sequences > 0) this.#recordAcceptance(recorder, sequences, rowsEach, draw);
  }

  #recordForward(
    recorder: Recorder,
    sequences: number,
    rowsEach: number,
    prefillRows: number,
    draw: ForwardShape,
  ): void {
    const outputs = sequences * rowsEach;
    const runRows = Math.max(rowsEach, prefillRows);
    this.target.record(recorder, this.inputs, outputs + prefillRows, outputs, { ...draw, runRows });
  }

  #recordAcceptance(recorder: Recorder, sequences: number, rowsEach: number, draw: DrawShape): void {
    this.#recordDraw(recorder, this.target, this.inputs.picked, sequences * rowsEach, draw);
    const { plan, chosen, counts, results } = this.#state;
    const { slots, tokens } = this.inputs;
    recorder.call(
      'commit',
      commit,
      { plan, chosen, slots, tokens, counts, results },
      { ROWS_PER_SEQUENCE: rowsEach, TOKENS_STRIDE: this.options.contextLength, VOCAB: this.vocabSize },
      [divideUp(sequences, 64), 1, 1],
    );
  }

  destroy(): void {
    for (const buffer of this.#buffers) buffer.destroy();
    this.target.destroy();
    this.draft?.destroy();
  }

  #recordPlan(recorder: Recorder, rowsEach: number, first: number, rowCount: number): void {
    const { slots, tokens, rows } = this.inputs;
    const constants = {
      ROWS_PER_SEQUENCE: rowsEach,
      FIRST: first,
      TOKENS_STRIDE: this.options.contextLength,
      NULL_SLOT: this.cache.nullSlot,
    };
    const grid = [divideUp(rowCount, 64), 1, 1] as const;
    recorder.call('plan', planRows, { plan: this.#state.plan, slots, tokens, rows }, constants, grid);
  }

  #recordLookup(recorder: Recorder, sequences: number, drafts: number): void {
    const { slots, tokens } = this.inputs;
    const constants = {
      GUESSES: drafts,
      TOKENS_STRIDE: this.options.contextLength,
      LONGEST: LONGEST_NGRAM,
      SHORTEST: SHORTEST_NGRAM,
    };
    recorder.call('lookup', lookup, { plan: this.#state.plan, slots, tokens }, constants, [sequences, 1, 1]);
  }

  #recordProposal(recorder: Recorder, picked: DeviceBuffer, sequences: number, draw: DrawShape): void {
    this.#recordDraw(recorder, present(this.draft, 'draft model'), picked, sequences, draw);
    const { rows, tokens } = this.inputs;
    const constants = { OUTPUTS: sequences, TOKENS_STRIDE: this.options.contextLength };
    const buffers = { rows, picked, chosen: this.#state.chosen, tokens };
    recorder.call('propose', propose, buffers, constants, [divideUp(sequences, 64), 1, 1]);
  }

  #recordDraw(
    recorder: Recorder,
    { logits, logitStride, ranks, rankStride }: DeviceModel,
    picked: DeviceBuffer,
    outputs: number,
    draw: DrawShape,
  ): void {
    const { rows, slots, tokens } = this.inputs;
    const { counts, biases, masks, chosen, logprobs } = this.#state;
    recordSampling(
      recorder,
      { logits, ranks, rows, picked, slots, tokens, counts, biases, masks, chosen, logprobs, scratch: this.#scratch },
      {
        outputs,
        vocabSize: this.vocabSize,
        logitStride,
        rankStride,
        tokensStride: this.options.contextLength,
        ...draw,
      },
    );
  }
}
