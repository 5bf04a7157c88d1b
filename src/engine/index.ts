/**
 * The engine: models on one device. It knows no DOM and no threads, and runs alike in a worker, in a test page that hands
 * in a wrapped device, and in Node over the `webgpu` package.
 */
import type { Backend } from '../gpu/backend';
import { CpuBackend } from '../gpu/cpu-backend';
import { lanesFor } from '../gpu/device';
import { WebGpuBackend } from '../gpu/webgpu-backend';
import { HearthError } from '../lib/errors';
import type { StoredWeights } from '../weights/manifest';
import { Model } from './model';
import type { LoadOptions } from './model';
import type { GenerationOptions } from './options';
import type { Prompt } from './prompt';
import type { GenerateEvent } from './request';
import type { EngineStats } from './stats';

export type { LoadOptions, LoadProgress } from './model';
export type { GenerationOptions } from './options';
export type { Prompt } from './prompt';
export type { FinishReason, GenerateEvent } from './request';
export type { EngineStats, GenerationStats } from './stats';
export { Model } from './model';

export interface EngineOptions {
  /** The device to run on; null runs through the CPU twins. */
  device: GPUDevice | null;
  /** Threads that share an output row; chosen for the device if absent. */
  lanes?: number;
  /** Lower than the device's own limit, to test splitting. */
  maxBindingBytes?: number;
}

export class Engine {
  readonly #models = new Map<string, Model>();

  constructor(readonly backend: Backend) {}

  /** Loads a stored model; one that is loaded already under the same id is replaced. @throws see Model.load. */
  async loadModel(stored: StoredWeights, options: LoadOptions = {}): Promise<Model> {
    const { modelId } = stored.manifest;
    await this.unload(modelId);
    const model = await Model.load(this.backend, stored, options);
    this.#models.set(modelId, model);
    return model;
  }

  /** @throws HearthError `bad-request` when no model of that id is loaded. */
  model(modelId: string): Model {
    const model = this.#models.get(modelId);
    if (model) return model;
    const loaded = [...this.#models.keys()].join(', ') || 'none';
    throw new HearthError('bad-request', `No model "${modelId}" is loaded; loaded are: ${loaded}.`, {
      hint: 'Load the model first.',
    });
  }

  /** See Model.generate. */
  generate(
    modelId: string,
    prompt: Prompt,
    options?: GenerationOptions,
    signal?: AbortSignal,
  ): AsyncGenerator<GenerateEvent> {
    return this.model(modelId).generate(prompt, options, signal);
  }

  /** What each loaded model's loop is doing. */
  stats(): EngineStats[] {
    return [...this.#models.values()].map((model) => model.stats());
  }

  /** Ends the model's requests and frees its memory; unknown ids are ignored. */
  async unload(modelId: string): Promise<void> {
    const model = this.#models.get(modelId);
    this.#models.delete(modelId);
    await model?.unload();
  }

  async dispose(): Promise<void> {
    for (const modelId of [...this.#models.keys()]) await this.unload(modelId);
    this.backend.destroy();
  }
}

export function createEngine({ device, lanes, maxBindingBytes }: EngineOptions): Engine {
  if (device === null) return new Engine(new CpuBackend());
  return new Engine(new WebGpuBackend(device, { lanes: lanes ?? lanesFor(device), maxBindingBytes }));
}
