/**
 * One worker thread as an object one can call. Comlink carries the calls; this adds what Comlink leaves out: when the thread
 * dies, every call that still waits rejects with a sentence instead of waiting for ever.
 */
import * as Comlink from 'comlink';
import { HearthError } from '../lib/errors';
import { log } from '../lib/log';
import { installErrorTransfer } from '../protocol/errors';
import { collectLog } from '../protocol/log-message';

/** A Worker, or in tests one end of a MessageChannel. */
export type ThreadPort = Comlink.Endpoint & { terminate?(): void };

export interface Thread<Api> {
  /**
   * Runs calls on the far side.
   * @throws HearthError what the far side threw; `internal` when the thread died meanwhile.
   */
  call<T>(action: (api: Comlink.Remote<Api>) => Promise<T>): Promise<T>;
  /** Resolves with the reason when the thread is gone. */
  readonly died: Promise<HearthError>;
}

/** @param name what a person may call this thread, e.g. "engine". */
export function openThread<Api>(port: ThreadPort, name: string): Thread<Api> {
  installErrorTransfer();
  collectLog(log, port);
  const api = Comlink.wrap<Api>(port);
  const died = new Promise<HearthError>((resolve) => {
    port.addEventListener('error', (event) => {
      const { message } = event as ErrorEvent;
      const detail = message ? `: ${message}` : ' before it could say why';
      resolve(new HearthError('internal', `The ${name} thread stopped${detail}.`, { hint: THREAD_HINT }));
    });
    port.addEventListener('messageerror', () => {
      resolve(new HearthError('internal', `A message of the ${name} thread could not be read.`, { hint: THREAD_HINT }));
    });
  });
  // A thread that failed once is in an unknown state: end it, so that the next one has the device to itself.
  const deadEnd = died.then((reason): never => {
    port.terminate?.();
    throw reason;
  });
  deadEnd.catch(() => {}); // each call hears of it through its own race
  void died.then(({ message }) => log.error('thread-died', { name, message }));
  return { call: (action) => Promise.race([action(api), deadEnd]), died };
}

const THREAD_HINT = 'Load the model again; if it happens again, reload the page.';

/** Opens a thread at the first use, and another one after it has died. */
export function reopening<Api>(open: () => Thread<Api>): () => Thread<Api> {
  let current: Thread<Api> | null = null;
  return () => {
    if (current) return current;
    const thread = open();
    current = thread;
    void thread.died.then(() => {
      if (current === thread) current = null;
    });
    return thread;
  };
}
