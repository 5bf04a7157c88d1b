/** What the page may ask of the network thread: find, fetch, verify, quantise, store. Types only. */
import type { ModelSource } from '../lib/model-source';
import type { Precision } from '../weights/choose-formats';
import type { BytesByKind } from '../weights/foresee';
import type { KnownHost } from '../weights/known-host';
import type { Manifest } from '../weights/manifest';

export type { ModelFile, ModelSource } from '../lib/model-source';
export type { Precision } from '../weights/choose-formats';
export type { BytesByKind } from '../weights/foresee';
export type { KnownHost } from '../weights/known-host';

/** A model, and where it lies. */
export interface SourceRequest {
  modelId: string;
  source: ModelSource;
  /** The origins of other hosts that may be asked for it, besides those that always may; a request to any other is refused. */
  origins: readonly string[];
}

export interface EnsureRequest extends SourceRequest {
  /** True where there is no graphics adapter: models too large for the processor are refused before they are downloaded. */
  forCpu?: boolean;
  /** How weights are stored; null is as usual: the types of a GGUF file, else int4, and int8 where it pays most. What an import has begun with goes on where absent. */
  precision?: Precision | null;
}

/**
 * `wait`: the same model is being fetched already, perhaps by another tab; `check`: looking what is there; `verify`: reading
 * stored bytes against their checksums; `export`: giving them as one file. Both figures are 0 where a phase has no bytes to count.
 */
export interface ImportProgress {
  phase: 'wait' | 'check' | 'download' | 'store' | 'verify' | 'export';
  loadedBytes: number;
  totalBytes: number;
}

export interface ImportResult {
  modelId: string;
  /** True when nothing was fetched because the model was already stored. */
  cached: boolean;
  /** Present when storage was full: the weights, to be handed to the engine; `warning` tells the person. */
  inMemory: { manifest: Manifest; shards: Blob[] } | null;
  warning: string | null;
}

export interface StoredModelInfo {
  modelId: string;
  storedBytes: number;
  createdAt: string;
}

/** A model that may be fetched, as the catalogue knows it. */
export interface KnownModel {
  modelId: string;
  /** What of its config.json sizes depend on, so that they can be told before anything is fetched. */
  config: unknown;
}

/** What a context of this length takes in memory, besides the weights. */
export interface ContextCost {
  contextLength: number;
  /** Keys, values and work space. */
  bytes: number;
  /** The largest single buffer among them. */
  largestBufferBytes: number;
  /** Keys and values that one token reads when half of the context is written. */
  readBytes: number;
}

/** What a model takes of a machine, wherever it is. */
export interface ModelCost {
  /** What the weights take in memory; foreseen from the config until they are here. */
  weightBytes: number;
  /** What one token reads of them. */
  readBytes: BytesByKind;
  parameterCount: number;
  /** Layers, which a token goes through one after another; 0 where nothing is known. */
  layers: number;
  /** Small enough to run without a graphics adapter. */
  runsOnProcessor: boolean;
  /** For every context length worth offering, the shortest first; the last is the longest the checkpoint was made for. */
  contexts: ContextCost[];
  /** What the engine reserves where nobody chooses. */
  defaultContextLength: number;
}

/** One way to store a model's weights, and what comes of it. */
export interface PrecisionChoice extends Pick<ModelCost, 'weightBytes' | 'readBytes'> {
  precision: Precision | null;
}

/** What a model's config and the headers of its files tell before it is downloaded. */
export interface Inspection extends Omit<ModelCost, 'weightBytes' | 'readBytes'> {
  modelId: string;
  /** `model_type` of its config.json. */
  architecture: string;
  vocabSize: number;
  /** Its files have types of their own that are stored as they are (GGUF), where nobody chooses otherwise. */
  keepsTypes: boolean;
  /** The models of a repository that holds several as GGUF, and which of them this is; empty elsewhere. */
  files: { path: string; bytes: number | null; isThis: boolean }[];
  /** All files that an import fetches. */
  downloadBytes: number;
  /** The usual one first. */
  choices: PrecisionChoice[];
}

/** What is held of a model, and what it takes. */
export interface ModelReport extends ModelCost {
  modelId: string;
  /** `partial`: an import that has not ended; `in-memory`: the browser would not store it, so it is there until the page ends. */
  state: 'absent' | 'partial' | 'stored' | 'in-memory';
  /** Somebody is fetching it right now, in this tab or in another one. */
  fetching: boolean;
  /** On the disk. */
  storedBytes: number;
  /** Of the source's weight files, how much a half-done import need not fetch again. */
  keptBytes: number;
  /** How its weights were asked to be stored; null is as usual. */
  precision: Precision | null;
  /** Models with the same word have the same tokens, so that one may guess ahead for the other; null until it is here. */
  vocabulary: string | null;
  /** The line of text that `loadModel` takes for it, also while it is on its way; null for what is not here. */
  from: string | null;
  /** Where it came from: the folder, and the line of text above; null until it is here. */
  source: {
    id: string;
    url: string;
    files: { path: string; bytes: number; sha256: string }[];
    createdAt: string;
  } | null;
}

export interface VerifyResult {
  shards: number;
  bytes: number;
  /** Indices of shards that are missing or fail their checksum; empty when all is well. */
  damaged: number[];
}

export interface ImportApi {
  /** Makes the model available in the store; returns at once when it is there. Rejects with a HearthError. */
  ensure(
    requestId: string,
    request: EnsureRequest,
    onProgress: (progress: ImportProgress) => void,
  ): Promise<ImportResult>;
  /**
   * What a model would take on `device`, from a few kilobytes: its config and the headers of its files. Nothing is stored.
   * Rejects with the HearthError that getting it would meet.
   */
  inspect(requestId: string, request: SourceRequest, device: 'webgpu' | 'cpu'): Promise<Inspection>;
  /**
   * Pauses `ensure` (and ends `inspect`, `verify`, `export` and `repair`): it rejects as `aborted`; what was stored stays, so a second
   * start resumes.
   */
  abort(requestId: string): Promise<void>;
  /** Ends whatever this thread does to a model and deletes what a half-done import has stored; a whole model stays. */
  cancel(modelId: string): Promise<void>;
  list(): Promise<StoredModelInfo[]>;
  /** All known models, then what else is held. @param device what they would run on */
  report(known: KnownModel[], device: 'webgpu' | 'cpu'): Promise<ModelReport[]>;
  /** Reads every stored shard against its checksum. Can be aborted as `ensure`; rejects as `not-found` or `aborted`. */
  verify(requestId: string, modelId: string, onProgress: (progress: ImportProgress) => void): Promise<VerifyResult>;
  /**
   * Gives a model as one file that `ensure` takes again, piece by piece, as it is stored; each piece waits until the one before is
   * written. Can be aborted; rejects as `not-found`, `weights-corrupt` or `aborted`, or with what `write` rejects with.
   */
  export(
    requestId: string,
    modelId: string,
    write: (bytes: Uint8Array<ArrayBuffer>) => Promise<void>,
    onProgress: (progress: ImportProgress) => void,
  ): Promise<void>;
  /**
   * Makes damaged shards anew from where the model came from. @returns what was damaged; all of it is mended. Can be aborted;
   * rejects as `not-found`, `weights-corrupt` when the source gives other bytes by now, `network` or `aborted`.
   */
  repair(requestId: string, modelId: string, onProgress: (progress: ImportProgress) => void): Promise<VerifyResult>;
  /** Lets a host be asked for models from now on, on this device. @param origin "https://hub.example" */
  allowOrigin(origin: string): Promise<void>;
  /** Keeps a token for a host on this device, to be sent to that host only; null forgets it. @param origin "https://hub.example" */
  setToken(origin: string, token: string | null): Promise<void>;
  /** The hosts that may be asked, or have a token. */
  hosts(): Promise<KnownHost[]>;
  /** Takes back that a host may be asked, and forgets its token. What is under way goes on. */
  forgetOrigin(origin: string): Promise<void>;
  /** Calls back, for as long as this thread lives, when what is held of a model has changed, in this tab or in another one. */
  watch(onChange: (modelId: string) => void): Promise<void>;
  remove(modelId: string): Promise<void>;
}
