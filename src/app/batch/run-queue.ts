/**
 * Works through rows with a number of them in flight: as one ends, the next begins. It knows nothing of models; what is done
 * with a row is handed in.
 */

/** `finished`: every row has been worked on; `paused`: the rows in flight have ended; `stopped`: they were cut off. */
export type QueueEnd = 'finished' | 'paused' | 'stopped';

export interface RunQueue {
  /** Begins no further row; those in flight go on to their end. */
  pause(): void;
  /** Cuts off the rows in flight. */
  stop(): void;
  /** More rows begin at once; fewer as rows end. */
  setConcurrency(concurrency: number): void;
  /** Resolves when nothing is in flight any more; rejects, then too, with the first error of `work`. */
  readonly ended: Promise<QueueEnd>;
}

/**
 * @param rows each is begun once, in this order
 * @param work must end soon after its signal fires; an error stops the queue
 */
export function runQueue(
  rows: Iterable<number>,
  concurrency: number,
  work: (row: number, signal: AbortSignal) => Promise<void>,
): RunQueue {
  const waiting = rows[Symbol.iterator]();
  const controller = new AbortController();
  let end: QueueEnd | null = null;
  let failure: { error: unknown } | null = null;
  let inFlight = 0;
  let resolve: (end: QueueEnd) => void;
  let reject: (error: unknown) => void;
  const ended = new Promise<QueueEnd>((...settle) => ([resolve, reject] = settle));

  function fill(): void {
    while (end === null && inFlight < concurrency) {
      const next = waiting.next();
      if (next.done) end = 'finished';
      else begin(next.value);
    }
    if (inFlight > 0) return;
    if (failure) reject(failure.error);
    else resolve(end ?? 'finished');
  }

  function begin(row: number): void {
    inFlight++;
    work(row, controller.signal)
      .catch((error: unknown) => {
        failure ??= { error };
        stop();
      })
      .finally(() => {
        inFlight--;
        fill();
      });
  }

  function stop(): void {
    end = 'stopped';
    controller.abort();
    fill();
  }

  fill();
  return {
    pause() {
      end ??= 'paused';
      fill();
    },
    stop,
    setConcurrency(wanted) {
      concurrency = wanted;
      fill();
    },
    ended,
  };
}
