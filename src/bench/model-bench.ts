/**
 * One shape, timed: decode behind several contexts, prompts of several lengths, forwards of one to eight rows. A shape whose
 * whole would take too long is built with one layer; the layer's part of each step is timed apart and counted as often as
 * the shape has layers, and the result says so.
 */
import type { Backend } from '../gpu/backend';
import { BLOCK, KV_FORMATS } from '../kernels/shared/kv-pool';
import type { KvFormat } from '../kernels/shared/kv-pool';
import { planRunner } from '../engine/memory';
import { Runner } from '../engine/runner';
import { uploadWeights } from '../engine/upload';
import { modelPage } from '../models/index';
import { DEFAULT_INT4 } from '../quant/choose';
import { benchCachedLoad, type KeepWeights } from './cached-load';
import type { Ceilings } from './ceilings';
import { benchGuessing, type GuessReport } from './guess-bench';
import { benchKernels, type KernelReport } from './kernel-bench';
import { layerWeights, matrixBytes, tokenWeights } from './matrices';
import { type Peer, PeerCases, type PeerReport } from './peer';
import { randomWeights } from './random-weights';
import { type Figure, figureOf, mapFigure, noiseOf } from '../lib/figure';
import { nullWithoutRoom } from './no-room';
import { interleave } from './rounds';
import type { BenchShape } from './shapes';
import { fillCache, isOfLayer, SteadyRunner } from './steady-runner';
import { tuneSteps } from './tuned';
import type { TuningSummary } from './tuned';

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
  /** How keys and values are stored. */
  readonly kvFormat: KvFormat;
  /** By positions before the token. */
  readonly decode: readonly DecodeSpeed[];
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
  /** What tuning the kernels came to; null where it was not asked for. All figures but those beside are the defaults'. */
  readonly tuning: TuningSummary | null;
  /** The dispatches of a decode step and of a prompt's chunk one by one, where they were asked for. */
  readonly kernels: readonly KernelReport[];
}

export interface SpeedAt {
  readonly tokens: number;
  readonly tokensPerSecond: Figure;
  /** The same otherwise, in turns with it. */
  readonly beside: readonly SpeedBeside[];
}

export interface DecodeSpeed extends SpeedAt {
  /** Keys and values that a token reads. */
  readonly kvBytes: number;
  /** What reading weights, keys and values takes at the measured read bandwidth. */
  readonly leastMs: number;
  /** `leastMs` in the time that was measured. */
  readonly shareOfBandwidth: number;
  readonly shareOfUnpacking: number;
  /** In the time measured, that of the shortest context times as many bytes: 1 where each costs what it costs there. */
  readonly shareOfForetold: number;
}

export interface SpeedBeside {
  /** With tuned kernels, where some are not the default, or with keys and values in another format. */
  readonly how: 'tuned' | KvFormat;
  readonly tokensPerSecond: Figure;
  /** In speeds of what it stands beside, round by round. */
  readonly ratio: Figure;
}

export interface ModelBenchOptions {
  readonly contexts: readonly number[];
  readonly prompts: readonly number[];
  readonly verifyRows: number;
  readonly rounds: number;
  /** Beyond this the shape is built with one layer. */
  readonly budgetMs: number;
  readonly kernels: boolean;
  /** Whether the kernels are tuned first; prompts and decode are timed with both then. */
  readonly tuned: boolean;
  /** How keys and values are stored: as the engine would choose if absent; decode is timed beside with all but the first. */
  readonly kvFormats?: readonly KvFormat[];
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

const FIRST_PROMPT = 128;

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
    bench.destroy();
  }
  const peakMemoryBytes = backend.memory.takePeak();
  const { keepWeights, signal } = options;
  const cachedLoadBytesPerSecond = keepWeights
    ? await benchCachedLoad(backend, shape, keepWeights, signal).catch(nullWithoutRoom)
    : null;
  const guessing = built ? await benchGuessing(backend, shape, options).catch(nullWithoutRoom) : null;
  return { ...measured, firstUseMs, uploadBytesPerSecond, peakMemoryBytes, cachedLoadBytesPerSecond, guessing };
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
  { contexts, prompts, kvFormats, signal }: ModelBenchOptions,
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
    planRunner(backend.kind, page.shape(read), { contextLength, kvFormat: kvFormats?.[0] }),
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
  {
    contexts,
    verifyRows,
    rounds,
    kernels,
    tuned,
    kvFormats = [],
    peer,
    signal,
    onProgress,
    ...wishes
  }: ModelBenchOptions,
  layersTimed: number,
): Promise<Measured> {
  const { runner, layers } = bench;
  const room = runner.options.contextLength - ROOM;
  const cases: Record<string, () => Promise<number>> = {};
  const reachable = contexts.map((context) => Math.min(context, room));
  const prompts = wishes.prompts.map((tokens) => Math.min(tokens, room));
  const isWhole = layersTimed === layers;
  const peers = peer && isWhole ? await PeerCases.open(peer, shape, runner.options.contextLength) : null;
  for (const format of kvFormats.slice(1)) await bench.addFormat(format);
  for (const context of reachable) {
    cases[`decode ${context}`] = await bench.timed([bench.decodeStep(context)], STEPS, context);
    for (const other of bench.others) {
      const how = other.runner.options.kvFormat;
      cases[`${how} decode ${context}`] = await other.timed([other.decodeStep(context)], STEPS, context);
    }
    if (peers) cases[`peer decode ${context}`] = peers.timed((model) => model.decode(context));
  }
  for (const prompt of prompts) {
    cases[`prefill ${prompt}`] = await bench.timed(bench.prefillSteps(prompt), 1, prompt);
    if (peers) cases[`peer prefill ${prompt}`] = peers.timed((model) => model.prefill(prompt));
  }
  const record = () => {
    for (const context of reachable) bench.decodeStep(context);
    for (const prompt of prompts) bench.prefillSteps(prompt);
  };
  const tuning = tuned ? await tuneSteps(runner, record, signal) : null;
  if (tuning?.points.some(({ gain }) => gain > 1)) {
    runner.tuning.switchOn(true);
    for (const context of reachable) {
      cases[`tuned decode ${context}`] = await bench.timed([bench.decodeStep(context)], STEPS, context);
    }
    for (const prompt of prompts) {
      cases[`tuned prefill ${prompt}`] = await bench.timed(bench.prefillSteps(prompt), 1, prompt);
    }
    runner.tuning.switchOn(false);
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
  const besides = (name: string, tokens: number): SpeedBeside[] =>
    (['tuned', ...KV_FORMATS] as const).flatMap((how) => {
      const own = times[`${how} ${name}`];
      if (own === undefined) return [];
      const ratio = figureOf(own.map((ms, round) => times[name]![round]! / ms));
      return [{ how, tokensPerSecond: perToken(`${how} ${name}`, tokens), ratio }];
    });
  const msOf = (context: number) => figureOf(times[`decode ${context}`]!).median;
  const msPerByte = msOf(shortest) / (bytes + kvBytes(shortest));
  const decode = reachable.map((context): DecodeSpeed => {
    const name = `decode ${context}`;
    const read = bytes + kvBytes(context);
    const leastMs = (1000 * read) / ceilings.readBytesPerSecond.median;
    return {
      tokens: context,
      tokensPerSecond: perToken(name, 1),
      beside: besides(name, 1),
      kvBytes: kvBytes(context),
      leastMs,
      shareOfBandwidth: leastMs / msOf(context),
      shareOfUnpacking: (1000 * weights) / msOf(context) / ceilings.unpackedPerSecond.median,
      shareOfForetold: (msPerByte * read) / msOf(context),
    };
  });
  const operations = 2 * layerWeights(shape.config);
  const prefill = prompts.map((prompt) => {
    const name = `prefill ${prompt}`;
    const tokensPerSecond = perToken(name, prompt);
    const shareOfOperations = (tokensPerSecond.median * operations) / ceilings.operationsPerSecond.median;
    return { tokens: prompt, tokensPerSecond, beside: besides(name, prompt), shareOfOperations };
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
    kvFormat: runner.options.kvFormat,
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
    tuning,
    kernels: kernelReports,
  };
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
