/**
 * What this page keeps on the machine, as the browser counts it, and whether the browser promises to keep it. How much room is
 * left is not told: browsers invent that figure.
 */
import type { AppServices, Slice } from './store';

export interface StorageUse {
  /** All models, half-done downloads included, by their own figures. */
  modelBytes: number;
  /** Chats, and the database's own overhead; null where the browser gives one figure for all. */
  chatBytes: number | null;
  /** The page itself, for visits without a network; null likewise. */
  shellBytes: number | null;
  /** Everything; null where the browser does not count. */
  totalBytes: number | null;
}

/** `unknown`: this browser, or a page over plain http, cannot promise anything. `refused`: asked, and not now. */
export type Keeping = 'unknown' | 'best-effort' | 'refused' | 'kept';

export interface StorageSlice {
  storageUse: StorageUse | null;
  keeping: Keeping;
  measureStorage(): Promise<void>;
  /** Asks the browser not to clear this page's data when the disk runs full. */
  keepData(): Promise<void>;
}

/** What Chromium adds to the standard's figures. */
type Estimate = StorageEstimate & { usageDetails?: Record<string, number> };

export function createStorageSlice({ storageManager: given }: AppServices): Slice<StorageSlice> {
  const manager = given ?? globalThis.navigator?.storage ?? null;
  return (set, get) => ({
    storageUse: null,
    keeping: 'unknown',

    async measureStorage() {
      const [estimate, isKept] = await Promise.all([
        (manager?.estimate?.() as Promise<Estimate> | undefined)?.catch(() => null),
        manager?.persisted?.().catch(() => null),
      ]);
      const modelBytes = (get().modelReports ?? []).reduce((sum, { storedBytes }) => sum + storedBytes, 0);
      const details = estimate?.usageDetails;
      set({
        storageUse: {
          modelBytes,
          chatBytes: details ? Math.max(0, (details['indexedDB'] ?? 0) - modelBytes) : null,
          shellBytes: details ? (details['caches'] ?? 0) + (details['serviceWorkerRegistrations'] ?? 0) : null,
          totalBytes: estimate?.usage ?? null,
        },
        keeping: isKept
          ? 'kept'
          : isKept !== false
            ? 'unknown'
            : get().keeping === 'refused'
              ? 'refused'
              : 'best-effort',
      });
    },

    async keepData() {
      const isKept = await manager?.persist?.().catch(() => false);
      if (isKept !== undefined) set({ keeping: isKept ? 'kept' : 'refused' });
    },
  });
}
