/**
 * All chats at once: searching them, taking them out as files, bringing files in, and deleting everything this site has kept.
 * What reads and writes files is loaded when it is needed.
 */
import { deleteEverything, keysOf } from '../chats/erase';
import type { ExportFile } from '../chats/export';
import { sortChats } from '../chats/groups';
import type { ImportReport } from '../chats/import';
import type { ImportFile } from '../chats/read-import';
import { createRests } from '../chats/rests';
import { SearchIndex, type SearchHit } from '../chats/search';
import type { ChatRoom, ChatsPart } from './chats-slice';

export interface ArchiveSlice {
  /** Chats in whose title or messages all words occur. The first search reads everything, later ones what has changed. */
  searchChats(query: string): Promise<SearchHit[]>;
  /** These chats, or all, as one file to save. */
  exportChats(chatIds: readonly string[] | 'all', format: 'json' | 'markdown'): Promise<ExportFile>;
  /** Chats, presets, settings and the batch as one JSON file; `importChats` reads it again. */
  exportEverything(): Promise<ExportFile>;
  /**
   * Brings in exports of ours (JSON, Markdown, zip) and of ChatGPT: all of them or, on an error, nothing.
   * @throws HearthError `bad-file` with what was found, what was expected and the next move
   */
  importChats(files: Iterable<ImportFile>): Promise<ImportReport>;
  /**
   * Ends all answers and downloads, in all tabs, and deletes chats, models, settings, the batch and the offline shell from
   * this machine. Reload the page afterwards. @returns the names of what could not be deleted
   */
  deleteEverything(): Promise<string[]>;
  /** Empties this tab of what is deleted everywhere; nothing of it is stored any more. Resolves when its work has ended. */
  forgetEverything(): Promise<void>;
}

interface ScreenTools {
  showEmptyChat: (temporary: boolean, keepTyped: boolean) => void;
}

export function createArchiveSlice(room: ChatRoom, { showEmptyChat }: ScreenTools): ChatsPart<ArchiveSlice> {
  const { disk, places, announcer, beside } = room;
  const { settings } = places;
  let index: SearchIndex | null = null;
  let indexing: Promise<SearchIndex> | null = null;
  /** Messages that have changed since they were indexed, with their chats. */
  const stale = new Map<string, string>();

  return (set, get) => {
    announcer.subscribe(({ messages, everything }) => {
      if (everything) {
        index?.clear();
        stale.clear();
      }
      for (const { id, chatId } of messages) stale.set(id, chatId);
    });

    async function buildIndex(): Promise<SearchIndex> {
      const built = new SearchIndex();
      stale.clear();
      const rest = createRests();
      for await (const page of disk.allMessages()) {
        for (const message of page) {
          built.put(message);
          await rest();
        }
      }
      index = built;
      return built;
    }

    async function freshIndex(): Promise<SearchIndex> {
      indexing ??= buildIndex().finally(() => (indexing = null));
      const fresh = index ?? (await indexing);
      const changed = [...stale];
      stale.clear();
      if (changed.length === 0) return fresh;
      const found = new Map((await disk.readMessages(changed.map(([id]) => id))).map((one) => [one.id, one]));
      for (const [id, chatId] of changed) {
        const message = found.get(id);
        if (message) fresh.put(message);
        else fresh.remove(chatId, id);
      }
      return fresh;
    }

    return {
      async searchChats(query) {
        if (query.trim() === '') return [];
        return (await freshIndex()).search(query, get().chatList);
      },

      async exportChats(chatIds, format) {
        await get().flushChats();
        const { exportJson, exportMarkdown } = await import('../chats/export');
        const ids = chatIds === 'all' ? get().chatList.map(({ id }) => id) : chatIds;
        return format === 'json' ? exportJson(disk, ids, Date.now()) : exportMarkdown(disk, ids, Date.now());
      },

      async exportEverything() {
        await get().flushChats();
        const { exportJson } = await import('../chats/export');
        const ids = (await disk.listChats()).map(({ id }) => id);
        return exportJson(disk, ids, Date.now(), {
          presets: await disk.listPresets(),
          settings: settings
            ? Object.fromEntries(keysOf(settings).map((key) => [key, settings.getItem(key) ?? '']))
            : {},
          ...(await beside?.toKeep()),
        });
      },

      async importChats(files) {
        const [{ readImport }, { storeImport }] = await Promise.all([
          import('../chats/read-import'),
          import('../chats/import'),
        ]);
        const read = await readImport(files);
        const report = await room.track(storeImport(disk, read));
        await beside?.restore(read);
        for (const [key, value] of Object.entries(read.settings)) {
          if (settings && settings.getItem(key) === null) settings.setItem(key, value);
        }
        const [chats, presets] = await Promise.all([disk.listChats(), disk.listPresets()]);
        set({ chatList: sortChats(chats), presets });
        return report;
      },

      async deleteEverything() {
        announcer.announce({ chatIds: [], messages: [], everything: true });
        await get().forgetEverything();
        await get().flushChats();
        return deleteEverything(places);
      },

      async forgetEverything() {
        for (const writer of room.writers) writer.discard();
        set({ chatList: [], presets: [], undoables: [] });
        showEmptyChat(false, false);
        for (const key of keysOf(places.tab)) places.tab?.removeItem(key);
        await room.stopWork?.();
        await beside?.forget();
      },
    };
  };
}
