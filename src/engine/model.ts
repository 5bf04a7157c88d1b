/** A loaded model: its words, its numbers, and the loop that answers requests. */
import type { Backend } from '../gpu/backend';
import type { KvFormat } from '../kernels/shared/kv-pool';
import { HearthError, throwIfAborted } from '../lib/errors';
import { modelPage } from '../models/index';
import { createTextModel } from '../text/text-model';
import type { TextModel } from '../text/text-model';
import type { ChatMessage } from '../text/chat-template';
import { assertVocabularyFits } from '../text/tokenizer';
import { assertFitsCpu } from '../weights/cpu-limit';
import type { ModelTexts, StoredWeights } from '../weights/manifest';
import { DecodeLoop } from './decode-loop';
import { planRunner } from './memory';
import { readGenerationDefaults, resolveOptions } from './options';
import type { GenerationOptions } from './options';
import { Request } from './request';
import type { GenerateEvent } from './request';
import { Runner } from './runner';
import { Sequence } from './sequence';
import { uploadWeights } from './upload';

/** Either a chat through the checkpoint's template, or bare text. */
export type Prompt =
  | { kind: 'chat'; messages: ChatMessage[]; /** Goes on with the last message, an answer. */ continueLast?: boolean }
  | { kind: 'text'; text: string };

export interface LoadOptions {
  /** Positions of context to reserve; by default the checkpoint's own maximum, at most DEFAULT_CONTEXT. */
  contextLength?: number;
  /** Rows of one forward. */
  maxRows?: number;
  /** How keys and values are stored; by default as context and memory suggest (memory.ts). */
  kvFormat?: KvFormat;
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

  private constructor(
    readonly modelId: string,
    readonly text: TextModel,
    readonly runner: Runner,
    texts: ModelTexts,
  ) {
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
    const model = new Model(modelId, text, runner, texts);
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
   * @throws HearthError `bad-request`, `context-overflow`, `device-lost`.
   */
  async *generate(prompt: Prompt, given: GenerationOptions = {}, signal?: AbortSignal): AsyncGenerator<GenerateEvent> {
    throwIfAborted(signal);
    const { contextLength } = this.runner.options;
    const options = resolveOptions(this.#defaults, given, this.runner.vocabSize);
    const promptIds = this.encode(prompt);
    if (promptIds.length === 0) throw new HearthError('bad-request', 'The prompt is empty; expected some text.');
    if (promptIds.length >= contextLength) {
      throw new HearthError(
        'context-overflow',
        `The prompt is ${promptIds.length} tokens long; the context has ${contextLength}, and the answer needs room too.`,
      );
    }
    const capacity = Math.min(contextLength, promptIds.length + options.maxTokens);
    const chat = prompt.kind === 'chat';
    const stopStrings = chat ? [...options.stop, ...this.text.chatStopStrings] : options.stop;
    const sequence = new Sequence(promptIds, capacity);
    const continuesText = !chat || prompt.continueLast === true;
    const request = new Request(sequence, options, this.text, { stopStrings, continuesText });
    const abort = () => {
      request.aborted = true;
    };
    signal?.addEventListener('abort', abort);
    this.#loop.submit(request);
    try {
      yield* request.events.read();
    } finally {
      signal?.removeEventListener('abort', abort);
      abort();
    }
  }

  /** Ends running requests and frees device memory. */
  async unload(): Promise<void> {
    await this.#loop.stop();
    this.runner.destroy();
  }
}
