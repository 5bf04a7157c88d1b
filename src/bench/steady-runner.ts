import type { Backend, PreparedStep } from '../gpu/backend';
import { Recorder, type Step } from '../gpu/recorder';
import { LONG_CONTEXT } from '../kernels/attention/splits';
import type { KvFormat } from '../kernels/shared/kv-pool';
import { RESULT_WORDS } from '../kernels/shared/slot-state';
import { present } from '../lib/invariant';
import { planRunner } from '../engine/memory';
import { resolveOptions } from '../engine/options';
import { decodeShape, PLAIN_DRAW, Runner } from '../engine/runner';
import { nullWithoutRoom } from './no-room';
import { noiseWords } from './random-weights';

/** Times that the one layer of a shape too large to be timed whole goes through in one submission. */
const LAYER_TURNS = 4;

/** A runner with one sequence that is set back before every timing, so that each sees the same context. */
export class SteadyRunner {
  /** Over the same weights, with keys and values in other formats. */
  readonly others: SteadyRunner[] = [];
  readonly #slot: number;
  readonly #results = new Uint32Array(RESULT_WORDS);
  readonly #isWhole: boolean;

  /** @param layers of the shape; the runner may have one of them. */
  constructor(
    readonly runner: Runner,
    readonly layers: number,
  ) {
    const { contextLength } = runner.options;
    this.#slot = present(runner.cache.admit([0], '', contextLength), 'room for a sequence').slot;
    this.#isWhole = runner.target.shape.layers === layers;
    runner.backend.write(runner.inputs.tables, 0, runner.cache.tables);
  }

  /** There is none where there is no room for it. */
  async addFormat(kvFormat: KvFormat): Promise<void> {
    const { backend, target, options } = this.runner;
    const parts = { ...target.parts, weights: { ...target.parts.weights, destroy: () => {} } }; // they are this one's
    const planned = planRunner(backend.kind, target.shape, { contextLength: options.contextLength, kvFormat });
    const other = await Runner.create(backend, parts, null, planned).catch(nullWithoutRoom);
    if (other === null) return;
    fillCache(backend, other);
    this.others.push(new SteadyRunner(other, this.layers));
  }

  destroy(): void {
    for (const other of this.others) other.destroy();
    this.runner.destroy();
  }

  decodeStep(context = 1): Step {
    return this.runner.record({ ...decodeShape(1), long: context > LONG_CONTEXT });
  }

  verifyStep(rows: number): Step {
    const recorder = new Recorder();
    this.runner.recordVerification(recorder, 1, rows, 0, PLAIN_DRAW);
    return recorder.finish();
  }

  /** The chunks of a prompt. */
  prefillSteps(tokens: number): Step[] {
    const { maxRows } = this.runner.options;
    const chunks = Array.from({ length: Math.ceil(tokens / maxRows) }, (_, i) =>
      Math.min(maxRows, tokens - i * maxRows),
    );
    return chunks.map((prefillRows) => this.runner.record({ ...decodeShape(0), prefillRows }));
  }

  async once(step: Step, context = 1): Promise<void> {
    this.#setBack(context);
    this.#plan(step, 0);
    await this.runner.backend.run(await this.runner.backend.prepare(step));
  }

  /** @returns a function that runs the steps `repeats` times behind `context` positions; milliseconds for one time. */
  async timed(steps: readonly Step[], repeats: number, context: number): Promise<() => Promise<number>> {
    if (this.#isWhole) return this.#runs(steps, repeats, context);
    const restOf = (step: Step) => step.filter((call) => !isOfLayer(call));
    const layersOf = (step: Step) => [
      ...step.filter(({ label }) => label === 'plan'),
      ...Array.from({ length: LAYER_TURNS }, () => step.filter(isOfLayer)).flat(),
    ];
    const rest = await this.#runs(steps.map(restOf), repeats, context);
    const turns = await this.#runs(steps.map(layersOf), repeats, context, steps);
    return async () => (await rest()) + (this.layers * (await turns())) / LAYER_TURNS;
  }

  /** @returns a function that says by how much a step takes longer where its result is read before the next is submitted. */
  async timedGap(step: Step, repeats: number, context: number): Promise<() => Promise<number>> {
    const prepared = await this.runner.backend.prepare(step);
    const unread = await this.#runs([step], repeats, context);
    return async () => {
      this.#setBack(context);
      this.#plan(step, 0);
      const startMs = performance.now();
      for (let i = 0; i < repeats; i++) await this.#read(prepared);
      const ms = (performance.now() - startMs) / repeats;
      return ms - (await unread());
    };
  }

  /** Milliseconds the host takes to submit one decode step, round by round. */
  async encodeTimes(context: number, rounds: number): Promise<number[]> {
    const { backend } = this.runner;
    const prepared = await backend.prepare(this.decodeStep());
    const times: number[] = [];
    for (let round = 0; round < rounds; round++) {
      this.#setBack(context);
      this.#plan(prepared.step, 0);
      const startMs = performance.now();
      const done = this.#read(prepared);
      times.push(performance.now() - startMs);
      await done;
    }
    return times;
  }

  /** @param whole the steps that these are parts of, which say whose rows there are */
  async #runs(
    steps: readonly Step[],
    repeats: number,
    context: number,
    whole: readonly Step[] = steps,
  ): Promise<() => Promise<number>> {
    const { backend, options } = this.runner;
    const prepared = await Promise.all(steps.map((step) => backend.prepare(step)));
    return async () => {
      this.#setBack(context);
      await backend.settle();
      const startMs = performance.now();
      const done: Promise<void>[] = [];
      for (let i = 0; i < repeats; i++) {
        for (const [chunk, step] of prepared.entries()) {
          if (i === 0 || prepared.length > 1) this.#plan(whole[chunk]!, chunk * options.maxRows);
          done.push(backend.run(step));
        }
      }
      await Promise.all(done);
      return (performance.now() - startMs) / repeats;
    };
  }

  #read(prepared: PreparedStep): Promise<void> {
    return this.runner.submit(
      prepared,
      { slots: [this.#slot], prefill: [] },
      { results: this.#results, logprobs: null },
    );
  }

  /** Which rows a step has: those of a prompt from `first` on, or the sequence's next ones. */
  #plan(step: Step, first: number): void {
    const isDecode = step.some(({ label }) => label === 'commit');
    if (isDecode) return this.runner.writePlan([this.#slot], []);
    const plan = step.find(({ label }) => label === 'plan');
    const rows = present(plan, 'plan of a step').grid[0] * 64;
    const room = Math.min(rows, this.runner.options.maxRows, this.runner.options.contextLength - first);
    this.runner.writePlan(
      [],
      Array.from({ length: room }, (_, i) => [this.#slot, first + i] as const),
    );
  }

  #setBack(context: number): void {
    const { runner } = this;
    const ids = Array.from({ length: context }, (_, i) => (i * 7919) % runner.vocabSize);
    const settings = resolveOptions({}, { temperature: 1, seed: 1 }, runner.vocabSize);
    const content = {
      ids,
      promptLength: context,
      limit: runner.options.contextLength,
      settings,
      stopIds: new Set<number>(),
      logprobs: null,
    };
    runner.upload(this.#slot, content);
  }
}

export function isOfLayer({ label }: Step[number]): boolean {
  return label.startsWith('layers.');
}

/** Keys and values that a long context would have left: halves below two, which are small numbers in every KV format. */
export function fillCache(backend: Backend, runner: Runner): void {
  const noise = noiseWords().map((word) => word & 0xbfffbfff);
  for (const { keys, values } of runner.target.pools) {
    for (const buffer of [keys, values]) {
      for (let at = 0; at < buffer.bytes; at += noise.byteLength) {
        backend.write(buffer, at, noise.subarray(0, Math.floor(Math.min(noise.byteLength, buffer.bytes - at) / 4)));
      }
    }
  }
}
