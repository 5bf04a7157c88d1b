/** A response that is written while it is read, as server-sent events. */
import { isAbort } from '../../lib/errors';
import type { ApiError } from './api-error';

export interface EventStreamOptions {
  /** Fires when whoever asked wants no more: the body then fails with the signal's reason, as that of a real fetch does. */
  signal: AbortSignal;
  /** Called when the reader leaves the body before its end. */
  onCancel(reason: unknown): void;
  /** Sends data until it resolves. What it throws before the first data is the caller's; later it is the last event. */
  write(send: (data: object) => void): Promise<void>;
  toApiError(error: unknown): ApiError;
}

/**
 * Resolves once there is something to read, so that a request that fails before still has a status of its own.
 * @throws what `write` throws before it has sent anything.
 */
export async function respondWithEvents({
  signal,
  onCancel,
  write,
  toApiError,
}: EventStreamOptions): Promise<Response> {
  const encoder = new TextEncoder();
  let controller!: ReadableStreamDefaultController<Uint8Array>;
  const body = new ReadableStream<Uint8Array>({ start: (own) => void (controller = own), cancel: onCancel });
  const fail = () => controller.error(signal.reason);
  signal.addEventListener('abort', fail);

  let begin!: () => void;
  const begun = new Promise<'begun'>((resolve) => (begin = () => resolve('begun')));
  let hasBegun = false;
  const enqueue = (data: string) => {
    if (!signal.aborted) controller.enqueue(encoder.encode(`data: ${data}\n\n`));
  };
  const send = (data: object) => {
    enqueue(JSON.stringify(data));
    hasBegun = true;
    begin();
  };

  const writing = write(send)
    .then(() => enqueue('[DONE]'))
    .catch((error: unknown) => {
      if (!hasBegun) throw error;
      if (!isAbort(error)) enqueue(JSON.stringify(toApiError(error).body));
    })
    .then(() => {
      signal.removeEventListener('abort', fail);
      if (!signal.aborted) controller.close();
    });
  await Promise.race([begun, writing]);
  return new Response(body, {
    headers: { 'Content-Type': 'text/event-stream; charset=utf-8', 'Cache-Control': 'no-cache' },
  });
}
