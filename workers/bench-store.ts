/**
 * Random weights in the very store that models live in, so that the benchmark can load them as a visit does. They lie in
 * databases of their own, which the next look at the benchmark removes where a run was ended before it could.
 */
import type { KeptWeights } from '../src/bench/cached-load';
import { blobChecksum } from '../src/weights/hash';
import { IndexedDbStore } from '../src/weights/indexed-db-store';
import { openStoredWeights } from '../src/weights/load';
import type { StoredShard, StoredWeights } from '../src/weights/manifest';

const PREFIX = 'hearth-bench';

/** @param factory another one in tests. @throws DOMException where the browser has no room; nothing is left there then. */
export async function keepWeights(stored: StoredWeights, factory: IDBFactory = indexedDB): Promise<KeptWeights | null> {
  try {
    return await keep(stored, factory);
  } catch (error) {
    await forgetWeights(factory);
    throw error;
  }
}

async function keep({ manifest, readShard }: StoredWeights, factory: IDBFactory): Promise<KeptWeights | null> {
  const store = new IndexedDbStore(factory, PREFIX);
  const shards: StoredShard[] = [];
  for (const index of manifest.shards.keys()) {
    const shard = await readShard(index);
    shards.push({ bytes: shard.size, checksum: await blobChecksum(shard) });
    await store.saveShard(manifest.importId, index, shard);
  }
  await store.finish({ ...manifest, shards });
  const weights = await openStoredWeights(store, manifest.modelId);
  return weights && { weights, forget: () => forgetWeights(factory) };
}

/** Deletes what `keepWeights` has stored. */
export async function forgetWeights(factory: IDBFactory = indexedDB): Promise<void> {
  for (const name of ['models', 'shards']) {
    await new Promise<void>((resolve, reject) => {
      const request = factory.deleteDatabase(`${PREFIX}-${name}`);
      request.onsuccess = () => resolve();
      request.onerror = () => reject(request.error);
    });
  }
}
