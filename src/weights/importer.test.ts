import { IDBFactory } from 'fake-indexeddb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Hub, startHub } from '../../e2e/support/hub-server.mjs';
import { createStaticServer, listen } from '../../scripts/serve.mjs';
import type { HearthError } from '../lib/errors';
import { modelPage } from '../models/index';

import { Importer, type ImportProgress } from './importer';
import { IndexedDbStore } from './indexed-db-store';
import { openWeightsInMemory } from './load';
import { MemoryStore } from './memory-store';
import type { WeightStore } from './store';
import { describeTest, testCheckpoint } from './testing/checkpoint';
import { essence, storedModel } from './testing/stored';
import { wishFor } from './testing/wish';

const sizes = { shardBytes: 24 * 1024, blockBytes: 4096 };
const retry = { delaysMs: [1, 1], stallMs: 500 };
const checkpoint = testCheckpoint();

let hub: Hub;
beforeEach(async () => void (hub = await startHub({ ...checkpoint.files }, { pieceBytes: 5000 })));
afterEach(() => hub.close());

const createImporter = (store: WeightStore = new IndexedDbStore(new IDBFactory())) =>
  new Importer({ store, describe: describeTest, sizes, retry });

const ensure = (importer: Importer, requestId = '1', onProgress: (progress: ImportProgress) => void = () => {}) =>
  importer.ensure(requestId, wishFor('m', hub.url), onProgress);

const caught = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable('it should have failed'),
    (error: unknown) => error as HearthError,
  );

/** Resolves when an import has reported so many bytes. */
function bytesOf(importer: Importer, requestId: string, bytes: number) {
  let reached = () => {};
  const there = new Promise<void>((resolve) => (reached = resolve));
  const ended = ensure(importer, requestId, ({ loadedBytes }) => loadedBytes >= bytes && reached());
  return { there, ended };
}

describe('ensure', () => {
  it('imports, and the next time finds the model without a single request', async () => {
    const store = new IndexedDbStore(new IDBFactory());
    expect(await ensure(createImporter(store))).toEqual({ modelId: 'm', cached: false, inMemory: null, warning: null });
    hub.log.length = 0;
    expect(await ensure(createImporter(store))).toMatchObject({ cached: true, inMemory: null, warning: null });
    expect(hub.log).toEqual([]);
  });

  it('imports again from another address, or when the stored bits have another meaning', async () => {
    const store = new IndexedDbStore(new IDBFactory());
    const importer = createImporter(store);
    await ensure(importer);
    const elsewhere = wishFor('m', hub.url.replace('127.0.0.1', 'localhost'));
    expect(await importer.ensure('2', elsewhere, () => {})).toMatchObject({ cached: false });
    await store.finish({ ...(await store.manifest('m'))!, formatVersion: 0 });
    expect(await importer.ensure('3', elsewhere, () => {})).toMatchObject({ cached: false });
  });

  it('twice at once downloads once', async () => {
    const importer = createImporter();
    const results = await Promise.all([ensure(importer, '1'), ensure(importer, '2')]);
    expect(results.map(({ cached }) => cached)).toEqual([false, true]);
    const whole = hub.log.filter(
      ({ path, endBytes, startBytes }) => path === 'model.safetensors' && startBytes === 0 && endBytes > 262_144,
    );
    expect(whole).toHaveLength(1);
  });

  it('of two models at once imports both', async () => {
    const importer = createImporter();
    await Promise.all(['a', 'b'].map((modelId) => importer.ensure(modelId, wishFor(modelId, hub.url), () => {})));
    expect((await importer.list()).map(({ modelId }) => modelId).sort()).toEqual(['a', 'b']);
  });

  it('refuses what is no address', async () => {
    const error = await caught(createImporter().ensure('1', wishFor('m', 'tales'), () => {}));
    expect(error).toMatchObject({ code: 'bad-request' });
  });

  it('reports every phase, and not every byte', async () => {
    const reports: ImportProgress[] = [];
    await ensure(createImporter(), '1', (progress) => reports.push(progress));
    expect([...new Set(reports.map(({ phase }) => phase))]).toEqual(['check', 'download', 'store']);
    expect(reports.length).toBeLessThan(50);
    expect(reports.at(-1)?.loadedBytes).toBe(checkpoint.files['model.safetensors']!.length);
  });
});

describe('abort', () => {
  it('ends the import it names and leaves the model absent', async () => {
    const importer = createImporter();
    const { there, ended } = bytesOf(importer, '1', 1);
    const error = caught(ended);
    await there;
    await importer.abort('1');
    expect(await error).toMatchObject({ code: 'aborted', hint: expect.stringMatching(/kept/) });
    expect(await importer.list()).toEqual([]);
  });

  it('of one that waits for another leaves the other alone', async () => {
    const importer = createImporter();
    const { there, ended } = bytesOf(importer, '1', 1);
    const waiting = caught(ensure(importer, '2'));
    await there;
    await importer.abort('2');
    expect(await ended).toMatchObject({ cached: false });
    expect(await waiting).toMatchObject({ code: 'aborted' });
  });

  it('of a running one lets the waiting one take over', async () => {
    const importer = createImporter();
    const { there, ended } = bytesOf(importer, '1', 1);
    const first = caught(ended);
    const second = ensure(importer, '2');
    await there;
    await importer.abort('1');
    expect(await first).toMatchObject({ code: 'aborted' });
    expect(await second).toMatchObject({ cached: false });
  });

  it('of an unknown request does nothing', async () => {
    await expect(createImporter().abort('7')).resolves.toBeUndefined();
  });
});

describe('export', () => {
  it('gives a file that is imported again under its own name', async () => {
    const importer = createImporter();
    await ensure(importer);
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    const phases = new Set<string>();
    const write = async (bytes: Uint8Array<ArrayBuffer>) => void pieces.push(bytes);
    await importer.export('2', 'm', write, ({ phase }) => phases.add(phase));
    expect([...phases]).toEqual(['export']);
    const file = new File(pieces, 'Mine.hearth.safetensors');
    const source = { kind: 'files' as const, name: file.name, files: [{ path: file.name, file }] };
    expect(await importer.ensure('3', { modelId: 'copy', source, origins: [] }, () => {})).toMatchObject({
      cached: false,
      warning: null,
    });
    expect((await importer.list()).map(({ modelId }) => modelId).sort()).toEqual(['copy', 'm']);
  });

  it('ends when it is aborted, and says what is not there', async () => {
    const importer = createImporter();
    await ensure(importer);
    const ended = importer.export(
      '2',
      'm',
      () => importer.abort('2'),
      () => {},
    );
    expect(await caught(ended)).toMatchObject({ code: 'aborted' });
    const write = () => expect.unreachable('there is nothing to write');
    expect(await caught(importer.export('3', 'none', write, () => {}))).toMatchObject({ code: 'not-found' });
  });
});

describe('list and remove', () => {
  it('tell what is stored, and delete it', async () => {
    const importer = createImporter();
    await ensure(importer);
    const [model] = await importer.list();
    expect(model).toMatchObject({ modelId: 'm', createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) });
    expect(model!.storedBytes).toBeGreaterThan(80_000);
    await importer.remove('m');
    expect(await importer.list()).toEqual([]);
    expect(await ensure(importer, '2')).toMatchObject({ cached: false });
  });
});

describe('a browser that stores no more', () => {
  /** Refuses every write from the given one on. */
  function fullStore(store: WeightStore, writesLeft: number, name = 'QuotaExceededError'): WeightStore {
    const writes = new Set<PropertyKey>(['savePartial', 'saveShard', 'finish']);
    let left = writesLeft;
    return new Proxy(store, {
      get: (target, method: keyof WeightStore) => {
        const real = target[method].bind(target) as (...args: unknown[]) => Promise<unknown>;
        return (...args: unknown[]) =>
          writes.has(method) && left-- <= 0 ? Promise.reject(new DOMException('No room.', name)) : real(...args);
      },
    });
  }

  it('gets the model in memory, wherever it begins to refuse', async () => {
    const untouched = new MemoryStore();
    await ensure(createImporter(untouched));
    const expected = await essence(await storedModel(untouched, 'm'));
    const writes = 2 + 2 * expected.shards.length;
    for (let allowed = 0; allowed < writes; allowed++) {
      const store = new IndexedDbStore(new IDBFactory());
      const { cached, inMemory, warning } = await ensure(createImporter(fullStore(store, allowed)));
      expect(cached).toBe(false);
      expect(warning).toMatch(/storage is full: the model stays in memory/);
      expect(await essence(openWeightsInMemory(inMemory!))).toEqual(expected);
      expect(await store.manifests()).toEqual([]);
    }
    const { inMemory } = await ensure(createImporter(fullStore(new MemoryStore(), writes)));
    expect(inMemory).toBeNull();
  });

  it('is not asked twice in one session, until the model is removed', async () => {
    const importer = createImporter(fullStore(new MemoryStore(), 3));
    const first = await ensure(importer);
    hub.log.length = 0;
    expect(await ensure(importer, '2')).toEqual({ ...first, cached: true });
    expect(hub.log).toEqual([]);
    await importer.remove('m');
    expect(await ensure(importer, '3')).toMatchObject({ cached: false });
  });

  it('and loses what it had, says so', async () => {
    const store = fullStore(new MemoryStore(), 4);
    const forgetful = new Proxy(store, {
      get: (target, method: keyof WeightStore) => (method === 'shard' ? () => Promise.resolve(null) : target[method]),
    });
    const error = await caught(ensure(createImporter(forgetful)));
    expect(error).toMatchObject({ code: 'storage-full', message: expect.stringMatching(/has lost shard 1 of 2/) });
  });

  it('and never did, is told apart from a full one', async () => {
    const closed = {
      open: () => {
        throw new DOMException('Access is denied.', 'SecurityError');
      },
    } as unknown as IDBFactory;
    const { inMemory, warning } = await ensure(createImporter(new IndexedDbStore(closed)));
    expect(warning).toMatch(/did not let us store the model \(Access is denied\.\)/);
    expect(inMemory?.shards.length).toBe(inMemory?.manifest.shards.length);
    expect(await createImporter(new IndexedDbStore(closed)).list()).toEqual([]);
  });
});

it('imports the bundled model as its published checksums say', async () => {
  const server = createStaticServer({ root: 'public' });
  try {
    const store = new IndexedDbStore(new IDBFactory());
    const importer = new Importer({
      store,
      describe(config) {
        const page = modelPage(config);
        return page.weights(page.readConfig(config));
      },
    });
    await importer.ensure('1', wishFor('tales', `${await listen(server, 0)}/models/tales`), () => {});
    const { manifest, readShard } = await storedModel(store, 'tales');
    const published = await (await import('node:fs/promises')).readFile('public/models/tales/SHA256SUMS', 'utf8');
    expect(manifest.source.files.length).toBe(5);
    for (const { path, sha256 } of manifest.source.files) expect(published).toContain(`${sha256}  ${path}\n`);
    expect((await readShard(0)).size).toBe(manifest.shards[0]!.bytes);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
