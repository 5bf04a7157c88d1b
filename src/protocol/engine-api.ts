/** What the page may ask of the engine thread. Types only; `workers/engine.worker.ts` satisfies it, `client` calls it. */
import type { Manifest } from '../weights/manifest';
import type { ChatMessage, ChatOptions, GenerateEvent, GenerateRequest } from './generation';

/** What this machine offers, in plain figures. */
export interface DeviceReport {
  kind: 'webgpu' | 'cpu';
  /** e.g. "google swiftshader"; "CPU (no WebGPU adapter)" where there is none. */
  adapter: string;
  /** Why there is no adapter, as a sentence; null when there is one. */
  reason: string | null;
  features: string[];
  limits: Record<string, number>;
}

/** Activations as they are, or rounded to int8 codes with a scale for 32, which are multiplied as integers. */
export type ActivationFormat = 'f32' | 'int8';

export interface LoadRequest {
  /** Names this load for `abort`. */
  requestId: string;
  modelId: string;
  /** Tokens of context to reserve; the checkpoint's own maximum (at most 4,096) if absent. */
  contextLength?: number;
  /** What the layers' products read; f32 if absent. */
  activationFormat?: ActivationFormat;
  inMemory?: WeightsInMemory;
  /** A smaller model of the same vocabulary that guesses ahead; null for none, absent for that of an earlier load, if any. */
  draft?: { modelId: string; inMemory?: WeightsInMemory } | null;
}

/** The weights themselves, present when storage was full: they are kept in memory for this session. */
export interface WeightsInMemory {
  manifest: Manifest;
  shards: Blob[];
}

export interface LoadedModel {
  modelId: string;
  /** Human name for labels, e.g. "Tales". */
  label: string;
  contextLength: number;
  activationFormat: ActivationFormat;
  /** The model that guesses ahead for it; null for none. */
  draftModelId: string | null;
  vocabSize: number;
  parameterCount: number;
  weightBytes: number;
  device: DeviceReport;
}

export interface LoadProgress {
  phase: 'upload' | 'compile';
  loadedBytes: number;
  totalBytes: number;
}

/** A prompt after the chat template. */
export interface RenderedChat {
  text: string;
  tokenIds: number[];
  /** Each token's own text; bytes that are no whole character by themselves are U+FFFD. */
  tokenTexts: string[];
}

/** Device memory of one model, in bytes, by what it is for. */
export interface MemoryByPurpose {
  weights: number;
  /** Keys and values of all positions. */
  kv: number;
  /** What one forward writes and reads again, and the table of rotations. */
  activations: number;
  /** What the device keeps of each sequence: rows, block tables, picks. */
  state: number;
}

/** What the loop of one loaded model is doing. */
export interface EngineStats {
  modelId: string;
  /** Requests that have room and are being computed. */
  running: number;
  /** Requests that wait for room. */
  waiting: number;
  blocks: BlockStats;
  /** Share of all prompt tokens so far that were found in the cache, 0 to 1; null before the first prompt. */
  prefixHitRate: number | null;
  /** Mean number of rows over the last forwards; 0 before the first. */
  rowsPerStep: number;
  /** Forwards since the model was loaded. */
  steps: number;
  memoryBytes: MemoryByPurpose;
}

/** Blocks of the KV pool: `used` by live requests, `cached` for requests to come, of `total`. */
export interface BlockStats {
  used: number;
  cached: number;
  total: number;
}

/** How fast a device reads what a token needs. */
export interface ReadingSpeed {
  /** Bytes of packed weights that products read in a second, by what their codes are; f16 stands for all floats. */
  bytesPerSecond: { int4: number; int8: number; float: number };
  /** What one dispatch costs that has next to nothing to do. */
  dispatchSeconds: number;
}

/** Which kernels are used where several give the same bits. */
export interface TuningReport {
  /** Whether they are measured while nobody asks, and the fastest are used. */
  isOn: boolean;
  points: readonly TunedPoint[];
}

export interface TunedPoint {
  /** What is computed, e.g. "product decoder=int4 width=576 outputs=1536 rows=1". */
  point: string;
  /** The kernel that is used for it, e.g. "workgroup=64 outputsPerThread=4". */
  variant: string;
  /** Its speed in speeds of the default; 1 where that stays. */
  gain: number;
  /** Kernels that gave other results than the default on this device, and are never used on it. */
  refused: readonly string[];
}

export interface EngineApi {
  device(): Promise<DeviceReport>;
  /** Measures for about a second; answers that are being written meanwhile make the figures worse, and wait. */
  measureReading(): Promise<ReadingSpeed>;
  /** As far as this device has been measured. */
  tuning(): Promise<TuningReport>;
  /** Outlasts the visit. */
  setTuning(isOn: boolean): Promise<void>;
  /** Forgets what was measured; it is measured again as soon as nobody asks a loaded model for anything. */
  tuneAgain(): Promise<void>;
  /** Of every loaded model; none before the first load. */
  engineStats(): Promise<EngineStats[]>;
  load(request: LoadRequest, onProgress: (progress: LoadProgress) => void): Promise<LoadedModel>;
  unload(modelId: string): Promise<void>;
  /**
   * Events arrive in order. Resolves after `done`, or rejects with a HearthError, and either only once the caller has taken
   * every event: they travel on a port of their own, which the answer of this call could overtake.
   */
  generate(request: GenerateRequest, onEvent: (event: GenerateEvent) => void | Promise<void>): Promise<void>;
  /**
   * Ends a running or waiting answer with reason "aborted", or rejects a load as `aborted`. Unknown ids are ignored: the
   * request may have just ended.
   */
  abort(requestId: string): Promise<void>;
  tokenize(modelId: string, text: string): Promise<number[]>;
  /** The chat as the model sees it. */
  renderChat(modelId: string, messages: ChatMessage[], options?: ChatOptions): Promise<RenderedChat>;
}
