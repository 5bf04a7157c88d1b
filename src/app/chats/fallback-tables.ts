/**
 * Goes on in memory when the browser stops storing, and says so once. What the disk still lets us read comes along, so
 * nothing disappears from the screen; `retry` brings the session's records to the disk when there is room again.
 */
import { HearthError } from '../../lib/errors';
import { MemoryTables, TABLE_NAMES, type Rows, type TableName, type Tables } from './tables';
import type { Transaction, TransactionMode } from './tables';

/**
 * `full`: the browser refused to store more; `outdated`: a newer version of the page is open in another tab; `blocked`: an
 * older one is; `unavailable`: nothing can be stored here (a private window, a frame, a damaged profile).
 */
export type StorageTrouble = 'full' | 'outdated' | 'blocked' | 'unavailable';

export type KnownRows = { [Name in TableName]?: Rows[Name][] };

export interface FallbackOptions {
  /** Called once, when storing has failed; again only after a successful `retry`. */
  onTrouble: (trouble: StorageTrouble) => void;
  /** What the page has in its hands, for when the disk cannot even be read. */
  lastKnown: () => KnownRows;
}

export class FallbackTables implements Tables {
  readonly #disk: Tables;
  readonly #options: FallbackOptions;
  #memory: Promise<MemoryTables> | null = null;
  /** What has been written since, as "table id". */
  readonly #touched = new Map<string, { table: TableName; id: string }>();

  constructor(disk: Tables, options: FallbackOptions) {
    this.#disk = disk;
    this.#options = options;
  }

  /** True while nothing reaches the disk. */
  get inMemory(): boolean {
    return this.#memory !== null;
  }

  async run<Result>(mode: TransactionMode, work: (transaction: Transaction) => Promise<Result>): Promise<Result> {
    if (!this.#memory) {
      try {
        return await this.#disk.run(mode, work);
      } catch (error) {
        const trouble = troubleOf(error);
        if (!trouble) throw error;
        this.#fallBack(trouble);
      }
    }
    const memory = await this.#memory;
    const outcome = await memory?.run(mode, async (transaction) =>
      this.#memory ? { result: await work(this.#noting(transaction)) } : null,
    );
    return outcome ? outcome.result : this.run(mode, work); // a `retry` has succeeded meanwhile
  }

  /** Writes what was kept in memory to the disk and goes on there. Resolves with whether that went well. */
  async retry(): Promise<boolean> {
    const memory = await this.#memory;
    if (!memory) return true;
    try {
      // Nothing can be written to memory meanwhile: its transactions wait for each other.
      await memory.run('readonly', async (kept) => {
        const writes = [...this.#touched.values()];
        const rows = await Promise.all(writes.map(({ table, id }) => kept.get(table, id)));
        await this.#disk.run('readwrite', async (disk) => {
          for (const [index, { table, id }] of writes.entries()) {
            const row = rows[index];
            if (row) disk.put(table, row);
            else disk.delete(table, id);
          }
        });
        this.#touched.clear();
        this.#memory = null;
      });
      return true;
    } catch (error) {
      if (!troubleOf(error)) throw error;
      return false;
    }
  }

  #fallBack(trouble: StorageTrouble): void {
    if (this.#memory) return;
    this.#memory = this.#fillMemory();
    this.#options.onTrouble(trouble);
  }

  async #fillMemory(): Promise<MemoryTables> {
    const memory = new MemoryTables();
    const known = await this.#readDisk().catch(() => this.#options.lastKnown());
    await memory.run('readwrite', async (transaction) => {
      for (const table of TABLE_NAMES) for (const row of known[table] ?? []) transaction.put(table, row);
    });
    return memory;
  }

  #readDisk(): Promise<KnownRows> {
    return this.#disk.run('readonly', async (transaction) => {
      const [chats, messages, drafts, presets] = await Promise.all([
        transaction.all('chats'),
        transaction.all('messages'),
        transaction.all('drafts'),
        transaction.all('presets'),
      ]);
      return { chats, messages, drafts, presets };
    });
  }

  #noting(transaction: Transaction): Transaction {
    const note = (table: TableName, id: string) => this.#touched.set(`${table} ${id}`, { table, id });
    return {
      ...transaction,
      put: (table, row) => {
        note(table, row.id);
        transaction.put(table, row);
      },
      delete: (table, id) => {
        note(table, id);
        transaction.delete(table, id);
      },
    };
  }
}

/** Failures of our own code are not the disk's: a record that cannot be cloned would not fit into memory either. */
const OUR_FAULTS = ['DataCloneError', 'DataError', 'ConstraintError', 'TransactionInactiveError', 'ReadOnlyError'];

/** What kind of trouble an error of the tables is; null for failures that storing elsewhere does not mend. */
function troubleOf(error: unknown): StorageTrouble | null {
  if (error instanceof HearthError) return null;
  // Where there is no `indexedDB` at all, naming it is a ReferenceError.
  if (error instanceof ReferenceError) return 'unavailable';
  if (!(error instanceof DOMException) || OUR_FAULTS.includes(error.name)) return null;
  if (error.name === 'QuotaExceededError') return 'full';
  if (error.name === 'VersionError') return 'outdated';
  return error.name === 'TimeoutError' ? 'blocked' : 'unavailable';
}
