import { IDBFactory } from 'fake-indexeddb';
import { describe, expect, it } from 'vitest';
import { START } from './cursor';
import { IndexedDbStore } from './indexed-db-store';
import type { Manifest } from './manifest';
import { MemoryStore } from './memory-store';
import type { PartialImport } from './store';

const manifest = (modelId: string, importId: string): Manifest => ({
  formatVersion: 1,
  modelId,
  importId,
  source: { url: 'http://x/', files: [] },
  texts: { 'config.json': '{}', 'tokenizer.json': '{}' },
  tensors: [],
  shards: [{ bytes: 3, checksum: 'abc' }],
  createdAt: '2026-01-01T00:00:00.000Z',
});

const partial = (modelId: string, importId: string): PartialImport => ({
  formatVersion: 1,
  modelId,
  importId,
  sourceId: 'http://x/',
  precision: null,
  files: [],
  formats: {},
  planChecksum: '',
  shards: [],
  cursor: { ...START, hash: Uint8Array.of(1, 2, 3) },
});

const textOf = async (blob: Promise<Blob | null>) => (await blob)?.text() ?? null;

describe.each([
  ['IndexedDbStore', () => new IndexedDbStore(new IDBFactory())],
  ['MemoryStore', () => new MemoryStore()],
])('%s', (_, create) => {
  it('gives back what it was given, and null for the rest', async () => {
    const store = create();
    expect(await store.manifest('a')).toBeNull();
    expect(await store.partial('a')).toBeNull();
    expect(await store.shard('1', 0)).toBeNull();
    await store.savePartial(partial('a', '1'));
    await store.saveShard('1', 0, new Blob(['one']));
    await store.saveShard('1', 11, new Blob(['eleven']));
    expect(await store.partial('a')).toEqual(partial('a', '1'));
    expect(await textOf(store.shard('1', 0))).toBe('one');
    expect(await textOf(store.shard('1', 11))).toBe('eleven');
    expect(await store.manifests()).toEqual([]);
  });

  it('finishes an import: the manifest takes the place of the partial record', async () => {
    const store = create();
    await store.savePartial(partial('a', '1'));
    await store.finish(manifest('a', '1'));
    expect(await store.partial('a')).toBeNull();
    expect(await store.manifest('a')).toEqual(manifest('a', '1'));
    expect(await store.manifests()).toEqual([manifest('a', '1')]);
  });

  it('sweeps away the shards that nobody knows, and no others', async () => {
    const store = create();
    for (const importId of ['whole', 'begun', 'lost']) await store.saveShard(importId, 0, new Blob([importId]));
    await store.finish(manifest('a', 'whole'));
    await store.savePartial(partial('b', 'begun'));
    await store.sweep();
    expect(await textOf(store.shard('whole', 0))).toBe('whole');
    expect(await textOf(store.shard('begun', 0))).toBe('begun');
    expect(await store.shard('lost', 0)).toBeNull();
  });

  it('removes a model with all its shards, and an import half done', async () => {
    const store = create();
    await store.saveShard('1', 0, new Blob(['one']));
    await store.saveShard('2', 0, new Blob(['two']));
    await store.saveShard('3', 0, new Blob(['three']));
    await store.finish(manifest('a', '1'));
    await store.savePartial(partial('a', '2'));
    await store.finish(manifest('b', '3'));
    await store.remove('a');
    expect(await store.manifests()).toEqual([manifest('b', '3')]);
    expect(await store.partial('a')).toBeNull();
    expect(await store.shard('1', 0)).toBeNull();
    expect(await store.shard('2', 0)).toBeNull();
    expect(await textOf(store.shard('3', 0))).toBe('three');
  });
});

describe('IndexedDbStore', () => {
  it('shares its databases with other stores of the site', async () => {
    const factory = new IDBFactory();
    await new IndexedDbStore(factory).saveShard('1', 0, new Blob(['one']));
    expect(await textOf(new IndexedDbStore(factory).shard('1', 0))).toBe('one');
  });

  it('does not stand in the way of deleting the databases, and goes on afterwards', async () => {
    const factory = new IDBFactory();
    const store = new IndexedDbStore(factory);
    await store.saveShard('1', 0, new Blob(['one']));
    await new Promise((resolve, reject) => {
      const request = factory.deleteDatabase('hearth-shards');
      request.onsuccess = resolve;
      request.onblocked = () => reject(new Error('an open connection blocks the deletion'));
    });
    expect(await store.shard('1', 0)).toBeNull();
    await store.saveShard('1', 0, new Blob(['again']));
    expect(await textOf(store.shard('1', 0))).toBe('again');
  });

  it('tries to open again after a refusal', async () => {
    const factory = new IDBFactory();
    let refusals = 1;
    const open = (name: string) => {
      if (refusals-- > 0) throw new DOMException('Access is denied.', 'SecurityError');
      return factory.open(name);
    };
    const store = new IndexedDbStore({ open } as IDBFactory);
    await expect(store.manifest('a')).rejects.toThrow(/denied/);
    expect(await store.manifest('a')).toBeNull();
  });
});
