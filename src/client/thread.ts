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
  /** Ends the thread at once; every call that still waits, and any later one, rejects with this reason. */
  end(reason: HearthError): void;
}

/** @param name what a person may call this thread, e.g. "engine". */
export function openThread<Api>(port: ThreadPort, name: string): Thread<Api> {
  installErrorTransfer();
  collectLog(log, port);
  const api = Comlink.wrap<Api>(port);
  let end: (reason: HearthError) => void;
  let isOver = false;
  const died = new Promise<HearthError>((resolve) => {
    end = (reason) => {
      if (!isOver) port.terminate?.(); // at once: who waits for the device is not kept waiting
      isOver = true;
      resolve(reason);
    };
  });
  const fail = (message: string) => {
    log.error('thread-died', { name, message });
    end(new HearthError('internal', message, { hint: 'Load the model again; if it happens again, reload the page.' }));
  };
  // A thread that failed once is in an unknown state: it is ended, so that the next one has the device to itself.
  port.addEventListener('error', (event) => {
    const { message } = event as ErrorEvent;
    fail(`The ${name} thread stopped${message ? `: ${message}` : ' before it could say why'}.`);
  });
  port.addEventListener('messageerror', () => fail(`A message of the ${name} thread could not be read.`));
  const deadEnd = died.then((reason): never => {
    throw reason;
  });
  deadEnd.catch(() => {}); // each call hears of it through its own race
  return { call: (action) => Promise.race([action(api), deadEnd]), died, end: (reason) => end(reason) };
}

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
