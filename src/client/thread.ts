/**
 * One worker thread as an object one can call. Comlink carries the calls; this adds what Comlink leaves out: when the thread
 * dies, every call that still waits rejects with a sentence instead of waiting for ever, and one that does not even stop is ended.
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
  /**
   * Runs a call that stops work. A thread that does not answer it within `STOP_PATIENCE_MS` never comes back from what it does, as
   * with the pattern of a hostile tokenizer: it is ended, and what waits rejects as `internal`.
   * @throws HearthError as `call`.
   */
  stop(action: (api: Comlink.Remote<Api>) => Promise<void>): Promise<void>;
  /** Resolves with the reason when the thread is gone. */
  readonly died: Promise<HearthError>;
  /** Ends the thread at once; every call that still waits, and any later one, rejects with this reason. */
  end(reason: HearthError): void;
}

/** How long work may take to hear that it is to stop; the longest step on a slow processor is shorter by far. */
export const STOP_PATIENCE_MS = 20_000;

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
  // A thread that has said nothing yet may still be on its way over a slow network.
  let hasSpoken = false;
  port.addEventListener('message', () => (hasSpoken = true), { once: true });
  const call: Thread<Api>['call'] = (action) => Promise.race([action(api), deadEnd]);
  async function stop(action: (api: Comlink.Remote<Api>) => Promise<void>): Promise<void> {
    const giveUp = () => {
      if (hasSpoken) fail(`The ${name} thread did not stop when it was told to.`);
    };
    const timer = setTimeout(giveUp, STOP_PATIENCE_MS);
    await call(action).finally(() => clearTimeout(timer));
  }
  return { call, stop, died, end: (reason) => end(reason) };
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
