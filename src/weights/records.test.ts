import { setTimeout as pause } from 'node:timers/promises';
import { IDBFactory } from 'fake-indexeddb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Hub, startHub } from '../../e2e/support/hub-server.mjs';
import { foreseeWeights } from './foresee';
import { Importer, type ImportProgress } from './importer';
import { IndexedDbStore } from './indexed-db-store';
import { MemoryStore } from './memory-store';
import type { WeightStore } from './store';
import { describeTest, testCheckpoint } from './testing/checkpoint';
import { wishFor } from './testing/wish';

const retry = { delaysMs: [1], stallMs: 60_000 };
const sizes = { shardBytes: 24 * 1024, blockBytes: 4096 };
const checkpoint = testCheckpoint();

let hub: Hub;
let changes: string[] = [];
beforeEach(async () => {
  hub = await startHub({ ...checkpoint.files }, { pieceBytes: 5000 });
  changes = [];
});
afterEach(() => hub.close());

const createImporter = (store: WeightStore) =>
  new Importer({ store, describe: describeTest, sizes, retry, onChange: (modelId) => changes.push(modelId) });

const ensure = (importer: Importer, requestId: string, onProgress: (progress: ImportProgress) => void = () => {}) =>
  importer.ensure(requestId, wishFor('m', hub.url), onProgress);

const caught = (promise: Promise<unknown>) => promise.catch((error: unknown) => error);

const stores: [string, () => WeightStore][] = [
  ['IndexedDB', () => new IndexedDbStore(new IDBFactory())],
  ['memory', () => new MemoryStore()],
];

describe.each(stores)('records in %s', (_name, createStore) => {
  it('tell what is there, what has begun, and what is being fetched', async () => {
    const importer = createImporter(createStore());
    expect(await importer.records()).toEqual([]);

    // The first request is for the header; the stream begins at the first byte again.
    hub.options.fault = ({ startBytes, attempt }) =>
      startBytes === 0 && attempt > 1 ? { stallAfterBytes: 150_000 } : undefined;
    const stopped = caught(ensure(importer, '1'));
    const onItsWay = { modelId: 'm', state: 'partial', fetching: true, storedBytes: 0 };
    while ((await importer.records(['m', 'n'])).length === 0) await pause(1);
    expect(await importer.records(['m', 'n'])).toMatchObject([onItsWay]);
    while (((await importer.records())[0]?.storedBytes ?? 0) === 0) await pause(5);
    expect(await importer.records()).toMatchObject([{ modelId: 'm', state: 'partial', fetching: true }]);
    await importer.abort('1');
    expect(await stopped).toMatchObject({ code: 'aborted' });
    expect(changes).toEqual(['m', 'm']);

    const [begun] = await importer.records();
    expect(begun).toMatchObject({ state: 'partial', fetching: false, manifest: null });
    const fileBytes = checkpoint.files['model.safetensors']?.length ?? 0;
    expect(begun?.keptBytes).toBeGreaterThan(0);
    expect(begun?.keptBytes).toBeLessThan(fileBytes);
    expect(begun?.storedBytes).toBeGreaterThan(0);

    hub.options.fault = undefined;
    await ensure(importer, '2');
    const [stored] = await importer.records();
    expect(stored).toMatchObject({ state: 'stored', fetching: false, keptBytes: 0 });
    expect(stored?.storedBytes).toBe(stored?.manifest?.shards.reduce((sum, { bytes }) => sum + bytes, 0));

    await ensure(importer, '3'); // already there: nothing changes
    expect(changes).toHaveLength(4);
    await importer.remove('m');
    expect(await importer.records()).toEqual([]);
    expect(changes).toHaveLength(5);
  });

  it('say when stored bits mean something else by now', async () => {
    const store = createStore();
    const importer = createImporter(store);
    await ensure(importer, '1');
    await store.finish({ ...(await store.manifest('m'))!, formatVersion: 0 });
    const [record] = await importer.records();
    expect(record).toMatchObject({ state: 'partial', manifest: null, keptBytes: 0 });
    expect(record?.storedBytes).toBeGreaterThan(0);
  });
});

it('a second wish waits, and says so', async () => {
  const importer = createImporter(new MemoryStore());
  const phases: string[] = [];
  const first = ensure(importer, '1');
  const second = ensure(importer, '2', ({ phase }) => phases.push(phase));
  expect(await first).toMatchObject({ cached: false });
  expect(await second).toMatchObject({ cached: true });
  expect(phases).toEqual(['wait']);
});

describe('verify', () => {
  it('reads every byte, and finds the flipped one and the missing shard', async () => {
    const store = new MemoryStore();
    const importer = createImporter(store);
    await ensure(importer, '1');
    const manifest = (await store.manifest('m'))!;
    const totalBytes = manifest.shards.reduce((sum, { bytes }) => sum + bytes, 0);
    const seen: ImportProgress[] = [];
    const sound = await importer.verify('2', 'm', (progress) => seen.push(progress));
    expect(sound).toEqual({ shards: manifest.shards.length, bytes: totalBytes, damaged: [] });
    expect(manifest.shards.length).toBeGreaterThan(2);
    expect(seen[0]).toEqual({ phase: 'verify', loadedBytes: 0, totalBytes });
    expect(seen.at(-1)).toEqual({ phase: 'verify', loadedBytes: totalBytes, totalBytes });

    const bytes = new Uint8Array(await (await store.shard(manifest.importId, 1))!.arrayBuffer());
    bytes[100]! ^= 4;
    await store.saveShard(manifest.importId, 1, new Blob([bytes]));
    const shard = store.shard.bind(store);
    store.shard = async (importId, index) => (index === 2 ? null : shard(importId, index));
    expect((await importer.verify('3', 'm', () => {})).damaged).toEqual([1, 2]);
  });

  it('can be stopped, and says when there is nothing to read', async () => {
    const importer = createImporter(new MemoryStore());
    await expect(importer.verify('1', 'm', () => {})).rejects.toMatchObject({ code: 'not-found' });
    await ensure(importer, '2');
    const stopped = importer.verify('3', 'm', () => void importer.abort('3'));
    await expect(stopped).rejects.toMatchObject({ code: 'aborted' });
  });
});

it('the size is foreseen to a percent', async () => {
  const importer = createImporter(new MemoryStore());
  await ensure(importer, '1');
  const [record] = await importer.records();
  const specs = checkpoint.specs;
  const { bytes, parameterCount } = foreseeWeights(specs);
  expect(bytes / (record?.storedBytes ?? 0)).toBeGreaterThan(0.97); // small tensors, much padding
  expect(bytes / (record?.storedBytes ?? 0)).toBeLessThan(1.03);
  expect(parameterCount).toBe([...checkpoint.weights.values()].reduce((sum, { length }) => sum + length, 0));
});
