/** The importer in a real browser: its IndexedDB, Blobs, Web Locks, WebAssembly and fetch, with no GPU at all. */
import { afterEach, expect, it } from 'vitest';
import { HearthError } from '../lib/errors';
import { modelPage } from '../models/index';
import { Importer } from './importer';
import { IndexedDbStore } from './indexed-db-store';
import { openStoredWeights } from './load';
import { wishFor } from './testing/wish';

const source = wishFor('tales', new URL('/models/tales/', location.href).href);

const createImporter = () =>
  new Importer({
    store: new IndexedDbStore(),
    describe(config) {
      const page = modelPage(config);
      return page.weights(page.readConfig(config));
    },
    sizes: { shardBytes: 2 ** 20, blockBytes: 2 ** 18 },
  });

afterEach(async () => {
  for (const name of ['hearth-models', 'hearth-shards']) {
    await new Promise((resolve, reject) => {
      const request = indexedDB.deleteDatabase(name);
      request.onsuccess = resolve;
      request.onblocked = () => reject(new Error(`An open connection blocks the deletion of ${name}.`));
    });
  }
});

it('stores the bundled model, whose shards a later visit finds whole', async () => {
  const [first, second] = await Promise.all(
    ['1', '2'].map((requestId) => createImporter().ensure(requestId, source, () => {})), // two tabs, as it were
  );
  expect(new Set([first?.cached, second?.cached])).toEqual(new Set([false, true]));
  const stored = await openStoredWeights(new IndexedDbStore(), 'tales');
  const { shards } = stored!.manifest;
  expect(shards.length).toBeGreaterThan(2);
  for (const [index, { bytes }] of shards.entries()) expect((await stored!.readShard(index)).size).toBe(bytes);
});

it('is stopped in the middle, and goes on from the shards that are stored', async () => {
  const importer = createImporter();
  const store = new IndexedDbStore();
  const stopOnceBegun = async () => {
    const kept = await store.partial('tales');
    if (kept && kept.shards.length > 0) await importer.abort('1');
  };
  const watch = setInterval(() => void stopOnceBegun(), 20);
  const error = await importer.ensure('1', source, () => {}).catch((reason: unknown) => reason);
  clearInterval(watch);
  expect(error).toBeInstanceOf(HearthError);
  expect(error).toMatchObject({ code: 'aborted' });
  const partial = await store.partial('tales');
  const begun = partial!.shards;
  expect(begun.length).toBeGreaterThan(0);
  await createImporter().ensure('2', source, () => {});
  const { manifest } = (await openStoredWeights(new IndexedDbStore(), 'tales'))!;
  expect(manifest.importId).toBe(partial!.importId);
  expect(manifest.shards.slice(0, begun.length)).toEqual(begun);
});
