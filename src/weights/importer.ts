/**
 * What the page may ask of the weights: make a model available, stop doing so, list, verify, repair, remove. A model that is stored
 * already costs no request; two wishes for one model become one import; a refusal of the browser to store becomes a warning.
 */
import { HearthError, isAbort } from '../lib/errors';
import { type ModelSource, parseModelSource } from '../lib/model-source';
import type { Precision } from './choose-formats';
import type { WritePiece } from './export';
import { parseJson } from './formats/texts';
import { type Imported, importModel, type ImportProgress as ImportStep } from './import';
import { openStoredWeights, openWeightsInMemory, readManifest } from './load';
import { isLocked, withLock } from './lock';
import type { Manifest } from './manifest';
import type { PlanSizes } from './plan';
import { type ModelRecord, recordOf } from './record';
import { type Get, getWith } from './sources/http';
import { type FetchableSource, type OpenedSource, openSource, sourceId } from './sources/open-source';
import type { ReadAheadPolicy, ReadOptions, RetryPolicy } from './sources/reader';
import type { Describe } from './spec';
import type { WeightStore } from './store';
import { type Verification, verifyShards } from './verify';

/** `wait`: another wish, perhaps another tab's, for the same model is being fulfilled. */
export interface ImportProgress extends Omit<ImportStep, 'phase'> {
  phase: ImportStep['phase'] | 'wait' | 'verify' | 'export';
}

export interface ImporterOptions {
  store: WeightStore;
  describe: Describe;
  /** What requests to these origins go through; without a token if absent. */
  getFor?: (origins: readonly string[]) => Get;
  /** Told whenever what is held of a model has changed: an import began or ended, the model was removed. */
  onChange?: (modelId: string) => void;
  /** For tests: see ImportJob. */
  precision?: Precision;
  sizes?: PlanSizes;
  retry?: RetryPolicy;
  readAhead?: ReadAheadPolicy;
}

export interface EnsureRequest {
  modelId: string;
  source: ModelSource;
  /** The hosts that may be asked for it; see `http.ts`. */
  origins: readonly string[];
  forCpu?: boolean;
  /** Absent: as an import has begun, or as usual. A stored model is enough then, whatever its precision. */
  precision?: Precision | null;
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
  readonly #running = new Map<string, { modelId: string; controller: AbortController }>();

  constructor(options: ImporterOptions) {
    this.#options = options;
    this.#store = options.store;
  }

  /**
   * Makes the model available; returns at once when it is.
   * @throws HearthError as `openSource` and `importModel`; `bad-request` for hosts that may not be asked.
   */
  async ensure(
    requestId: string,
    { modelId, source: wanted, origins, forCpu, precision }: EnsureRequest,
    onProgress: (progress: ImportProgress) => void,
  ): Promise<EnsureResult> {
    let began = false;
    try {
      return await this.#exclusively(requestId, modelId, onProgress, async (signal) => {
        const model = wanted.kind === 'stored' ? await this.#recordedSource(modelId) : wanted;
        const id = wanted.kind === 'stored' ? null : await sourceId(wanted);
        const known = await this.#find(modelId, id, precision);
        if (known) return known;
        if (!model) throw notHere(modelId);
        began = true;
        this.#options.onChange?.(modelId);
        onProgress({ phase: 'check', loadedBytes: 0, totalBytes: 0 });
        const { retry, getFor = getWithout } = this.#options;
        const opened = await openSource(model, getFor(origins), { retry, signal });
        const imported = await importModel({
          ...this.#options,
          ...opened,
          modelId,
          sourceId: await sourceId(model),
          forCpu,
          precision: precision === undefined ? await this.#precisionOf(modelId) : precision,
          signal,
          onProgress: throttled(onProgress),
        });
        return this.#finish(imported);
      });
    } finally {
      if (began) this.#options.onChange?.(modelId);
    }
  }

  /**
   * Opens a model's source for somebody who wants to look at it; stores nothing. Can be aborted as `ensure`.
   * @throws HearthError as `openSource` and as `action`.
   */
  async look<T>(
    requestId: string,
    { modelId, source, origins }: Pick<EnsureRequest, 'modelId' | 'source' | 'origins'>,
    action: (opened: OpenedSource, options: ReadOptions) => Promise<T>,
  ): Promise<T> {
    return this.#abortable(requestId, modelId, async (signal) => {
      const model = source.kind === 'stored' ? await this.#recordedSource(modelId) : source;
      if (!model) throw notHere(modelId);
      const { retry, getFor = getWithout } = this.#options;
      const options = { retry, signal };
      return action(await openSource(model, getFor(origins), options), options);
    });
  }

  /** Ends an `ensure`, a `look`, a `verify`, an `export` or a `repair`, which then rejects as `aborted`; what is stored stays. Unknown ids are ignored. */
  async abort(requestId: string): Promise<void> {
    this.#running.get(requestId)?.controller.abort();
  }

  /** Ends all that this thread does to a model, and deletes what an import that has not ended has stored of it. */
  async cancel(modelId: string): Promise<void> {
    for (const running of this.#running.values()) if (running.modelId === modelId) running.controller.abort();
    await withLock(lockName(modelId), new AbortController().signal, () => this.#store.removePartial(modelId));
    this.#options.onChange?.(modelId);
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
    return this.#abortable(requestId, modelId, async (signal) => {
      const held = this.#inMemory.get(modelId)?.inMemory;
      const manifest = held?.manifest ?? (await readManifest(this.#store, modelId));
      if (!manifest) throw notHere(modelId);
      const fetchShard = (index: number) =>
        held ? Promise.resolve(held.shards[index] ?? null) : this.#store.shard(manifest.importId, index);
      return verifyShards(manifest.shards, fetchShard, {
        signal,
        onProgress: (loadedBytes, totalBytes) => onProgress({ phase: 'verify', loadedBytes, totalBytes }),
      });
    });
  }

  /**
   * Gives a model as one file, piece by piece, as it is stored.
   * @throws HearthError `not-found` when there is no such model, `weights-corrupt`, `aborted`; and what `write` throws.
   */
  async export(
    requestId: string,
    modelId: string,
    write: WritePiece,
    onProgress: (progress: ImportProgress) => void,
  ): Promise<void> {
    return this.#abortable(requestId, modelId, async (signal) => {
      const held = this.#inMemory.get(modelId)?.inMemory;
      const stored = held ? openWeightsInMemory(held) : await openStoredWeights(this.#store, modelId);
      if (!stored) throw notHere(modelId);
      const specs = await this.#options.describe(parseJson(stored.manifest.texts['config.json'], 'config.json'));
      const report = throttled(onProgress);
      const { exportModel } = await import('./export'); // no part of a first visit
      await exportModel(stored, specs, write, {
        signal,
        onProgress: (loadedBytes, totalBytes) => report({ phase: 'export', loadedBytes, totalBytes }),
      });
    });
  }

  /**
   * Makes damaged and missing shards anew from where the model came from; only what they are made of is fetched.
   * @returns what was found, all of it mended.
   * @throws HearthError `not-found` when there is no such model, `weights-corrupt` when its source no longer gives these bytes,
   * and as `importModel`.
   */
  async repair(
    requestId: string,
    modelId: string,
    onProgress: (progress: ImportProgress) => void,
  ): Promise<Verification> {
    const found = await this.#exclusively(requestId, modelId, onProgress, async (signal) => {
      const manifest = await readManifest(this.#store, modelId);
      if (!manifest) throw notHere(modelId);
      const { getFor = getWithout } = this.#options;
      const { repairShards } = await import('./repair'); // no part of a first visit
      return repairShards({
        ...this.#options,
        manifest,
        // The host was chosen when the model was fetched.
        get: getFor([new URL(manifest.source.url).origin]),
        signal,
        onProgress: throttled(onProgress),
      });
    });
    if (found.damaged.length > 0) this.#options.onChange?.(modelId);
    return found;
  }

  /** Deletes a model, half-done imports included. Waits for an import of it to end. */
  async remove(modelId: string): Promise<void> {
    await withLock(lockName(modelId), new AbortController().signal, async () => {
      this.#inMemory.delete(modelId);
      await this.#store.remove(modelId);
    });
    this.#options.onChange?.(modelId);
  }

  /**
   * @param id of the source it must have come from; null for any.
   * @param precision it must be stored in; undefined for any.
   */
  async #find(
    modelId: string,
    id: string | null,
    precision: Precision | null | undefined,
  ): Promise<EnsureResult | null> {
    const isIt = (manifest: Manifest) =>
      (id === null || (manifest.source.id ?? manifest.source.url) === id) &&
      (precision === undefined || (manifest.precision ?? null) === precision);
    const held = this.#inMemory.get(modelId);
    if (held?.inMemory && isIt(held.inMemory.manifest)) return { ...held, cached: true };
    const manifest = await readManifest(this.#store, modelId).catch(() => null);
    if (!manifest || !isIt(manifest)) return null;
    return { modelId, cached: true, inMemory: null, warning: null };
  }

  /** What an import has begun with goes on where nothing else is asked for. */
  async #precisionOf(modelId: string): Promise<Precision | null> {
    const begun = await this.#store.partial(modelId).catch(() => null);
    return begun?.precision ?? this.#options.precision ?? null;
  }

  /** Where a model, or the beginning of one, came from; null where nothing is known, or nothing can be fetched from there. */
  async #recordedSource(modelId: string): Promise<FetchableSource | null> {
    const [manifest, partial] = await Promise.all([
      this.#store.manifest(modelId).catch(() => null),
      this.#store.partial(modelId).catch(() => null),
    ]);
    const id = partial?.sourceId ?? manifest?.source.id ?? manifest?.source.url;
    const source = id === undefined ? null : parseModelSource(id, id);
    return source?.kind === 'stored' ? null : source;
  }

  /** Runs while no other tab does anything to the model, until the request is aborted. */
  async #exclusively<T>(
    requestId: string,
    modelId: string,
    onProgress: (progress: ImportProgress) => void,
    action: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    return this.#abortable(requestId, modelId, async (signal) => {
      try {
        const onWait = () => onProgress({ phase: 'wait', loadedBytes: 0, totalBytes: 0 });
        return await withLock(lockName(modelId), signal, () => action(signal), onWait);
      } catch (error) {
        if (signal.aborted && isAbort(error)) {
          throw new HearthError('aborted', `The download of ${modelId} was stopped.`, {
            hint: 'Start it again when you are ready; what has been downloaded is kept.',
          });
        }
        throw error;
      }
    });
  }

  /** Does something to a model that `abort` ends by the request's id. */
  async #abortable<T>(requestId: string, modelId: string, action: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const controller = new AbortController();
    this.#running.set(requestId, { modelId, controller });
    try {
      return await action(controller.signal);
    } finally {
      this.#running.delete(requestId);
    }
  }

  async #finish({ manifest, inMemory }: Imported): Promise<EnsureResult> {
    const { modelId } = manifest;
    if (!inMemory) {
      this.#inMemory.delete(modelId);
      return { modelId, cached: false, inMemory: null, warning: null };
    }
    const { shards, refusal } = inMemory;
    const others = (await this.list()).filter((other) => other.modelId !== modelId);
    const result = { modelId, cached: false, inMemory: { manifest, shards }, warning: warningOf(refusal, others) };
    this.#inMemory.set(modelId, result);
    return result;
  }
}

function warningOf(
  { name, message }: DOMException,
  others: readonly { modelId: string; storedBytes: number }[],
): string {
  const isFull = name === 'QuotaExceededError';
  const reason = isFull
    ? "The browser's storage is full"
    : `The browser did not let us store the model (${message || name})`;
  const sizes = [...others]
    .sort((a, b) => b.storedBytes - a.storedBytes)
    .map(({ modelId, storedBytes }) => `${modelId} (${Math.max(1, Math.round(storedBytes / 1e6))} MB)`);
  const remedy = isFull && sizes.length > 0 ? ` Deleting a stored model makes room: ${sizes.join(', ')}.` : '';
  return `${reason}: the model stays in memory until this page is closed, and will be downloaded again next time.${remedy}`;
}

function notHere(modelId: string): HearthError {
  return new HearthError('not-found', `The model "${modelId}" is not in this browser; expected it there.`, {
    hint: 'Get it first; one that came from files needs its files again.',
  });
}

/** Without tokens. */
function getWithout(origins: readonly string[]): Get {
  return getWith({ origins });
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
