/** An import that is cut anywhere, and started again. */
import { IDBFactory } from 'fake-indexeddb';
import { afterEach, describe, expect, it } from 'vitest';
import { type Hub, type HubOptions, startHub } from '../../e2e/support/hub-server.mjs';
import type { HearthError } from '../lib/errors';
import { type ImportJob, importModel } from './import';
import { IndexedDbStore } from './indexed-db-store';
import { UrlSource } from './sources/url';
import type { PartialImport, WeightStore } from './store';
import { describeTest, generator, testCheckpoint } from './testing/checkpoint';
import { Tab, TabClosed, type TabLife } from './testing/kill';
import { essence, storedModel } from './testing/stored';

const sizes = { shardBytes: 16 * 1024, blockBytes: 4096 };
const retry = { delaysMs: [1, 1, 1, 1, 1, 1, 1, 1], stallMs: 2000 };
const KILLS = import.meta.env['HEARTH_DEEP'] === '1' ? 50 : 6;

let hub: Hub;
afterEach(() => hub.close());

function importInto(store: WeightStore, job: Partial<ImportJob> = {}) {
  const source = new UrlSource(hub.url);
  return importModel({ modelId: 'm', source, store, describe: describeTest, sizes, retry, ...job });
}

const caught = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable('it should have failed'),
    (error: unknown) => error as HearthError,
  );

/** Pieces much smaller than the file, so that several connections are under way when the tab dies. */
const readAhead = { connections: 3, pieceBytes: 12_000 };

/** A hub with a temper that depends on the seed. */
function moodyHub(random: () => number): HubOptions {
  return {
    redirects: random() < 0.5,
    linkUses: random() < 0.3 ? 2 : undefined,
    ranges: random() < 0.8,
    sizes: random() < 0.8,
    pieceBytes: 1000 + Math.floor(random() * 30_000),
    fault: () => {
      if (random() < 0.1) return { status: random() < 0.5 ? 503 : 429 };
      return random() < 0.1 ? { cutAfterBytes: 50_000 + Math.floor(random() * 200_000) } : undefined;
    },
  };
}

/** Where a tab dies, no later than an import that needs as much as `whole`. */
function lifeOf(whole: Tab, random: () => number): TabLife {
  const lastCounts = random() < 0.5;
  if (random() < 0.4) return { steps: 1 + Math.floor(random() * whole.steps), lastCounts };
  return { writes: 1 + Math.floor(random() * whole.writes * 0.6), lastCounts };
}

describe('an import that is killed', () => {
  it.each(Array.from({ length: KILLS }, (_, seed) => seed))(
    'goes on at the next start and ends as if nothing had been (seed %i)',
    async (seed) => {
      const random = generator(seed);
      const checkpoint = testCheckpoint({ fileCount: 1 + (seed % 3), seed });
      hub = await startHub(checkpoint.files, moodyHub(generator(seed + 1000)));
      const untouched = new IndexedDbStore(new IDBFactory());
      const counting = new Tab();
      await importInto(counting.store(untouched), { source: counting.source(new UrlSource(hub.url)), readAhead });

      const store = new IndexedDbStore(new IDBFactory());
      for (let start = 0; (await store.manifest('m')) === null; start++) {
        const tab = new Tab(start < 6 ? lifeOf(counting, random) : {});
        const job = { source: tab.source(new UrlSource(hub.url)), readAhead };
        await importInto(tab.store(store), job).catch((error: unknown) => expect(error).toBeInstanceOf(TabClosed));
        await expectHonest(store);
      }
      expect(await essence(await storedModel(store, 'm'))).toEqual(await essence(await storedModel(untouched, 'm')));
      expect(await store.partial('m')).toBeNull();
    },
  );

  /** Every shard that the partial record tells of is there. */
  async function expectHonest(store: WeightStore): Promise<void> {
    const partial = await store.partial('m');
    for (const [index, { bytes }] of (partial?.shards ?? []).entries()) {
      expect((await store.shard(partial!.importId, index))?.size).toBe(bytes);
    }
  }

  it('at random moments, one after another, fetches again no more than the shard and the pieces under way', async () => {
    hub = await startHub(testCheckpoint().files, { redirects: true, pieceBytes: 4000 });
    const random = generator(77);
    const file = 'model.safetensors';
    // With a precision there is nothing to measure, so all that is asked of the file is its header and the download.
    const job = { precision: 'int8', readAhead } as const;
    const untouched = new IndexedDbStore(new IDBFactory());
    const positions = [0];
    const savePartial = untouched.savePartial.bind(untouched);
    untouched.savePartial = (partial) => {
      positions.push(partial.cursor.positionBytes);
      return savePartial(partial);
    };
    await importInto(untouched, job);
    const shardBytes = Math.max(...positions.slice(1).map((position, i) => position - positions[i]!));

    const store = new IndexedDbStore(new IDBFactory());
    let kills = 0;
    for (let done = 0; kills < KILLS;) {
      hub.log.length = 0;
      const tab = new Tab({ steps: 30 + Math.floor(random() * 60), lastCounts: random() < 0.5 });
      const killed = importInto(tab.store(store), { ...job, source: tab.source(new UrlSource(hub.url)) });
      const error = await killed.then(
        () => null,
        (reason: unknown) => reason,
      );
      if (error === null) {
        expect(await essence(await storedModel(store, 'm'))).toEqual(await essence(await storedModel(untouched, 'm')));
        await store.remove('m');
        done = 0;
        continue;
      }
      expect(error).toBeInstanceOf(TabClosed);
      kills++;
      const downloads = hub.log.filter(({ path, status }) => path === file && status === 206).slice(1);
      const sentBytes = downloads.reduce((sum, entry) => sum + entry.sentBytes, 0);
      const begin = done;
      done = (await store.partial('m'))?.cursor.positionBytes ?? 0;
      expect(Math.min(...downloads.map(({ startBytes }) => startBytes), Infinity)).toBeGreaterThanOrEqual(begin);
      const lostBytes = sentBytes - (done - begin);
      expect(lostBytes).toBeLessThanOrEqual(shardBytes + readAhead.connections * readAhead.pieceBytes);
    }
  });

  it('does not fetch again what is stored already, nor measure again', async () => {
    hub = await startHub(testCheckpoint().files);
    const store = new IndexedDbStore(new IDBFactory());
    const counting = new Tab();
    await importInto(counting.store(new IndexedDbStore(new IDBFactory())));
    await caught(importInto(new Tab({ writes: counting.writes - 6, lastCounts: true }).store(store)));
    const { cursor, shards } = (await store.partial('m'))!;
    expect(shards.length).toBeGreaterThan(2);

    hub.log.length = 0;
    await importInto(store);
    const downloads = hub.log.filter(({ path }) => path === 'model.safetensors').map(({ startBytes }) => startBytes);
    expect(downloads).toEqual([0, cursor.positionBytes]); // the header, and the rest
  });
});

describe('an import that is stopped', () => {
  it.each([1, 20_000, 120_000, 250_000])(
    'after %i bytes rejects as aborted, and goes on at the next start',
    async (bytes) => {
      const checkpoint = testCheckpoint();
      hub = await startHub(checkpoint.files, { pieceBytes: 5000 });
      const untouched = new IndexedDbStore(new IDBFactory());
      await importInto(untouched);
      const store = new IndexedDbStore(new IDBFactory());
      const controller = new AbortController();
      const error = await caught(
        importInto(store, {
          signal: controller.signal,
          onProgress: ({ loadedBytes }) => loadedBytes >= bytes && controller.abort(),
        }),
      );
      expect(error).toMatchObject({ code: 'aborted' });
      expect(await store.manifests()).toEqual([]);
      await importInto(store);
      expect(await essence(await storedModel(store, 'm'))).toEqual(await essence(await storedModel(untouched, 'm')));
    },
  );

  it('because the network is down keeps what is stored', async () => {
    hub = await startHub(testCheckpoint().files);
    const store = new IndexedDbStore(new IDBFactory());
    hub.options.fault = ({ path, startBytes }) =>
      path === 'model.safetensors' && startBytes > 150_000 ? { status: 500 } : { cutAfterBytes: 160_000 };
    const error = await caught(importInto(store, { precision: 'int4' }));
    expect(error).toMatchObject({ code: 'network', hint: expect.stringMatching(/kept/) });
    const { shards } = (await store.partial('m'))!;
    expect(shards.length).toBeGreaterThan(1);
    hub.options.fault = undefined;
    const { manifest } = await importInto(store, { precision: 'int4' });
    expect(manifest.shards.slice(0, shards.length)).toEqual(shards);
  });
});

/** Changes the partial record. */
async function edit(store: WeightStore, change: (partial: PartialImport) => PartialImport): Promise<void> {
  await store.savePartial(change((await store.partial('m'))!));
}

describe('a second start begins anew', () => {
  /** Stores a few shards, then lets `change` happen, and imports to the end. @returns the ids of both imports. */
  async function startTwice(change: (store: WeightStore) => Promise<void> | void, job: Partial<ImportJob> = {}) {
    hub = await startHub({ ...testCheckpoint({ seed: 1 }).files });
    const store = new IndexedDbStore(new IDBFactory());
    const counting = new Tab();
    await importInto(counting.store(new IndexedDbStore(new IDBFactory())));
    await caught(importInto(new Tab({ writes: counting.writes - 6, lastCounts: true }).store(store)));
    const begun = (await store.partial('m'))!;
    await change(store);
    const { manifest } = await importInto(store, job);
    await essence(await storedModel(store, 'm'));
    if (manifest.importId !== begun.importId) expect(await store.shard(begun.importId, 0)).toBeNull();
    return { first: begun.importId, second: manifest.importId };
  }

  it('only when it must', async () => {
    const { first, second } = await startTwice(() => {});
    expect(second).toBe(first);
  });

  it.each<[string, (store: WeightStore) => Promise<void> | void, Partial<ImportJob>]>([
    ['the files have changed', () => void Object.assign(hub.files, testCheckpoint({ seed: 2 }).files), {}],
    ['nothing proves that they have not', () => void (hub.options.validators = false), {}],
    ['another precision is asked for', () => {}, { precision: 'int8' }],
    ['the plan has changed', () => {}, { sizes: { ...sizes, blockBytes: 2048 } }],
    [
      'the model asks for other tensors',
      () => {},
      { describe: (config) => describeTest(config).map((spec) => ({ ...spec, name: `new.${spec.name}` })) },
    ],
    ['the format version has changed', (store) => edit(store, (partial) => ({ ...partial, formatVersion: 0 })), {}],
    [
      'a shard is missing',
      (store) => edit(store, (partial) => ({ ...partial, shards: [...partial.shards, partial.shards[0]!] })),
      {},
    ],
  ])('when %s', async (_, change, job) => {
    const { first, second } = await startTwice(change, job);
    expect(second).not.toBe(first);
  });
});
