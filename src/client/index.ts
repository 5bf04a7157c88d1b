/**
 * `/hearth.js`: what a page imports to run a model of its own.
 *
 *   import { loadModel } from '/hearth.js';
 *   const model = await loadModel('tales');
 *   for await (const { text } of model.chat([{ role: 'user', content: 'Hello' }])) console.log(text);
 */
import { createClient, type HearthClient } from './client';
import { engineHolderHere } from './engine-holder';
import { createFetch } from './openai/fetch';
import type { Benchmark } from './benchmark';
import { spawnBenchWorker, spawnEngineWorker, spawnImportWorker } from './spawn-worker';

const client = createClient({
  openEngine: spawnEngineWorker,
  openImport: spawnImportWorker,
  engineHolder: engineHolderHere(),
  get siteUrl() {
    return new URL(import.meta.env.BASE_URL, location.href).href;
  },
  askToKeep() {
    navigator.storage?.persist?.().catch(() => {}); // what is refused may be cleared; that is no failure of the download
  },
});

/** Fetched at the first use: hardly a visit measures. */
const openBenchmark = async () => (await import('./benchmark')).createBenchmark(spawnBenchWorker, client.engine);
const benchmark: Benchmark = {
  offer: async () => (await openBenchmark()).offer(),
  run: async (wishes, options) => (await openBenchmark()).run(wishes, options),
};

/** The page's own client, the `fetch` for OpenAI's clients over it, and the benchmark. Threads start at the first use. */
export const hearth: HearthClient & {
  /** Takes the engine from another tab, see `engine`; for who was refused with `engine-elsewhere`. */
  takeOver(): Promise<void>;
  fetch: typeof globalThis.fetch;
  benchmark: Benchmark;
} = {
  ...client,
  takeOver: client.engine.takeOver,
  fetch: createFetch(client),
  benchmark,
};

export const {
  loadModel,
  fetchModel,
  repairModel,
  exportModel,
  cancelModel,
  capabilities,
  engineStats,
  storedModels,
  removeModel,
  takeOver,
  useHub,
  setHubToken,
} = hearth;

export { HearthError, isAbort, toHearthError, type ErrorCode } from '../lib/errors';
export type {
  ChatMessage,
  ChatOptions,
  FinishReason,
  GenerationOptions,
  GenerationStats,
  Grammar,
  TextRange,
  TokenLogprob,
  TokenLogprobs,
} from '../protocol/generation';
export type {
  BenchModelReport,
  BenchOffer,
  BenchProgress,
  BenchReport,
  BenchWishes,
  Figure,
} from '../protocol/bench-api';
export type {
  DeviceReport,
  EngineStats,
  ReadingSpeed,
  RenderedChat,
  TunedPoint,
  TuningReport,
} from '../protocol/engine-api';
export type {
  BytesByKind,
  ContextCost,
  Inspection,
  KnownHost,
  ModelCost,
  ModelReport,
  Precision,
  StoredModelInfo,
  VerifyResult,
} from '../protocol/import-api';
export type { RemoteEndpoint } from '../protocol/remote-api';
export type { Benchmark, BenchRunOptions } from './benchmark';
export type { Answer, AnswerChunk, AnswerOptions } from './answer';
export type { Capabilities, DownloadOptions, HearthClient, LoadOptions, LoadProgress, WritePiece } from './client';
export type { EngineHold, EngineHolder, EnginePlace, EngineUse } from './engine-holder';
export type { ChatAnswerOptions, LocalModel } from './local-model';
export type { ModelLocation } from './model-location';
export type { RemoteClient, RemoteModel } from './remote/remote';
export { SPECULATION } from './speculation';
export { version } from '../lib/version';
