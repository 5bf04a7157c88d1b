/**
 * What has happened lately, for the diagnostics page: the last entries of this thread and of those that forward theirs to it. It is
 * kept in memory, sent nowhere, and never holds what a person or a model has written.
 */

export type LogLevel = 'info' | 'warning' | 'error';

/** Plain figures and names. */
export type LogDetails = Readonly<Record<string, string | number | boolean | null>>;

export interface LogEntry {
  /** Milliseconds since 1970. */
  time: number;
  level: LogLevel;
  /** Where: "page", "engine", "import". */
  thread: string;
  /** What, in words joined by hyphens: "model-loaded". */
  event: string;
  details: LogDetails;
}

export interface Log {
  info(event: string, details?: LogDetails): void;
  warning(event: string, details?: LogDetails): void;
  error(event: string, details?: LogDetails): void;
  /** Takes in an entry of another thread. */
  take(entry: LogEntry): void;
  /** Oldest first. */
  entries(): LogEntry[];
  /** Calls back with every entry from now on. */
  listen(listener: (entry: LogEntry) => void): () => void;
}

/** Enough to see what led to a failure, little enough to be copied into a report. */
const CAPACITY = 500;

/** @param thread the name that entries made here carry. */
export function createLog(thread: string, capacity: number = CAPACITY): Log {
  const ring: LogEntry[] = [];
  /** Where the next entry goes once the ring is full: the oldest one's place. */
  let next = 0;
  const listeners = new Set<(entry: LogEntry) => void>();

  function take(entry: LogEntry): void {
    ring[next] = entry;
    next = (next + 1) % capacity;
    for (const listener of listeners) listener(entry);
  }

  const write =
    (level: LogLevel) =>
    (event: string, details: LogDetails = {}) =>
      take({ time: Date.now(), level, thread, event, details });

  return {
    info: write('info'),
    warning: write('warning'),
    error: write('error'),
    take,
    entries: () => (ring.length < capacity ? [...ring] : [...ring.slice(next), ...ring.slice(0, next)]),
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** This thread's log. Other threads' entries get their thread's name on the way to the page (`protocol/log-message.ts`). */
export const log = createLog('page');
