/**
 * What a chat is. A chat is one record with what belongs to the whole of it; its messages are records of their own, each
 * knowing its parent, so that they form a tree: an edit or another answer is a sibling, never an overwriting. Everything is
 * plain data that structured cloning and JSON take. Times are milliseconds since 1970.
 */
import type { GenerationOptions, GenerationStats, TextRange } from '../../client';

export interface Chat {
  id: string;
  /** Empty until the first message. */
  title: string;
  /** A title of the person's is never replaced by an automatic one. */
  titleSource: 'auto' | 'person';
  createdAt: number;
  /** When something was last said in it; the list is sorted by this. */
  updatedAt: number;
  pinned: boolean;
  /** The message at whose end the chat was last seen: which branch to show. Null when there are no messages. */
  leafId: string | null;
  systemPrompt: string;
  /** Absent fields take the model's own defaults. */
  sampling: GenerationOptions;
  presetId: string | null;
  modelId: string | null;
  /**
   * Who answers elsewhere, as the person has chosen for this chat; absent or null: this machine. It is stored with the chat's
   * first message and is in no draft and no export, so that nothing but a choice made here ever sends a chat away.
   */
  remote?: RemoteChoice | null;
  /** Deleted, but it can still be undone; see `UNDO_MS`. */
  deletedAt: number | null;
  /** Counts the stored versions; 0 has never been stored. */
  revision: number;
}

/** A model on a server elsewhere. */
export interface RemoteChoice {
  /** The server's base address, see `RemoteEndpoint.url`. */
  endpoint: string;
  /** The server's name for the model. */
  model: string;
}

/** What a person sets for one chat. */
export type ChatSettings = Pick<Chat, 'systemPrompt' | 'sampling' | 'presetId' | 'modelId' | 'remote'>;

/** A change of some fields; the others stay as they are stored. */
export type ChatPatch = Partial<Omit<Chat, 'id' | 'createdAt' | 'revision'>>;

/** `streaming`: an answer that grows. One that was left so by a closed tab is read as `stopped`. */
export type MessageState = 'streaming' | 'done' | 'stopped' | 'error';

export interface Message {
  id: string;
  chatId: string;
  /** The message it follows; null for a first message. */
  parentId: string | null;
  role: 'user' | 'assistant';
  content: string;
  /** What the model wrote to itself before the answer. */
  thinking?: string;
  /** Figures of an answer. */
  stats?: AnswerStats;
  /** So many of the oldest messages no longer fit and were left out when it was written. */
  leftOut?: number;
  /** The characters that were guessed ahead and the model agreed with. */
  draftedRanges?: TextRange[];
  /** Who answered, as a person reads it, e.g. "Tales". */
  modelLabel?: string;
  /** The server elsewhere that answered, e.g. "example.org"; absent: this machine. */
  host?: string;
  createdAt: number;
  state: MessageState;
  attachments?: Attachment[];
  /** Counts the stored versions; 0 has never been stored. */
  revision: number;
}

/** What was measured of an answer; those of earlier versions lack what was not measured then. */
export type AnswerStats = Partial<GenerationStats> &
  Pick<
    GenerationStats,
    | 'promptTokens'
    | 'completionTokens'
    | 'timeToFirstTokenMs'
    | 'prefillTokensPerSecond'
    | 'decodeTokensPerSecond'
    | 'totalMs'
  >;

/** A text that goes with a message, such as a dropped file or a long paste. */
export interface Attachment {
  id: string;
  name: string;
  mediaType: string;
  text: string;
}

/** What stands in the composer and in editors of messages and has not been sent. Each tab has its own, so that none overwrites another's. */
export interface Draft {
  /** `draftId(chatId, tabId)`. */
  id: string;
  /** `NEW_CHAT` while there is no chat yet. */
  chatId: string;
  /** The tab it is typed in. */
  tabId: string;
  text: string;
  attachments: Attachment[];
  updatedAt: number;
  /** What has been set for a chat that does not exist yet. */
  settings?: ChatSettings;
  /** Other words for messages that are being written, by message. */
  edits?: Record<string, string>;
}

/** The chat of a draft that has none. */
export const NEW_CHAT = 'new';

export function draftId(chatId: string, tabId: string): string {
  return `${chatId}/${tabId}`;
}

/** A system prompt and sampling under a name, to be used in many chats. */
export interface Preset {
  id: string;
  name: string;
  systemPrompt: string;
  sampling: GenerationOptions;
}

/** How long a deletion can be undone. */
export const UNDO_MS = 10_000;

/** A chat that has not been stored and in which nothing has been said. */
export function emptyChat(id: string, now: number): Chat {
  return {
    id,
    title: '',
    titleSource: 'auto',
    createdAt: now,
    updatedAt: now,
    pinned: false,
    leafId: null,
    systemPrompt: '',
    sampling: {},
    presetId: null,
    modelId: null,
    deletedAt: null,
    revision: 0,
  };
}
