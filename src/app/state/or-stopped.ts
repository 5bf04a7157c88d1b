/** What comes of a promise, or null as soon as the signal fires. */
export function orStopped<T>(value: Promise<T>, signal: AbortSignal): Promise<T | null> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) resolve(null);
    signal.addEventListener('abort', () => resolve(null), { once: true });
    value.then(resolve, reject);
  });
}
