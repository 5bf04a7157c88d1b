import { IDBFactory } from 'fake-indexeddb';
import { describe, expect, it, vi } from 'vitest';
import { deleteEverything, type Places } from './erase';
import { createFakeStorage, NO_PLACES } from './testing/fake-places';

function fakeCaches(...names: string[]) {
  const left = new Set(names);
  const caches = { keys: async () => [...left], delete: async (name: string) => left.delete(name) };
  return { left, caches: caches as unknown as CacheStorage };
}

const openDatabase = (factory: IDBFactory, name: string) =>
  new Promise<IDBDatabase>((resolve) => {
    const request = factory.open(name);
    request.onsuccess = () => resolve(request.result);
  });
const namesIn = async (factory: IDBFactory) => (await factory.databases()).map(({ name }) => name);

describe('deleting everything', () => {
  it('takes tokens and keys of other hosts too, also where databases cannot be listed', async () => {
    const all = new IDBFactory();
    const ours = ['chats', 'batch', 'models', 'shards', 'hosts', 'remote', 'tuning'].map((name) => `hearth-${name}`);
    for (const name of [...ours, 'other']) (await openDatabase(all, name)).close();
    const databases = { deleteDatabase: (name: string) => all.deleteDatabase(name) } as unknown as IDBFactory;
    expect(
      await deleteEverything({ databases, caches: null, serviceWorkers: null, settings: null, tab: null }),
    ).toEqual([]);
    expect(await namesIn(all)).toEqual(['other']);
  });

  it('takes all that is ours and leaves what is not', async () => {
    const databases = new IDBFactory();
    for (const name of ['hearth-chats', 'hearth-shards', 'other']) (await openDatabase(databases, name)).close();
    const { left, caches } = fakeCaches('workbox-precache-v2-http://localhost/', 'hearth-x', 'other');
    const unregister = vi.fn<() => Promise<boolean>>().mockResolvedValue(true);
    const settings = createFakeStorage({ 'hearth.theme': 'dark', 'hearth.b': '', other: '1' });
    const tab = createFakeStorage({ 'hearth.chat': 'x' });
    const serviceWorkers = { getRegistrations: async () => [{ unregister }] } as unknown as ServiceWorkerContainer;
    expect(await deleteEverything({ databases, caches, serviceWorkers, settings, tab })).toEqual([]);
    expect(await namesIn(databases)).toEqual(['other']);
    expect([...left]).toEqual(['other']);
    expect(unregister).toHaveBeenCalled();
    expect([settings.length, settings.getItem('other'), tab.length]).toEqual([1, '1', 0]);
  });

  it('says what could not be deleted, and deletes the rest', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const databases = new IDBFactory();
    (await openDatabase(databases, 'hearth-chats')).close();
    const stubborn = await openDatabase(databases, 'hearth-models'); // has no onversionchange
    const { left, caches } = fakeCaches('hearth-x');
    vi.spyOn(caches, 'delete').mockRejectedValue(new Error('no'));
    const deleting = deleteEverything({ ...NO_PLACES, databases, caches });
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    vi.advanceTimersByTime(5000);
    expect(await deleting).toEqual(['hearth-models', 'caches']);
    expect([...left]).toEqual(['hearth-x']);
    expect(await namesIn(databases)).not.toContain('hearth-chats');
    vi.useRealTimers();
    stubborn.close();
  });

  it('deletes the databases it knows where they cannot be listed', async () => {
    const databases = new IDBFactory();
    for (const name of ['hearth-chats', 'hearth-models']) (await openDatabase(databases, name)).close();
    const unlisted = { deleteDatabase: (name: string) => databases.deleteDatabase(name) } as IDBFactory;
    expect(await deleteEverything({ ...NO_PLACES, databases: unlisted })).toEqual([]);
    expect(await namesIn(databases)).toEqual([]);
  });

  it('where nothing can be kept there is nothing to delete', async () => {
    const nowhere: Places = NO_PLACES;
    expect(await deleteEverything(nowhere)).toEqual([]);
  });
});
