/**
 * What the page may ask of the weights: make a model available, stop doing so, list, verify, remove. A model that is stored
 * already costs no request; two wishes for one model become one import; a refusal of the browser to store becomes a warning.
 */
import { HearthError, isAbort } from '../lib/errors';
import type { Precision } from './choose-formats';
import { type Imported, importModel, type ImportProgress as ImportStep } from './import';
import { readManifest } from './load';
import { isLocked, withLock } from './lock';
import type { Manifest } from './manifest';
import type { PlanSizes } from './plan';
import { type ModelRecord, recordOf } from './record';
import type { RetryPolicy } from './sources/reader';
import { UrlSource } from './sources/url';
import type { WeightSpec } from './spec';
import type { WeightStore } from './store';
import { type Verification, verifyShards } from './verify';

/** `wait`: another wish, perhaps another tab's, for the same model is being fulfilled. */
export interface ImportProgress extends Omit<ImportStep, 'phase'> {
  phase: ImportStep['phase'] | 'wait' | 'verify';
}

export interface ImporterOptions {
  store: WeightStore;
  /** What config.json asks of the weights. @throws HearthError for architectures that are not known. */
  describe: (config: unknown) => WeightSpec[];
  /** Told whenever what is held of a model has changed: an import began or ended, the model was removed. */
  onChange?: (modelId: string) => void;
  /** For tests: see ImportJob. */
  precision?: Precision;
  sizes?: PlanSizes;
  retry?: RetryPolicy;
}

export interface EnsureResult {
  modelId: string;
  /** True when nothing was fetched. */
  cached: boolean;
  /** The weights themselves, when the browser would not store them. */
  inMemory: { manifest: Manifest; shards: Blob[] } | null;
  warning: string | null;
}

/** Progress is reported at most this often within one phase. */
const PROGRESS_INTERVAL_MS = 100;

export class Importer {
  readonly #options: ImporterOptions;
  readonly #store: WeightStore;
  /** Models that could not be stored, for as long as this thread lives. */
  readonly #inMemory = new Map<string, EnsureResult>();
  /** By request; an import's own signal ends it, and nothing else. */
  readonly #running = new Map<string, AbortController>();

  constructor(options: ImporterOptions) {
    this.#options = options;
    this.#store = options.store;
  }

  /**
   * Makes the model available; returns at once when it is.
   * @throws HearthError as `importModel`; `bad-request` for what is no address.
   */
  async ensure(
    requestId: string,
    { modelId, url, forCpu }: { modelId: string; url: string; forCpu?: boolean },
    onProgress: (progress: ImportProgress) => void,
  ): Promise<EnsureResult> {
    const source = new UrlSource(url);
    const controller = new AbortController();
    const { signal } = controller;
    this.#running.set(requestId, controller);
    let began = false;
    try {
      const action = async () => {
        const known = await this.#find(modelId, source.url);
        if (known) return known;
        began = true;
        this.#options.onChange?.(modelId);
        const imported = await importModel({
          ...this.#options,
          modelId,
          source,
          forCpu,
          signal,
          onProgress: throttled(onProgress),
        });
        return this.#finish(imported);
      };
      const onWait = () => onProgress({ phase: 'wait', loadedBytes: 0, totalBytes: 0 });
      return await withLock(lockName(modelId), signal, action, onWait);
    } catch (error) {
      if (signal.aborted && isAbort(error)) {
        throw new HearthError('aborted', `The download of ${modelId} was stopped.`, {
          hint: 'Start it again when you are ready; what has been downloaded is kept.',
        });
      }
      throw error;
    } finally {
      this.#running.delete(requestId);
      if (began) this.#options.onChange?.(modelId);
    }
  }

  /** Cancels an `ensure` or a `verify`, which then rejects as `aborted`. Unknown ids are ignored. */
  async abort(requestId: string): Promise<void> {
    this.#running.get(requestId)?.abort();
  }

  async list(): Promise<{ modelId: string; storedBytes: number; createdAt: string }[]> {
    const manifests = await this.#store.manifests().catch(() => []); // what cannot be read has no models
    return manifests.map(({ modelId, shards, createdAt }) => ({
      modelId,
      storedBytes: shards.reduce((sum, { bytes }) => sum + bytes, 0),
      createdAt,
    }));
  }

  /** Everything that is held, half-done imports included. @param known models that may be on their way as well */
  async records(known: readonly string[] = []): Promise<ModelRecord[]> {
    // What cannot be read has no models.
    const [manifests, partials] = await Promise.all([
      this.#store.manifests().catch(() => []),
      this.#store.partials().catch(() => []),
    ]);
    const byId = <Held extends { modelId: string }>(held: Held[]) => new Map(held.map((one) => [one.modelId, one]));
    const [stored, begun] = [byId(manifests), byId(partials)];
    const ids = new Set([...known, ...stored.keys(), ...begun.keys(), ...this.#inMemory.keys()]);
    const records = [...ids].map(async (modelId) =>
      recordOf({
        modelId,
        manifest: stored.get(modelId) ?? null,
        partial: begun.get(modelId) ?? null,
        inMemory: this.#inMemory.get(modelId)?.inMemory?.manifest ?? null,
        fetching: await isLocked(lockName(modelId)),
      }),
    );
    return (await Promise.all(records)).filter((record) => record !== null);
  }

  /**
   * Reads every shard against its checksum.
   * @throws HearthError `not-found` when there is no such model; `aborted`.
   */
  async verify(
    requestId: string,
    modelId: string,
    onProgress: (progress: ImportProgress) => void,
  ): Promise<Verification> {
    const controller = new AbortController();
    this.#running.set(requestId, controller);
    try {
      const held = this.#inMemory.get(modelId)?.inMemory;
      const manifest = held?.manifest ?? (await readManifest(this.#store, modelId));
      if (!manifest) {
        throw new HearthError('not-found', `The model "${modelId}" is not in this browser; expected it there.`, {
          hint: 'Get it first.',
        });
      }
      const fetchShard = (index: number) =>
        held ? Promise.resolve(held.shards[index] ?? null) : this.#store.shard(manifest.importId, index);
      return await verifyShards(manifest.shards, fetchShard, {
        signal: controller.signal,
        onProgress: (loadedBytes, totalBytes) => onProgress({ phase: 'verify', loadedBytes, totalBytes }),
      });
    } finally {
      this.#running.delete(requestId);
    }
  }

  /** Deletes a model, half-done imports included. Waits for an import of it to end. */
  async remove(modelId: string): Promise<void> {
    await withLock(lockName(modelId), new AbortController().signal, async () => {
      this.#inMemory.delete(modelId);
      await this.#store.remove(modelId);
    });
    this.#options.onChange?.(modelId);
  }

  async #find(modelId: string, url: string): Promise<EnsureResult | null> {
    const inMemory = this.#inMemory.get(modelId);
    if (inMemory?.inMemory?.manifest.source.url === url) return { ...inMemory, cached: true };
    const manifest = await readManifest(this.#store, modelId).catch(() => null);
    if (manifest?.source.url !== url) return null;
    return { modelId, cached: true, inMemory: null, warning: null };
  }

  #finish({ manifest, inMemory }: Imported): EnsureResult {
    const { modelId } = manifest;
    if (!inMemory) {
      this.#inMemory.delete(modelId);
      return { modelId, cached: false, inMemory: null, warning: null };
    }
    const { shards, refusal } = inMemory;
    const result = { modelId, cached: false, inMemory: { manifest, shards }, warning: warningOf(refusal) };
    this.#inMemory.set(modelId, result);
    return result;
  }
}

function warningOf({ name, message }: DOMException): string {
  const reason =
    name === 'QuotaExceededError'
      ? "The browser's storage is full"
      : `The browser did not let us store the model (${message || name})`;
  return `${reason}: the model stays in memory until this page is closed, and will be downloaded again next time.`;
}

/** Every change of phase, and within a phase at most one report per interval, the last one included. */
function throttled(report: (progress: ImportProgress) => void): (progress: ImportProgress) => void {
  let last: { phase: ImportProgress['phase']; atMs: number } | null = null;
  return (progress) => {
    const nowMs = performance.now();
    const isLast = progress.loadedBytes === progress.totalBytes;
    if (last?.phase === progress.phase && nowMs - last.atMs < PROGRESS_INTERVAL_MS && !isLast) return;
    last = { phase: progress.phase, atMs: nowMs };
    report(progress);
  };
}

function lockName(modelId: string): string {
  return `hearth-import:${modelId}`;
}
