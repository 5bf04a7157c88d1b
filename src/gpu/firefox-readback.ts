/**
 * Firefox tells late that work is done. Its GPU process looks for finished work when a command arrives, else on a timer, so
 * a `mapAsync` behind which nothing is submitted takes about 103 ms, against half a millisecond in Chrome. Commands without
 * content make it look, so they are sent while somebody waits.
 *
 * Cause: https://bugzilla.mozilla.org/show_bug.cgi?id=1870699. Measured by others, on Firefox 141 and later (donner #1161,
 * jax-js #124); no Firefox has run this here. To be deleted once that bug is closed in every Firefox we name as supported.
 */

/** Between two looks: the shortest that browsers grant timers which follow one another. */
const LOOK_EVERY_MS = 4;

/** @param userAgent `navigator.userAgent`. */
export function isFirefox(userAgent: string): boolean {
  return /\bFirefox\/\d/.test(userAgent);
}

export class FirefoxReadback {
  #waiting = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(readonly queue: GPUQueue) {}

  /** Resolves and rejects as `done` does, which is something the queue will tell, and makes it tell soon. */
  async hurry<T>(done: Promise<T>): Promise<T> {
    if (this.#waiting++ === 0) this.#timer = setInterval(() => this.queue.submit([]), LOOK_EVERY_MS);
    try {
      return await done;
    } finally {
      if (--this.#waiting === 0) clearInterval(this.#timer);
    }
  }
}
