/**
 * One IndexedDB database with one object store, as idb-keyval's `UseStore`. Unlike its own `createStore`, the connection
 * closes when another tab wants to delete or upgrade the database (an open one would block it for ever), and the next use
 * opens it again; writes wait until they are on the disk, so that a record never outlives the shard it tells of.
 */
import { promisifyRequest, type UseStore } from 'idb-keyval';

const STORE_NAME = 'keyval';

/** Opens at the first use. @param factory where the database lives. */
export function openDatabase(factory: IDBFactory, name: string): UseStore {
  let opening: Promise<IDBDatabase> | null = null;

  async function open(): Promise<IDBDatabase> {
    const request = factory.open(name);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE_NAME);
    const database = await promisifyRequest(request);
    const forget = () => (opening = null);
    database.onversionchange = () => {
      database.close();
      forget();
    };
    database.onclose = forget; // the browser closed it, as Safari does at times
    return database;
  }

  return async (mode, callback) => {
    opening ??= open().catch((error: unknown) => {
      opening = null;
      throw error;
    });
    const database = await opening;
    return callback(database.transaction(STORE_NAME, mode, { durability: 'strict' }).objectStore(STORE_NAME));
  };
}
