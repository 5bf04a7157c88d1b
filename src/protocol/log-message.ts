/**
 * How a thread's log reaches the page: each entry is a message of its own beside Comlink's, which passes over what it did not ask
 * for. So entries arrive also when a call hangs, and from before the first call.
 */
import type { Log, LogEntry } from '../lib/log';

interface LogMessage {
  hearthLog: LogEntry;
}

/** Called once by a worker: from now on everything it logs goes to the page as well. @param post of the worker's scope */
export function forwardLog(log: Log, thread: string, post: (message: LogMessage) => void): void {
  log.listen((entry) => post({ hearthLog: { ...entry, thread } }));
}

/** Called once for each thread by the page: takes over what it logs. */
export function collectLog(log: Log, port: Pick<EventTarget, 'addEventListener'>): void {
  port.addEventListener('message', (event) => {
    const data: unknown = (event as MessageEvent).data;
    if (typeof data === 'object' && data !== null && 'hearthLog' in data) log.take((data as LogMessage).hearthLog);
  });
}
