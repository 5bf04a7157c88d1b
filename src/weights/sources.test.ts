/** Importing from every kind of source: a hub's repository, files that were given, and what is stored already. */
import { IDBFactory } from 'fake-indexeddb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Hub, startHub } from '../../e2e/support/hub-server.mjs';
import type { HearthError } from '../lib/errors';
import type { ModelSource } from '../lib/model-source';
import { Importer, type ImporterOptions, type ImportProgress } from './importer';
import { IndexedDbStore } from './indexed-db-store';
import type { WeightStore } from './store';
import { describeTest, testCheckpoint } from './testing/checkpoint';
import { essence, storedModel } from './testing/stored';
import { wishFor } from './testing/wish';

const sizes = { shardBytes: 64 * 1024, blockBytes: 16 * 1024 };
const readAhead = { connections: 3, pieceBytes: 50_000 };
const retry = { delaysMs: [1, 1, 1], stallMs: 500 };
const checkpoint = testCheckpoint();

let hub: Hub;
let store: IndexedDbStore;
beforeEach(async () => {
  hub = await startHub({ ...checkpoint.files }, { redirects: true });
  store = new IndexedDbStore(new IDBFactory());
});
afterEach(() => hub.close());

const createImporter = (options: Partial<ImporterOptions> = {}) =>
  new Importer({ store, describe: describeTest, precision: 'int8', sizes, retry, readAhead, ...options });

const fromHub = (parts: Partial<Extract<ModelSource, { kind: 'hub' }>> = {}) => ({
  modelId: 'some-one/some-model',
  source: { kind: 'hub' as const, repository: hub.repository, baseUrl: hub.baseUrl, ...parts },
  origins: [hub.baseUrl],
});

const fromFiles = (lastModified = 1) => {
  const files = Object.entries(checkpoint.files).map(([path, bytes]) => ({
    path,
    file: new File([bytes], path, { lastModified }),
  }));
  return { modelId: 'file:///dropped', source: { kind: 'files' as const, name: 'dropped', files }, origins: [] };
};

const ignore = () => {};

const caught = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable('it should have failed'),
    (error: unknown) => error as HearthError,
  );

describe('a repository', () => {
  it('is imported at the commit that its branch names, and is the same as its folder', async () => {
    const importer = createImporter();
    await importer.ensure('1', fromHub(), ignore);
    const manifest = (await store.manifest('some-one/some-model'))!;
    expect(manifest.source).toMatchObject({
      id: 'some-one/some-model',
      url: `${hub.baseUrl}/some-one/some-model/resolve/${hub.commit}/`,
    });
    await importer.ensure('2', wishFor('folder', hub.url), ignore);
    const [repository, folder] = await Promise.all(
      ['some-one/some-model', 'folder'].map(async (id) => essence(await storedModel(store, id))),
    );
    expect(repository).toEqual(folder);
  });

  it('that is stored is found without a request, by its name on any mirror and as what is stored', async () => {
    await createImporter().ensure('1', fromHub(), ignore);
    Object.assign(hub, { log: [], listings: [] });
    const again = createImporter();
    const wishes = [
      fromHub(),
      fromHub({ baseUrl: 'https://mirror.example', revision: 'main' }),
      { ...fromHub(), source: { kind: 'stored' as const }, origins: [] },
    ];
    for (const wish of wishes) expect(await again.ensure('2', wish, ignore)).toMatchObject({ cached: true });
    expect([...hub.log, ...hub.listings]).toEqual([]);
    expect(await caught(again.ensure('3', { ...wishes[2]!, modelId: 'another' }, ignore))).toMatchObject({
      code: 'not-found',
    });
  });

  it('whose file does not have the digest that the hub tells is refused, and fetched anew at the next start', async () => {
    const path = 'model.safetensors';
    const good = hub.files[path] as Uint8Array<ArrayBuffer>;
    const bad = Uint8Array.from(good);
    bad[bad.length - 1]! ^= 1;
    const forgeLate: typeof fetch = async (input, init) => {
      const response = await fetch(input, init);
      hub.files[path] = bad; // the list told of the other
      return response;
    };
    const importer = createImporter({ getFor: () => (url, init) => forgeLate(url, init) });
    expect(await caught(importer.ensure('1', fromHub(), ignore))).toMatchObject({
      code: 'bad-file',
      message: expect.stringMatching(/came with SHA-256 [\da-f]{64}; its publisher says [\da-f]{64}/),
    });
    expect(await store.manifests()).toEqual([]);
    hub.files[path] = good;
    await createImporter().ensure('2', fromHub(), ignore);
    const { source } = (await store.manifest('some-one/some-model'))!;
    expect(source.files.find((file) => file.path === path)?.bytes).toBe(good.length);
  });

  it('from a host that nobody chose is refused, and nothing is sent', async () => {
    const error = await caught(createImporter().ensure('1', { ...fromHub(), origins: [] }, ignore));
    expect(error).toMatchObject({ code: 'bad-request', message: expect.stringContaining(new URL(hub.baseUrl).host) });
    expect([...hub.log, ...hub.listings]).toEqual([]);
  });
});

describe('given files', () => {
  it('are imported, and go on at the second giving where the first one ended', async () => {
    const importer = createImporter();
    let stopped = false;
    const stop = ({ phase, loadedBytes }: ImportProgress) => {
      if (stopped || phase !== 'download' || loadedBytes < 200_000) return;
      stopped = true;
      void importer.abort('1');
    };
    expect(await caught(importer.ensure('1', fromFiles(), stop))).toMatchObject({ code: 'aborted' });
    const begun = (await store.partial('file:///dropped'))!;
    await createImporter().ensure('2', fromFiles(), ignore);
    const manifest = (await store.manifest('file:///dropped'))!;
    expect(manifest.importId).toBe(begun.importId);
    await createImporter().ensure('3', wishFor('folder', hub.url), ignore);
    const [given, folder] = await Promise.all(
      ['file:///dropped', 'folder'].map(async (id) => essence(await storedModel(store, id))),
    );
    expect(given).toEqual(folder);
  });

  it('that are others of the same name replace the model, and their damage is told with what to do', async () => {
    const importer = createImporter();
    await importer.ensure('1', fromFiles(1), ignore);
    expect(await importer.ensure('2', fromFiles(1), ignore)).toMatchObject({ cached: true });
    expect(await importer.ensure('3', fromFiles(2), ignore)).toMatchObject({ cached: false });
    const { importId } = (await store.manifest('file:///dropped'))!;
    await store.saveShard(importId, 0, new Blob(['x']));
    expect(await caught(importer.repair('4', 'file:///dropped', ignore))).toMatchObject({
      code: 'weights-corrupt',
      message: expect.stringMatching(/given by hand/),
    });
  });
});

describe('cancelling', () => {
  it('ends the download and forgets what it has stored, but no model that is whole', async () => {
    const importer = createImporter();
    await importer.ensure('1', wishFor('m', hub.url), ignore);
    hub.files['model.safetensors'] = testCheckpoint({ seed: 5 }).files['model.safetensors']!;
    let cancelled: Promise<void> | null = null;
    const elsewhere = wishFor('m', hub.url.replace('127.0.0.1', 'localhost'));
    const ended = caught(
      importer.ensure('2', elsewhere, ({ loadedBytes }) => {
        if (loadedBytes > 150_000) cancelled ??= importer.cancel('m');
      }),
    );
    expect(await ended).toMatchObject({ code: 'aborted' });
    await cancelled;
    expect(await store.partial('m')).toBeNull();
    await essence(await storedModel(store, 'm'));
  });
});

it('a full disk is told with what could be freed, the largest first', async () => {
  await createImporter().ensure('1', wishFor('small', hub.url), ignore);
  const full = new Proxy<WeightStore>(store, {
    get: (target, method: keyof WeightStore) =>
      method === 'saveShard'
        ? () => Promise.reject(new DOMException('No room.', 'QuotaExceededError'))
        : target[method].bind(target),
  });
  const { warning } = await createImporter({ store: full }).ensure('2', wishFor('m', hub.url), ignore);
  expect(warning).toMatch(/storage is full.*Deleting a stored model makes room: small \(1 MB\)\./);
});
