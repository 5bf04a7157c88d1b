/**
 * What is being typed: the composer's text and attachments, other words for messages, and the open chat's settings. All of it is
 * stored at most a second behind. Each tab has a draft of its own; one that a closed tab left behind is taken up by whoever opens the chat.
 */
import { createSaver } from '../chats/saver';
import { draftId, NEW_CHAT, type Attachment, type ChatSettings, type Draft } from '../chats/types';
import type { ChatRoom, ChatsPart } from './chats-slice';

export interface TypingSlice {
  composerText: string;
  composerAttachments: Attachment[];
  /** Settings that are shown but not yet stored. */
  unsavedSettings: Partial<ChatSettings>;
  /** Messages of the open chat that are being edited, with what stands in their editors. */
  edits: Readonly<Record<string, string>>;
  /** What stands in the composer now. */
  setComposer(typed: { text?: string; attachments?: Attachment[] }): void;
  /** What stands in the editor of a message now; null closes it. */
  setEdit(messageId: string, text: string | null): void;
  /** Changes system prompt, sampling, preset, model or server of the open chat. */
  setChatSettings(settings: Partial<ChatSettings>): void;

  /** Puts a stored draft into the composer; null empties it. */
  showTyped(draft: Draft | null): void;
  /** Takes up the draft of the open chat, unless something is being typed already. */
  readTyped(): Promise<void>;
  /** Resolves when what was typed is stored. */
  flushTyped(): Promise<void>;
  /** Empties the composer, because its text has been sent. @returns the drafts to be deleted with the sending */
  takeTyped(): string[];
}

export function createTypingSlice(room: ChatRoom): ChatsPart<TypingSlice> {
  const { tabs, disk } = room;
  /** The draft of a closed tab that the composer's text grew from. */
  let adopted: Draft | null = null;
  /** Bumped whenever the composer is given to another chat or emptied. */
  let turn = 0;

  return (set, get) => {
    const saver = createSaver(async () => {
      const { openedChat, isTemporary, transcript, unsavedSettings, composerText, composerAttachments } = get();
      if (isTemporary) return;
      const edits = Object.entries(get().edits).filter(([id]) => get().tree.messages.has(id));
      const isNew = openedChat.revision === 0;
      const { systemPrompt, sampling, presetId, modelId } = openedChat;
      const hasSettings =
        systemPrompt !== (room.systemPrompt?.() ?? '') || Object.keys(sampling).length > 0 || presetId !== null;
      // Once something has been said in it, the chat is on its way to the disk and a new chat is another one.
      const isUnsaid = isNew && transcript.length === 0;
      const chatId = isUnsaid ? NEW_CHAT : openedChat.id;
      const draft: Draft = {
        id: draftId(chatId, tabs.tabId),
        chatId,
        tabId: tabs.tabId,
        text: composerText,
        attachments: composerAttachments,
        updatedAt: Date.now(),
        ...(isUnsaid && hasSettings ? { settings: { systemPrompt, sampling, presetId, modelId } } : {}),
        ...(edits.length > 0 ? { edits: Object.fromEntries(edits) } : {}),
      };
      await disk.saveDraft(draft, adopted);
      if (isNew || Object.keys(unsavedSettings).length === 0) return;
      const changed = await disk.changeChat(openedChat.id, unsavedSettings);
      if (get().unsavedSettings === unsavedSettings) set({ unsavedSettings: {} });
      if (changed) room.adopt(changed, disk);
    });

    return {
      composerText: '',
      composerAttachments: [],
      edits: {},
      unsavedSettings: {},

      setComposer({ text = get().composerText, attachments = get().composerAttachments }) {
        set({ composerText: text, composerAttachments: attachments });
        saver.touch();
      },

      setEdit(messageId, text) {
        const { [messageId]: _, ...others } = get().edits;
        set({ edits: text === null ? others : { ...others, [messageId]: text } });
        saver.touch();
      },

      setChatSettings(settings) {
        set(({ openedChat, unsavedSettings }) => ({
          openedChat: { ...openedChat, ...settings },
          unsavedSettings: { ...unsavedSettings, ...settings },
        }));
        saver.touch();
      },

      showTyped(draft) {
        turn++;
        adopted = draft;
        set({
          composerText: draft?.text ?? '',
          composerAttachments: draft?.attachments ?? [],
          edits: draft?.edits ?? {},
        });
        if (!draft) set({ unsavedSettings: {} });
        else if (draft.settings) set({ openedChat: { ...get().openedChat, ...draft.settings } });
      },

      async readTyped() {
        const mine = turn;
        const { openedChat } = get();
        const others = await tabs.otherTabs();
        const chatId = openedChat.revision === 0 ? NEW_CHAT : openedChat.id;
        const draft = await disk.readDraft(chatId, (tabId) => others.has(tabId));
        const isFree = get().composerText === '' && get().composerAttachments.length === 0;
        if (mine === turn && draft && isFree) get().showTyped(draft);
      },

      async flushTyped() {
        do await saver.flush();
        while (saver.isDirty()); // a key was hit meanwhile
      },

      takeTyped() {
        const { openedChat, unsavedSettings, edits } = get();
        const ids = [openedChat.id, NEW_CHAT].map((chatId) => draftId(chatId, tabs.tabId));
        if (adopted) ids.push(adopted.id);
        get().showTyped(null);
        if (openedChat.revision > 0) set({ unsavedSettings }); // a new chat is stored with them
        if (Object.keys(edits).length === 0) return ids;
        // They stay, and the draft with them, which is stored anew without what is sent.
        set({ edits });
        saver.touch();
        return ids.slice(1);
      },
    };
  };
}
