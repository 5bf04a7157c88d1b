/**
 * What is put beside the words in the composer: files that are dropped or chosen, and pastes too long to be read in a box. The
 * words themselves are kept by `typing-slice.ts`, at most a second behind; what that second may miss when the page is reloaded
 * is kept here, in the tab's own memory, which can be written while the page ends.
 */
import { newId } from '../chats/ids';
import type { Attachment } from '../chats/types';
import type { AppServices, AppState, Slice } from './store';

/** Why a file is not attached. */
export interface RefusedFile {
  name: string;
  reason: 'too-large' | 'not-text';
}

export interface ComposerSlice {
  /** The files that could not be attached the last time. */
  refusedFiles: RefusedFile[];
  /** Attaches texts; what is no text is refused by name. */
  attachFiles(files: Iterable<File>): Promise<void>;
  /** Attaches a text, such as a long paste. */
  attachText(name: string, text: string): void;
  removeAttachment(id: string): void;
  forgetRefusedFiles(): void;
  /** Puts the last keys before a reload back, if the chat they were for is open. */
  recallLastKeys(): void;
}

/** Far beyond any context, yet small enough to be read and stored at once. */
export const MAX_FILE_BYTES = 2_000_000;

const LAST_KEYS = 'hearth.typed';

export function createComposerSlice({ chats }: Pick<AppServices, 'chats'>): Slice<ComposerSlice> {
  const { storage, onHide } = chats;
  return (set, get) => {
    onHide(() => {
      const { isTemporary, composerText: text, edits } = get();
      const typed: LastKeys = { chat: chatKey(get()), text, edits };
      storage.setItem(LAST_KEYS, isTemporary ? '' : JSON.stringify(typed));
    });

    function attach(added: readonly Attachment[]): void {
      if (added.length > 0) get().setComposer({ attachments: [...get().composerAttachments, ...added] });
    }

    return {
      refusedFiles: [],

      async attachFiles(files) {
        const { id: chatId } = get().openedChat;
        const read = await Promise.all([...files].map(readTextFile));
        if (get().openedChat.id !== chatId) return; // another chat was opened meanwhile
        attach(read.filter((one) => 'text' in one));
        set({ refusedFiles: read.filter((one) => 'reason' in one) });
      },

      attachText: (name, text) => attach([{ id: newId(), name, mediaType: 'text/plain', text }]),

      removeAttachment(id) {
        get().setComposer({ attachments: get().composerAttachments.filter((one) => one.id !== id) });
      },

      forgetRefusedFiles: () => set({ refusedFiles: [] }),

      recallLastKeys() {
        const typed = readLastKeys(storage.getItem(LAST_KEYS));
        const { tree, composerText, setComposer, setEdit } = get();
        if (typed?.chat !== chatKey(get())) return;
        const { text, edits } = typed;
        // Only what is more of the same: another text has been typed since.
        if (text.startsWith(composerText) && text !== composerText) setComposer({ text });
        for (const [id, words] of Object.entries(edits)) if (tree.messages.has(id)) setEdit(id, words);
      },
    };
  };
}

/** What stood in the composer and in editors of messages when the page was last hidden. */
interface LastKeys {
  chat: string;
  text: string;
  edits: Readonly<Record<string, string>>;
}

function readLastKeys(kept: string | null): LastKeys | null {
  try {
    return JSON.parse(kept || 'null') as LastKeys | null;
  } catch {
    return null; // written by an older page
  }
}

/** The open chat; all that are new are one. */
function chatKey({ openedChat }: AppState): string {
  return openedChat.revision === 0 ? 'new' : openedChat.id;
}

async function readTextFile(file: File): Promise<Attachment | RefusedFile> {
  const { name, type } = file;
  if (file.size > MAX_FILE_BYTES) return { name, reason: 'too-large' };
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(await file.arrayBuffer());
    if (text.includes('\0')) return { name, reason: 'not-text' };
    return { id: newId(), name, mediaType: type || 'text/plain', text: text.replace(/\r\n?/g, '\n') };
  } catch {
    return { name, reason: 'not-text' };
  }
}
