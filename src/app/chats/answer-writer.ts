/**
 * The pen of one answer: takes the text as it grows, keeps it on the disk at most a second behind, and goes on whatever chat is
 * on the screen meanwhile. Kill the tab at any moment and what is stored is read as a stopped answer.
 */
import type { ChatStore } from './chat-store';
import { createSaver } from './saver';
import type { Chat, ChatPatch, Message, MessageState } from './types';

/** What may change while an answer grows; absent fields stay. */
export type AnswerPart = Partial<Pick<Message, 'content' | 'thinking' | 'stats' | 'leftOut' | 'draftedRanges'>>;

export interface AnswerWriter {
  /** The answer as it is now. Its id changes if another tab wrote the same answer meanwhile: then this is a version beside it. */
  readonly message: Message;
  /** @param part the whole text so far, not the piece that came */
  update(part: AnswerPart): void;
  /** The last word. Resolves when it is stored. An answer without a word is not kept. */
  finish(state: Exclude<MessageState, 'streaming'>, part?: AnswerPart): Promise<void>;
  /** Writes at once what is not stored yet. */
  flush(): Promise<void>;
  /** Stores nothing more, because the answer has been deleted. */
  discard(): void;
}

export interface AnswerWriterOptions {
  store: ChatStore;
  /** In the state `streaming`. */
  message: Message;
  /** The answer has changed. @param previousId differs from the message's id when it had to become a version of its own */
  onChange: (message: Message, previousId: string) => void;
  /** Its chat was changed with it, and is now stored like this. */
  onChat: (chat: Chat) => void;
  /** After `finish`; null when there was not a word. */
  onEnd: (message: Message | null) => void;
}

export function createAnswerWriter(options: AnswerWriterOptions): AnswerWriter {
  const { store, message: begun, onChange, onChat, onEnd } = options;
  let message = begun;
  let stored = false;
  let discarded = false;
  const saver = createSaver(save);

  async function save(): Promise<void> {
    if (discarded || isEmpty(message)) return;
    const outcome = await store.saveMessage(message);
    if (outcome === 'gone') return; // another tab has deleted it or its chat, and may still undo that
    const { id, revision } = outcome.message;
    const previousId = message.id;
    message = { ...message, id, revision }; // the text may have grown while it was being stored
    onChange(message, previousId);
    if (!stored || outcome.forked) await changeChat({ leafId: id });
    stored = true;
  }

  async function changeChat(patch: ChatPatch): Promise<void> {
    const chat = await store.changeChat(message.chatId, patch);
    if (chat) onChat(chat);
  }

  function change(part: Partial<Message>): void {
    message = { ...message, ...part };
    onChange(message, message.id);
    saver.touch();
  }

  return {
    get message() {
      return message;
    },
    update: change,
    async finish(state, part = {}) {
      change({ ...part, state });
      const empty = isEmpty(message);
      onEnd(empty ? null : message);
      await saver.flush();
      if (!empty && !discarded) await changeChat({ updatedAt: Date.now() });
    },
    flush: saver.flush,
    discard() {
      discarded = true;
    },
  };
}

function isEmpty({ content, thinking }: Message): boolean {
  return content === '' && !thinking;
}
