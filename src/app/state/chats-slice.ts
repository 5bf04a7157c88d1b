/**
 * The chats of this machine and the one that is open. What a person does shows at once and is stored behind it; what another
 * tab does is read again when it is announced. Four parts in a file each, one slice together:
 *
 * - here: the list, the open chat, renaming, pinning, deleting with undo, presets
 * - `transcript-slice.ts`: the messages of the open chat, its branches, growing answers
 * - `typing-slice.ts`: what stands in the composer and the chat's settings while they are typed
 * - `archive-slice.ts`: searching, exporting, importing, deleting everything
 */
import type { StateCreator } from 'zustand/vanilla';
import type { AnswerWriter } from '../chats/answer-writer';
import { createAnnouncer, openChannel, type Announcer, type Channel } from '../chats/changes';
import { ChatStore } from '../chats/chat-store';
import { placesHere, type Places } from '../chats/erase';
import type { BackupExtras } from '../chats/export-format';
import { FallbackTables, type StorageTrouble } from '../chats/fallback-tables';
import { sortChats } from '../chats/groups';
import { newId } from '../chats/ids';
import { IndexedDbTables } from '../chats/indexed-db-tables';
import { MemoryTables, type Tables } from '../chats/tables';
import { openTabs, type Tabs } from '../chats/tabs';
import { EMPTY_TREE } from '../chats/tree';
import { emptyChat, UNDO_MS, type Chat, type Message, type Preset } from '../chats/types';
import { createArchiveSlice, type ArchiveSlice } from './archive-slice';
import { createTranscriptSlice, type TranscriptSlice } from './transcript-slice';
import { createTypingSlice, type TypingSlice } from './typing-slice';

/** A deletion that can still be undone. */
export type Undoable =
  | { id: string; kind: 'chat'; chatId: string; title: string; wasOpen: boolean }
  | { id: string; kind: 'messages'; chatId: string; messages: Message[]; leafId: string | null };

export interface ChatListSlice {
  /** Newest first, pinned ones before all; `groupChats` groups them. Without temporary and deleted ones. */
  chatList: Chat[];
  /** The list is here. Until then the composer works already. */
  chatsLoaded: boolean;
  /** There always is one; `revision` 0 means that nothing has been said in it and it is not stored. */
  openedChat: Chat;
  /** The open chat leaves no trace: it is never stored, listed, searched, exported or announced. */
  isTemporary: boolean;
  presets: Preset[];
  /** Deletions that can be undone, newest last. Each goes by itself after `UNDO_MS`. */
  undoables: Undoable[];
  /** Why nothing is stored any more; null when all is well. To be told once, with `retryStorage` as the next move. */
  storageTrouble: StorageTrouble | null;

  /** Called once, when the page opens: reads the list and opens the chat that this tab had open. */
  beginChats(): Promise<void>;
  /** Opens a chat; with a message's id, at the newest branch through it. Resolves with false when it is no longer there. */
  openChat(chatId: string, messageId?: string): Promise<boolean>;
  /** A new, empty chat. It is stored with its first message. */
  startChat(options?: { temporary?: boolean }): Promise<void>;
  /** Blank titles change nothing. */
  renameChat(chatId: string, title: string): Promise<void>;
  pinChat(chatId: string, pinned: boolean): Promise<void>;
  /** Deletes a chat; `undo` brings it back for `UNDO_MS`, after that it is gone for good. A temporary one is gone at once. */
  deleteChat(chatId: string): Promise<void>;
  undo(undoableId: string): Promise<void>;
  /** Makes or replaces a preset. */
  savePreset(preset: Omit<Preset, 'id'> & { id?: string }): Promise<void>;
  deletePreset(id: string): Promise<void>;
  /** Tries to store again, with everything said meanwhile. Resolves with whether that went well. */
  retryStorage(): Promise<boolean>;
  /** Resolves when all that was typed, said and answered is stored. Called by itself when the page is hidden. */
  flushChats(): Promise<void>;
}

export type ChatsSlice = ChatListSlice & TranscriptSlice & TypingSlice & ArchiveSlice;

/** One part, made with access to the whole. */
export type ChatsPart<Part> = StateCreator<ChatsSlice, [], [], Part>;

/** What the slice needs from outside; `chatServicesHere` gives a page's. */
export interface ChatServices {
  tables: Tables;
  channel: Channel | null;
  tabs: Tabs;
  /** What the model is told first in a new chat; nothing if absent. */
  systemPrompt?: () => string;
  /** Ends what writes into chats or fetches for them; resolves when it has. Nothing does if absent. */
  stopWork?: () => Promise<void>;
  /** This tab's memory, for which chat is open. */
  storage: Pick<Storage, 'getItem' | 'setItem'>;
  places: Places;
  /** What else of the page is saved, brought back and deleted with everything; nothing if absent. */
  beside?: Beside;
  /** Calls back whenever the page may be about to end. */
  onHide: (callback: () => void) => void;
}

export interface Beside {
  toKeep(): Promise<Pick<BackupExtras, 'batch'>>;
  restore(kept: Pick<BackupExtras, 'batch'>): Promise<void>;
  /** Resolves when nothing more is written. */
  forget(): Promise<void>;
}

/** The services of a page in a browser. @param storage this tab's */
export function chatServicesHere(storage: ChatServices['storage']): ChatServices {
  return {
    tables: new IndexedDbTables(),
    channel: openChannel(),
    tabs: openTabs(newId(), navigator.locks),
    storage,
    places: placesHere(),
    onHide: (callback) => {
      document.addEventListener('visibilitychange', () => {
        if (document.visibilityState === 'hidden') callback();
      });
      window.addEventListener('pagehide', callback);
    },
  };
}

/** What the parts share besides the state. */
export interface ChatRoom extends ChatServices {
  announcer: Announcer;
  /** Everything but temporary chats. */
  disk: ChatStore;
  /** Where the open chat is kept. */
  store: ChatStore;
  /** The answers that are growing, of whatever chat. */
  writers: Set<AnswerWriter>;
  /** Lets `flushChats` wait for a write. */
  track<Result>(write: Promise<Result>): Promise<Result>;
  /** Takes over a chat as it is stored, unless a newer version is here. @param store where it is kept */
  adopt(chat: Chat, store: ChatStore): void;
}

const OPEN_CHAT_KEY = 'hearth.chat';

export function createChatsSlice(services: ChatServices): ChatsPart<ChatsSlice> {
  return (set, get, api) => {
    const tables = new FallbackTables(services.tables, {
      onTrouble: (storageTrouble) => set({ storageTrouble }),
      lastKnown: () => {
        const { chatList, isTemporary, tree, presets } = get();
        return { chats: chatList, messages: isTemporary ? [] : [...tree.messages.values()], presets };
      },
    });
    const announcer = createAnnouncer(services.channel);
    const disk = new ChatStore(tables, announcer);
    const pending = new Set<Promise<unknown>>();
    const room: ChatRoom = {
      ...services,
      announcer,
      disk,
      store: disk,
      writers: new Set(),
      track(write) {
        pending.add(write);
        const forget = () => pending.delete(write);
        write.then(forget, forget);
        return write;
      },
      adopt(chat, store) {
        const { openedChat, chatList, unsavedSettings } = get();
        if (openedChat.id === chat.id && chat.revision > openedChat.revision)
          set({ openedChat: { ...chat, ...unsavedSettings } });
        if (store !== disk) return;
        const known = chatList.find(({ id }) => id === chat.id);
        if (known && known.revision >= chat.revision) return;
        const others = chatList.filter((one) => one !== known);
        set({ chatList: chat.deletedAt === null ? sortChats([...others, chat]) : others });
      },
    };
    let opening = 0;

    function newChat(): Chat {
      return { ...emptyChat(newId(), Date.now()), systemPrompt: services.systemPrompt?.() ?? '' };
    }

    /** Shows an empty chat. @param keepTyped text in the composer stays */
    function showEmptyChat(temporary: boolean, keepTyped: boolean): void {
      opening++;
      room.store = temporary ? new ChatStore(new MemoryTables(), createAnnouncer(null)) : disk;
      set({
        openedChat: newChat(),
        isTemporary: temporary,
        tree: EMPTY_TREE,
        leafId: null,
        transcript: [],
      });
      if (keepTyped)
        get().setComposer({}); // it is the new chat's now
      else get().showTyped(null);
      remember();
    }

    /** A temporary chat is not even remembered by this tab. */
    function remember(): void {
      const { openedChat, isTemporary } = get();
      services.storage.setItem(OPEN_CHAT_KEY, isTemporary || openedChat.revision === 0 ? '' : openedChat.id);
    }

    function offerUndo(undoable: Undoable, afterwards: () => Promise<void>): void {
      set(({ undoables }) => ({ undoables: [...undoables, undoable] }));
      setTimeout(() => {
        if (!get().undoables.includes(undoable)) return;
        set(({ undoables }) => ({ undoables: undoables.filter((one) => one !== undoable) }));
        void room.track(afterwards());
      }, UNDO_MS);
    }

    /** Changes the record where it is kept; a chat that is not stored yet changes on the screen only. */
    async function changeChat(chatId: string, patch: Partial<Chat>): Promise<void> {
      const { openedChat } = get();
      const isOpen = openedChat.id === chatId;
      if (isOpen && openedChat.revision === 0) return set({ openedChat: { ...openedChat, ...patch } });
      const store = isOpen ? room.store : disk;
      const changed = await room.track(store.changeChat(chatId, patch));
      if (changed) room.adopt(changed, store);
    }

    /** What another tab has done to chats. */
    async function readChanged(chatIds: readonly string[]): Promise<void> {
      const found = new Map((await disk.readChats(chatIds)).map((chat) => [chat.id, chat]));
      for (const id of chatIds) {
        const chat = found.get(id);
        if (chat) room.adopt(chat, disk);
        else set(({ chatList }) => ({ chatList: chatList.filter((one) => one.id !== id) }));
        const { openedChat } = get();
        const isGone = openedChat.id === id && openedChat.revision > 0 && (!chat || chat.deletedAt !== null);
        const isBusy = [...room.writers].some(({ message }) => message.chatId === id);
        if (isGone && !isBusy) showEmptyChat(false, true);
      }
    }

    /** Announcements are worked through one after the other, as they came. */
    let reading: Promise<unknown> = Promise.resolve();
    announcer.subscribe(({ chatIds, messages, presets, everything }, origin) => {
      if (origin === 'here') return;
      reading = reading
        .then(async () => {
          if (everything) await get().forgetEverything();
          if (chatIds.length > 0) await readChanged(chatIds);
          const openedId = get().openedChat.id;
          if (chatIds.includes(openedId) || messages.some(({ chatId }) => chatId === openedId))
            await get().readChangedMessages(messages);
          if (presets) set({ presets: await disk.listPresets() });
        })
        .catch(() => {}); // what cannot be read now is read when its chat is opened
      void room.track(reading);
    });
    services.onHide(() => void get().flushChats());

    return {
      chatList: [],
      chatsLoaded: false,
      openedChat: newChat(),
      isTemporary: false,
      presets: [],
      undoables: [],
      storageTrouble: null,

      async beginChats() {
        await disk.purgeDeleted(Date.now() - UNDO_MS);
        const [chats, presets] = await Promise.all([disk.listChats(), disk.listPresets()]);
        set({ chatList: sortChats(chats), presets, chatsLoaded: true });
        const { openedChat, isTemporary, composerText } = get();
        if (openedChat.revision > 0 || isTemporary || composerText !== '') return; // the person was faster
        const last = services.storage.getItem(OPEN_CHAT_KEY);
        if (!last || !(await get().openChat(last))) await get().readTyped();
      },

      async openChat(chatId, messageId) {
        const turn = ++opening;
        const found = await disk.loadChat(chatId);
        await get().flushTyped(); // up to the last key before the composer changes hands
        if (!found || turn !== opening) return false;
        room.store = disk;
        set({ openedChat: found.chat, isTemporary: false });
        get().showMessages(found.messages, messageId);
        get().showTyped(null);
        remember();
        await get().readTyped();
        return true;
      },

      async startChat({ temporary = false } = {}) {
        await get().flushTyped();
        showEmptyChat(temporary, false);
        if (!temporary) await get().readTyped();
      },

      async renameChat(chatId, title) {
        const name = title.replace(/\s+/g, ' ').trim();
        if (name !== '') await changeChat(chatId, { title: name, titleSource: 'person' });
      },

      pinChat: (chatId, pinned) => changeChat(chatId, { pinned }),

      async deleteChat(chatId) {
        const { openedChat, isTemporary } = get();
        const wasOpen = openedChat.id === chatId;
        if (wasOpen && (isTemporary || openedChat.revision === 0)) return showEmptyChat(false, false);
        await get().flushTyped();
        const deletedAt = Date.now();
        const deleted = await room.track(disk.changeChat(chatId, { deletedAt }));
        if (!deleted) return;
        room.adopt(deleted, disk);
        if (wasOpen && get().openedChat.id === chatId) showEmptyChat(false, false);
        offerUndo({ id: newId(), kind: 'chat', chatId, title: deleted.title, wasOpen }, () =>
          disk.purgeDeleted(deletedAt),
        );
      },

      async undo(undoableId) {
        const undoable = get().undoables.find(({ id }) => id === undoableId);
        if (!undoable) return;
        set(({ undoables }) => ({ undoables: undoables.filter((one) => one !== undoable) }));
        if (undoable.kind === 'messages') return get().putMessagesBack(undoable);
        const restored = await room.track(disk.changeChat(undoable.chatId, { deletedAt: null }));
        if (!restored) return;
        room.adopt(restored, disk);
        const nothingElseOpened = get().openedChat.revision === 0 && !get().isTemporary;
        if (undoable.wasOpen && nothingElseOpened && get().composerText === '') await get().openChat(restored.id);
      },

      async savePreset(preset) {
        await room.track(disk.savePreset({ ...preset, id: preset.id ?? newId() }));
        set({ presets: await disk.listPresets() });
      },

      async deletePreset(id) {
        await room.track(disk.deletePreset(id));
        set({ presets: await disk.listPresets() });
      },

      async retryStorage() {
        const stored = await tables.retry();
        if (stored) set({ storageTrouble: null });
        return stored;
      },

      async flushChats() {
        const flushing = [get().flushTyped(), ...[...room.writers].map((writer) => writer.flush())];
        await Promise.allSettled(flushing);
        while (pending.size > 0) await Promise.allSettled(pending);
      },

      ...createTranscriptSlice(room, { remember, offerUndo })(set, get, api),
      ...createTypingSlice(room)(set, get, api),
      ...createArchiveSlice(room, { showEmptyChat })(set, get, api),
    };
  };
}
