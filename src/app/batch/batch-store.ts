/**
 * The batch of this machine, in the IndexedDB database `hearth-batch`: there is one, and every tab shows it. Its file, its
 * settings and the result of each row are kept apart, so that typing and answering never write the file again. A connection
 * never stands in another tab's way: it closes when a newer page upgrades the database or a person deletes it.
 */
import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import type { BatchSettings, PromptFile, RowResult, StoredBatch } from './types';

export const DATABASE_NAME = 'hearth-batch';

interface Schema extends DBSchema {
  file: { key: string; value: PromptFile };
  settings: { key: string; value: BatchSettings };
  results: { key: number; value: RowResult };
}

type Database = IDBPDatabase<Schema>;

/** Each leads from the version of its place to the next. Released steps never change. */
const STEPS: readonly ((database: Database) => void)[] = [
  (database) => {
    database.createObjectStore('file');
    database.createObjectStore('settings');
    database.createObjectStore('results', { keyPath: 'row' });
  },
];

/** The one record of `file` and of `settings`. */
const ONLY = 'only';
const ALL = ['file', 'settings', 'results'] as const;

/** Every method rejects with the browser's own error when it stores nothing or not any more. */
export class BatchStore {
  #opening: Promise<Database> | null = null;

  async read(): Promise<StoredBatch | null> {
    const transaction = (await this.#database()).transaction(ALL);
    const [file, settings, results] = await Promise.all([
      transaction.objectStore('file').get(ONLY),
      transaction.objectStore('settings').get(ONLY),
      transaction.objectStore('results').getAll(),
    ]);
    return file && settings ? { file, settings, results } : null;
  }

  /** Puts this batch in the place of the one that is there; null leaves none. */
  async replace(batch: StoredBatch | null): Promise<void> {
    const transaction = (await this.#database()).transaction(ALL, 'readwrite');
    const writes: Promise<unknown>[] = ALL.map((name) => transaction.objectStore(name).clear());
    if (batch) {
      writes.push(transaction.objectStore('file').put(batch.file, ONLY));
      writes.push(transaction.objectStore('settings').put(batch.settings, ONLY));
      for (const result of batch.results) writes.push(transaction.objectStore('results').put(result));
    }
    await Promise.all([...writes, transaction.done]);
  }

  async putSettings(settings: BatchSettings): Promise<void> {
    await (await this.#database()).put('settings', settings, ONLY);
  }

  async putResult(result: RowResult): Promise<void> {
    await (await this.#database()).put('results', result);
  }

  /** Lets these rows wait again. */
  async deleteResults(rows: readonly number[]): Promise<void> {
    const transaction = (await this.#database()).transaction('results', 'readwrite');
    await Promise.all([...rows.map((row) => transaction.store.delete(row)), transaction.done]);
  }

  #database(): Promise<Database> {
    const forget = () => (this.#opening = null);
    this.#opening ??= openDB<Schema>(DATABASE_NAME, STEPS.length, {
      upgrade: (database, oldVersion) => {
        for (const step of STEPS.slice(oldVersion)) step(database);
      },
      blocking: (_current, _blocked, event) => {
        forget();
        (event.target as IDBDatabase).close();
      },
      terminated: forget, // the browser closed it, as Safari does at times
    }).catch((error: unknown) => {
      forget();
      throw error;
    });
    return this.#opening;
  }
}
