/**
 * Makes the page work without a network from the second visit on: registers the service worker that keeps the shell, and
 * lets the app decide when a newer build may take over. What is kept, and what is not, is workers/service-worker.ts.
 */
export interface OfflineShell {
  /**
   * Calls back when a newer build has been fetched and waits; at once if it already does. The page then offers
   * `updateAndReload`, at a moment when no answer is running.
   */
  onUpdateReady(callback: () => void): void;
  /** Hands the page over to the waiting build and reloads it. */
  updateAndReload(): void;
}

/**
 * Registers the service worker of the production build.
 * @returns null where there can be none: in development, and on pages that are neither https nor localhost.
 * @throws TypeError or SecurityError when the browser refuses; the page works on, but not offline.
 */
export async function registerServiceWorker(): Promise<OfflineShell | null> {
  if (import.meta.env.DEV || !('serviceWorker' in navigator)) return null;
  const { Workbox } = await import('workbox-window'); // not a part of the first load
  const workbox = new Workbox('/service-worker.js');
  let updateWaits = false;
  const callbacks: (() => void)[] = [];
  workbox.addEventListener('waiting', () => {
    updateWaits = true;
    for (const callback of callbacks) callback();
  });
  await workbox.register({ immediate: true });
  return {
    onUpdateReady(callback) {
      callbacks.push(callback);
      if (updateWaits) callback();
    },
    updateAndReload() {
      workbox.addEventListener('controlling', () => location.reload());
      workbox.messageSkipWaiting();
    },
  };
}
