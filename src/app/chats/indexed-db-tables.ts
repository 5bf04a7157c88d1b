/**
 * The tables that last: IndexedDB through `idb`, in the database `hearth-chats`. Each version of the database is one step that
 * leads to it from the one before, so a database of any age opens. A connection never stands in another tab's way: it closes
 * when a newer page upgrades the database or a person deletes it, and the next use opens it again.
 */
import { wrap, type DBSchema, type IDBPDatabase, type IDBPTransaction } from 'idb';
import { HearthError } from '../../lib/errors';
import { strings } from './strings';
import { TABLE_NAMES, type Rows, type Tables, type Transaction, type TransactionMode } from './tables';

export const DATABASE_NAME = 'hearth-chats';

interface Schema extends DBSchema {
  chats: { key: string; value: Rows['chats'] };
  messages: { key: string; value: Rows['messages']; indexes: { chatId: string } };
  drafts: { key: string; value: Rows['drafts']; indexes: { chatId: string } };
  presets: { key: string; value: Rows['presets'] };
}

type Database = IDBPDatabase<Schema>;
type UpgradeTransaction = IDBPTransaction<Schema, (typeof TABLE_NAMES)[number][], 'versionchange'>;

/** Leads from the version of its place in `STEPS` to the next. Released steps never change. */
export type UpgradeStep = (database: Database, transaction: UpgradeTransaction) => void;

const STEPS: readonly UpgradeStep[] = [
  (database) => {
    database.createObjectStore('chats', { keyPath: 'id' });
    database.createObjectStore('messages', { keyPath: 'id' }).createIndex('chatId', 'chatId');
    database.createObjectStore('drafts', { keyPath: 'id' }).createIndex('chatId', 'chatId');
    database.createObjectStore('presets', { keyPath: 'id' });
  },
];

/** How long another tab may take to let an upgrade happen. */
const BLOCKED_TIMEOUT_MS = 3000;

export class IndexedDbTables implements Tables {
  readonly #factory: () => IDBFactory;
  readonly #steps: readonly UpgradeStep[];
  #opening: Promise<Database> | null = null;

  /**
   * Opens at the first use.
   * @param factory asked at each opening, because naming `indexedDB` already throws in some frames
   * @param steps other ones in tests of upgrading
   */
  constructor(factory: () => IDBFactory = () => indexedDB, steps: readonly UpgradeStep[] = STEPS) {
    this.#factory = factory;
    this.#steps = steps;
  }

  async run<Result>(mode: TransactionMode, work: (transaction: Transaction) => Promise<Result>): Promise<Result> {
    const transaction = await this.#begin(mode);
    const done = transaction.done;
    done.catch(() => {}); // it is awaited below, but may fail before that
    let result: Result;
    try {
      result = await work(operationsOf(transaction));
    } catch (error) {
      try {
        transaction.abort();
      } catch {
        // It has ended by itself, for the reason thrown below.
      }
      // A refused write fails the requests after it with a bare AbortError; the transaction knows the reason.
      throw isAbortError(error) ? (transaction.error ?? error) : error;
    }
    await done;
    return result;
  }

  /** Closes the connection; the next use opens it again. */
  async close(): Promise<void> {
    const opening = this.#opening;
    this.#opening = null;
    (await opening?.catch(() => null))?.close();
  }

  async #begin(mode: TransactionMode) {
    try {
      return (await this.#database()).transaction(TABLE_NAMES, mode);
    } catch (error) {
      // The connection has been closed under us since the last use.
      if (!(error instanceof DOMException) || error.name !== 'InvalidStateError') throw error;
      this.#opening = null;
      return (await this.#database()).transaction(TABLE_NAMES, mode);
    }
  }

  #database(): Promise<Database> {
    this.#opening ??= this.#open().catch((error: unknown) => {
      this.#opening = null;
      throw error;
    });
    return this.#opening;
  }

  #open(): Promise<Database> {
    return new Promise((resolve, reject) => {
      const request = this.#factory().open(DATABASE_NAME, this.#steps.length);
      let timer: ReturnType<typeof setTimeout> | undefined;
      let given = false;
      request.onupgradeneeded = ({ oldVersion }) => {
        const database = wrap(request.result) as unknown as Database;
        const transaction = wrap(request.transaction as IDBTransaction) as unknown as UpgradeTransaction;
        transaction.done.catch(() => {}); // the request fails with it
        for (const step of this.#steps.slice(oldVersion)) step(database, transaction);
      };
      request.onblocked = () => {
        timer = setTimeout(() => {
          given = true;
          reject(new DOMException(strings.databaseBlocked, 'TimeoutError'));
        }, BLOCKED_TIMEOUT_MS);
      };
      request.onsuccess = () => {
        clearTimeout(timer);
        const connection = request.result;
        if (given) return connection.close();
        const forget = () => (this.#opening = null);
        connection.onversionchange = () => {
          connection.close();
          forget();
        };
        connection.onclose = forget; // the browser closed it, as Safari does at times
        resolve(wrap(connection) as unknown as Database);
      };
      request.onerror = () => {
        clearTimeout(timer);
        reject(request.error ?? new HearthError('internal', strings.databaseWithoutReason));
      };
    });
  }
}

function isAbortError(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}

type OpenTransaction = IDBPTransaction<Schema, (typeof TABLE_NAMES)[number][], TransactionMode>;

function operationsOf(transaction: OpenTransaction): Transaction {
  const store = (name: (typeof TABLE_NAMES)[number]) => transaction.objectStore(name) as IDBObjectStoreLike;
  return {
    get: (name, id) => store(name).get(id) as Promise<never>,
    all: (name) => store(name).getAll() as Promise<never[]>,
    ids: (name) => store(name).getAllKeys(),
    page: (name, afterId, limit) =>
      store(name).getAll(IDBKeyRange.lowerBound(afterId, true), limit) as Promise<never[]>,
    ofChat: (name, chatId) => store(name).index('chatId').getAll(chatId) as Promise<never[]>,
    // Their failures fail the transaction, which is where they are met.
    put: (name, row) =>
      void store(name)
        .put(row)
        .catch(() => {}),
    delete: (name, id) =>
      void store(name)
        .delete(id)
        .catch(() => {}),
  };
}

/** What is used of `idb`'s object store, whose own type cannot follow a table that is chosen at run time. */
interface IDBObjectStoreLike {
  get(id: string): Promise<unknown>;
  getAll(range?: IDBKeyRange, limit?: number): Promise<unknown[]>;
  getAllKeys(): Promise<string[]>;
  index(name: 'chatId'): { getAll(chatId: string): Promise<unknown[]> };
  put(row: unknown): Promise<unknown>;
  delete(id: string): Promise<unknown>;
}
