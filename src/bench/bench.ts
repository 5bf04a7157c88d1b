/**
 * The benchmark: what this device can do at best, and how near the engine comes to it with the shapes of real models. It
 * runs alike in a worker of the page and in Node, and what it returns is plain data.
 */
import type { Backend } from '../gpu/backend';
import type { DeviceReport } from '../gpu/device';
import { HearthError, toHearthError } from '../lib/errors';
import { MAX_DRAFTS, predictedGain } from '../engine/speculation';
import { type Ceilings, measureCeilings } from './ceilings';
import { benchModel, type ModelReport } from './model-bench';
import { noiseOf } from './rounds';
import { PAIRS, SHAPES } from './shapes';

export interface BenchOptions {
  /** Names of SHAPES; all of them if absent. */
  readonly shapes?: readonly string[];
  readonly rounds?: number;
  readonly contexts?: readonly number[];
  readonly prompts?: readonly number[];
  /** A shape whose whole would take longer is timed with one layer. */
  readonly budgetMs?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: BenchProgress) => void;
}

export interface BenchProgress {
  readonly done: number;
  readonly total: number;
  /** The shape under way. */
  readonly shape: string;
}

export interface BenchReport {
  readonly version: 1;
  readonly device: DeviceReport;
  readonly userAgent: string;
  readonly ceilings: Ceilings;
  readonly models: readonly ModelReport[];
  /** Shapes that could not be run, and why. */
  readonly skipped: readonly { readonly shape: string; readonly reason: string }[];
  readonly speculation: readonly ForetoldGain[];
  /** Warnings for whoever reads the figures. */
  readonly warnings: readonly string[];
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

/** Where rounds of one figure lie further apart than this, the machine was busy with something else. */
const NOISY = 0.15;

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
    budgetMs = 60_000,
    signal,
  } = options;
  const shapes = chosenShapes(options.shapes);
  const isSoftware = device.adapter.includes('swiftshader') || backend.kind === 'cpu';
  const ceilings = await measureCeilings(backend, { small: isSoftware, rounds, signal });
  const models: ModelReport[] = [];
  const skipped: { shape: string; reason: string }[] = [];
  for (const [done, shape] of shapes.entries()) {
    signal?.throwIfAborted();
    options.onProgress?.({ done, total: shapes.length, shape: shape.name });
    try {
      models.push(
        await benchModel(backend, shape, ceilings, { contexts, prompts, verifyRows: 8, rounds, budgetMs, signal }),
      );
    } catch (error) {
      const { code, message } = toHearthError(error);
      if (!['out-of-memory', 'adapter-too-small', 'unsupported-model'].includes(code)) throw error;
      skipped.push({ shape: shape.name, reason: message });
    }
  }
  return {
    version: 1,
    device,
    userAgent: 'userAgent' in navigator ? navigator.userAgent : 'unknown',
    ceilings,
    models,
    skipped,
    speculation: PAIRS.flatMap(([draft, target]) => foretellGain(models, draft, target)),
    warnings: warningsOf(ceilings, models),
  };
}

function chosenShapes(names: readonly string[] | undefined) {
  const unknown = names?.find((name) => !SHAPES.some((shape) => shape.name === name));
  if (unknown !== undefined) {
    const known = SHAPES.map(({ name }) => name).join(', ');
    throw new HearthError('bad-request', `There is no shape "${unknown}"; there are ${known}.`);
  }
  return SHAPES.filter(({ name }) => names?.includes(name) ?? true);
}

function foretellGain(models: readonly ModelReport[], draft: string, target: string): ForetoldGain[] {
  const [small, large] = [draft, target].map((name) => models.find(({ shape }) => shape === name));
  if (!small || !large) return [];
  const cost = small.stepMs.median / large.stepMs.median;
  const costs = { draft: cost, verify: large.verify.map(({ median }) => median) };
  const at = ACCEPTANCES.map((acceptance) => {
    const gains = Array.from({ length: MAX_DRAFTS }, (_, i) => predictedGain(costs, acceptance, i + 1));
    const gain = Math.max(...gains);
    return { acceptance, drafts: gains.indexOf(gain) + 1, gain };
  });
  return [{ draft, target, cost, at }];
}

function warningsOf(ceilings: Ceilings, models: readonly ModelReport[]): string[] {
  const noisy = models.filter(({ noise }) => noise > NOISY).map(({ shape }) => shape);
  if (noiseOf(ceilings.readBytesPerSecond) > NOISY) noisy.unshift('the ceilings');
  if (noisy.length === 0) return [];
  return [
    `Rounds lay more than ${100 * NOISY} % apart for ${noisy.join(', ')}: the machine was busy with something else.`,
  ];
}
