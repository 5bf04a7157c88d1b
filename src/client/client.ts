/**
 * From a name to a model that answers: the import thread makes sure the weights are stored, then the engine thread loads
 * them. Both threads start at their first use and are shared by every model of the page. How a thread is started is handed
 * in, so that tests put fakes behind a MessageChannel.
 */
import * as Comlink from 'comlink';
import { isAbort, throwIfAborted, toHearthError } from '../lib/errors';
import { DEFAULT_HUB, originOf } from '../lib/model-source';
import { readToken } from '../lib/token';
import type {
  ActivationFormat,
  DeviceReport,
  EngineApi,
  EngineStats,
  LoadProgress as EngineProgress,
  LoadRequest,
  ReadingSpeed,
  TuningReport,
} from '../protocol/engine-api';
import { catalog, loadConfigs } from '../catalog/catalog';
import type {
  EnsureRequest,
  ImportProgress,
  ImportResult,
  Inspection,
  KnownHost,
  ModelReport,
  Precision,
  StoredModelInfo,
  VerifyResult,
} from '../protocol/import-api';
import type { NetworkApi } from '../protocol/network-api';
import { createLocalModel, type LocalModel } from './local-model';
import { resolveModel, type ModelLocation, type ResolvedModel } from './model-location';
import { hubAddress, tokenOrigin } from './hosts';
import { createEngineHolder, type EngineHold, type EngineHolder, type EngineUse } from './engine-holder';
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
   * 'int8' rounds what the layers' products read to eight bits and multiplies integers, for which graphics cards have
   * instructions. The text is another than with 'f32', the default; bench/RESULTS.md tells what it costs. Absent for that of an
   * earlier load, if any; another one replaces the model for all who hold it.
   */
  activationFormat?: ActivationFormat;
  /**
   * A smaller model of the same vocabulary that guesses ahead; null for none, absent for that of an earlier load, if any.
   * Another one than that of an earlier load replaces the model for all who hold it. One that cannot be fetched is done
   * without, and `warning` says so.
   */
  draft?: string | ModelLocation | null;
  /**
   * The origins of other sites that may be asked for files, e.g. "https://huggingface.co", besides those of `allowHost`; that of
   * the source itself if absent, for who names a source has chosen its host. A page that was told the source by others names
   * none, and asks the person when it is refused.
   */
  origins?: readonly string[];
  onProgress?: (progress: LoadProgress) => void;
  /** Stops the download or the upload; what was stored stays, so that the next try goes on from there. */
  signal?: AbortSignal;
}

/** `signal` pauses; what was stored stays, so that the next try goes on from there. */
export type FetchOptions = Pick<LoadOptions, 'signal' | 'onProgress' | 'origins'>;

/** Takes the next piece of a file. */
export type WritePiece = (bytes: Uint8Array<ArrayBuffer>) => Promise<void>;

export interface DownloadOptions extends FetchOptions {
  /**
   * How the weights are stored; null for the usual: the types of a GGUF file, else int4, and int8 where it pays most. As
   * before, or as usual, if absent.
   */
  precision?: Precision | null;
}

export interface Capabilities {
  /** False on plain http from another machine, where browsers withhold WebGPU and service workers. */
  secureContext: boolean;
  /** What the engine will run on. */
  device: DeviceReport;
}

export interface HearthClient {
  /**
   * @param idOrSource a catalog id, a hub's `owner/name[@revision][:file]`, the address of a folder in Hugging Face layout or of
   * a .gguf file, or one of these (or files) as an object.
   * @throws HearthError `bad-request` for an unknown id, an unfit draft or what this browser cannot compute, `aborted`, `engine-elsewhere` while another tab has
   * the engine, `engine-taken` when one has taken it meanwhile, and whatever fetching, storing or loading meets.
   */
  loadModel(idOrSource: string | ModelLocation, options?: LoadOptions): Promise<LocalModel>;
  /**
   * Downloads and stores a model without loading it. What the browser would not store stays in memory until the page ends.
   * @returns what went less well, as a sentence; null when all is well.
   * @throws HearthError as `loadModel`.
   */
  fetchModel(idOrSource: string | ModelLocation, options?: DownloadOptions): Promise<{ warning: string | null }>;
  /** What is held of every model of the catalogue and of any other, and what each takes on this device. */
  modelReports(): Promise<ModelReport[]>;
  /**
   * Reads every stored byte of a model against its checksums.
   * @throws HearthError `not-found`, `aborted`.
   */
  verifyModel(modelId: string, options?: FetchOptions): Promise<VerifyResult>;
  /**
   * What a model would take on this device, from a few kilobytes of it. Nothing is stored.
   * @throws HearthError that getting the model would meet: `not-found`, `bad-file`, `unsupported-model`, `network`, `aborted`.
   */
  inspectModel(idOrSource: string | ModelLocation, options?: Omit<FetchOptions, 'onProgress'>): Promise<Inspection>;
  /** How fast the device reads weights; takes about a second. @throws HearthError `engine-elsewhere`, `engine-taken`, `out-of-memory`. */
  measureReading(): Promise<ReadingSpeed>;
  /**
   * Makes damaged parts of a stored model anew from where it came from, and fetches nothing else.
   * @returns what was damaged; all of it is mended.
   * @throws HearthError `not-found`, `weights-corrupt` when its source gives other bytes by now, `network`, `aborted`.
   */
  repairModel(modelId: string, options?: FetchOptions): Promise<VerifyResult>;
  /**
   * Gives a model as one file, which `loadModel` takes again as `{ files }` in any browser, as large as what is stored.
   * @param write takes it piece by piece; each waits until the one before is written.
   * @throws HearthError `not-found`, `weights-corrupt`, `aborted`; and what `write` throws.
   */
  exportModel(modelId: string, write: WritePiece, options?: FetchOptions): Promise<void>;
  /** Ends a download and deletes what it has stored; a model that is whole stays. (To pause, abort the download's signal.) */
  cancelModel(modelId: string): Promise<void>;
  /** What a model is called in the store. @throws as `loadModel`. */
  modelIdOf(idOrSource: string | ModelLocation): string;
  /** The origin of the other site that a model would be fetched from; null where none is asked. @throws as `loadModel`. */
  foreignOrigin(idOrSource: string | ModelLocation): string | null;
  /** Lets a host be asked for models from now on, on this device. @param origin as from `foreignOrigin`. */
  allowHost(origin: string): Promise<void>;
  /** Looks repositories up on this hub from now on; null for Hugging Face. @throws HearthError `bad-request`. */
  useHub(hubUrl: string | null): void;
  /**
   * Keeps a token for a host, on this device, to be sent to that host and no other; null forgets it.
   * @param host "huggingface.co", or an origin.
   * @throws HearthError `bad-request` for what is no host, or one without https, and for what is no token.
   */
  setHubToken(host: string, token: string | null): Promise<void>;
  /** The hosts that may be asked for models or have a token. */
  knownHosts(): Promise<KnownHost[]>;
  /** Takes back that a host may be asked, and forgets its token. @param origin as from `knownHosts`. */
  forgetHost(origin: string): Promise<void>;
  /** Calls back when a report would read differently, whichever tab has changed it, from the next `modelReports` on. */
  onModelsChange(callback: (modelId: string) => void): () => void;
  capabilities(): Promise<Capabilities>;
  /** What the engine is doing with each loaded model; none before the first load. */
  engineStats(): Promise<EngineStats[]>;
  /** Which kernels are used where several give the same bits, as far as this device has been measured. */
  tuning(): Promise<TuningReport>;
  /** Whether kernels are measured while nobody asks, and the fastest are used; for later visits too. */
  setTuning(isOn: boolean): Promise<void>;
  /** Measures the kernels again, beginning as soon as nobody asks for anything. */
  tuneAgain(): Promise<void>;
  /** The models whose weights lie in this browser. */
  storedModels(): Promise<StoredModelInfo[]>;
  /** Deletes a model's stored weights; a loaded one keeps answering until it is disposed. */
  removeModel(modelId: string): Promise<void>;
  /** Which tab has the engine; this one takes it with the first model that it loads, and leaves it with the last. */
  readonly engine: EngineHolder;
  /** Models on servers elsewhere. */
  readonly remote: RemoteClient;
}

export interface ClientParts {
  openEngine(): ThreadPort;
  openImport(): ThreadPort;
  /** Absolute address of the site's root, which catalog paths and relative addresses are resolved against. */
  siteUrl: string;
  /** Who has the engine, over all tabs; this client alone if absent. */
  engineHolder?: EngineHolder;
  /** Asks the browser not to clear what this page stores: called once a large download has begun. */
  askToKeep?(): void;
}

/** A download of more than this is worth asking for. */
const LARGE_BYTES = 50e6;

export function createClient(parts: ClientParts): HearthClient {
  const holder = parts.engineHolder ?? createEngineHolder({ locks: null, channel: null });
  const engine = reopening(() => openThread<EngineApi>(parts.openEngine(), 'engine'));
  const importer = reopening(() => openThread<NetworkApi>(parts.openImport(), 'import'));
  /** How many LocalModels share each loaded model, by thread (a new thread starts with none). */
  const users = new WeakMap<Thread<EngineApi>, Map<string, number>>();
  const listeners = new Set<(modelId: string) => void>();
  const watched = new WeakSet<Thread<NetworkApi>>();
  let hubUrl = DEFAULT_HUB;
  const resolve = (idOrSource: string | ModelLocation) => resolveModel(idOrSource, { siteUrl: parts.siteUrl, hubUrl });
  const keepWhenLarge = once(() => parts.askToKeep?.());
  let requestCount = 0;
  const nextRequestId = () => `request-${++requestCount}`;

  /** The engine's thread, which ends when another tab takes the engine: so its device is free for that one. */
  async function holdEngine(use: EngineUse): Promise<{ hold: EngineHold; thread: Thread<EngineApi> }> {
    const hold = await holder.hold(use);
    const thread = engine();
    hold.taken.addEventListener('abort', () => thread.end(toHearthError(hold.taken.reason)));
    return { hold, thread };
  }

  async function loadModel(idOrSource: string | ModelLocation, options: LoadOptions = {}): Promise<LocalModel> {
    const model = resolve(idOrSource);
    const draft = options.draft ? resolve(options.draft) : null;
    throwIfAborted(options.signal);
    const { hold, thread } = await holdEngine('models');
    void thread.died.then(hold.release);
    const signal = AbortSignal.any([hold.taken, ...(options.signal ? [options.signal] : [])]);
    try {
      return await loadOn(thread, hold, model, draft, { ...options, signal });
    } catch (error) {
      hold.release();
      throw hold.taken.aborted ? toHearthError(hold.taken.reason) : error;
    }
  }

  async function loadOn(
    thread: Thread<EngineApi>,
    hold: EngineHold,
    model: ResolvedModel,
    draft: ResolvedModel | null,
    options: LoadOptions,
  ): Promise<LocalModel> {
    const { signal, contextLength, activationFormat } = options;
    const [onProgress, endProgress] = progressTo(options.onProgress, keepWhenLarge);
    const { kind } = await abortable(thread, signal, (api) => api.device());
    const ensure = (wanted: ResolvedModel) => {
      const request = { ...requestFor(wanted, options.origins), forCpu: kind === 'cpu' };
      return abortable(importer(), signal, (api, requestId) => api.ensure(requestId, request, onProgress));
    };
    const imported = await ensure(model);
    const warnings = [imported.warning];
    const importedDraft = draft && (await ensure(draft).catch((error: unknown) => doWithout(draft, error, warnings)));
    const loaded = await abortable(thread, signal, (api, requestId) =>
      api.load(
        {
          ...{ requestId, contextLength, activationFormat, ...weightsOf(imported) },
          draft: importedDraft && weightsOf(importedDraft),
        },
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
        try {
          if (left === 0) await thread.call((api) => api.unload(model.id));
        } finally {
          hold.release();
        }
      },
    });
  }

  async function fetchModel(idOrSource: string | ModelLocation, options: DownloadOptions = {}) {
    const request = { ...requestFor(resolve(idOrSource), options.origins), precision: options.precision };
    const [report, endProgress] = progressTo(options.onProgress, keepWhenLarge);
    const { warning } = await abortable(importer(), options.signal, (api, requestId) =>
      api.ensure(requestId, request, report),
    );
    endProgress();
    return { warning };
  }

  async function inspectModel(idOrSource: string | ModelLocation, options: Omit<FetchOptions, 'onProgress'> = {}) {
    const request = requestFor(resolve(idOrSource), options.origins);
    const { kind } = await engine().call((api) => api.device());
    return abortable(importer(), options.signal, (api, requestId) => api.inspect(requestId, request, kind));
  }

  async function measureReading() {
    const { hold, thread } = await holdEngine('benchmark');
    try {
      return await thread.call((api) => api.measureReading());
    } finally {
      hold.release();
    }
  }

  async function verifyModel(modelId: string, { signal, onProgress }: FetchOptions = {}) {
    const [report, endProgress] = progressTo(onProgress);
    const result = await abortable(importer(), signal, (api, requestId) => api.verify(requestId, modelId, report));
    endProgress();
    return result;
  }

  async function repairModel(modelId: string, { signal, onProgress }: FetchOptions = {}) {
    const [report, endProgress] = progressTo(onProgress);
    const result = await abortable(importer(), signal, (api, requestId) => api.repair(requestId, modelId, report));
    endProgress();
    return result;
  }

  async function exportModel(modelId: string, write: WritePiece, { signal, onProgress }: FetchOptions = {}) {
    const [report, endProgress] = progressTo(onProgress);
    await abortable(importer(), signal, (api, requestId) =>
      api.export(requestId, modelId, Comlink.proxy(write), report),
    );
    endProgress();
  }

  async function modelReports(): Promise<ModelReport[]> {
    const thread = importer();
    const [{ kind }, configs] = await Promise.all([engine().call((api) => api.device()), loadConfigs()]);
    const known = catalog.map(({ id }) => ({ modelId: id, config: configs[id] }));
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
      thread.stop((api) => api.abort(requestId)).catch(() => {}); // a dead thread has stopped already
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
    inspectModel,
    measureReading,
    verifyModel,
    repairModel,
    exportModel,
    cancelModel: (modelId) => importer().call((api) => api.cancel(modelId)),
    modelIdOf: (idOrSource) => resolve(idOrSource).id,
    foreignOrigin: (idOrSource) => foreignOriginOf(resolve(idOrSource), parts.siteUrl),
    allowHost: (origin) => importer().call((api) => api.allowOrigin(origin)),
    useHub: (url) => void (hubUrl = url === null ? DEFAULT_HUB : hubAddress(url)),
    setHubToken: async (host, token) => importer().call((api) => api.setToken(tokenOrigin(host), readToken(token))),
    knownHosts: () => importer().call((api) => api.hosts()),
    forgetHost: (origin) => importer().call((api) => api.forgetOrigin(origin)),
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
    tuning: () => engine().call((api) => api.tuning()),
    setTuning: (isOn) => engine().call((api) => api.setTuning(isOn)),
    tuneAgain: () => engine().call((api) => api.tuneAgain()),
    storedModels: () => importer().call((api) => api.list()),
    removeModel: (modelId) => importer().call((api) => api.remove(modelId)),
    engine: holder,
    remote: createRemoteClient(importer, nextRequestId),
  };
}

/**
 * A callback for the far side, and what ends it: progress has a port of its own and may come in after the result.
 * @param onLarge called with each report of a large download
 */
function progressTo(
  onProgress: LoadOptions['onProgress'],
  onLarge?: () => void,
): [(progress: LoadProgress) => void, () => void] {
  let ended = false;
  const report = Comlink.proxy((progress: LoadProgress) => {
    if (ended) return;
    if (progress.phase === 'download' && progress.totalBytes > LARGE_BYTES) onLarge?.();
    onProgress?.(progress);
  });
  return [report, () => (ended = true)];
}

function once(action: () => void): () => void {
  let done = false;
  return () => {
    if (!done) action();
    done = true;
  };
}

function requestFor({ id, source }: ResolvedModel, origins: readonly string[] | undefined): EnsureRequest {
  const own = originOf(source);
  return { modelId: id, source, origins: origins ?? (own === null ? [] : [own]) };
}

function foreignOriginOf({ source }: ResolvedModel, siteUrl: string): string | null {
  const origin = originOf(source);
  return origin === new URL(siteUrl).origin ? null : origin;
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
