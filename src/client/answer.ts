/**
 * One answer as an async iterable of chunks. The engine thread pushes events through a callback; an AbortSignal cannot cross
 * the thread, so stopping is a message with the request's id. Being stopped is an outcome, not a failure: the last chunk says
 * `aborted` and the text so far stands.
 */
import * as Comlink from 'comlink';
import { HearthError, isAbort } from '../lib/errors';
import type {
  FinishReason,
  GenerateEvent,
  GenerateRequest,
  GenerationOptions,
  GenerationStats,
  TextEvent,
} from '../protocol/generation';
import { PushStream } from './push-stream';

export interface AnswerOptions extends GenerationOptions {
  /** Stops the answer; the last chunk then has `finishReason: 'aborted'`. */
  signal?: AbortSignal;
  /** Called while the prompt is read, before the first text. */
  onPrefill?: (doneTokens: number, totalTokens: number) => void;
  /** Called when the oldest messages no longer fit and are left out, with how many in all; see `contextPolicy`. */
  onDropped?: (messages: number) => void;
  /** Called when the device was lost; the answer goes on where it was, on another one, by itself. */
  onRecovering?: () => void;
}

/** A piece of the answer. The last one has a `finishReason` and usually no text. */
export interface AnswerChunk extends Omit<TextEvent, 'type'> {
  finishReason: FinishReason | null;
  /** With the last chunk: the seed that gives this answer again. */
  seed: number | null;
}

/** An answer that begins when the first chunk is asked for. It can be read once. */
export type Answer = AsyncIterableIterator<AnswerChunk, undefined, undefined>;

/** Who answers, on a thread of its own: the engine, or a server elsewhere behind the network thread. */
export interface Answerer {
  generate(request: GenerateRequest, onEvent: (event: GenerateEvent) => void): Promise<void>;
  abort(requestId: string): Promise<void>;
}

/** @throws HearthError (while iterating) whatever the answerer threw. */
export function streamAnswer(
  answerer: Answerer,
  request: Omit<GenerateRequest, 'options'>,
  options: AnswerOptions,
): Answer {
  const { signal, onPrefill, onDropped, onRecovering, ...generation } = options;
  const stop = () => {
    answerer.abort(request.requestId).catch(() => {}); // a dead thread has stopped already
  };
  const stream = new PushStream<AnswerChunk>({
    start() {
      if (signal?.aborted) {
        endUnbegun();
        return;
      }
      signal?.addEventListener('abort', stop);
      answerer
        .generate({ ...request, options: generation }, Comlink.proxy(receive))
        .then(() => {
          // The engine resolves only after `done` was taken here, which has ended the stream: this is a broken promise.
          stream.fail(new HearthError('internal', 'The engine ended the answer without saying why.'));
        })
        .catch((error: unknown) => {
          // Stopped before the engine took it: no event will say so.
          if (signal?.aborted && isAbort(error)) endUnbegun();
          else stream.fail(error);
        })
        .finally(() => signal?.removeEventListener('abort', stop));
    },
    cancel: stop,
  });

  function endUnbegun(): void {
    stream.push({ text: '', tokenIds: [], stats: NO_STATS, finishReason: 'aborted', seed: null });
    stream.end();
  }

  function receive(event: GenerateEvent): void {
    switch (event.type) {
      case 'prefill':
        onPrefill?.(event.doneTokens, event.totalTokens);
        break;
      case 'dropped':
        onDropped?.(event.messages);
        break;
      case 'recovering':
        onRecovering?.();
        break;
      case 'text': {
        const { type: _, ...piece } = event;
        stream.push({ ...piece, finishReason: null, seed: null });
        break;
      }
      case 'done':
        stream.push({ text: '', tokenIds: [], stats: event.stats, finishReason: event.reason, seed: event.seed });
        stream.end();
        break;
    }
  }

  return stream;
}

/** The figures of an answer that never began. */
const NO_STATS: GenerationStats = {
  promptTokens: 0,
  completionTokens: 0,
  cachedTokens: 0,
  draftTokens: 0,
  acceptedTokens: 0,
  queueMs: 0,
  timeToFirstTokenMs: 0,
  prefillTokensPerSecond: 0,
  decodeTokensPerSecond: 0,
  tokenMs: { p50: 0, p90: 0, p99: 0 },
  totalMs: 0,
};
