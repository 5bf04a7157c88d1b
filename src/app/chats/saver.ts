/**
 * Writes what keeps changing at most once a second: the first change at once, later ones together, and the last one always.
 * Writes never overlap. It looks at the clock at every change instead of trusting its timer, because browsers slow the
 * timers of hidden tabs down to one a minute while tokens go on arriving.
 */

/** How much of what is typed or answered may be lost when the tab is killed. */
export const SAVE_INTERVAL_MS = 1000;

export interface Saver {
  /** Something has changed. */
  touch(): void;
  /** Writes what is not written yet. Resolves when all that was there at the call is written. */
  flush(): Promise<void>;
  /** Whether something has changed since the last write began. */
  isDirty(): boolean;
}

/** @param save writes the present state; its failures are its own to report. */
export function createSaver(save: () => Promise<void>): Saver {
  let dirty = false;
  let lastSaveAt = -Infinity;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let saving: Promise<void> | null = null;

  function saveNow(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    if (saving || !dirty) return saving ?? Promise.resolve();
    dirty = false;
    lastSaveAt = performance.now();
    saving = save()
      .catch(() => {})
      .finally(() => {
        saving = null;
        if (dirty) schedule();
      });
    return saving;
  }

  function schedule(): void {
    const waitMs = lastSaveAt + SAVE_INTERVAL_MS - performance.now();
    if (waitMs <= 0) void saveNow();
    else timer ??= setTimeout(() => void saveNow(), waitMs);
  }

  return {
    touch() {
      dirty = true;
      if (!saving) schedule();
    },
    async flush() {
      const alsoAfter = dirty;
      await saving;
      if (alsoAfter) await saveNow();
    },
    isDirty: () => dirty,
  };
}
