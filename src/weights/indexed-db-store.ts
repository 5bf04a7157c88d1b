/**
 * The store that lasts: IndexedDB, with idb-keyval for the plain gets and sets. Two databases, because records are small and
 * often read and shards are neither: `hearth-models` holds manifests and partial records, `hearth-shards` one Blob per shard.
 * A Blob in IndexedDB is a file: reading a part of it does not load the rest.
 */
import { del, get, getMany, keys, promisifyRequest, set, type UseStore } from 'idb-keyval';
import { openDatabase } from './database';
import type { Manifest } from './manifest';
import type { PartialImport, WeightStore } from './store';

type ShardKey = [importId: string, index: number];

const manifestKey = (modelId: string) => `manifest/${modelId}`;
const partialKey = (modelId: string) => `partial/${modelId}`;

export class IndexedDbStore implements WeightStore {
  readonly #records: UseStore;
  readonly #shards: UseStore;

  /**
   * @param factory another one in tests, or from a storage-access handle.
   * @param prefix of the databases' names, for a store apart from that of the models.
   */
  constructor(factory: IDBFactory = indexedDB, prefix = 'hearth') {
    this.#records = openDatabase(factory, `${prefix}-models`);
    this.#shards = openDatabase(factory, `${prefix}-shards`);
  }

  async manifest(modelId: string): Promise<Manifest | null> {
    return (await get<Manifest>(manifestKey(modelId), this.#records)) ?? null;
  }

  manifests(): Promise<Manifest[]> {
    return this.#recordsUnder<Manifest>(manifestKey(''));
  }

  async partial(modelId: string): Promise<PartialImport | null> {
    return (await get<PartialImport>(partialKey(modelId), this.#records)) ?? null;
  }

  partials(): Promise<PartialImport[]> {
    return this.#recordsUnder<PartialImport>(partialKey(''));
  }

  async savePartial(partial: PartialImport): Promise<void> {
    await set(partialKey(partial.modelId), partial, this.#records);
  }

  async finish(manifest: Manifest): Promise<void> {
    await this.#records('readwrite', (records) => {
      records.put(manifest, manifestKey(manifest.modelId));
      records.delete(partialKey(manifest.modelId));
      return promisifyRequest(records.transaction);
    });
  }

  async removePartial(modelId: string): Promise<void> {
    await del(partialKey(modelId), this.#records);
    await this.sweep();
  }

  async remove(modelId: string): Promise<void> {
    await this.#records('readwrite', (records) => {
      records.delete(manifestKey(modelId));
      records.delete(partialKey(modelId));
      return promisifyRequest(records.transaction);
    });
    await this.sweep();
  }

  async shard(importId: string, index: number): Promise<Blob | null> {
    return (await get<Blob>([importId, index] satisfies ShardKey, this.#shards)) ?? null;
  }

  async saveShard(importId: string, index: number, shard: Blob): Promise<void> {
    await set([importId, index] satisfies ShardKey, shard, this.#shards);
  }

  async sweep(): Promise<void> {
    // Shards first: whatever another tab stores from now on is not in this list, and what is in it had its record before.
    const stored = await keys<ShardKey>(this.#shards);
    if (stored.length === 0) return;
    const records = await this.#records('readonly', (store) =>
      promisifyRequest<(Manifest | PartialImport)[]>(store.getAll()),
    );
    const known = new Set(records.map(({ importId }) => importId));
    const orphans = stored.filter(([importId]) => !known.has(importId));
    if (orphans.length === 0) return;
    await this.#shards('readwrite', (shards) => {
      for (const key of orphans) shards.delete(key);
      return promisifyRequest(shards.transaction);
    });
  }

  async #recordsUnder<Found>(prefix: string): Promise<Found[]> {
    const names = (await keys<string>(this.#records)).filter((key) => key.startsWith(prefix));
    const found = await getMany<Found>(names, this.#records);
    return found.filter((record) => record !== undefined);
  }
}
