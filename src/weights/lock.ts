/**
 * One import of a model at a time: over all tabs by a Web Lock, and within this thread where there are none (plain http) or the
 * browser refuses them (where a page may store nothing, as it does in Chromium).
 */

const lastOf = new Map<string, Promise<unknown>>();

/**
 * Runs `action` when nobody else holds the lock.
 * @param signal gives up waiting; what runs already must look at it itself.
 * @param onWait called when somebody else holds it.
 * @throws the signal's reason, or what `action` throws.
 */
export async function withLock<T>(
  name: string,
  signal: AbortSignal,
  action: () => Promise<T>,
  onWait: () => void = () => {},
): Promise<T> {
  const locks = await grantedLocks();
  signal.throwIfAborted();
  if (locks) {
    const now = await locks.request(name, { ifAvailable: true }, async (lock) =>
      lock ? { result: await action() } : null,
    );
    if (now) return now.result;
    onWait();
    return locks.request(name, { signal }, action);
  }
  const before = lastOf.get(name);
  if (before) onWait();
  const turn = (before ?? Promise.resolve()).then(() => {
    signal.throwIfAborted();
    return action();
  });
  const forget = () => {
    if (lastOf.get(name) === settled) lastOf.delete(name);
  };
  const settled = turn.then(forget, forget);
  lastOf.set(name, settled);
  await Promise.race([before, abortOf(signal)]);
  return turn;
}

/** Rejects with the signal's reason. */
function abortOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

/** Whether somebody holds the lock now, in whatever tab. */
export async function isLocked(name: string): Promise<boolean> {
  const locks = await grantedLocks();
  if (!locks) return lastOf.has(name);
  const { held = [] } = await locks.query();
  return held.some((lock) => lock.name === name);
}

/** The browser's locks, or null where it has none for this page. */
async function grantedLocks(): Promise<LockManager | null> {
  const locks = globalThis.navigator?.locks;
  try {
    await locks?.query();
    return locks ?? null;
  } catch {
    return null; // a SecurityError, as any request would be
  }
}
