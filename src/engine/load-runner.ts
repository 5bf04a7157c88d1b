/** From stored weights to a runner: what happens when a model is loaded, and again when its device was lost. */
import type { Backend } from '../gpu/backend';
import { HearthError, throwIfAborted } from '../lib/errors';
import { loadPage } from '../models/load-page';
import { assertFitsCpu } from '../weights/cpu-limit';
import type { StoredWeights } from '../weights/manifest';
import type { ModelParts } from './device-model';
import { planRunner } from './memory';
import type { RunnerWishes } from './memory';
import { Runner } from './runner';
import type { TuningTable } from './tuning/tuning-table';
import { uploadWeights } from './upload';

export interface LoadProgress {
  phase: 'upload' | 'compile';
  loadedBytes: number;
  totalBytes: number;
}

export interface LoadRunnerOptions extends RunnerWishes {
  onProgress?: (progress: LoadProgress) => void;
  signal?: AbortSignal;
}

/**
 * Uploads the weights of a model, and of its draft where it has one, makes the buffers and compiles the kernels.
 * @throws HearthError `unsupported-model`, `webgpu-unavailable` (too large for the CPU), `out-of-memory`,
 * `weights-corrupt`, `bad-request`, `aborted`.
 */
export async function loadRunner(
  backend: Backend,
  tuning: TuningTable,
  stored: StoredWeights,
  draft: StoredWeights | null,
  options: LoadRunnerOptions,
): Promise<Runner> {
  const { onProgress, signal } = options;
  const models = await Promise.all(
    [stored, ...(draft ? [draft] : [])].map(async (weights) => {
      const config: unknown = JSON.parse(weights.manifest.texts['config.json']);
      const page = await loadPage(config);
      return { weights, page, config: page.readConfig(config) };
    }),
  );
  const specs = models.map(({ page, config }) => page.weights(config));
  if (backend.kind === 'cpu') specs.forEach((each) => assertFitsCpu(each));
  const [target, guesser = null] = models.map(({ page, config }) => page.shape(config));
  const runnerOptions = planRunner(backend.kind, target!, options, guesser);

  if (runnerOptions.activationFormat === 'int8' && !backend.hasPackedDots) {
    throw new HearthError(
      'bad-request',
      "Activations in int8 were asked for; this browser's WebGPU lacks products of packed bytes (packed_4x8_integer_dot_product).",
      { hint: 'Load the model with activationFormat "f32", or use a newer browser.' },
    );
  }

  const totalBytes = models.reduce((sum, { weights }) => sum + bytesOf(weights), 0);
  const report = (phase: LoadProgress['phase'], loadedBytes: number) =>
    onProgress?.({ phase, loadedBytes, totalBytes });
  const parts: ModelParts[] = [];
  try {
    let loadedBefore = 0;
    for (const [i, { weights, page, config }] of models.entries()) {
      const before = loadedBefore;
      const uploaded = await uploadWeights(backend, weights, specs[i]!, {
        onProgress: (loadedBytes) => report('upload', before + loadedBytes),
        signal,
      });
      parts.push({ page, config, weights: uploaded });
      loadedBefore += bytesOf(weights);
    }
    report('compile', totalBytes);
    const runner = await Runner.create(backend, parts[0]!, parts[1] ?? null, runnerOptions, tuning);
    parts.length = 0; // the runner's from now on
    try {
      throwIfAborted(signal);
    } catch (error) {
      runner.destroy();
      throw error;
    }
    return runner;
  } catch (error) {
    for (const { weights } of parts) weights.destroy();
    throw error;
  }
}

function bytesOf({ manifest }: StoredWeights): number {
  return manifest.shards.reduce((sum, { bytes }) => sum + bytes, 0);
}
