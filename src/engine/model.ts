/** A loaded model: its words, its numbers, and the loop that answers requests. */
import type { Backend } from '../gpu/backend';
import { HearthError, throwIfAborted } from '../lib/errors';
import { modelPage } from '../models/index';
import { createTextModel } from '../text/text-model';
import type { TextModel } from '../text/text-model';
import { assertVocabularyFits } from '../text/tokenizer';
import { assertFitsCpu } from '../weights/cpu-limit';
import type { ModelTexts, StoredWeights } from '../weights/manifest';
import { answerDroppingOldest } from './context-policy';
import { DecodeLoop } from './decode-loop';
import { planRunner, runnerMemory } from './memory';
import { readGenerationDefaults, resolveOptions } from './options';
import type { GenerationOptions, ResolvedOptions } from './options';
import type { Prompt } from './prompt';
import { Request } from './request';
import type { GenerateEvent, RequestParts } from './request';
import { Runner } from './runner';
import { Sequence } from './sequence';
import { RequestClock } from './stats';
import type { EngineStats, MemoryByPurpose } from './stats';
import { uploadWeights } from './upload';

export interface LoadOptions {
  /** Positions of context to reserve; by default the checkpoint's own maximum, at most DEFAULT_CONTEXT. */
  contextLength?: number;
  /** Rows of one forward. */
  maxRows?: number;
  /** Keys and values as f32: for tests of exactness. */
  kvF32?: boolean;
  /** A smaller model of the same vocabulary that guesses ahead. */
  draft?: StoredWeights | null;
  onProgress?: (progress: LoadProgress) => void;
  signal?: AbortSignal;
}

export interface LoadProgress {
  phase: 'upload' | 'compile';
  loadedBytes: number;
  totalBytes: number;
}

export class Model {
  readonly #loop: DecodeLoop;
  readonly #defaults: ReturnType<typeof readGenerationDefaults>;
  readonly #memoryBytes: MemoryByPurpose;

  private constructor(
    readonly modelId: string,
    readonly text: TextModel,
    readonly runner: Runner,
    texts: ModelTexts,
    memoryBytes: MemoryByPurpose,
  ) {
    this.#memoryBytes = memoryBytes;
    this.#loop = new DecodeLoop(runner);
    this.#defaults = readGenerationDefaults(texts);
  }

  /**
   * Uploads the weights, makes the buffers, compiles the kernels.
   * @throws HearthError `unsupported-model`, `webgpu-unavailable` (too large for the CPU), `out-of-memory`,
   * `weights-corrupt`, `bad-request`, `aborted`.
   */
  static async load(backend: Backend, stored: StoredWeights, options: LoadOptions = {}): Promise<Model> {
    const { modelId, texts } = stored.manifest;
    if (options.draft) refuseDraft(options.draft);
    const configJson: unknown = JSON.parse(texts['config.json']);
    const page = modelPage(configJson);
    const config = page.readConfig(configJson);
    const shape = page.shape(config);
    const text = createTextModel(texts);
    assertVocabularyFits(text.tokenizer, shape.vocabSize);
    const specs = page.weights(config);
    if (backend.kind === 'cpu') assertFitsCpu(specs);
    const runnerOptions = planRunner(backend.kind, shape, options);

    const totalBytes = stored.manifest.shards.reduce((sum, { bytes }) => sum + bytes, 0);
    const report = (phase: LoadProgress['phase'], loadedBytes: number) =>
      options.onProgress?.({ phase, loadedBytes, totalBytes });
    const weights = await uploadWeights(backend, stored, specs, {
      onProgress: (loadedBytes) => report('upload', loadedBytes),
      signal: options.signal,
    });
    report('compile', totalBytes);
    let runner: Runner;
    try {
      runner = await Runner.create(backend, page, config, weights, runnerOptions);
    } catch (error) {
      weights.destroy();
      throw error;
    }
    const { cacheBytes: kv, workBytes: activations } = runnerMemory(page, config, runnerOptions);
    const state = runner.bytes - kv - activations;
    const model = new Model(modelId, text, runner, texts, { weights: weights.bytes, kv, activations, state });
    try {
      throwIfAborted(options.signal);
    } catch (error) {
      await model.unload();
      throw error;
    }
    return model;
  }

  /** Ids of a prompt. Bare text gets the special tokens its tokenizer adds. */
  encode(prompt: Prompt): number[] {
    if (prompt.kind === 'chat') {
      return this.text.renderChat(prompt.messages, { continueFinal: prompt.continueLast ?? false }).tokenIds;
    }
    return this.text.tokenizer.encode(prompt.text, { addSpecialTokens: true });
  }

  /**
   * Answers a prompt. Ends with `done`; ending the iteration early (`break`, `return()`) or the signal aborts the request.
   * Where the options ask for it, the oldest turns of a chat that does not fit are left out (see context-policy.ts).
   * @throws HearthError `bad-request`, `context-overflow`, `device-lost`.
   */
  async *generate(prompt: Prompt, given: GenerationOptions = {}, signal?: AbortSignal): AsyncGenerator<GenerateEvent> {
    throwIfAborted(signal);
    const options = resolveOptions(this.#defaults, given, this.runner.vocabSize);
    if (prompt.kind === 'chat' && options.contextPolicy === 'drop-oldest') {
      yield* answerDroppingOldest(prompt, options, {
        contextLength: this.runner.options.contextLength,
        encode: (chat) => this.encode(chat),
        makeRequest: (chat, promptIds, partOptions, parts) =>
          this.#request(chat, promptIds, partOptions, { ...parts, goesOnWhenFull: true }),
        run: (request) => this.#run(request, signal),
      });
    } else {
      const promptIds = this.encode(prompt);
      const parts = { clock: new RequestClock(promptIds.length), after: null, goesOnWhenFull: false };
      yield* this.#run(this.#request(prompt, promptIds, options, parts), signal);
    }
  }

  /** @throws HearthError `bad-request`, `context-overflow`. */
  #request(
    prompt: Prompt,
    promptIds: readonly number[],
    options: ResolvedOptions,
    parts: Pick<RequestParts, 'clock' | 'after' | 'goesOnWhenFull'>,
  ): Request {
    const { contextLength } = this.runner.options;
    if (promptIds.length === 0) throw new HearthError('bad-request', 'The prompt is empty; expected some text.');
    if (promptIds.length >= contextLength) {
      throw new HearthError(
        'context-overflow',
        `The prompt is ${promptIds.length} tokens long; the context has ${contextLength}, and the answer needs room too.`,
      );
    }
    const capacity = Math.min(contextLength, promptIds.length + options.maxTokens);
    const isChat = prompt.kind === 'chat';
    return new Request(new Sequence(promptIds, capacity), options, this.text, {
      ...parts,
      stopStrings: isChat ? [...options.stop, ...this.text.chatStopStrings] : options.stop,
      continuesText: !isChat || prompt.continueLast === true,
    });
  }

  /** The events of a request while it runs. Leaving early or the signal aborts it. */
  async *#run(request: Request, signal: AbortSignal | undefined): AsyncGenerator<GenerateEvent> {
    const abort = () => {
      request.aborted = true;
    };
    if (signal?.aborted) abort();
    signal?.addEventListener('abort', abort);
    this.#loop.submit(request);
    try {
      yield* request.events.read();
    } finally {
      signal?.removeEventListener('abort', abort);
      abort();
    }
  }

  /** What this model's loop is doing, and what it holds. */
  stats(): EngineStats {
    return this.#loop.collector.snapshot({
      modelId: this.modelId,
      running: this.#loop.running,
      waiting: this.#loop.waiting,
      blocks: this.#loop.blocks,
      memoryBytes: this.#memoryBytes,
    });
  }

  /** Ends running requests and frees device memory. */
  async unload(): Promise<void> {
    await this.#loop.stop();
    this.runner.destroy();
  }
}

/** Speculative decoding is not there yet. */
function refuseDraft({ manifest }: StoredWeights): never {
  throw new HearthError(
    'bad-request',
    `The draft model "${manifest.modelId}" was given, but speculative decoding is not there yet.`,
    { hint: 'Load the model without a draft.' },
  );
}
