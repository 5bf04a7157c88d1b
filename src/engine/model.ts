/** A loaded model: its words, its numbers, and the loop that answers requests. */
import type { Backend } from '../gpu/backend';
import { HearthError, throwIfAborted } from '../lib/errors';
import type { TextModel } from '../text/text-model';
import type { ModelTexts, StoredWeights } from '../weights/manifest';
import { loadWords } from '../text/load-words';
import { answerDroppingOldest } from './context-policy';
import { DecodeLoop } from './decode-loop';
import type { GrammarCompiler } from './grammar/grammar-compiler';
import type { GrammarWish } from './grammar/grammar-wish';
import type { TokenMatcher } from './grammar/token-matcher';
import type { Activity } from './idle-work';
import { loadRunner } from './load-runner';
import type { LoadRunnerOptions } from './load-runner';
import { readGenerationDefaults, resolveOptions } from './options';
import type { GenerationOptions, ResolvedOptions } from './options';
import type { Prompt } from './prompt';
import { Request } from './request';
import type { GenerateEvent, RequestParts } from './request';
import type { Runner } from './runner';
import { Sequence } from './sequence';
import { Speculation } from './speculation';
import { RequestClock } from './stats';
import type { EngineStats } from './stats';
import type { TuningTable } from './tuning/tuning-table';

/** What the models of an engine share. */
export interface ModelSurroundings {
  readonly activity: Activity;
  /** Loads a runner onto another backend in place of one whose device was lost, or throws why there is none. */
  renew(lost: Backend, error: HearthError, load: (backend: Backend) => Promise<Runner>): Promise<Runner>;
  /** Which kernels are fastest on a backend's device. */
  tuningOf(backend: Backend): Promise<TuningTable>;
}

export interface LoadOptions extends LoadRunnerOptions {
  /** A smaller model of the same vocabulary that guesses ahead. */
  draft?: StoredWeights | null;
}

export class Model {
  readonly #loop: DecodeLoop;
  readonly #defaults: ReturnType<typeof readGenerationDefaults>;
  #grammars: Promise<GrammarCompiler> | null = null;

  private constructor(
    readonly modelId: string,
    readonly text: TextModel,
    loop: DecodeLoop,
    texts: ModelTexts,
  ) {
    this.#loop = loop;
    this.#defaults = readGenerationDefaults(texts);
  }

  /**
   * Loads a model, with a draft whose vocabulary is its own; see loadRunner for what it throws.
   */
  static async load(
    backend: Backend,
    stored: StoredWeights,
    { draft = null, ...options }: LoadOptions,
    { activity, renew, tuningOf }: ModelSurroundings,
  ): Promise<Model> {
    const { modelId, texts } = stored.manifest;
    const { assertVocabularyFits, createTextModel } = await loadWords();
    const text = createTextModel(texts);
    const runner = await loadRunner(backend, await tuningOf(backend), stored, draft, options);
    try {
      assertVocabularyFits(text.tokenizer, runner.vocabSize);
      const { onProgress: _, signal: __, ...wishes } = options;
      const reload = (error: HearthError) =>
        renew(loop.runner.backend, error, async (other) =>
          loadRunner(other, await tuningOf(other), stored, draft, wishes),
        );
      const loop = new DecodeLoop(runner, new Speculation(null), reload, activity);
      return new Model(modelId, text, loop, texts);
    } catch (error) {
      runner.destroy();
      throw error;
    }
  }

  get runner(): Runner {
    return this.#loop.runner;
  }

  /** What guessing ahead costs here, once that is known, and how often it has been right. */
  get speculation(): Speculation {
    return this.#loop.speculation;
  }

  /** See DecodeLoop.retune. */
  retune(): void {
    this.#loop.retune();
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
   * @throws HearthError `bad-request`, `bad-grammar`, `context-overflow`, `device-lost`.
   */
  async *generate(prompt: Prompt, given: GenerationOptions = {}, signal?: AbortSignal): AsyncGenerator<GenerateEvent> {
    throwIfAborted(signal);
    const options = resolveOptions(this.#defaults, given, this.runner.vocabSize);
    const grammar = options.grammar && (await this.#matcher(options.grammar));
    try {
      throwIfAborted(signal); // compiling may take its time
      yield* this.#answer(prompt, options, grammar, signal);
    } finally {
      grammar?.dispose();
    }
  }

  async #matcher(wish: GrammarWish): Promise<TokenMatcher> {
    const grammars = (this.#grammars ??= import('./grammar/grammar-compiler').then(
      ({ GrammarCompiler }) => new GrammarCompiler(this.text, this.runner.vocabSize),
    ));
    try {
      return await (await grammars).matcher(wish);
    } catch (error) {
      // A script that did not come may come another time, and a library that has come to its end is needed anew.
      if (!(error instanceof HearthError) && this.#grammars === grammars) this.#grammars = null;
      throw error;
    }
  }

  async *#answer(
    prompt: Prompt,
    options: ResolvedOptions,
    grammar: TokenMatcher | null,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<GenerateEvent> {
    if (prompt.kind === 'chat' && options.contextPolicy === 'drop-oldest') {
      yield* answerDroppingOldest(prompt, options, {
        contextLength: this.runner.options.contextLength,
        encode: (chat) => this.encode(chat),
        makeRequest: (chat, promptIds, partOptions, parts) =>
          this.#request(chat, promptIds, partOptions, grammar, { ...parts, goesOnWhenFull: true }),
        run: (request) => this.#run(request, signal),
      });
    } else {
      const promptIds = this.encode(prompt);
      const parts = { clock: new RequestClock(promptIds.length), after: null, goesOnWhenFull: false };
      yield* this.#run(this.#request(prompt, promptIds, options, grammar, parts), signal);
    }
  }

  /** @throws HearthError `bad-request`, `context-overflow`. */
  #request(
    prompt: Prompt,
    promptIds: readonly number[],
    options: ResolvedOptions,
    grammar: TokenMatcher | null,
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
    const sequence = new Sequence(promptIds, capacity, {
      settings: options,
      stopIds: this.text.stopTokenIds,
      logprobs: options.logprobs,
      grammar,
      speculation: options.speculation === 'off' ? 0 : options.speculation,
      priority: options.priority,
      salt: options.salt,
    });
    return new Request(sequence, options, this.text, {
      ...parts,
      stopStrings: isChat ? [...options.stop, ...this.text.chatStopStrings] : options.stop,
      continuesText: !isChat || prompt.continueLast === true || grammar !== null, // the text is the grammar's, to the letter
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
      memoryBytes: { weights: this.runner.weightBytes, ...this.runner.memory },
    });
  }

  /** Ends running requests and frees device memory. */
  async unload(): Promise<void> {
    await this.#loop.stop();
    this.runner.destroy();
  }
}
