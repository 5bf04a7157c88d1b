/**
 * Where one import writes: to the store as long as it takes what it is given, and into memory from the first refusal on (the
 * disk is full, the browser keeps nothing for this site). Shards stored before stay where they are, and count on.
 */
import { HearthError } from '../lib/errors';
import type { Manifest } from './manifest';
import type { PartialImport, WeightStore } from './store';

/** All shards of a model that could not be stored, and what the browser said. */
export interface InMemoryShards {
  shards: Blob[];
  refusal: DOMException;
}

export class ImportTarget {
  /** Null as long as everything is stored. */
  inMemory: InMemoryShards | null = null;

  constructor(readonly store: WeightStore) {}

  /** In memory there is nothing to resume, so nothing is recorded. */
  async savePartial(partial: PartialImport): Promise<void> {
    if (this.inMemory) return;
    await this.store
      .savePartial(partial)
      .catch((error: unknown) => this.#moveToMemory(error, partial.importId, partial.shards.length));
  }

  async saveShard(importId: string, index: number, shard: Blob): Promise<void> {
    if (!this.inMemory) {
      await this.store
        .saveShard(importId, index, shard)
        .catch((error: unknown) => this.#moveToMemory(error, importId, index));
    }
    this.inMemory?.shards.push(shard);
  }

  async finish(manifest: Manifest): Promise<void> {
    if (this.inMemory) return;
    await this.store
      .finish(manifest)
      .catch((error: unknown) => this.#moveToMemory(error, manifest.importId, manifest.shards.length));
  }

  /** The first `count` shards become references to the stored ones. */
  async #moveToMemory(refusal: unknown, importId: string, count: number): Promise<void> {
    if (!(refusal instanceof DOMException)) throw refusal;
    const shards: Blob[] = [];
    for (let index = 0; index < count; index++) {
      const shard = await this.store.shard(importId, index).catch(() => null);
      if (!shard) {
        throw new HearthError(
          'storage-full',
          `The browser stores no more (${refusal.message || refusal.name}) and has lost shard ${index + 1} of ${count}.`,
          { hint: 'Free some disk space, then download the model again.', cause: refusal },
        );
      }
      shards.push(shard);
    }
    this.inMemory = { shards, refusal };
  }
}
