import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { beforeEach, describe, expect, it } from 'vitest';
import { deleteEverything } from '../chats/erase';
import { NO_PLACES } from '../chats/testing/fake-places';
import { BatchStore } from './batch-store';
import { readPrompts } from './read-prompts';
import { defaultSettings, type RowResult, type StoredBatch } from './types';

beforeEach(() => {
  globalThis.indexedDB = new IDBFactory();
});

const result = (row: number): RowResult => ({
  row,
  answer: 'Hi.',
  finishReason: 'stop',
  promptTokens: 5,
  completionTokens: 2,
  seed: 7,
  modelLabel: 'Tales',
});

const batch: StoredBatch = {
  file: readPrompts('a.txt', 'Hello\nAnd?\nSo?', 'lines'),
  settings: defaultSettings('{{column 1}}'),
  results: [result(0), result(2)],
};

describe('the batch of this machine', () => {
  it('is nothing at first, then what was stored, then what has replaced it', async () => {
    expect(await new BatchStore().read()).toBeNull();
    await new BatchStore().replace(batch);
    expect(await new BatchStore().read()).toEqual(batch);
    await new BatchStore().replace({ ...batch, results: [] });
    expect((await new BatchStore().read())?.results).toEqual([]);
    await new BatchStore().replace(null);
    expect(await new BatchStore().read()).toBeNull();
  });

  it('takes settings and results one by one, in the order of the rows', async () => {
    const store = new BatchStore();
    await store.replace({ ...batch, results: [] });
    await store.putSettings({ ...batch.settings, concurrency: 3 });
    for (const row of [2, 0, 1]) await store.putResult(result(row));
    await store.deleteResults([1]);
    expect(await store.read()).toEqual({ ...batch, settings: { ...batch.settings, concurrency: 3 } });
  });

  it('goes when everything is deleted, though it is open, and can be stored again', async () => {
    const store = new BatchStore();
    await store.replace(batch);
    expect(await deleteEverything({ ...NO_PLACES, databases: indexedDB })).toEqual([]);
    expect(await indexedDB.databases()).toEqual([]);
    expect(await store.read()).toBeNull();
    await store.replace(batch);
    expect(await store.read()).toEqual(batch);
  });

  it('rejects where nothing can be stored', async () => {
    Object.assign(globalThis, { indexedDB: undefined });
    await expect(new BatchStore().read()).rejects.toBeInstanceOf(TypeError);
  });
});
