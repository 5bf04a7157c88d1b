/**
 * The engine: models on one device. It knows no DOM and no threads, and runs alike in a worker, in a test page that hands
 * in a wrapped device, and in Node over the `webgpu` package.
 */
import type { Backend } from '../gpu/backend';
import { CpuBackend } from '../gpu/cpu-backend';
import { lanesFor } from '../gpu/device';
import { WebGpuBackend } from '../gpu/webgpu-backend';
import { HearthError } from '../lib/errors';
import { loadWords } from '../text/load-words';
import type { StoredWeights } from '../weights/manifest';
import { Activity } from './idle-work';
import { measureReading, type ReadingSpeed } from './measure-reading';
import { Model } from './model';
import type { LoadOptions } from './model';
import type { GenerationOptions } from './options';
import type { Prompt } from './prompt';
import type { GenerateEvent } from './request';
import type { EngineStats } from './stats';
import { TuningTable } from './tuning/tuning-table';
import type { TuningReport, TuningStore } from './tuning/tuning-table';

export type { LoadProgress } from './load-runner';
export type { ReadingSpeed } from './measure-reading';
export type { LoadOptions } from './model';
export type { GenerationOptions } from './options';
export type { Prompt } from './prompt';
export type { FinishReason, GenerateEvent } from './request';
export type { EngineStats, GenerationStats } from './stats';
export type { TuningReport, TuningStore } from './tuning/tuning-table';
export { Model } from './model';

export interface EngineOptions {
  /** The device to run on; null runs through the CPU twins. */
  device: GPUDevice | null;
  /** Finds a device in place of one that was lost; without it what ran there fails. */
  renewDevice?: () => Promise<GPUDevice | null>;
  /** Threads that share an output row; chosen for the device if absent. */
  lanes?: number;
  /** Lower than the device's own limit, to test splitting. */
  maxBindingBytes?: number;
  /** Milliseconds of GPU time above which a step is cut into several submits, so that the screen stays alive. */
  submitMs?: number;
  /** Where it is kept which kernels are fastest here; without it each has its default. */
  tuning?: EngineTuning;
}

export interface EngineTuning {
  readonly store: TuningStore;
  /** Browser and build: after another one everything is measured anew. */
  readonly build: string;
}

/** A device that is lost this often within so long will be lost again. */
const MOST_LOSSES = 3;
const LOSS_WINDOW_MS = 60_000;

export class Engine {
  readonly #models = new Map<string, Model>();
  #losses: number[] = [];
  #replacement: Promise<Backend> | null = null;
  #disposed = false;
  readonly #activity = new Activity();
  #table: { readonly device: string; readonly opened: Promise<TuningTable> } | null = null;

  /**
   * @param renew makes a backend in place of one whose device was lost; without it what ran there fails.
   * @param kept what is known of this device's kernels; without it each has its default.
   */
  constructor(
    public backend: Backend,
    readonly renew: (() => Promise<Backend>) | null = null,
    readonly kept: EngineTuning | null = null,
  ) {}

  /** Loads a stored model; one that is loaded already under the same id is replaced. @throws see loadRunner. */
  async loadModel(stored: StoredWeights, options: LoadOptions = {}): Promise<Model> {
    const { modelId, texts } = stored.manifest;
    const { draft } = options;
    if (draft) {
      const { assertSharedVocabulary, createTextModel } = await loadWords();
      assertSharedVocabulary(createTextModel(texts), createTextModel(draft.manifest.texts));
    }
    await this.unload(modelId);
    const model = await this.#onDevice((backend) =>
      Model.load(backend, stored, options, {
        activity: this.#activity,
        tuningOf: (on) => this.#tuningOf(on),
        renew: async (lost, error, reload) => {
          await this.#replace(lost, error);
          return this.#onDevice(reload);
        },
      }),
    );
    if (this.#disposed) {
      await model.unload();
      throw new HearthError('aborted', `The engine was disposed while the model "${modelId}" was being loaded.`);
    }
    this.#models.set(modelId, model);
    return model;
  }

  /**
   * Loads onto the present device, or the next one where that has been lost, before or meanwhile.
   * @throws HearthError `device-lost` when there is no other, or none that stays; what `load` throws.
   */
  async #onDevice<T>(load: (backend: Backend) => Promise<T>): Promise<T> {
    const { backend } = this;
    try {
      return await load(backend);
    } catch (error) {
      if (!(error instanceof HearthError && error.code === 'device-lost')) throw error;
      await this.#replace(backend, error);
      return this.#onDevice(load);
    }
  }

  /** One new backend for all models that ran on the lost one. @throws HearthError `device-lost`. */
  #replace(lost: Backend, error: HearthError): Promise<Backend> {
    const { renew } = this;
    if (renew === null || this.#disposed) return Promise.reject(error);
    if (this.backend !== lost) return Promise.resolve(this.backend);
    this.#replacement ??= (async () => {
      const nowMs = performance.now();
      this.#losses = [...this.#losses.filter((lossMs) => nowMs - lossMs < LOSS_WINDOW_MS), nowMs];
      if (this.#losses.length >= MOST_LOSSES) {
        throw new HearthError(
          'device-lost',
          `The graphics device was lost ${MOST_LOSSES} times within a minute; Hearth does not try again by itself.`,
          { hint: 'Close other pages that use the graphics card, then ask again.', cause: error },
        );
      }
      lost.destroy();
      this.backend = await renew();
      return this.backend;
    })().finally(() => (this.#replacement = null));
    return this.#replacement;
  }

  /** One table for all models, read once for each device. */
  #tuningOf({ adapter }: Backend): Promise<TuningTable> {
    if (this.kept === null) return Promise.resolve(TuningTable.ofDefaults());
    const { store, build } = this.kept;
    const device = `${adapter}, ${build}`;
    if (this.#table?.device !== device) this.#table = { device, opened: TuningTable.open(store, device) };
    return this.#table.opened;
  }

  /** Which kernels are fastest on this device, as far as that is known. */
  async tuning(): Promise<TuningReport> {
    return (await this.#tuningOf(this.backend)).report();
  }

  /** Whether kernels are measured while nobody asks, and the fastest are used. It outlasts the visit. */
  async setTuning(isOn: boolean): Promise<void> {
    (await this.#tuningOf(this.backend)).switchOn(isOn);
    for (const model of this.#models.values()) model.retune();
  }

  /** Measures everything again, beginning as soon as nobody asks for anything. */
  async tuneAgain(): Promise<void> {
    (await this.#tuningOf(this.backend)).clear();
    for (const model of this.#models.values()) model.retune();
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

  /** See measure-reading.ts. */
  measureReading(): Promise<ReadingSpeed> {
    return measureReading(this.backend);
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
    this.#disposed = true;
    for (const modelId of [...this.#models.keys()]) await this.unload(modelId);
    this.backend.destroy();
  }
}

export function createEngine({ device, renewDevice, lanes, tuning, ...options }: EngineOptions): Engine {
  const backendOn = (on: GPUDevice | null): Backend =>
    on === null ? new CpuBackend() : new WebGpuBackend(on, { lanes: lanes ?? lanesFor(on), ...options });
  const renew = renewDevice ? async () => backendOn(await renewDevice()) : null;
  return new Engine(backendOn(device), renew, device === null ? null : tuning);
}
