/**
 * Stores what `read-import.ts` has read, in one transaction: all of it or nothing. Nothing that is here is overwritten: a chat
 * that is here word for word is left alone, one whose ids are taken by something else comes in as a copy under new ids.
 */
import type { ChatStore, StoredChat } from './chat-store';
import { toExported } from './export-format';
import { newId } from './ids';
import type { Import } from './read-import';
import type { Transaction } from './tables';
import type { Message, Preset } from './types';

export interface ImportReport {
  /** Chats that are new here, copies among them. */
  added: number;
  /** Of these, chats that came under new ids because theirs were taken. */
  copied: number;
  /** Chats that were here already, word for word. */
  unchanged: number;
  /** Messages of the added chats. */
  messages: number;
  presets: number;
}

/** Rejects, with nothing stored, when the browser refuses. */
export function storeImport(store: ChatStore, { chats, presets }: Import): Promise<ImportReport> {
  return store.transact(async (transaction) => {
    const report: ImportReport = { added: 0, copied: 0, unchanged: 0, messages: 0, presets: 0 };
    const chatIds: string[] = [];
    const added: Message[] = [];
    const messageIds = new Set(await transaction.ids('messages'));
    for (const incoming of chats) {
      const here = await findHere(transaction, messageIds, incoming);
      if (here === 'same') {
        report.unchanged++;
        continue;
      }
      const { chat, messages } = here === 'taken' ? underNewIds(incoming) : incoming;
      transaction.put('chats', { ...chat, revision: 1 });
      for (const message of messages) {
        transaction.put('messages', { ...message, revision: 1 });
        messageIds.add(message.id);
      }
      chatIds.push(chat.id);
      added.push(...messages);
      report.added++;
      if (here === 'taken') report.copied++;
      report.messages += messages.length;
    }
    for (const preset of presets) if (await storePreset(transaction, preset)) report.presets++;
    return { result: report, chatIds, messages: added };
  });
}

/** What is here under the ids of a chat: nothing, the same, or something else. Earlier chats of the import count as here. */
async function findHere(
  transaction: Transaction,
  messageIds: ReadonlySet<string>,
  incoming: StoredChat,
): Promise<'nothing' | 'same' | 'taken'> {
  const chat = await transaction.get('chats', incoming.chat.id);
  if (!chat) return incoming.messages.some(({ id }) => messageIds.has(id)) ? 'taken' : 'nothing';
  if (chat.deletedAt !== null) return 'taken'; // it will go for good within seconds
  const messages = await transaction.ofChat('messages', chat.id);
  return canonical(toExported({ chat, messages })) === canonical(toExported(incoming)) ? 'same' : 'taken';
}

/** JSON that is the same for the same content, in whatever order it was written. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

/** A copy of a chat whose ids are all new. */
export function underNewIds({ chat, messages }: StoredChat): StoredChat {
  const chatId = newId();
  const renamed = new Map(messages.map(({ id }) => [id, newId()]));
  const rename = (id: string | null) => (id === null ? null : (renamed.get(id) ?? null));
  return {
    chat: { ...chat, id: chatId, leafId: rename(chat.leafId) },
    messages: messages.map((message) => ({
      ...message,
      id: renamed.get(message.id) ?? newId(),
      chatId,
      parentId: rename(message.parentId),
    })),
  };
}

/** Resolves with whether the preset is new. */
async function storePreset(transaction: Transaction, preset: Preset): Promise<boolean> {
  const here = await transaction.get('presets', preset.id);
  if (here && canonical(here) === canonical(preset)) return false;
  transaction.put('presets', here ? { ...preset, id: newId() } : preset);
  return true;
}
