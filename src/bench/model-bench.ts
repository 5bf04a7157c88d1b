/**
 * One shape, timed: decode behind several contexts, prompts of several lengths, forwards of one to eight rows. A shape whose
 * whole would take too long is built with one layer; the layer's part of each step is timed apart and counted as often as
 * the shape has layers, and the result says so.
 */
import type { Backend, PreparedStep } from '../gpu/backend';
import { Recorder, type Step } from '../gpu/recorder';
import { LONG_CONTEXT } from '../kernels/attention/splits';
import { BLOCK } from '../kernels/shared/kv-pool';
import { RESULT_WORDS } from '../kernels/shared/slot-state';
import { type HearthError, toHearthError } from '../lib/errors';
import { present } from '../lib/invariant';
import { planRunner } from '../engine/memory';
import { resolveOptions } from '../engine/options';
import { decodeShape, PLAIN_DRAW, Runner } from '../engine/runner';
import { uploadWeights } from '../engine/upload';
import { modelPage } from '../models/index';
import { DEFAULT_INT4 } from '../quant/choose';
import { benchCachedLoad, type KeepWeights } from './cached-load';
import type { Ceilings } from './ceilings';
import { benchGuessing, type GuessReport } from './guess-bench';
import { benchKernels, type KernelReport } from './kernel-bench';
import { layerWeights, matrixBytes, tokenWeights } from './matrices';
import { type Peer, PeerCases, type PeerReport } from './peer';
import { noiseWords, randomWeights } from './random-weights';
import { type Figure, figureOf, mapFigure, noiseOf } from '../lib/figure';
import { interleave } from './rounds';
import type { BenchShape } from './shapes';

export interface ModelReport {
  readonly shape: string;
  /** Layers that were timed, and layers of the shape: fewer where the whole would have taken too long. */
  readonly layersTimed: number;
  readonly layers: number;
  /** Matrices that a token reads, of all layers. */
  readonly weightBytes: number;
  /** Weights, keys and values, activations and state on the device, of what was built. */
  readonly memoryBytes: number;
  /** The most bytes of buffers that were on the device at once, loading included. */
  readonly peakMemoryBytes: number;
  /** Weights from memory to the device. */
  readonly uploadBytesPerSecond: number;
  /** Weights from the browser's store to the device (cached-load.ts); null where there is no store. */
  readonly cachedLoadBytesPerSecond: Figure | null;
  /** Pipelines of the first decode step and the first chunk of a prompt, made and used once. */
  readonly firstUseMs: number;
  /** By positions before the token. */
  readonly decode: readonly (SpeedAt & { shareOfBandwidth: number; shareOfUnpacking: number })[];
  /** By tokens of the prompt. */
  readonly prefill: readonly (SpeedAt & { shareOfOperations: number })[];
  /** A prompt of 128 tokens, up to its first token read. */
  readonly timeToFirstTokenMs: Figure;
  readonly dispatchesPerLayer: number;
  readonly dispatchesPerToken: number;
  /** The host's share of submitting one decode step. */
  readonly encodeMs: Figure;
  /** What waiting for each token adds to it. */
  readonly readbackGapMs: Figure;
  /** Cost of a forward of M rows of one sequence in forwards of one row: v(1), v(2), … */
  readonly verify: readonly Figure[];
  /** One decode step behind the shortest context. */
  readonly stepMs: Figure;
  /** Rounds with a draft of fewer layers (guess-bench.ts); null where the shape was not timed whole, or both do not fit. */
  readonly guessing: GuessReport | null;
  /** The same shape on another engine, in turns with ours; null where there is none, or where the shape was not timed whole. */
  readonly peer: PeerReport | null;
  /** Largest half interval of any figure, as a share of it. */
  readonly noise: number;
  /** The dispatches of a decode step and of a prompt's chunk one by one, where they were asked for. */
  readonly kernels: readonly KernelReport[];
}

export interface SpeedAt {
  readonly tokens: number;
  readonly tokensPerSecond: Figure;
}

export interface ModelBenchOptions {
  readonly contexts: readonly number[];
  readonly prompts: readonly number[];
  readonly verifyRows: number;
  readonly rounds: number;
  /** Beyond this the shape is built with one layer. */
  readonly budgetMs: number;
  readonly kernels: boolean;
  readonly keepWeights?: KeepWeights;
  readonly peer?: Peer;
  readonly signal?: AbortSignal;
  /** @param share of the shape that is done, from 0 to 1 */
  readonly onProgress?: (share: number) => void;
}

/** Decode steps submitted back to back in one timing, and positions left free behind the longest context for them. */
const STEPS = 8;
const ROOM = 512;

const VERIFY_REPEATS = 2;

/** Times that the one layer of a shape too large to be timed whole goes through in one submission. */
const LAYER_TURNS = 4;

const FIRST_PROMPT = 128;

/** Errors that say that this device is too small for a shape. */
export const NO_ROOM: readonly HearthError['code'][] = ['out-of-memory', 'adapter-too-small'];

/**
 * @throws HearthError `out-of-memory` or `adapter-too-small` where the shape does not fit; `internal` for a kernel that is
 * wrong; `device-lost`, `aborted`.
 */
export async function benchModel(
  backend: Backend,
  shape: BenchShape,
  ceilings: Ceilings,
  options: ModelBenchOptions,
): Promise<ModelReport> {
  const layers = Number(shape.config['num_hidden_layers']);
  backend.memory.takePeak();
  const steps = stepsOf(options);
  const isHopeful = steps * leastStepMs(shape.config, ceilings) <= options.budgetMs;
  let built = isHopeful ? await build(backend, shape, layers, options) : null;
  if (built && steps * built.stepMs > options.budgetMs) {
    built.bench.runner.destroy();
    built = null;
  }
  const { bench, firstUseMs, uploadBytesPerSecond } = built ?? (await build(backend, shape, 1, options));
  let measured: Measured;
  try {
    measured = await timeAll(bench, shape, ceilings, options, built ? layers : 1);
  } finally {
    bench.runner.destroy();
  }
  const peakMemoryBytes = backend.memory.takePeak();
  const { keepWeights, signal } = options;
  const cachedLoadBytesPerSecond = keepWeights
    ? await benchCachedLoad(backend, shape, keepWeights, signal).catch(nullWithoutRoom)
    : null;
  const guessing = built ? await benchGuessing(backend, shape, options).catch(nullWithoutRoom) : null;
  return { ...measured, firstUseMs, uploadBytesPerSecond, peakMemoryBytes, cachedLoadBytesPerSecond, guessing };
}

/** What has been measured by then is worth more than what there is no room for. */
function nullWithoutRoom(error: unknown): null {
  if (NO_ROOM.includes(toHearthError(error).code)) return null;
  throw error;
}

interface Built {
  readonly bench: SteadyRunner;
  readonly firstUseMs: number;
  readonly uploadBytesPerSecond: number;
  /** One decode step, measured once. */
  readonly stepMs: number;
}

/** The shape with `layersBuilt` of its layers, warm. */
async function build(
  backend: Backend,
  shape: BenchShape,
  layersBuilt: number,
  { contexts, prompts, signal }: ModelBenchOptions,
): Promise<Built> {
  const config = { ...shape.config, num_hidden_layers: layersBuilt };
  const page = modelPage(config);
  const read = page.readConfig(config);
  const uploadStartMs = performance.now();
  const stored = randomWeights(shape.name, config, DEFAULT_INT4);
  const weights = await uploadWeights(backend, stored, page.weights(read), { signal });
  const uploadMs = performance.now() - uploadStartMs;
  const contextLength = Math.min(page.shape(read).maxContext, Math.max(FIRST_PROMPT, ...contexts, ...prompts) + ROOM);
  const runnerStartMs = performance.now();
  const runner = await Runner.create(
    backend,
    { page, config: read, weights },
    null,
    planRunner(backend.kind, page.shape(read), { contextLength }),
  ).catch((error: unknown) => {
    weights.destroy();
    throw error;
  });
  try {
    fillCache(backend, runner);
    const bench = new SteadyRunner(runner, Number(shape.config['num_hidden_layers']));
    await bench.once(bench.decodeStep());
    await bench.once(bench.prefillSteps(Math.min(runner.options.maxRows, FIRST_PROMPT))[0]!);
    const firstUseMs = performance.now() - runnerStartMs;
    const stepStartMs = performance.now();
    await bench.once(bench.decodeStep());
    const stepMs = performance.now() - stepStartMs;
    return { bench, firstUseMs, uploadBytesPerSecond: (1000 * weights.bytes) / uploadMs, stepMs };
  } catch (error) {
    runner.destroy();
    throw error;
  }
}

type Measured = Omit<
  ModelReport,
  'firstUseMs' | 'uploadBytesPerSecond' | 'peakMemoryBytes' | 'cachedLoadBytesPerSecond' | 'guessing'
>;

async function timeAll(
  bench: SteadyRunner,
  shape: BenchShape,
  ceilings: Ceilings,
  { contexts, verifyRows, rounds, kernels, peer, signal, onProgress, ...wishes }: ModelBenchOptions,
  layersTimed: number,
): Promise<Measured> {
  const { runner, layers } = bench;
  const room = runner.options.contextLength - ROOM;
  const cases: Record<string, () => Promise<number>> = {};
  const reachable = contexts.map((context) => Math.min(context, room));
  const prompts = wishes.prompts.map((tokens) => Math.min(tokens, room));
  const isWhole = layersTimed === layers;
  const peers = peer && isWhole ? await PeerCases.open(peer, shape, runner.options.contextLength) : null;
  for (const context of reachable) {
    cases[`decode ${context}`] = await bench.timed([bench.decodeStep(context)], STEPS, context);
    if (peers) cases[`peer decode ${context}`] = peers.timed((model) => model.decode(context));
  }
  for (const prompt of prompts) {
    cases[`prefill ${prompt}`] = await bench.timed(bench.prefillSteps(prompt), 1, prompt);
    if (peers) cases[`peer prefill ${prompt}`] = peers.timed((model) => model.prefill(prompt));
  }
  const shortest = Math.min(...reachable);
  for (let rows = 1; rows <= verifyRows; rows++) {
    cases[`verify ${rows}`] = await bench.timed([bench.verifyStep(rows)], VERIFY_REPEATS, shortest);
  }
  cases['first token'] = await bench.timed([...bench.prefillSteps(FIRST_PROMPT), bench.decodeStep()], 1, FIRST_PROMPT);
  cases['gap'] = await bench.timedGap(bench.decodeStep(), STEPS, shortest);
  const times = await interleave(cases, rounds, signal, (done) => onProgress?.(done / (rounds + 2)));
  const encode = await bench.encodeTimes(shortest, rounds);
  const peerReport = await peers?.report(reachable, prompts, (kind, tokens) => ({
    ours: times[`${kind} ${tokens}`]!,
    peers: times[`peer ${kind} ${tokens}`]!,
  }));

  const bytes = matrixBytes(shape.config);
  const weights = tokenWeights(shape.config);
  const positionBytes = runner.memory.kv / runner.options.blocks / BLOCK; // of all layers built, keys and values
  const kvBytes = (context: number) => positionBytes * context * (layers / layersTimed);
  const kernelReports: KernelReport[] = [];
  const chunk = Math.min(runner.options.maxRows, FIRST_PROMPT);
  const steps = [
    ['decode', bench.decodeStep(), shortest],
    ['prefill', bench.prefillSteps(chunk)[0]!, chunk],
  ] as const;
  for (const [name, step, context] of kernels ? steps : []) {
    await bench.once(step, context);
    const cacheBytes = (positionBytes * context) / (2 * layersTimed);
    const layersEach = layers / layersTimed;
    const reports = { name, ceilings, cacheBytes, layersEach, rounds, signal };
    kernelReports.push(...(await benchKernels(runner.backend, step, reports)));
  }
  const perToken = (name: string, tokens: number) => mapFigure(figureOf(times[name]!), (ms) => (1000 * tokens) / ms);
  const decode = reachable.map((context) => {
    const tokensPerSecond = perToken(`decode ${context}`, 1);
    const readPerSecond = tokensPerSecond.median * (bytes + kvBytes(context));
    return {
      tokens: context,
      tokensPerSecond,
      shareOfBandwidth: readPerSecond / ceilings.readBytesPerSecond.median,
      shareOfUnpacking: (tokensPerSecond.median * weights) / ceilings.unpackedPerSecond.median,
    };
  });
  const operations = 2 * layerWeights(shape.config);
  const prefill = prompts.map((prompt) => {
    const tokensPerSecond = perToken(`prefill ${prompt}`, prompt);
    const shareOfOperations = (tokensPerSecond.median * operations) / ceilings.operationsPerSecond.median;
    return { tokens: prompt, tokensPerSecond, shareOfOperations };
  });
  const one = times['verify 1']!;
  const step = bench.decodeStep();
  const all = [...decode, ...prefill].map(({ tokensPerSecond }) => noiseOf(tokensPerSecond));
  return {
    shape: shape.name,
    layersTimed,
    layers,
    weightBytes: bytes,
    memoryBytes: runner.weightBytes + runner.bytes,
    decode,
    prefill,
    timeToFirstTokenMs: figureOf(times['first token']!),
    dispatchesPerLayer: step.filter(({ label }) => label.startsWith('layers.0.')).length,
    dispatchesPerToken: step.length + (layers - layersTimed) * step.filter(isOfLayer).length,
    encodeMs: figureOf(encode),
    readbackGapMs: figureOf(times['gap']!),
    verify: Array.from({ length: verifyRows }, (_, i) =>
      figureOf(times[`verify ${i + 1}`]!.map((ms, round) => ms / one[round]!)),
    ),
    stepMs: figureOf(times[`decode ${shortest}`]!),
    peer: peerReport ?? null,
    noise: Math.max(...all),
    kernels: kernelReports,
  };
}

/** A runner with one sequence that is set back before every timing, so that each sees the same context. */
class SteadyRunner {
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

function isOfLayer({ label }: Step[number]): boolean {
  return label.startsWith('layers.');
}

/** Keys and values that a long context would have left: halves below two, which are small numbers in every KV format. */
function fillCache(backend: Backend, runner: Runner): void {
  const noise = noiseWords().map((word) => word & 0xbfffbfff);
  for (const { keys, values } of runner.target.pools) {
    for (const buffer of [keys, values]) {
      for (let at = 0; at < buffer.bytes; at += noise.byteLength) {
        backend.write(buffer, at, noise.subarray(0, Math.floor(Math.min(noise.byteLength, buffer.bytes - at) / 4)));
      }
    }
  }
}

/** A decode step at best: what reading the weights takes. */
function leastStepMs(config: unknown, ceilings: Ceilings): number {
  return (1000 * matrixBytes(config)) / ceilings.readBytesPerSecond.median;
}

/** The whole in decode steps, roughly: rows of a forward cost a quarter of a step each. */
function stepsOf({ contexts, prompts, verifyRows, rounds }: ModelBenchOptions): number {
  const promptRows = prompts.reduce((sum, tokens) => sum + tokens, FIRST_PROMPT);
  const verified = (verifyRows * (verifyRows + 1)) / 2;
  return (rounds + 1) * (STEPS * (contexts.length + 1) + (VERIFY_REPEATS * verified) / 4 + promptRows / 4);
}
