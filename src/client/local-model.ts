/**
 * A loaded model as a caller sees it: facts, and a few verbs. It knows nothing of how the weights came; that is `client.ts`.
 */
import { HearthError } from '../lib/errors';
import type { EngineApi, LoadedModel, RenderedChat } from '../protocol/engine-api';
import type { ChatMessage, ChatOptions, Prompt } from '../protocol/generation';
import { streamAnswer, type Answer, type Answerer, type AnswerOptions } from './answer';
import type { Thread } from './thread';

export interface ChatAnswerOptions extends AnswerOptions, ChatOptions {}

export interface LocalModel extends Omit<LoadedModel, 'modelId'> {
  readonly id: string;
  /** What went less well while loading, as a sentence (e.g. nothing could be stored); null when all is well. */
  readonly warning: string | null;
  /** Answers the last message through the checkpoint's chat template. */
  chat(messages: readonly ChatMessage[], options?: ChatAnswerOptions): Answer;
  /** Continues bare text, without any template. */
  complete(prompt: string, options?: AnswerOptions): Answer;
  /** The token ids of a text, without special tokens added. */
  tokenize(text: string): Promise<number[]>;
  /** The prompt that `chat` would give the model, as text and as tokens. */
  renderChat(messages: readonly ChatMessage[], options?: ChatOptions): Promise<RenderedChat>;
  /** Gives the memory back. Running answers end as aborted; later calls reject with `bad-request`. */
  dispose(): Promise<void>;
}

export interface LocalModelParts {
  thread: Thread<EngineApi>;
  loaded: LoadedModel;
  label: string;
  warning: string | null;
  nextRequestId: () => string;
  /** Called once, by the first `dispose()`, after the running answers have been stopped. */
  onDispose: () => Promise<void>;
}

/** The loaded model's public face. */
export function createLocalModel(parts: LocalModelParts): LocalModel {
  const { thread, loaded, label, warning, nextRequestId, onDispose } = parts;
  const { modelId, ...facts } = loaded;
  const life = new AbortController();

  const answerer: Answerer = {
    generate: (request, onEvent) => thread.call((api) => api.generate(request, onEvent)),
    abort: (requestId) => thread.stop((api) => api.abort(requestId)),
  };

  function assertAlive(): void {
    if (!life.signal.aborted) return;
    throw new HearthError('bad-request', `${label} was disposed and is asked again.`, {
      hint: 'Call loadModel() again.',
    });
  }

  function answer(prompt: Prompt, options: AnswerOptions = {}): Answer {
    assertAlive();
    const signal = options.signal ? AbortSignal.any([options.signal, life.signal]) : life.signal;
    return streamAnswer(answerer, { requestId: nextRequestId(), modelId, prompt }, { ...options, signal });
  }

  return {
    ...facts,
    id: modelId,
    label,
    warning,
    chat: (messages, { continueLast = false, ...options } = {}) =>
      answer({ kind: 'chat', messages: [...messages], continueLast }, options),
    complete: (text, options) => answer({ kind: 'text', text }, options),
    async tokenize(text) {
      assertAlive();
      return thread.call((api) => api.tokenize(modelId, text));
    },
    async renderChat(messages, options) {
      assertAlive();
      return thread.call((api) => api.renderChat(modelId, [...messages], options));
    },
    async dispose() {
      if (life.signal.aborted) return;
      life.abort();
      await onDispose();
    },
  };
}
