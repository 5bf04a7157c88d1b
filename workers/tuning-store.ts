/** What is known of this device's kernels, in the database `hearth-tuning`: one record, which the engine reads with distrust. */
import { get, set } from 'idb-keyval';
import type { TuningStore } from '../src/engine';
import { openDatabase } from '../src/weights/database';

const RECORD = 'record';

/** @param factory another one in tests. */
export function openTuningStore(factory: IDBFactory = indexedDB): TuningStore {
  const database = openDatabase(factory, 'hearth-tuning');
  return {
    read: () => get<unknown>(RECORD, database),
    write: (record) => set(RECORD, record, database),
  };
}
