/**
 * Deletes everything this site has kept on the machine: chats, the batch, models, settings, the offline shell. What could not be deleted
 * is said, because a promise to delete is only worth what it checks.
 */

/** Databases, caches and keys of ours begin with one of these. */
const OUR_DATABASES = 'hearth-';
const OUR_CACHES = /^(hearth|workbox)-/;
export const OUR_KEYS = 'hearth.';

/** For browsers that cannot list databases. */
const KNOWN_DATABASES = ['chats', 'batch', 'models', 'shards', 'hosts', 'remote', 'tuning'].map(
  (name) => OUR_DATABASES + name,
);

/** A thread that holds a database open closes it when asked; one that does not within this time never will. */
const DELETE_TIMEOUT_MS = 5000;

/** What holds things on this machine; null where this browser or frame has no such place. */
export interface Places {
  databases: IDBFactory | null;
  caches: CacheStorage | null;
  serviceWorkers: ServiceWorkerContainer | null;
  /** localStorage: settings. */
  settings: Storage | null;
  /** sessionStorage: what one tab remembers. */
  tab: Storage | null;
}

/** The places of this page. */
export function placesHere(): Places {
  return {
    databases: allowed(() => indexedDB),
    caches: allowed(() => caches),
    serviceWorkers: allowed(() => navigator.serviceWorker),
    settings: allowed(() => localStorage),
    tab: allowed(() => sessionStorage),
  };
}

/** Frames without storage throw at the very name; old browsers do not have it. */
function allowed<Place>(place: () => Place | undefined): Place | null {
  try {
    return place() ?? null;
  } catch {
    return null;
  }
}

/** @returns the names of what could not be deleted; empty when all is gone. The page should reload afterwards. */
export async function deleteEverything(places: Places): Promise<string[]> {
  const { databases, caches, serviceWorkers } = places;
  const failed: string[] = [];
  const attempt = async (name: string, deletion: () => Promise<unknown>) => {
    await deletion().catch(() => failed.push(name));
  };
  for (const storage of [places.settings, places.tab]) {
    for (const key of keysOf(storage)) await attempt(key, async () => storage?.removeItem(key));
  }
  if (databases) {
    const names = await databaseNames(databases);
    await Promise.all(names.map((name) => attempt(name, () => deleteDatabase(databases, name))));
  }
  // The worker before its caches, so that nothing is served from a shell that is half gone.
  await attempt('service worker', async () => {
    const registrations = (await serviceWorkers?.getRegistrations()) ?? [];
    await Promise.all(registrations.map((registration) => registration.unregister()));
  });
  await attempt('caches', async () => {
    if (!caches) return;
    const names = (await caches.keys()).filter((name) => OUR_CACHES.test(name));
    await Promise.all(names.map((name) => caches.delete(name)));
  });
  return failed;
}

/** The keys of ours in a storage. */
export function keysOf(storage: Storage | null): string[] {
  const all = Array.from({ length: storage?.length ?? 0 }, (_, index) => storage?.key(index) ?? null);
  return all.filter((key) => key !== null && key.startsWith(OUR_KEYS)) as string[];
}

async function databaseNames(factory: IDBFactory): Promise<string[]> {
  const listed = await factory.databases?.().catch(() => null);
  if (!listed) return KNOWN_DATABASES;
  return listed.flatMap(({ name }) => (name?.startsWith(OUR_DATABASES) ? [name] : []));
}

function deleteDatabase(factory: IDBFactory, name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = factory.deleteDatabase(name);
    const timer = setTimeout(reject, DELETE_TIMEOUT_MS);
    const end = (settle: () => void) => () => {
      clearTimeout(timer);
      settle();
    };
    request.onsuccess = end(resolve);
    request.onerror = end(reject);
  });
}
