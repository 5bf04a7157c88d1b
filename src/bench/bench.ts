/**
 * The benchmark: what this device can do at best, and how near the engine comes to it with the shapes of real models. It
 * runs alike in a worker of the page and in Node, and what it returns is plain data.
 */
import type { Backend } from '../gpu/backend';
import { type DeviceReport, findDevice, lanesFor } from '../gpu/device';
import { WebGpuBackend } from '../gpu/webgpu-backend';
import type { KvFormat } from '../kernels/shared/kv-pool';
import { MAX_ROWS_PER_SEQUENCE } from '../kernels/shared/slot-state';
import { HearthError, toHearthError } from '../lib/errors';
import { MAX_DRAFTS, predictedGain } from '../engine/speculation';
import { type Ceilings, measureCeilings } from './ceilings';
import type { KeepWeights } from './cached-load';
import { matrixBytes } from './matrices';
import { benchModel, type ModelReport } from './model-bench';
import { NO_ROOM } from './no-room';
import { noiseOf } from '../lib/figure';
import type { Peer } from './peer';
import { PAIRS, SHAPES } from './shapes';

export interface BenchOptions {
  /** Names of SHAPES; all of them if absent. */
  readonly shapes?: readonly string[];
  readonly rounds?: number;
  readonly contexts?: readonly number[];
  readonly prompts?: readonly number[];
  /** Rows of the largest verifying forward. */
  readonly verifyRows?: number;
  /** A shape whose whole would take longer is timed with one layer. */
  readonly budgetMs?: number;
  /** Whether each kernel is judged against its twin and timed by itself as well. */
  readonly kernels?: boolean;
  /** Whether the kernels are tuned first, and timed beside the defaults where they are not the same. */
  readonly tuned?: boolean;
  /** Formats of keys and values: the first is what all is timed with, decode with the others beside it. */
  readonly kvFormats?: readonly KvFormat[];
  /** Where weights can be stored; without it no load from a store is timed. */
  readonly keepWeights?: KeepWeights;
  /** Another engine to be timed beside ours. */
  readonly peer?: Peer;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: BenchProgress) => void;
}

export interface BenchProgress {
  /** Of the whole run, from 0 to 1. */
  readonly share: number;
  /** The shape under way; null while the device's ceilings are measured. */
  readonly shape: string | null;
}

/** A shape that may be asked for. */
export interface OfferedShape {
  readonly name: string;
  /** In int4. */
  readonly weightBytes: number;
  /** Small enough for this device to be timed within a minute or so. */
  readonly isQuick: boolean;
}

/** What can be measured here, and on what. */
export interface BenchOffer {
  readonly device: DeviceReport;
  readonly shapes: readonly OfferedShape[];
}

export interface BenchReport {
  readonly version: 3;
  readonly device: DeviceReport;
  readonly userAgent: string;
  readonly ceilings: Ceilings;
  readonly models: readonly ModelReport[];
  /** Shapes that could not be run, and why. */
  readonly skipped: readonly { readonly shape: string; readonly reason: string }[];
  readonly speculation: readonly ForetoldGain[];
  /** Whose rounds lay far apart, because the machine was busy with something else: shapes, or 'ceilings'. */
  readonly noisy: readonly string[];
}

/** What a draft of one shape would bring a target of another, from their measured costs. */
export interface ForetoldGain {
  readonly draft: string;
  readonly target: string;
  /** One draft step in plain steps of the target. */
  readonly cost: number;
  /** The best number of guesses and its gain, where that many of a hundred guesses are right. */
  readonly at: readonly { readonly acceptance: number; readonly drafts: number; readonly gain: number }[];
}

const ACCEPTANCES = [0.6, 0.7, 0.8, 0.9];

/** Weights of the largest shape that is quick: by what a slow graphics processor reads in a tenth of a second, and a software one. */
const QUICK_BYTES = 2e9;
const QUICK_SOFTWARE_BYTES = 100e6;

/** Where rounds of one figure lie further apart than this, the machine was busy with something else. */
const NOISY = 0.15;

/** @param device as it was found */
export function offerFor(device: DeviceReport): BenchOffer {
  const most = isSoftware(device) ? QUICK_SOFTWARE_BYTES : QUICK_BYTES;
  const shapes = SHAPES.map(({ name, config }) => {
    const weightBytes = matrixBytes(config);
    return { name, weightBytes, isQuick: weightBytes <= most };
  });
  return { device, shapes };
}

/**
 * Finds a device of its own, runs the benchmark on it, and gives it back.
 * @throws HearthError `webgpu-unavailable`, and what `runBench` throws.
 */
export async function benchHere(
  gpu: GPU | undefined,
  secureContext: boolean,
  options: BenchOptions,
): Promise<BenchReport> {
  const { device, report } = await findDevice(gpu, secureContext);
  if (device === null) {
    throw new HearthError('webgpu-unavailable', report.reason ?? 'No graphics adapter was found to measure.');
  }
  const backend = new WebGpuBackend(device, { lanes: lanesFor(device) });
  try {
    return await runBench(backend, report, options);
  } finally {
    backend.destroy();
  }
}

/** @throws HearthError `bad-request` for shapes that are not known; what is thrown by a lost device. */
export async function runBench(
  backend: Backend,
  device: DeviceReport,
  options: BenchOptions = {},
): Promise<BenchReport> {
  const {
    rounds = 7,
    contexts = [128, 2048, 8192],
    prompts = [16, 128, 512, 2048],
    verifyRows = MAX_ROWS_PER_SEQUENCE,
    budgetMs = 60_000,
    kernels = false,
    tuned = false,
    kvFormats,
    keepWeights,
    peer,
    signal,
  } = options;
  const shapes = chosenShapes(options.shapes);
  const report = (share: number, shape: string | null) => options.onProgress?.({ share, shape });
  report(0, null);
  const ceilings = await measureCeilings(backend, { small: isSoftware(device), rounds, signal });
  const models: ModelReport[] = [];
  const skipped: { shape: string; reason: string }[] = [];
  for (const [done, shape] of shapes.entries()) {
    signal?.throwIfAborted();
    const onProgress = (share: number) => report((done + share) / shapes.length, shape.name);
    onProgress(0);
    const wishes = { contexts, prompts, verifyRows, rounds, budgetMs, kernels, tuned, kvFormats };
    const modelOptions = { ...wishes, keepWeights, peer, signal, onProgress };
    try {
      models.push(await benchModel(backend, shape, ceilings, modelOptions));
    } catch (error) {
      const { code, message } = toHearthError(error);
      if (![...NO_ROOM, 'unsupported-model'].includes(code)) throw error;
      skipped.push({ shape: shape.name, reason: message });
    }
  }
  return {
    version: 3,
    device,
    userAgent: 'userAgent' in navigator ? navigator.userAgent : 'unknown',
    ceilings,
    models,
    skipped,
    speculation: PAIRS.flatMap(([draft, target]) => foretellGain(models, draft, target)),
    noisy: noisyParts(ceilings, models),
  };
}

/** A processor that plays the part of a graphics processor, or none at all. */
function isSoftware({ kind, adapter }: DeviceReport): boolean {
  return kind === 'cpu' || adapter.includes('swiftshader');
}

function chosenShapes(names: readonly string[] | undefined) {
  const unknown = names?.find((name) => !SHAPES.some((shape) => shape.name === name));
  if (unknown !== undefined) {
    const known = SHAPES.map(({ name }) => name).join(', ');
    throw new HearthError('bad-request', `There is no shape "${unknown}"; there are ${known}.`);
  }
  return SHAPES.filter(({ name }) => names?.includes(name) ?? true);
}

/** None where one of the two was not timed. */
export function foretellGain(models: readonly ModelReport[], draft: string, target: string): ForetoldGain[] {
  const [small, large] = [draft, target].map((name) => models.find(({ shape }) => shape === name));
  if (!small || !large) return [];
  const cost = small.stepMs.median / large.stepMs.median;
  const costs = { draft: cost, verify: large.verify.map(({ median }) => median) };
  const at = ACCEPTANCES.map((acceptance) => {
    const gains = Array.from({ length: MAX_DRAFTS }, (_, i) =>
      predictedGain(costs, { guesser: 'draft', drafts: i + 1 }, [acceptance]),
    );
    const gain = Math.max(...gains);
    return { acceptance, drafts: gains.indexOf(gain) + 1, gain };
  });
  return [{ draft, target, cost, at }];
}

function noisyParts(
  { readBytesPerSecond, operationsPerSecond, unpackedPerSecond }: Ceilings,
  models: readonly ModelReport[],
): string[] {
  const noisy = models.filter(({ noise }) => noise > NOISY).map(({ shape }) => shape);
  const isUnsure = [readBytesPerSecond, operationsPerSecond, unpackedPerSecond].some(
    (ceiling) => noiseOf(ceiling) > NOISY,
  );
  return isUnsure ? ['ceilings', ...noisy] : noisy;
}
