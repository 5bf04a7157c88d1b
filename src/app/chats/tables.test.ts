import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { HearthError } from '../../lib/errors';
import { FallbackTables, type KnownRows } from './fallback-tables';
import { DATABASE_NAME, IndexedDbTables, type UpgradeStep } from './indexed-db-tables';
import { MemoryTables, type Tables } from './tables';
import { emptyChat, type Message } from './types';

const message = (id: string, chatId: string, content = ''): Message => ({
  id,
  chatId,
  parentId: null,
  role: 'user',
  content,
  createdAt: 0,
  state: 'done',
  revision: 1,
});
const put = (tables: Tables, ...messages: Message[]) =>
  tables.run('readwrite', async (transaction) => {
    for (const one of messages) transaction.put('messages', one);
  });
const idsOf = (tables: Tables) =>
  tables.run('readonly', async (transaction) => (await transaction.all('messages')).map(({ id }) => id));

describe.each([
  ['IndexedDB', () => new IndexedDbTables(() => new IDBFactory())],
  ['memory', () => new MemoryTables()],
])('tables in %s', (_name, create) => {
  // One factory for all openings of a test.
  const open = () => {
    const factory = new IDBFactory();
    const tables = create();
    return tables instanceof MemoryTables ? tables : new IndexedDbTables(() => factory);
  };

  it('give back what was put, by id, by chat, all and in pages', async () => {
    const tables = open();
    await put(tables, message('b', 'x'), message('a', 'x'), message('c', 'y'));
    await tables.run('readonly', async (transaction) => {
      expect(await transaction.get('messages', 'a')).toEqual(message('a', 'x'));
      expect(await transaction.get('messages', 'z')).toBeUndefined();
      expect((await transaction.ofChat('messages', 'x')).map(({ id }) => id).sort()).toEqual(['a', 'b']);
      expect((await transaction.page('messages', '', 2)).map(({ id }) => id)).toEqual(['a', 'b']);
      expect((await transaction.page('messages', 'b', 2)).map(({ id }) => id)).toEqual(['c']);
      expect((await transaction.ids('messages')).sort()).toEqual(['a', 'b', 'c']);
      expect(await transaction.all('chats')).toEqual([]);
    });
  });

  it('give copies, not what they keep', async () => {
    const tables = open();
    const kept = message('a', 'x', 'before');
    await put(tables, kept);
    kept.content = 'changed';
    const [read] = await tables.run('readonly', (transaction) => transaction.all('messages'));
    expect(read?.content).toBe('before');
  });

  it('undo all of a transaction that throws', async () => {
    const tables = open();
    await put(tables, message('a', 'x', 'before'), message('b', 'x'));
    const failing = tables.run('readwrite', async (transaction) => {
      transaction.put('messages', message('a', 'x', 'after'));
      transaction.put('messages', message('c', 'x'));
      transaction.delete('messages', 'b');
      await transaction.get('messages', 'a');
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    await tables.run('readonly', async (transaction) => {
      const all = await transaction.all('messages');
      expect(all.sort((a, b) => (a.id < b.id ? -1 : 1))).toEqual([message('a', 'x', 'before'), message('b', 'x')]);
    });
  });

  it('run one writing transaction after the other', async () => {
    const tables = open();
    await put(tables, message('a', 'x', '0'));
    const addOne = () =>
      tables.run('readwrite', async (transaction) => {
        const one = await transaction.get('messages', 'a');
        transaction.put('messages', message('a', 'x', String(Number(one?.content) + 1)));
      });
    await Promise.all(Array.from({ length: 20 }, addOne));
    const [counted] = await tables.run('readonly', (transaction) => transaction.all('messages'));
    expect(counted?.content).toBe('20');
  });
});

describe('the database', () => {
  const first: UpgradeStep = (database) => {
    for (const name of ['chats', 'messages', 'drafts', 'presets'] as const) {
      const store = database.createObjectStore(name, { keyPath: 'id' });
      if (name === 'messages' || name === 'drafts') (store as never as IDBObjectStore).createIndex('chatId', 'chatId');
    }
  };
  const second: UpgradeStep = (_database, transaction) => {
    void transaction.objectStore('messages').put(message('from the second step', 'x'));
  };

  it('is upgraded step by step while another tab has it open, and keeps what is in it', async () => {
    const factory = new IDBFactory();
    const old = new IndexedDbTables(() => factory, [first]);
    await put(old, message('a', 'x'));
    const upgraded = new IndexedDbTables(() => factory, [first, second]);
    expect(await idsOf(upgraded)).toEqual(['a', 'from the second step']);
    await expect(idsOf(old)).rejects.toMatchObject({ name: 'VersionError' });
  });

  it('can be deleted by another tab, and is opened again at the next use', async () => {
    const factory = new IDBFactory();
    const tables = new IndexedDbTables(() => factory);
    await put(tables, message('a', 'x'));
    await new Promise<void>((resolve, reject) => {
      const request = factory.deleteDatabase(DATABASE_NAME);
      request.onsuccess = () => resolve();
      request.onblocked = () => reject(new Error('blocked'));
    });
    expect(await idsOf(tables)).toEqual([]);
    await tables.close();
    expect(await idsOf(tables)).toEqual([]);
  });

  it('does not wait for ever for a tab that keeps an older version open', async () => {
    const factory = new IDBFactory();
    const stubborn = factory.open(DATABASE_NAME, 1); // has no onversionchange
    await new Promise((resolve) => (stubborn.onsuccess = resolve));
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const failing = idsOf(new IndexedDbTables(() => factory, [first, () => {}])).catch((error: unknown) => error);
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
    vi.advanceTimersByTime(3000);
    expect(await failing).toMatchObject({ name: 'TimeoutError' });
    vi.useRealTimers();
    stubborn.result.close();
  });
});

describe('when the browser stops storing', () => {
  afterEach(() => vi.restoreAllMocks());

  function setUp(known: KnownRows = {}) {
    const factory = new IDBFactory();
    const disk = new IndexedDbTables(() => factory);
    const onTrouble = vi.fn<(trouble: string) => void>();
    return { disk, onTrouble, tables: new FallbackTables(disk, { onTrouble, lastKnown: () => known }) };
  }
  const full = () => new DOMException('full', 'QuotaExceededError');

  /** The disk refuses all writing until the returned function is called. */
  function fillDisk(disk: IndexedDbTables): () => void {
    vi.spyOn(disk, 'run').mockImplementation(async (mode, work) => {
      if (mode === 'readwrite') throw full();
      return IndexedDbTables.prototype.run.call(disk, mode, work);
    });
    return () => {
      vi.mocked(disk.run).mockRestore();
    };
  }

  it('says so once and goes on in memory with all that was stored', async () => {
    const { disk, tables, onTrouble } = setUp();
    await put(tables, message('a', 'x'));
    vi.spyOn(disk, 'run').mockRejectedValueOnce(full());
    await Promise.all([put(tables, message('b', 'x')), put(tables, message('c', 'x'))]);
    await put(tables, message('d', 'x'));
    expect(onTrouble.mock.calls).toEqual([['full']]);
    expect((await idsOf(tables)).sort()).toEqual(expect.arrayContaining(['a', 'b', 'd']));
    expect(tables.inMemory).toBe(true);
    expect(await idsOf(disk)).not.toContain('d');
  });

  it('brings everything to the disk when there is room again', async () => {
    const { disk, tables, onTrouble } = setUp();
    await put(tables, message('a', 'x'), message('gone', 'x'));
    vi.spyOn(disk, 'run').mockRejectedValueOnce(full());
    await put(tables, message('b', 'x'));
    await tables.run('readwrite', async (transaction) => transaction.delete('messages', 'gone'));
    const makeRoom = fillDisk(disk);
    expect(await tables.retry()).toBe(false);
    makeRoom();
    const during = put(tables, message('during', 'x'));
    const [retried] = await Promise.all([tables.retry(), put(tables, message('late', 'x')), during]);
    expect(retried).toBe(true);
    expect((await idsOf(disk)).sort()).toEqual(['a', 'b', 'during', 'late']);
    expect(tables.inMemory).toBe(false);
    await put(tables, message('after', 'x'));
    expect(await idsOf(disk)).toContain('after');
    expect(onTrouble).toHaveBeenCalledTimes(1);
  });

  it('takes what the page knows when the disk cannot even be read', async () => {
    const { disk, tables, onTrouble } = setUp({ chats: [emptyChat('known', 0)] });
    vi.spyOn(disk, 'run').mockRejectedValue(new DOMException('broken', 'UnknownError'));
    await put(tables, message('a', 'known'));
    const chats = await tables.run('readonly', (transaction) => transaction.all('chats'));
    expect(chats.map(({ id }) => id)).toEqual(['known']);
    expect(onTrouble.mock.calls).toEqual([['unavailable']]);
  });

  it.each([
    ['a database of a newer page', 'VersionError', 'outdated'],
    ['an older page in the way', 'TimeoutError', 'blocked'],
    ['a frame that may store nothing', 'SecurityError', 'unavailable'],
  ])('tells of %s', async (_what, name, trouble) => {
    const { disk, tables, onTrouble } = setUp();
    vi.spyOn(disk, 'run').mockRejectedValue(new DOMException('', name));
    await put(tables, message('a', 'x'));
    expect(onTrouble.mock.calls).toEqual([[trouble]]);
  });

  it('where there is no IndexedDB at all, begins in memory', async () => {
    const onTrouble = vi.fn<(trouble: string) => void>();
    const missing = new IndexedDbTables(() => {
      throw new ReferenceError('indexedDB is not defined');
    });
    const tables = new FallbackTables(missing, { onTrouble, lastKnown: () => ({}) });
    await put(tables, message('a', 'x'));
    expect(await idsOf(tables)).toEqual(['a']);
    expect(onTrouble.mock.calls).toEqual([['unavailable']]);
  });

  it('does not hide faults of our own', async () => {
    const { tables, onTrouble } = setUp();
    await expect(put(tables, { ...message('a', 'x'), content: (() => {}) as never })).rejects.toMatchObject({
      name: 'DataCloneError',
    });
    await expect(
      tables.run('readwrite', async () => {
        throw new HearthError('internal', 'ours');
      }),
    ).rejects.toThrow('ours');
    expect(onTrouble).not.toHaveBeenCalled();
  });
});
