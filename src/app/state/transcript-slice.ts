/**
 * The messages of the open chat: what is said, answered, edited and deleted, and which of its branches is on the screen. It
 * knows no model: whoever generates asks `beginAnswer` for a writer and gives it the text as it comes.
 */
import { createAnswerWriter, type AnswerWriter } from '../chats/answer-writer';
import { settled } from '../chats/chat-store';
import { newId } from '../chats/ids';
import { titleOf } from '../chats/title';
import * as trees from '../chats/tree';
import type { MessageTree } from '../chats/tree';
import type { Attachment, ChatPatch, Message } from '../chats/types';
import type { ChatRoom, ChatsPart, Undoable } from './chats-slice';
import { present } from '../../lib/invariant';

export interface TranscriptSlice {
  /** All messages of the open chat; `siblingsOf(tree, id)` gives ‹ 2/3 ›. */
  tree: MessageTree;
  /** The end of the branch on the screen. */
  leafId: string | null;
  /** The branch on the screen, oldest first. */
  transcript: Message[];

  /** Says what stands in the composer, or this text, and empties the composer. Storing goes on behind it. */
  say(said?: { text: string; attachments?: Attachment[] }): Message;
  /**
   * Begins an answer to a message of the person's; to one that has answers already, another version.
   * @param host the server elsewhere that will answer; this machine if absent
   */
  beginAnswer(parentId: string, modelLabel: string, host?: string): AnswerWriter;
  /** Another version of the same answer, under the message that was answered. */
  regenerateAnswer(answerId: string, modelLabel: string, host?: string): AnswerWriter;
  /** Goes on with an answer from its last word; give `update` the whole text, old and new. */
  continueAnswer(answerId: string): AnswerWriter;
  /** Another version of a message with other words: a new branch, which is then on the screen. */
  editMessage(messageId: string, text: string): Message;
  /** Moves to the version before (-1) or after (1) this message, at the end of its newest branch. */
  stepVersion(messageId: string, step: -1 | 1): Promise<void>;
  /** Shows the newest branch through a message. */
  showBranch(messageId: string): Promise<void>;
  /** Deletes a message and all below it; `undo` brings it back. */
  deleteMessage(messageId: string): Promise<void>;

  /** Fills the screen with a chat that was read. */
  showMessages(messages: readonly Message[], throughId?: string): void;
  /** Reads again what another tab has written, and follows it down the branch that is on the screen. */
  readChangedMessages(changed: readonly { id: string; chatId: string }[]): Promise<void>;
  putMessagesBack(removed: Extract<Undoable, { kind: 'messages' }>): Promise<void>;
}

interface ListTools {
  remember: () => void;
  offerUndo: (undoable: Undoable, afterwards: () => Promise<void>) => void;
}

/** An answer of another tab that has not grown for so long is taken for stopped, until it grows again. */
const QUIET_MS = 5000;

export function createTranscriptSlice(room: ChatRoom, { remember, offerUndo }: ListTools): ChatsPart<TranscriptSlice> {
  return (set, get) => {
    const stamp = () => ({ id: newId(), createdAt: Date.now() });
    /** Answers that other tabs are writing, each with the timer that doubts it. */
    const elsewhere = new Map<string, ReturnType<typeof setTimeout>>();

    function show(tree: MessageTree, leafId: string | null): void {
      set({ tree, leafId, transcript: trees.pathTo(tree, leafId) });
    }

    const showMessage = (message: Message) => show(trees.putMessage(get().tree, message), get().leafId);

    /** Stores messages and what they change of the open chat; the screen shows them already. */
    function keep(messages: readonly Message[], patch: ChatPatch, draftIds: string[] = []): void {
      const { store } = room;
      const { openedChat, tree } = get();
      set({ openedChat: { ...openedChat, ...patch } });
      const all = [...tree.messages.values()].filter((one) => one.revision > 0 || messages.includes(one));
      const write = async () => {
        const chat =
          (await store.addMessages(openedChat, messages, patch, draftIds)) ??
          // Another tab has deleted the chat while something was said in it here: what is said now wins.
          (await store.restoreChat({ ...openedChat, ...patch }, all));
        const isNew = openedChat.revision === 0;
        room.adopt(chat, store);
        if (isNew) remember();
        for (const { id } of messages) {
          const shown = get().tree.messages.get(id);
          if (shown && shown.revision === 0) showMessage({ ...shown, revision: 1 });
        }
      };
      void room.track(write());
    }

    function newWriter(message: Message): AnswerWriter {
      const { store } = room;
      const isOpen = () => get().openedChat.id === message.chatId;
      const writer = createAnswerWriter({
        store,
        message,
        onChange(changed, previousId) {
          if (!isOpen() || !get().tree.messages.has(previousId)) return;
          if (previousId === changed.id) return showMessage(changed);
          // Another tab's text has the old id now: it is read as any change of another tab.
          show(trees.putMessage(get().tree, changed), get().leafId === previousId ? changed.id : get().leafId);
          void get().readChangedMessages([{ id: previousId, chatId: message.chatId }]);
        },
        onChat: (chat) => room.adopt(chat, store),
        onEnd(ended) {
          const { tree, leafId } = get();
          if (ended || !isOpen() || !tree.messages.has(message.id)) return;
          const left = trees.leafAfterRemoval(tree, message.id, leafId === message.id ? null : leafId);
          show(trees.removeSubtree(tree, message.id).tree, left);
        },
      });
      room.writers.add(writer);
      return {
        ...writer,
        get message() {
          return writer.message;
        },
        async finish(state, part) {
          await room.track(writer.finish(state, part).finally(() => room.writers.delete(writer)));
        },
      };
    }

    /** Moves to a leaf and lets the chat remember it. */
    async function moveTo(leafId: string | null): Promise<void> {
      show(get().tree, leafId);
      const { openedChat } = get();
      const { store } = room;
      if (openedChat.revision === 0) return;
      const chat = await room.track(store.changeChat(openedChat.id, { leafId }));
      if (chat) room.adopt(chat, store);
    }

    /** Tells an answer that another tab writes from one that a closed tab has left. */
    function watch(message: Message): void {
      clearTimeout(elsewhere.get(message.id));
      elsewhere.delete(message.id);
      if (message.state !== 'streaming') return;
      const doubt = () => {
        elsewhere.delete(message.id);
        const shown = get().tree.messages.get(message.id);
        if (shown?.revision === message.revision) showMessage(settled(shown));
      };
      elsewhere.set(message.id, setTimeout(doubt, QUIET_MS));
    }

    return {
      tree: trees.EMPTY_TREE,
      leafId: null,
      transcript: [],

      say(said) {
        const { openedChat, composerText, composerAttachments, leafId } = get();
        const { text, attachments = [] } = said ?? { text: composerText, attachments: composerAttachments };
        const content = text.trim();
        const { tree, message } = trees.say(
          get().tree,
          { chatId: openedChat.id, parentId: leafId, content, ...(attachments.length > 0 ? { attachments } : {}) },
          stamp(),
        );
        const draftIds = said ? [] : get().takeTyped();
        show(tree, message.id);
        const isUntitled = openedChat.title === '' && openedChat.titleSource === 'auto';
        keep(
          [message],
          {
            leafId: message.id,
            updatedAt: message.createdAt,
            ...(isUntitled ? { title: titleOf(content, attachments) } : {}),
          },
          draftIds,
        );
        return message;
      },

      beginAnswer(parentId, modelLabel, host) {
        const author = host === undefined ? { modelLabel } : { modelLabel, host };
        const { tree, message } = trees.beginAnswer(get().tree, parentId, author, stamp());
        show(tree, message.id);
        return newWriter(message);
      },

      regenerateAnswer(answerId, modelLabel, host) {
        const { parentId } = present(get().tree.messages.get(answerId), 'the answer to give again');
        return get().beginAnswer(present(parentId, 'the message that was answered'), modelLabel, host);
      },

      continueAnswer(answerId) {
        const { tree, message } = trees.continueAnswer(get().tree, answerId);
        show(tree, get().leafId);
        return newWriter(message);
      },

      editMessage(messageId, text) {
        const { tree, message } = trees.edit(get().tree, messageId, text, stamp());
        show(tree, message.id);
        keep([message], { leafId: message.id, updatedAt: message.createdAt });
        return message;
      },

      async stepVersion(messageId, step) {
        const leafId = trees.neighbourLeaf(get().tree, messageId, step);
        if (leafId !== null) await moveTo(leafId);
      },

      showBranch: (messageId) => moveTo(trees.leafBelow(get().tree, messageId)),

      async deleteMessage(messageId) {
        const { tree, leafId, openedChat } = get();
        const { store } = room;
        const { tree: rest, removed } = trees.removeSubtree(tree, messageId);
        const gone = new Set(removed.map(({ id }) => id));
        for (const writer of room.writers) if (gone.has(writer.message.id)) writer.discard();
        const left = trees.leafAfterRemoval(tree, messageId, leafId);
        show(rest, left);
        offerUndo(
          { id: newId(), kind: 'messages', chatId: openedChat.id, messages: removed.map(settled), leafId },
          async () => {},
        );
        const chat = await room.track(store.deleteMessages(removed, openedChat.id, left));
        if (chat) room.adopt(chat, store);
      },

      async putMessagesBack({ chatId, messages, leafId }) {
        const isOpen = get().openedChat.id === chatId;
        const { store, disk } = room;
        if (isOpen) show(trees.putBack(get().tree, messages), leafId);
        const target = isOpen ? store : disk;
        const [stored] = await target.readChats([chatId]);
        const chat = stored && (await room.track(target.addMessages(stored, messages, { leafId })));
        if (chat) room.adopt(chat, target);
        if (isOpen) for (const { id } of messages) await reread(id);
      },

      showMessages(messages, throughId) {
        const { openedChat } = get();
        let tree = trees.buildTree(messages.map(settled));
        for (const { message } of room.writers)
          if (message.chatId === openedChat.id) tree = trees.putMessage(tree, message);
        const wanted = throughId ?? openedChat.leafId;
        const known = wanted !== null && tree.messages.has(wanted) ? wanted : null;
        show(tree, known !== null && throughId === undefined ? known : trees.leafBelow(tree, known));
      },

      async readChangedMessages(changed) {
        const { openedChat } = get();
        if (get().isTemporary) return;
        const ids = changed.filter(({ chatId }) => chatId === openedChat.id).map(({ id }) => id);
        const [chat] = await room.disk.readChats([openedChat.id]);
        // What is deleted with the whole chat stays on the screen as long as somebody is busy with it here.
        if (!chat || chat.deletedAt !== null) return;
        const found = new Map((await room.disk.readMessages(ids)).map((message) => [message.id, message]));
        if (get().openedChat.id !== openedChat.id) return;
        let { tree } = get();
        const ours = new Set([...room.writers].map(({ message }) => message.id));
        for (const id of ids) {
          const message = found.get(id);
          const shown = tree.messages.get(id);
          if (ours.has(id) || (shown && message && shown.revision >= message.revision)) continue;
          if (message) {
            watch(message);
            tree = trees.putMessage(tree, message);
          } else if (shown && shown.revision > 0) tree = trees.removeSubtree(tree, id).tree;
        }
        show(tree, trees.followLeaf(tree, get().leafId, get().openedChat.leafId));
      },
    };

    /** Takes the stored version of a message, for its revision. */
    async function reread(id: string): Promise<void> {
      const [message] = await room.store.readMessages([id]);
      if (message && get().tree.messages.has(id)) showMessage(settled(message));
    }
  };
}
