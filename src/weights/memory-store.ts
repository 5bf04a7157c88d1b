/** A store for one session: where nothing may be kept, and for tests. */
import type { Manifest } from './manifest';
import type { PartialImport, WeightStore } from './store';

export class MemoryStore implements WeightStore {
  readonly #manifests = new Map<string, Manifest>();
  readonly #partials = new Map<string, PartialImport>();
  readonly #shards = new Map<string, Map<number, Blob>>(); // by import

  async manifest(modelId: string): Promise<Manifest | null> {
    return this.#manifests.get(modelId) ?? null;
  }

  async manifests(): Promise<Manifest[]> {
    return [...this.#manifests.values()];
  }

  async partial(modelId: string): Promise<PartialImport | null> {
    return this.#partials.get(modelId) ?? null;
  }

  async partials(): Promise<PartialImport[]> {
    return [...this.#partials.values()];
  }

  async savePartial(partial: PartialImport): Promise<void> {
    this.#partials.set(partial.modelId, structuredClone(partial));
  }

  async finish(manifest: Manifest): Promise<void> {
    this.#partials.delete(manifest.modelId);
    this.#manifests.set(manifest.modelId, structuredClone(manifest));
  }

  async removePartial(modelId: string): Promise<void> {
    this.#partials.delete(modelId);
    await this.sweep();
  }

  async remove(modelId: string): Promise<void> {
    this.#manifests.delete(modelId);
    this.#partials.delete(modelId);
    await this.sweep();
  }

  async shard(importId: string, index: number): Promise<Blob | null> {
    return this.#shards.get(importId)?.get(index) ?? null;
  }

  async saveShard(importId: string, index: number, shard: Blob): Promise<void> {
    const shards = this.#shards.get(importId) ?? new Map<number, Blob>();
    this.#shards.set(importId, shards.set(index, shard));
  }

  async sweep(): Promise<void> {
    const known = new Set([...this.#manifests.values(), ...this.#partials.values()].map(({ importId }) => importId));
    for (const importId of this.#shards.keys()) if (!known.has(importId)) this.#shards.delete(importId);
  }
}
