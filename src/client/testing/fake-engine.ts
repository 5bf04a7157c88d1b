/**
 * Threads that need no GPU, no network and no weights: the same interfaces, behind a MessageChannel, so that everything from
 * Comlink to the page is the real thing. What the model says, and what goes wrong, is the test's choice.
 */
import * as Comlink from 'comlink';
import { HearthError } from '../../lib/errors';
import { hubId, originOf, type ModelSource } from '../../lib/model-source';
import type { DeviceReport, EngineApi, EngineStats, LoadedModel } from '../../protocol/engine-api';
import { installErrorTransfer } from '../../protocol/errors';
import type { GenerateRequest, GenerationStats, TextRange, TokenLogprobs } from '../../protocol/generation';
import type { ImportApi, Inspection, ModelCost, Precision } from '../../protocol/import-api';
import type { NetworkApi } from '../../protocol/network-api';
import type { ThreadPort } from '../thread';

export const fakeDevice: DeviceReport = {
  kind: 'cpu',
  adapter: 'CPU (no WebGPU adapter)',
  reason: 'This is a test.',
  features: [],
  limits: {},
};

/** What every model takes here. */
export const fakeCost: ModelCost = {
  weightBytes: 4_000_000,
  readBytes: { int4: 3_000_000, int8: 1_000_000, float: 0 },
  parameterCount: 6_213_376,
  layers: 7,
  runsOnProcessor: true,
  contexts: [256, 512, 1024].map((contextLength) => ({
    contextLength,
    bytes: contextLength * 1000,
    largestBufferBytes: contextLength * 100,
    readBytes: contextLength * 500,
  })),
  defaultContextLength: 1024,
};

/** What is found of a model before it is downloaded. */
export const fakeInspection: Omit<Inspection, 'modelId'> = {
  ...fakeCost,
  architecture: 'llama',
  vocabSize: 4096,
  keepsTypes: false,
  files: [],
  downloadBytes: 12_000_000,
  choices: [
    { precision: null, weightBytes: 4_000_000, readBytes: fakeCost.readBytes },
    { precision: 'int8', weightBytes: 7_000_000, readBytes: { int4: 0, int8: 7_000_000, float: 0 } },
    { precision: 'bf16', weightBytes: 12_000_000, readBytes: { int4: 0, int8: 0, float: 12_000_000 } },
  ],
};

export interface FakeEngineOptions {
  /** The words of an answer, one token each; may be endless. An error thrown by the iterator fails the answer. */
  words?: (request: GenerateRequest) => Iterable<string>;
  device?: DeviceReport;
  /** Fails the next loads with these errors, in order. */
  loadErrors?: HearthError[];
  /** Fails the next answers with these errors, in order, before anything is read. */
  answerErrors?: HearthError[];
  /** What the chat template writes after the last message. */
  opening?: string;
  /** Waits before each word, and in the middle of a load. */
  wordMs?: number;
  promptTokens?: number;
  /** So many messages are told to be left out, before the first word. */
  dropped?: number;
  /** Of each word, which of its characters the draft guessed. */
  draftedRangesOf?: (word: string) => TextRange[];
  engineStats?: EngineStats[];
}

export interface FakeEngine extends EngineApi {
  /** What was asked, in order: "load tales", "generate request-3", "abort request-3", "unload tales". */
  readonly calls: string[];
  /** The prompts of all answers, in order. */
  readonly requests: GenerateRequest[];
}

export function createFakeEngine(options: FakeEngineOptions = {}): FakeEngine {
  const {
    words = () => ['Hello', ' there', '.'],
    device = fakeDevice,
    loadErrors = [],
    answerErrors = [],
    opening = '',
    wordMs = 0,
    promptTokens = 5,
    dropped = 0,
    draftedRangesOf,
    engineStats = [],
  } = options;
  const calls: string[] = [];
  const requests: GenerateRequest[] = [];
  const running = new Set<string>();
  const aborted = new Set<string>();

  return {
    calls,
    requests,
    device: async () => device,
    async measureReading() {
      calls.push('measure reading');
      return { bytesPerSecond: { int4: 1e9, int8: 2e9, float: 4e9 }, dispatchSeconds: 1e-5 };
    },
    engineStats: async () => engineStats,
    tuning: async () => ({ isOn: true, points: [] }),
    async setTuning(isOn) {
      calls.push(`tuning ${isOn ? 'on' : 'off'}`);
    },
    async tuneAgain() {
      calls.push('tune again');
    },
    async load({ modelId, contextLength = 1024, activationFormat, draft }, onProgress) {
      calls.push(`load ${modelId}${draft ? ` with ${draft.modelId}` : ''}`);
      const error = loadErrors.shift();
      if (error) throw error;
      onProgress({ phase: 'upload', loadedBytes: 4, totalBytes: 4 });
      await pause(wordMs);
      const loaded: LoadedModel = {
        modelId,
        label: modelId,
        contextLength,
        activationFormat: activationFormat ?? 'f32',
        draftModelId: draft?.modelId ?? null,
        vocabSize: 4096,
        parameterCount: 6_213_376,
        weightBytes: 4_000_000,
        device,
      };
      return loaded;
    },
    async unload(modelId) {
      calls.push(`unload ${modelId}`);
    },
    async generate(request, onEvent) {
      const { requestId } = request;
      calls.push(`generate ${requestId}`);
      requests.push(request);
      const error = answerErrors.shift();
      if (error) throw error;
      running.add(requestId);
      const seed = request.options.seed ?? 7;
      let completionTokens = 0;
      try {
        if (dropped > 0) await onEvent({ type: 'dropped', messages: dropped });
        await onEvent({ type: 'prefill', doneTokens: promptTokens, totalTokens: promptTokens });
        for (const word of words(request)) {
          await pause(wordMs);
          if (aborted.has(requestId) || completionTokens === request.options.maxTokens) break;
          completionTokens++;
          await onEvent({
            type: 'text',
            text: word,
            tokenIds: [completionTokens],
            ...(request.options.logprobs !== undefined && { logprobs: [logprobsOf(word, request.options.logprobs)] }),
            ...(draftedRangesOf && { draftedRanges: draftedRangesOf(word) }),
            stats: statsOf(completionTokens),
          });
        }
        const reason = aborted.has(requestId)
          ? 'aborted'
          : completionTokens === request.options.maxTokens
            ? 'length'
            : 'stop';
        await onEvent({ type: 'done', reason, stats: statsOf(completionTokens), seed });
      } finally {
        running.delete(requestId);
      }
    },
    async abort(requestId) {
      calls.push(`abort ${requestId}`);
      if (running.has(requestId)) aborted.add(requestId);
    },
    tokenize: async (_modelId, text) => bytesOf(text),
    renderChat: async (_modelId, messages) => {
      const text = messages.map(({ role, content }) => `${role}: ${content}`).join('\n') + opening;
      const tokenIds = bytesOf(text);
      return { text, tokenIds, tokenTexts: tokenIds.map((byte) => String.fromCharCode(byte)) };
    },
  };
}

export interface FakeImporter extends ImportApi {
  readonly calls: string[];
  /** Ids of the models that are stored. */
  readonly stored: Set<string>;
  /** Another tab has fetched or removed a model. */
  changeElsewhere(modelId: string, state: 'stored' | 'absent'): void;
}

export interface FakeImporterOptions {
  stored?: string[];
  /** Fails the next looks and imports with these errors, in order. */
  errors?: HearthError[];
  warning?: string;
  /** The download waits for this, or for an abort. */
  downloaded?: Promise<void>;
  /** A look at a model waits for this, or for an abort. */
  inspected?: Promise<void>;
  /** Another tab is fetching these. */
  fetchedElsewhere?: string[];
  /** Shards that fail their checksum. */
  damaged?: number[];
}

export function createFakeImporter(options: FakeImporterOptions = {}): FakeImporter {
  const { errors = [], warning = null, damaged = [] } = options;
  const { downloaded = Promise.resolve(), inspected = Promise.resolve() } = options;
  const calls: string[] = [];
  const stored = new Set(options.stored);
  const partial = new Set<string>();
  const precisions = new Map<string, Precision>();
  const allowed = new Set<string>();
  const fetchedElsewhere = new Set(options.fetchedElsewhere);
  const stops = new Map<string, () => void>();
  const watchers: ((modelId: string) => void)[] = [];
  const tellWatchers = (modelId: string) => watchers.forEach((tell) => tell(modelId));

  return {
    calls,
    stored,
    changeElsewhere(modelId, state) {
      fetchedElsewhere.delete(modelId);
      if (state === 'stored') stored.add(modelId);
      else stored.delete(modelId);
      tellWatchers(modelId);
    },
    async inspect(requestId, { modelId, source }) {
      calls.push(`inspect ${modelId} ${placeOf(source)}`);
      const stopped = new Promise<never>((_, reject) => {
        stops.set(requestId, () => reject(new HearthError('aborted', 'It was stopped.')));
      });
      await Promise.race([inspected, stopped]);
      const error = errors.shift();
      if (error) throw error;
      return { modelId, ...fakeInspection };
    },
    async ensure(requestId, { modelId, source, origins, precision }, onProgress) {
      calls.push(`ensure ${modelId} ${placeOf(source)}${precision ? ` in ${precision}` : ''}`);
      if (precision) precisions.set(modelId, precision);
      const host = originOf(source);
      const mayAsk =
        host === null || host.startsWith('http://localhost') || allowed.has(host) || origins.includes(host);
      if (!mayAsk && !stored.has(modelId)) {
        throw new HearthError('bad-request', `${host} is not among the hosts that may be asked for this model.`);
      }
      const error = errors.shift();
      if (error) throw error;
      const cached = stored.has(modelId);
      if (!cached) {
        partial.add(modelId);
        onProgress({ phase: 'download', loadedBytes: 6_000_000, totalBytes: 12_000_000 });
        const stopped = new Promise<never>((_, reject) => {
          stops.set(requestId, () => reject(new HearthError('aborted', 'The download was stopped.')));
        });
        await Promise.race([downloaded, stopped]);
        onProgress({ phase: 'store', loadedBytes: 12_000_000, totalBytes: 12_000_000 });
        partial.delete(modelId);
        stored.add(modelId);
        tellWatchers(modelId);
      }
      return { modelId, cached, inMemory: null, warning };
    },
    async abort(requestId) {
      calls.push(`abort ${requestId}`);
      stops.get(requestId)?.();
    },
    async cancel(modelId) {
      calls.push(`cancel ${modelId}`);
      partial.delete(modelId);
      tellWatchers(modelId);
    },
    async repair(_requestId, modelId, onProgress) {
      calls.push(`repair ${modelId}`);
      onProgress({ phase: 'download', loadedBytes: 4_000_000, totalBytes: 4_000_000 });
      return { shards: 1, bytes: 4_000_000, damaged: damaged.splice(0) };
    },
    async export(_requestId, modelId, write, onProgress) {
      calls.push(`export ${modelId}`);
      const error = errors.shift();
      if (error) throw error;
      for (const [piece, text] of ['all of ', modelId].entries()) {
        await write(new TextEncoder().encode(text));
        onProgress({ phase: 'export', loadedBytes: piece + 1, totalBytes: 2 });
      }
    },
    async allowOrigin(origin) {
      calls.push(`allow ${origin}`);
      allowed.add(origin);
    },
    async setToken(origin, token) {
      calls.push(`token ${origin} ${token}`);
    },
    hosts: async () => [...allowed].map((origin) => ({ origin, isAllowed: true, hasToken: false })),
    async forgetOrigin(origin) {
      calls.push(`forget ${origin}`);
      allowed.delete(origin);
    },
    list: async () => [...stored].map((modelId) => ({ modelId, storedBytes: 4, createdAt: '2026-01-01T00:00:00Z' })),
    report: async (known) => {
      const ids = new Set([...known.map(({ modelId }) => modelId), ...stored]);
      return [...ids].map((modelId) => {
        const isStored = stored.has(modelId);
        return {
          modelId,
          state: isStored ? 'stored' : partial.has(modelId) ? 'partial' : 'absent',
          fetching: fetchedElsewhere.has(modelId),
          storedBytes: isStored ? 4_000_000 : 0,
          keptBytes: !isStored && partial.has(modelId) ? 6_000_000 : 0,
          ...fakeCost,
          precision: precisions.get(modelId) ?? null,
          vocabulary: null,
          from: isStored || partial.has(modelId) ? `http://localhost/models/${modelId}/` : null,
          source: isStored
            ? {
                id: `http://localhost/models/${modelId}/`,
                url: `http://localhost/models/${modelId}/`,
                files: [],
                createdAt: '2026-01-01T00:00:00Z',
              }
            : null,
        };
      });
    },
    async verify(_requestId, modelId, onProgress) {
      calls.push(`verify ${modelId}`);
      onProgress({ phase: 'verify', loadedBytes: 4_000_000, totalBytes: 4_000_000 });
      return { shards: 1, bytes: 4_000_000, damaged };
    },
    watch: async (onChange) => void watchers.push(onChange),
    async remove(modelId) {
      calls.push(`remove ${modelId}`);
      stored.delete(modelId);
      partial.delete(modelId);
      tellWatchers(modelId);
    },
  };
}

/** An address, or what kind of source it is and its name. */
function placeOf(source: ModelSource): string {
  if (source.kind === 'url') return source.url;
  return source.kind === 'hub' ? `hub ${hubId(source)}` : source.kind;
}

export interface FakeThread {
  /** Our end, to be given to `openThread`. */
  port: ThreadPort;
  /** Makes the thread die as a worker does whose script throws. */
  crash(message: string): void;
  close(): void;
  readonly terminated: boolean;
}

/** Puts an api behind a MessageChannel, as a worker would. */
export function createFakeThread(api: EngineApi | ImportApi | NetworkApi): FakeThread {
  installErrorTransfer();
  const { port1, port2 } = new MessageChannel();
  Comlink.expose(api, port2);
  let terminated = false;
  const close = () => {
    terminated = true;
    port1.close();
    port2.close();
  };
  return {
    port: Object.assign(port1, { terminate: close }),
    crash: (message) => void port1.dispatchEvent(Object.assign(new Event('error'), { message })),
    close,
    get terminated() {
      return terminated;
    },
  };
}

/** Every byte is a token. */
const bytesOf = (text: string) => Array.from(new TextEncoder().encode(text));

const pause = (delayMs: number) => new Promise((resolve) => setTimeout(resolve, delayMs));

/** The token itself, then others that are ever less likely; the last can never come. */
function logprobsOf(text: string, count: number): TokenLogprobs {
  const top = Array.from({ length: count }, (_, rank) => ({
    id: rank,
    text: rank === 0 ? text : `${text}${rank}`,
    logprob: rank > 0 && rank === count - 1 ? -Infinity : -0.5 - rank,
  }));
  return { id: 0, text, logprob: -0.5, top };
}

const statsOf = (completionTokens: number): GenerationStats => ({
  promptTokens: 5,
  completionTokens,
  cachedTokens: 0,
  draftTokens: 0,
  acceptedTokens: 0,
  queueMs: 0,
  timeToFirstTokenMs: 420,
  prefillTokensPerSecond: 50,
  decodeTokensPerSecond: 23.4,
  tokenMs: { p50: 40, p90: 45, p99: 60 },
  totalMs: 1000,
});
