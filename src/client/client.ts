/**
 * From a name to a model that answers: the import thread makes sure the weights are stored, then the engine thread loads
 * them. Both threads start at their first use and are shared by every model of the page. How a thread is started is handed
 * in, so that tests put fakes behind a MessageChannel.
 */
import * as Comlink from 'comlink';
import { isAbort, throwIfAborted, toHearthError } from '../lib/errors';
import type {
  DeviceReport,
  EngineApi,
  EngineStats,
  LoadProgress as EngineProgress,
  LoadRequest,
} from '../protocol/engine-api';
import { catalog } from '../catalog/catalog';
import type { ImportProgress, ImportResult, ModelReport, StoredModelInfo, VerifyResult } from '../protocol/import-api';
import type { NetworkApi } from '../protocol/network-api';
import { createLocalModel, type LocalModel } from './local-model';
import { resolveModel, type ModelLocation, type ResolvedModel } from './model-location';
import { createRemoteClient, type RemoteClient } from './remote/remote';
import { openThread, reopening, type Thread, type ThreadPort } from './thread';

/** `loadedBytes` of `totalBytes` of this phase; both 0 where a phase has no bytes to count. */
export interface LoadProgress {
  phase: ImportProgress['phase'] | EngineProgress['phase'];
  loadedBytes: number;
  totalBytes: number;
}

export interface LoadOptions {
  /**
   * Tokens of context to reserve; the checkpoint's own maximum (at most 4,096) if absent. Another length than that of an
   * earlier load replaces the model for all who hold it.
   */
  contextLength?: number;
  /**
   * A smaller model of the same vocabulary that guesses ahead; null for none, absent for that of an earlier load, if any.
   * Another one than that of an earlier load replaces the model for all who hold it. One that cannot be fetched is done without, and `warning` says so.
   */
  draft?: string | ModelLocation | null;
  onProgress?: (progress: LoadProgress) => void;
  /** Stops the download or the upload; what was stored stays, so that the next try goes on from there. */
  signal?: AbortSignal;
}

/** `signal` stops; what was stored stays, so that the next try goes on from there. */
export type FetchOptions = Pick<LoadOptions, 'signal' | 'onProgress'>;

export interface Capabilities {
  /** False on plain http from another machine, where browsers withhold WebGPU and service workers. */
  secureContext: boolean;
  /** What the engine will run on. */
  device: DeviceReport;
}

export interface HearthClient {
  /**
   * @param idOrSource a catalog id, or where a model lies in Hugging Face layout.
   * @throws HearthError `bad-request` for an unknown id or an unfit draft, `aborted`, and whatever fetching, storing or loading
   * meets.
   */
  loadModel(idOrSource: string | ModelLocation, options?: LoadOptions): Promise<LocalModel>;
  /**
   * Downloads and stores a model without loading it. What the browser would not store stays in memory until the page ends.
   * @returns what went less well, as a sentence; null when all is well.
   * @throws HearthError as `loadModel`.
   */
  fetchModel(idOrSource: string | ModelLocation, options?: FetchOptions): Promise<{ warning: string | null }>;
  /** What is held of every model of the catalogue and of any other, and what each takes on this device. */
  modelReports(): Promise<ModelReport[]>;
  /**
   * Reads every stored byte of a model against its checksums.
   * @throws HearthError `not-found`, `aborted`.
   */
  verifyModel(modelId: string, options?: FetchOptions): Promise<VerifyResult>;
  /** Calls back when a report would read differently, whichever tab has changed it, from the next `modelReports` on. */
  onModelsChange(callback: (modelId: string) => void): () => void;
  capabilities(): Promise<Capabilities>;
  /** What the engine is doing with each loaded model; none before the first load. */
  engineStats(): Promise<EngineStats[]>;
  /** The models whose weights lie in this browser. */
  storedModels(): Promise<StoredModelInfo[]>;
  /** Deletes a model's stored weights; a loaded one keeps answering until it is disposed. */
  removeModel(modelId: string): Promise<void>;
  /** Models on servers elsewhere. */
  readonly remote: RemoteClient;
}

export interface ClientParts {
  openEngine(): ThreadPort;
  openImport(): ThreadPort;
  /** Absolute address of the site's root, which catalog paths and relative addresses are resolved against. */
  siteUrl: string;
}

export function createClient(parts: ClientParts): HearthClient {
  const engine = reopening(() => openThread<EngineApi>(parts.openEngine(), 'engine'));
  const importer = reopening(() => openThread<NetworkApi>(parts.openImport(), 'import'));
  /** How many LocalModels share each loaded model, by thread (a new thread starts with none). */
  const users = new WeakMap<Thread<EngineApi>, Map<string, number>>();
  const listeners = new Set<(modelId: string) => void>();
  const watched = new WeakSet<Thread<NetworkApi>>();
  let requestCount = 0;
  const nextRequestId = () => `request-${++requestCount}`;

  async function loadModel(idOrSource: string | ModelLocation, options: LoadOptions = {}): Promise<LocalModel> {
    const { signal, contextLength } = options;
    const model = resolveModel(idOrSource, parts.siteUrl);
    const draft = options.draft ? resolveModel(options.draft, parts.siteUrl) : null;
    const [onProgress, endProgress] = progressTo(options.onProgress);

    const thread = engine();
    const { kind } = await abortable(thread, signal, (api) => api.device());
    const ensure = ({ id, url }: ResolvedModel) => {
      const source = { modelId: id, url, forCpu: kind === 'cpu' };
      return abortable(importer(), signal, (api, requestId) => api.ensure(requestId, source, onProgress));
    };
    const imported = await ensure(model);
    const warnings = [imported.warning];
    const importedDraft = draft && (await ensure(draft).catch((error: unknown) => doWithout(draft, error, warnings)));
    const loaded = await abortable(thread, signal, (api, requestId) =>
      api.load(
        { requestId, contextLength, ...weightsOf(imported), draft: importedDraft && weightsOf(importedDraft) },
        onProgress,
      ),
    );

    endProgress();
    const counts = users.get(thread) ?? new Map<string, number>();
    users.set(thread, counts.set(model.id, (counts.get(model.id) ?? 0) + 1));
    return createLocalModel({
      thread,
      loaded,
      label: model.label ?? loaded.label,
      warning: warnings.filter((warning) => warning !== null).join(' ') || null,
      nextRequestId,
      async onDispose() {
        const left = (counts.get(model.id) ?? 1) - 1;
        counts.set(model.id, left);
        if (left === 0) await thread.call((api) => api.unload(model.id));
      },
    });
  }

  async function fetchModel(idOrSource: string | ModelLocation, { signal, onProgress }: FetchOptions = {}) {
    const model = resolveModel(idOrSource, parts.siteUrl);
    const [report, endProgress] = progressTo(onProgress);
    const { warning } = await abortable(importer(), signal, (api, requestId) =>
      api.ensure(requestId, { modelId: model.id, url: model.url }, report),
    );
    endProgress();
    return { warning };
  }

  async function verifyModel(modelId: string, { signal, onProgress }: FetchOptions = {}) {
    const [report, endProgress] = progressTo(onProgress);
    const result = await abortable(importer(), signal, (api, requestId) => api.verify(requestId, modelId, report));
    endProgress();
    return result;
  }

  async function modelReports(): Promise<ModelReport[]> {
    const thread = importer();
    const { kind } = await engine().call((api) => api.device());
    const known = catalog.map(({ id, config }) => ({ modelId: id, config }));
    return thread.call(async (api) => {
      if (!watched.has(thread)) {
        watched.add(thread);
        await api.watch(Comlink.proxy((modelId) => listeners.forEach((tell) => tell(modelId))));
      }
      return api.report(known, kind);
    });
  }

  /** A call that ends early, with `aborted` from the far side, when the signal fires. */
  async function abortable<Api extends { abort(requestId: string): Promise<void> }, T>(
    thread: Thread<Api>,
    signal: AbortSignal | undefined,
    action: (api: Comlink.Remote<Api>, requestId: string) => Promise<T>,
  ): Promise<T> {
    throwIfAborted(signal);
    const requestId = nextRequestId();
    const abort = () => {
      thread.call((api) => api.abort(requestId)).catch(() => {}); // a dead thread has stopped already
    };
    signal?.addEventListener('abort', abort);
    try {
      return await thread.call((api) => action(api, requestId));
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  return {
    loadModel,
    fetchModel,
    verifyModel,
    modelReports,
    onModelsChange(callback) {
      listeners.add(callback);
      return () => listeners.delete(callback);
    },
    capabilities: async () => ({
      secureContext: globalThis.isSecureContext,
      device: await engine().call((api) => api.device()),
    }),
    engineStats: () => engine().call((api) => api.engineStats()),
    storedModels: () => importer().call((api) => api.list()),
    removeModel: (modelId) => importer().call((api) => api.remove(modelId)),
    remote: createRemoteClient(importer, nextRequestId),
  };
}

/** A callback for the far side, and what ends it: progress has a port of its own and may come in after the result. */
function progressTo(onProgress: LoadOptions['onProgress']): [(progress: LoadProgress) => void, () => void] {
  let ended = false;
  const report = Comlink.proxy((progress: LoadProgress) => {
    if (!ended) onProgress?.(progress);
  });
  return [report, () => (ended = true)];
}

/** What the engine is told of weights: by name where they are stored, by themselves where they could not be. */
function weightsOf({ modelId, inMemory }: ImportResult): Pick<LoadRequest, 'modelId' | 'inMemory'> {
  return { modelId, inMemory: inMemory ?? undefined };
}

/** A draft only makes faster: without it there is a warning, not a failure. */
function doWithout({ label, id }: ResolvedModel, error: unknown, warnings: (string | null)[]): null {
  if (isAbort(error)) throw error;
  warnings.push(
    `The draft model ${label ?? id} could not be had, so nothing guesses ahead. ${toHearthError(error).message}`,
  );
  return null;
}
