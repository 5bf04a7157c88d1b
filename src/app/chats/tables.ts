/**
 * Where records lie: four tables of records under string ids, used in transactions that happen wholly or not at all. This is
 * all that `chat-store.ts` needs, so that the same code keeps chats in IndexedDB (`indexed-db-tables.ts`) and in memory (here:
 * temporary chats, and everything where the browser stores nothing).
 */
import type { Chat, Draft, Message, Preset } from './types';

/** The records of each table. */
export interface Rows {
  chats: Chat;
  messages: Message;
  drafts: Draft;
  presets: Preset;
}

export type TableName = keyof Rows;

export const TABLE_NAMES = ['chats', 'messages', 'drafts', 'presets'] as const satisfies TableName[];

/** Tables whose records belong to a chat. */
export type ChatTableName = 'messages' | 'drafts';

/**
 * One transaction. Nothing else may be awaited inside: IndexedDB ends a transaction that waits for something foreign.
 * Writes may reject later than the call; the transaction as a whole then fails.
 */
export interface Transaction {
  get<Name extends TableName>(table: Name, id: string): Promise<Rows[Name] | undefined>;
  all<Name extends TableName>(table: Name): Promise<Rows[Name][]>;
  ids(table: TableName): Promise<string[]>;
  /** In the order of ids, those after `afterId`; for reading much in pieces. */
  page<Name extends TableName>(table: Name, afterId: string, limit: number): Promise<Rows[Name][]>;
  ofChat<Name extends ChatTableName>(table: Name, chatId: string): Promise<Rows[Name][]>;
  put<Name extends TableName>(table: Name, row: Rows[Name]): void;
  delete(table: TableName, id: string): void;
}

export type TransactionMode = 'readonly' | 'readwrite';

export interface Tables {
  /** Runs `work` in one transaction over all tables. Whatever it throws undoes what it wrote. */
  run<Result>(mode: TransactionMode, work: (transaction: Transaction) => Promise<Result>): Promise<Result>;
}

type MemoryRows = { [Name in TableName]: Map<string, Rows[Name]> };

/** Tables that end with the page. Records are copied on their way in and out, as IndexedDB does. */
export class MemoryTables implements Tables {
  readonly #rows: MemoryRows = { chats: new Map(), messages: new Map(), drafts: new Map(), presets: new Map() };
  /** Transactions wait for each other. */
  #last: Promise<unknown> = Promise.resolve();

  run<Result>(_mode: TransactionMode, work: (transaction: Transaction) => Promise<Result>): Promise<Result> {
    const result = this.#last.then(() => this.#runAlone(work));
    this.#last = result.catch(() => {});
    return result;
  }

  async #runAlone<Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result> {
    const undo: (() => void)[] = [];
    try {
      return await work(this.#transaction(undo));
    } catch (error) {
      for (const step of undo.toReversed()) step();
      throw error;
    }
  }

  #transaction(undo: (() => void)[]): Transaction {
    const rows = this.#rows;
    /** The table, with the way back for the record that is about to change. */
    function changing<Name extends TableName>(name: Name, id: string): Map<string, Rows[Name]> {
      const table = rows[name] as Map<string, Rows[Name]>;
      const before = table.get(id);
      undo.push(() => (before === undefined ? table.delete(id) : table.set(id, before)));
      return table;
    }
    return {
      get: async (name, id) => structuredClone(rows[name].get(id)),
      all: async (name) => structuredClone([...rows[name].values()]),
      ids: async (name) => [...rows[name].keys()],
      page: async (name, afterId, limit) => {
        const ids = [...rows[name].keys()].filter((id) => id > afterId).sort();
        return structuredClone(ids.slice(0, limit).flatMap((id) => rows[name].get(id) ?? []));
      },
      ofChat: async (name, chatId) => structuredClone([...rows[name].values()].filter((row) => row.chatId === chatId)),
      put: (name, row) => void changing(name, row.id).set(row.id, structuredClone(row)),
      delete: (name, id) => void changing(name, id).delete(id),
    };
  }
}
