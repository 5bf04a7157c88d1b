/**
 * What guessing ahead brings, measured in rounds of the engine's own, and next to it what is foretold from their parts: were the
 * two far apart, something between the parts would take time. The draft is the same shape with fewer layers; a bias makes
 * both models draw one token for ever, so nearly every guess is right, whatever random weights say.
 */
import type { ModelParts } from '../engine/device-model';
import { measureCosts } from '../engine/measure-costs';
import { planRunner } from '../engine/memory';
import { resolveOptions } from '../engine/options';
import { decodeShape, Runner, type StepShape } from '../engine/runner';
import { predictedGain } from '../engine/speculation';
import { uploadWeights } from '../engine/upload';
import type { Backend } from '../gpu/backend';
import { RESULT_WORDS } from '../kernels/shared/slot-state';
import { type Figure, figureOf } from '../lib/figure';
import { present } from '../lib/invariant';
import { modelPage } from '../models/index';
import { DEFAULT_INT4 } from '../quant/choose';
import { randomWeights } from './random-weights';
import { interleave } from './rounds';
import type { BenchShape } from './shapes';

export interface GuessReport {
  /** Layers of the draft. */
  readonly draftLayers: number;
  /** Guesses of a round. */
  readonly drafts: number;
  /** A draft step, and the forward that verifies a round, in plain steps. */
  readonly draftCost: number;
  readonly verifyCost: number;
  /** Share of the guesses that were right. */
  readonly acceptance: number;
  /** Speed in speeds of plain steps: from the parts, and as measured. */
  readonly foretoldGain: number;
  readonly gain: Figure;
}

const DRAFTS = 3;

/** The target has so many times the draft's layers. */
const LAYERS_RATIO = 6;

/** Rounds submitted back to back in one timing, and the context they begin behind. */
const STEPS = 4;
const CONTEXT = 128;
const ROOM = 128;

const TOKEN = 7;

/** @throws HearthError `out-of-memory` or `adapter-too-small` where both do not fit; `device-lost`, `aborted`. */
export async function benchGuessing(
  backend: Backend,
  { name, config: whole }: BenchShape,
  { rounds, signal }: { rounds: number; signal?: AbortSignal },
): Promise<GuessReport> {
  const draftLayers = Math.max(1, Math.round(Number(whole['num_hidden_layers']) / LAYERS_RATIO));
  const models: ModelParts[] = [];
  let runner: Runner;
  try {
    for (const [id, config] of [
      [name, whole],
      [`${name} draft`, { ...whole, num_hidden_layers: draftLayers }],
    ] as const) {
      const page = modelPage(config);
      const read = page.readConfig(config);
      const stored = randomWeights(id, config, DEFAULT_INT4);
      const weights = await uploadWeights(backend, stored, page.weights(read), { signal });
      models.push({ page, config: read, weights });
    }
    const [target, draft] = [present(models[0], 'target'), present(models[1], 'draft')];
    const shapes = models.map(({ page, config }) => page.shape(config));
    const contextLength = CONTEXT + ROOM;
    const options = planRunner(backend.kind, present(shapes[0], 'shape'), { contextLength }, shapes[1]);
    runner = await Runner.create(backend, target, draft, options);
  } catch (error) {
    for (const { weights } of models) weights.destroy();
    throw error;
  }
  try {
    const measuring = measureCosts(runner);
    let measured = await measuring.next();
    while (!measured.done) {
      signal?.throwIfAborted();
      measured = await measuring.next();
    }
    const costs = measured.value;
    const draw = { filters: true, penalties: true };
    const plain = await tokenTimer(runner, { ...decodeShape(1), ...draw });
    const guessed = await tokenTimer(runner, { ...decodeShape(1), ...draw, guesser: 'draft', drafts: DRAFTS });
    const times = await interleave({ plain: plain.run, guessed: guessed.run }, rounds, signal);
    const acceptance = guessed.acceptance();
    return {
      draftLayers,
      drafts: DRAFTS,
      draftCost: present(costs.draft, 'cost of the draft'),
      verifyCost: present(costs.verify[DRAFTS], 'cost of verifying'),
      acceptance,
      foretoldGain: predictedGain(costs, { guesser: 'draft', drafts: DRAFTS }, [acceptance]),
      gain: figureOf(times.plain.map((ms, round) => ms / times.guessed[round]!)),
    };
  } finally {
    runner.destroy();
  }
}

/** Runs steps of a shape, each time behind the same context; milliseconds for each token that came of them. */
async function tokenTimer(runner: Runner, shape: StepShape) {
  const { backend, cache, options, vocabSize } = runner;
  const prepared = await runner.prepare(shape);
  const { slot } = present(cache.admit([0], `${shape.drafts}`, options.contextLength), 'room for a sequence');
  const settings = resolveOptions({}, { temperature: 1, seed: 1, logitBias: { [TOKEN]: 100 } }, vocabSize);
  const content = {
    ids: Array.from({ length: CONTEXT }, (_, i) => (i * 7919) % vocabSize),
    promptLength: CONTEXT,
    limit: options.contextLength,
    settings,
    stopIds: new Set<number>(),
    logprobs: null,
  };
  let [drafted, matched] = [0, 0];
  return {
    acceptance: () => matched / drafted,
    async run(): Promise<number> {
      runner.upload(slot, content);
      await backend.settle();
      const results = Array.from({ length: STEPS }, () => new Uint32Array(RESULT_WORDS));
      const startMs = performance.now();
      const plan = { slots: [slot], prefill: [] };
      await Promise.all(results.map((into) => runner.submit(prepared, plan, { results: into, logprobs: null })));
      const ms = performance.now() - startMs;
      let tokens = 0;
      for (const [accepted = 0, , right = 0, guesses = 0] of results) {
        tokens += accepted;
        matched += right;
        drafted += guesses;
      }
      return ms / tokens;
    },
  };
}
