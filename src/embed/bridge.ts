/**
 * The frame's end of the port: a flat list of things a host may ask for. What it sends is read by a schema, counted, and answered
 * with data; nothing of the frame can be reached through it. It knows neither windows nor models, so tests put fakes on both sides.
 */
import { ApiError, toResponse } from '../client/openai/api-error';
import type { Handler } from '../client/openai/handler';
import { HearthError, toHearthError } from '../lib/errors';
import type {
  EmbeddedModel,
  EmbedProgress,
  EmbedStatus,
  EmbedTheme,
  FrameMessage,
  HostMessage,
} from '../protocol/embed-api';
import { BodySender } from './body-sender';
import { Allowance } from './limits';
import { readHostMessage } from './messages';
import { toWireError } from './wire-error';

/** What the bridge needs of a MessagePort. */
export type BridgePort = Pick<MessagePort, 'postMessage' | 'addEventListener' | 'start' | 'close'>;

export interface BridgeParts {
  port: BridgePort;
  /** Answers requests of the OpenAI wire; null where the host itself asks nothing. */
  handle: Handler | null;
  /** Tokens that may be computed for this host. */
  tokens: Allowance;
  loadModel(model: string, options: LoadWishes): Promise<EmbeddedModel>;
  status(): Pick<EmbedStatus, 'limits' | 'loaded'>;
  onTheme(theme: EmbedTheme): void;
  /** Called once, when everything that was under way has been told to end. */
  onClose(): void;
  /** As `performance.now`. */
  now(): number;
}

export interface LoadWishes {
  contextLength: number | undefined;
  signal: AbortSignal;
  onProgress(progress: EmbedProgress): void;
}

export interface Bridge {
  send(message: FrameMessage): void;
  /** Ends everything under way and tells the host why. */
  close(reason: HearthError): void;
}

/** Requests under way at one time, whatever they ask for. */
const MAX_REQUESTS = 32;

/** Messages in ten seconds. A stream that is read as fast as a screen draws takes 600. */
const MAX_MESSAGES = 4000;
const MESSAGES_PERIOD_MS = 10_000;

/** A request under way. */
interface Job {
  controller: AbortController;
  /** Once there is a body. */
  body: BodySender | null;
}

export function openBridge(parts: BridgeParts): Bridge {
  const { port, tokens } = parts;
  const jobs = new Map<number, Job>();
  const messages = new Allowance(MAX_MESSAGES, MESSAGES_PERIOD_MS, parts.now);
  let isClosed = false;

  function receive(data: unknown): void {
    if (isClosed) return;
    messages.spend(1);
    if (messages.left < 0) {
      close(new HearthError('rate-limited', `The host sent more than ${MAX_MESSAGES} messages in a few seconds.`));
      return;
    }
    const read = readHostMessage(data);
    if ('wrong' in read) fail(read.id, new HearthError('bad-request', read.wrong));
    else obey(read.message);
  }

  function obey(message: HostMessage): void {
    switch (message.type) {
      case 'fetch':
        begin(message.id, (job) => answer(message, job));
        break;
      case 'load':
        begin(message.id, async ({ controller: { signal } }) => {
          const onProgress = (progress: EmbedProgress) => send({ type: 'progress', id: message.id, progress });
          const { model, contextLength } = message;
          const value = await parts.loadModel(model, { contextLength, signal, onProgress });
          if (!signal.aborted) send({ type: 'result', id: message.id, value });
        });
        break;
      case 'status':
        send({ type: 'result', id: message.id, value: { ...parts.status(), ...counts() } });
        break;
      case 'pull':
        jobs.get(message.id)?.body?.pull();
        break;
      case 'abort':
        jobs.get(message.id)?.controller.abort();
        break;
      case 'theme':
        parts.onTheme(message.theme);
        break;
      case 'close':
        close(new HearthError('aborted', 'The host has closed the connection.'));
        break;
    }
  }

  const counts = () => ({ tokensLeft: Math.floor(tokens.left), running: jobs.size });

  /** Runs a request until it ends, fails or is aborted; who has aborted it hears nothing more of it. */
  function begin(id: number, run: (job: Job) => Promise<void>): void {
    if (jobs.has(id)) {
      fail(id, new HearthError('bad-request', `Request ${id} is under way already; expected a number of its own.`));
      return;
    }
    if (jobs.size >= MAX_REQUESTS) {
      fail(
        id,
        new HearthError('rate-limited', `${jobs.size} requests are under way; expected at most ${MAX_REQUESTS}.`),
      );
      return;
    }
    const job: Job = { controller: new AbortController(), body: null };
    jobs.set(id, job);
    const { signal } = job.controller;
    const aborted = new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    Promise.race([run(job), aborted])
      .catch((error: unknown) => {
        if (!signal.aborted) fail(id, error);
      })
      .finally(() => jobs.delete(id));
  }

  async function answer({ id, method, url, body }: HostMessage & { type: 'fetch' }, job: Job): Promise<void> {
    const response = await respond({ method, url, body, signal: job.controller.signal });
    if (job.controller.signal.aborted) return;
    job.body = new BodySender((bytes) => send({ type: 'chunk', id, bytes }, [bytes.buffer]));
    send({ type: 'head', id, status: response.status, headers: [...response.headers] });
    if (response.body) await job.body.run(response.body);
    if (!job.controller.signal.aborted) send({ type: 'end', id });
  }

  async function respond({ url, ...init }: RequestInit & { url: string }): Promise<Response> {
    if (!parts.handle) return toResponse(new ApiError('This connection is a chat for the person alone.', FORBIDDEN));
    let request;
    try {
      request = new Request(url, init);
    } catch (error) {
      const { message } = toHearthError(error);
      return toResponse(new ApiError(message, { status: 400, code: 'invalid_request' }));
    }
    // What only looks costs nothing.
    const waitSeconds = Math.ceil(tokens.waitMs / 1000);
    if (request.method !== 'POST' || waitSeconds === 0) return parts.handle(request);
    return toResponse(
      new ApiError(`The tokens that this site may compute are used up for ${waitSeconds} s.`, {
        status: 429,
        code: 'rate_limit_exceeded',
        headers: { 'Retry-After': String(waitSeconds) },
      }),
    );
  }

  function send(message: FrameMessage, transfer: Transferable[] = []): void {
    if (!isClosed) port.postMessage(message, transfer);
  }

  function fail(id: number | null, error: unknown): void {
    send({ type: 'error', id, error: toWireError(error) });
  }

  function close(reason: HearthError): void {
    if (isClosed) return;
    send({ type: 'closed', error: toWireError(reason) });
    isClosed = true;
    for (const { controller } of jobs.values()) controller.abort(reason);
    port.close();
    parts.onClose();
  }

  port.addEventListener('message', ({ data }: MessageEvent) => receive(data));
  // Newer browsers say so when the other end is gone.
  port.addEventListener('close', () => close(new HearthError('aborted', 'The host is gone.')));
  port.start();
  return { send, close };
}

const FORBIDDEN = { status: 403, code: 'permission_denied' };
