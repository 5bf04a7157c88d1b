/**
 * A port to Hearth as an object one can call. It knows nothing of windows: the same code runs over a MessageChannel in tests.
 */
import { HearthError } from '../lib/errors';
import type {
  EmbeddedModel,
  EmbedProgress,
  EmbedStatus,
  EmbedTheme,
  FrameMessage,
  HostMessage,
  WireError,
} from '../protocol/embed-api';

export interface EmbedLoadOptions {
  /** Tokens of context; the model's own maximum (at most 4,096) if absent. */
  contextLength?: number;
  onProgress?: (progress: EmbedProgress) => void;
  signal?: AbortSignal;
}

export interface Connection {
  /**
   * For any client that speaks to OpenAI, in place of the browser's own. The part of the path behind "/v1/" says what is asked;
   * headers stay in this page. @throws the signal's reason when it fires; HearthError when the connection has ended. Every other
   * failure is a response, as from OpenAI's servers.
   */
  fetch: typeof globalThis.fetch;
  /**
   * Loads a model before it is asked, and keeps it loaded until the connection ends. The person is asked about each model once.
   * @throws HearthError `refused`, `bad-request`, `rate-limited`, and whatever fetching and loading meets.
   */
  loadModel(id: string, options?: EmbedLoadOptions): Promise<EmbeddedModel>;
  /** What may be asked for, and what of it is left. */
  status(): Promise<EmbedStatus>;
  setTheme(theme: EmbedTheme): void;
  /** Ends what is under way and lets go of the models. */
  close(): void;
  /** Resolves with the reason when the connection has ended: by `close()`, by the person, or because the frame is gone. */
  readonly closed: Promise<HearthError>;
}

export interface ConnectionParts {
  port: MessagePort;
  /** What the frame shows is so high, and whether the person has to see it now. */
  onPanel(height: number, isAsking: boolean): void;
  /** Gives up waiting for the person's yes; it has no say over a connection that stands. */
  signal?: AbortSignal;
}

type RequestMessage = Exclude<FrameMessage, { type: 'ready' | 'panel' | 'closed' }>;

/** A request under way. */
interface Waiting {
  receive(message: RequestMessage): void;
  fail(error: unknown): void;
}

/**
 * @returns the connection, once the person has allowed it.
 * @throws HearthError `refused` and others that the frame tells; the signal's reason when it fires before.
 */
export async function openConnection({ port, onPanel, signal: giveUp }: ConnectionParts): Promise<Connection> {
  const requests = new Map<number, Waiting>();
  let lastId = 0;
  let reason: HearthError | null = null;
  let tellReady!: () => void;
  let tellClosed!: (error: HearthError) => void;
  const ready = new Promise<void>((resolve) => (tellReady = resolve));
  const closed = new Promise<HearthError>((resolve) => (tellClosed = resolve));

  const post = (message: HostMessage) => port.postMessage(message);

  function receive(message: FrameMessage): void {
    switch (message.type) {
      case 'ready':
        tellReady();
        break;
      case 'panel':
        onPanel(message.height, message.isAsking);
        break;
      case 'closed':
        end(toError(message.error));
        break;
      case 'head':
      case 'chunk':
      case 'end':
      case 'progress':
      case 'result':
      case 'error':
        if (message.id !== null) requests.get(message.id)?.receive(message);
    }
  }

  function end(error: HearthError): void {
    if (reason) return;
    reason = error;
    port.close();
    for (const { fail } of [...requests.values()]) fail(error);
    tellClosed(error);
  }

  /**
   * Sends a request and waits for what settles it.
   * @param take hears every message about it, and what to call with the result, and when nothing more is to come.
   */
  function ask<T>(
    message: (id: number) => HostMessage,
    signal: AbortSignal | undefined,
    take: (message: RequestMessage, settle: { resolve(value: T): void; done(): void; id: number }) => void,
    onFail: (error: unknown) => void = () => {},
  ): Promise<T> {
    if (reason) return Promise.reject(reason);
    return new Promise((resolve, reject) => {
      const id = ++lastId;
      const done = () => {
        requests.delete(id);
        signal?.removeEventListener('abort', abort);
      };
      const fail = (error: unknown) => {
        done();
        reject(error);
        onFail(error);
      };
      const abort = () => {
        post({ type: 'abort', id });
        fail(signal?.reason);
      };
      requests.set(id, {
        fail,
        receive(received) {
          if (received.type === 'error') fail(toError(received.error));
          else take(received, { resolve, done, id });
        },
      });
      signal?.addEventListener('abort', abort);
      post(message(id));
    });
  }

  async function fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
    const request = new Request(input, init);
    const { method, url, signal } = request;
    signal.throwIfAborted();
    const body = method === 'GET' || method === 'HEAD' ? null : await request.text();
    signal.throwIfAborted();
    let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
    return ask<Response>(
      (id) => ({ type: 'fetch', id, method, url, body }),
      signal,
      (message, { resolve, done, id }) => {
        if (message.type === 'chunk') controller?.enqueue(message.bytes);
        if (message.type === 'end') {
          done();
          controller?.close();
        }
        if (message.type !== 'head') return;
        const stream = new ReadableStream<Uint8Array>({
          start: (own) => void (controller = own),
          pull: () => post({ type: 'pull', id }),
          cancel() {
            done();
            post({ type: 'abort', id });
          },
        });
        resolve(new Response(stream, { status: message.status, headers: message.headers }));
      },
      (error) => controller?.error(error),
    );
  }

  port.addEventListener('message', ({ data }: MessageEvent<FrameMessage>) => receive(data));
  port.addEventListener('close', () =>
    end(new HearthError('aborted', 'The frame with Hearth is gone.', { hint: AGAIN })),
  );
  port.start();
  let onGiveUp!: () => void;
  const givenUp = new Promise<never>((_, reject) => {
    onGiveUp = () => {
      post({ type: 'close' }); // read when the person has answered
      port.close();
      reject(giveUp?.reason);
    };
  });
  giveUp?.addEventListener('abort', onGiveUp);
  await Promise.race([ready, givenUp, closed.then((error) => Promise.reject(error))]).finally(() =>
    giveUp?.removeEventListener('abort', onGiveUp),
  );

  return {
    fetch,
    async loadModel(model, { contextLength, onProgress, signal } = {}) {
      signal?.throwIfAborted();
      return ask<EmbeddedModel>(
        (id) => ({ type: 'load', id, model, ...(contextLength !== undefined && { contextLength }) }),
        signal,
        (message, { resolve, done }) => {
          if (message.type === 'progress') onProgress?.(message.progress);
          if (message.type !== 'result') return;
          done();
          resolve(message.value as EmbeddedModel);
        },
      );
    },
    status: () =>
      ask<EmbedStatus>(
        (id) => ({ type: 'status', id }),
        undefined,
        (message, { resolve, done }) => {
          if (message.type !== 'result') return;
          done();
          resolve(message.value as EmbedStatus);
        },
      ),
    setTheme: (theme) => post({ type: 'theme', theme }),
    close() {
      if (reason) return;
      post({ type: 'close' });
      end(new HearthError('aborted', 'The connection was closed.', { hint: AGAIN }));
    },
    closed,
  };
}

const AGAIN = 'Call connect() again.';

function toError({ code, message, hint }: WireError): HearthError {
  return new HearthError(code, message, { hint });
}
