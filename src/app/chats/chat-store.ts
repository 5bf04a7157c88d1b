/**
 * Everything that is done to stored chats, each in one transaction. Two tabs may do it at once: a chat is changed by field on
 * the record as it is stored now, a message is written only over the version it grew from, and whoever comes too late gets a
 * branch of its own instead of overwriting. What has changed is announced by id after it is stored.
 */
import { newId } from './ids';
import type { Announcer } from './changes';
import type { Tables, Transaction } from './tables';
import { draftId, type Chat, type ChatPatch, type Draft, type Message, type Preset } from './types';

export interface StoredChat {
  chat: Chat;
  messages: Message[];
}

/** `gone`: it was deleted meanwhile, and nothing was written. */
export type SaveOutcome = { message: Message; forked: boolean } | 'gone';

/** Reads in pieces this large leave the main thread free in between. */
const PAGE_ROWS = 250;

export class ChatStore {
  readonly #tables: Tables;
  readonly #announcer: Announcer;

  constructor(tables: Tables, announcer: Announcer) {
    this.#tables = tables;
    this.#announcer = announcer;
  }

  /** All chats that are not deleted, in no order, without their messages. */
  async listChats(): Promise<Chat[]> {
    const chats = await this.#tables.run('readonly', (transaction) => transaction.all('chats'));
    return chats.filter(({ deletedAt }) => deletedAt === null);
  }

  /** A chat and all its messages, in no order; null when there is no such chat or it is deleted. */
  async loadChat(chatId: string): Promise<StoredChat | null> {
    const found = await this.#tables.run('readonly', async (transaction) => {
      const chat = await transaction.get('chats', chatId);
      return chat && { chat, messages: await transaction.ofChat('messages', chatId) };
    });
    return found && found.chat.deletedAt === null ? found : null;
  }

  /** These chats as they are stored now, deleted ones among them; unknown ids are left out. */
  async readChats(ids: readonly string[]): Promise<Chat[]> {
    const rows = await this.#tables.run('readonly', (transaction) =>
      Promise.all(ids.map((id) => transaction.get('chats', id))),
    );
    return rows.filter((row) => row !== undefined);
  }

  /** These messages as they are stored now; unknown ids are left out. */
  async readMessages(ids: readonly string[]): Promise<Message[]> {
    const rows = await this.#tables.run('readonly', (transaction) =>
      Promise.all(ids.map((id) => transaction.get('messages', id))),
    );
    return rows.filter((row) => row !== undefined);
  }

  /** Every message of every chat, in pieces. */
  async *allMessages(): AsyncGenerator<Message[], void, undefined> {
    let afterId = '';
    for (;;) {
      const from = afterId;
      const page = await this.#tables.run('readonly', (transaction) => transaction.page('messages', from, PAGE_ROWS));
      const last = page.at(-1);
      if (!last) return;
      yield page;
      afterId = last.id;
    }
  }

  /**
   * Adds messages to a chat, creating the chat if it has never been stored, and deletes the drafts they were typed as, all at
   * once. Resolves with the chat as it is stored now; null if it was deleted meanwhile, and then nothing is written.
   */
  async addMessages(chat: Chat, messages: readonly Message[], patch: ChatPatch, draftIds: readonly string[] = []) {
    const stored = await this.#tables.run('readwrite', async (transaction) => {
      const known = await transaction.get('chats', chat.id);
      if (known ? known.deletedAt !== null : chat.revision > 0) return null;
      const next = putChat(transaction, { ...(known ?? chat), ...patch });
      for (const message of messages) transaction.put('messages', { ...message, revision: message.revision + 1 });
      for (const id of draftIds) transaction.delete('drafts', id);
      return next;
    });
    if (stored) this.#announce([chat.id], messages);
    return stored;
  }

  /**
   * Stores a whole chat anew, whatever was there: for what another tab deleted while something was said in it here. Messages
   * keep their revisions, so that those who hold them can write on.
   */
  async restoreChat(chat: Chat, messages: readonly Message[]): Promise<Chat> {
    const stored = await this.#tables.run('readwrite', async (transaction) => {
      for (const message of messages)
        transaction.put('messages', { ...message, revision: Math.max(1, message.revision) });
      return putChat(transaction, { ...chat, deletedAt: null });
    });
    this.#announce([chat.id], messages);
    return stored;
  }

  /**
   * Changes some fields of a chat: compare and set in one transaction. `change` sees the record as it is stored now, so fields
   * that another tab has changed meanwhile stay. Resolves with the chat as stored; null if there is none, or if `change` is a
   * function and gave null.
   */
  async changeChat(id: string, change: ChatPatch | ((stored: Chat) => ChatPatch | null)): Promise<Chat | null> {
    const stored = await this.#tables.run('readwrite', async (transaction) => {
      const known = await transaction.get('chats', id);
      const patch = known && (typeof change === 'function' ? change(known) : change);
      return known && patch ? putChat(transaction, { ...known, ...patch }) : null;
    });
    if (stored) this.#announce([id], []);
    return stored;
  }

  /**
   * Writes a message over the version it grew from (`message.revision`). If another tab has written it since, this one becomes
   * a sibling with an id of its own, so that neither text is lost.
   */
  async saveMessage(message: Message): Promise<SaveOutcome> {
    const outcome = await this.#tables.run('readwrite', async (transaction): Promise<SaveOutcome> => {
      const [chat, known] = await Promise.all([
        transaction.get('chats', message.chatId),
        transaction.get('messages', message.id),
      ]);
      if (!chat || (!known && message.revision > 0)) return 'gone';
      const forked = (known?.revision ?? 0) !== message.revision;
      const next = { ...message, id: forked ? newId() : message.id, revision: forked ? 1 : message.revision + 1 };
      transaction.put('messages', next);
      return { message: next, forked };
    });
    if (outcome !== 'gone') this.#announce([], [outcome.message]);
    return outcome;
  }

  /** Deletes messages and moves the chat to another leaf. */
  async deleteMessages(messages: readonly Message[], chatId: string, leafId: string | null): Promise<Chat | null> {
    const stored = await this.#tables.run('readwrite', async (transaction) => {
      for (const { id } of messages) transaction.delete('messages', id);
      const chat = await transaction.get('chats', chatId);
      return chat ? putChat(transaction, { ...chat, leafId }) : null;
    });
    this.#announce([chatId], messages);
    return stored;
  }

  /** Deletes, for good, the chats that were deleted before `time`, with all that belongs to them. */
  async purgeDeleted(time: number): Promise<void> {
    const purged = await this.#tables.run('readwrite', async (transaction) => {
      const chats = await transaction.all('chats');
      const due = chats.filter(({ deletedAt }) => deletedAt !== null && deletedAt <= time);
      const messages: Message[] = [];
      for (const { id } of due) {
        messages.push(...(await transaction.ofChat('messages', id)));
        for (const draft of await transaction.ofChat('drafts', id)) transaction.delete('drafts', draft.id);
        transaction.delete('chats', id);
      }
      for (const { id } of messages) transaction.delete('messages', id);
      return { ids: due.map(({ id }) => id), messages };
    });
    if (purged.ids.length > 0) this.#announce(purged.ids, purged.messages);
  }

  /** The newest draft of a chat that no open tab is working on; null when nothing waits there. */
  async readDraft(chatId: string, isOpen: (tabId: string) => boolean): Promise<Draft | null> {
    const drafts = await this.#tables.run('readonly', (transaction) => transaction.ofChat('drafts', chatId));
    return drafts
      .filter(({ tabId }) => !isOpen(tabId))
      .reduce<Draft | null>((a, b) => (a && a.updatedAt >= b.updatedAt ? a : b), null);
  }

  /**
   * Stores what is being typed in this tab; an empty draft is deleted. `adopted` is the draft of another or former tab that
   * this one grew from: it goes, unless its own tab has written on.
   */
  async saveDraft(draft: Draft, adopted: Draft | null): Promise<void> {
    await this.#tables.run('readwrite', async (transaction) => {
      if (adopted && adopted.id !== draft.id) {
        const known = await transaction.get('drafts', adopted.id);
        if (known?.updatedAt === adopted.updatedAt) transaction.delete('drafts', adopted.id);
      }
      if (isEmptyDraft(draft)) transaction.delete('drafts', draft.id);
      else transaction.put('drafts', draft);
    });
  }

  async listPresets(): Promise<Preset[]> {
    const presets = await this.#tables.run('readonly', (transaction) => transaction.all('presets'));
    return presets.sort((a, b) => a.name.localeCompare(b.name));
  }

  async savePreset(preset: Preset): Promise<void> {
    await this.#tables.run('readwrite', async (transaction) => transaction.put('presets', preset));
    this.#announcer.announce({ chatIds: [], messages: [], presets: true });
  }

  async deletePreset(id: string): Promise<void> {
    await this.#tables.run('readwrite', async (transaction) => transaction.delete('presets', id));
    this.#announcer.announce({ chatIds: [], messages: [], presets: true });
  }

  /** One transaction of the caller's own, announced with what it says has changed. For importing. */
  async transact<Result>(
    work: (transaction: Transaction) => Promise<{ result: Result; chatIds: string[]; messages: Message[] }>,
  ): Promise<Result> {
    const { result, chatIds, messages } = await this.#tables.run('readwrite', work);
    this.#announcer.announce({ chatIds, messages: messages.map(named), presets: true });
    return result;
  }

  #announce(chatIds: string[], messages: readonly Message[]): void {
    this.#announcer.announce({ chatIds, messages: messages.map(named) });
  }
}

const named = ({ id, chatId }: Message) => ({ id, chatId });

function putChat(transaction: Transaction, chat: Chat): Chat {
  const next = { ...chat, revision: chat.revision + 1 };
  transaction.put('chats', next);
  return next;
}

export function isEmptyDraft({ text, attachments, settings, edits }: Draft): boolean {
  return text === '' && attachments.length === 0 && settings === undefined && edits === undefined;
}

/** The ids under which what is sent now may have been kept. */
export function draftIdsOf(chatId: string, tabId: string, adopted: Draft | null): string[] {
  return [draftId(chatId, tabId), ...(adopted ? [adopted.id] : [])];
}

/** A message as it is shown when nobody is writing it: an answer cut short by a closed tab has stopped. */
export function settled(message: Message): Message {
  return message.state === 'streaming' ? { ...message, state: 'stopped' } : message;
}
