/**
 * What crosses between a page of another site (the host) and Hearth in its frame. First two messages of the windows, which only
 * hand over a MessagePort; from then on this port alone. Plain data in both directions: nothing here can be called.
 */
import type { ErrorCode } from '../lib/errors';

/** Both sides say which version they speak; they come from one site, so a difference means an old copy in some cache. */
export const EMBED_VERSION = 1;

export const EMBED_THEMES = ['system', 'light', 'dark'] as const;
export type EmbedTheme = (typeof EMBED_THEMES)[number];

/** `ask`: the host's own script asks the model; `chat`: only the person does, in the frame, and the host sees none of it. */
export const EMBED_USES = ['ask', 'chat'] as const;
export type EmbedUse = (typeof EMBED_USES)[number];

/** Frame to host, by `window.postMessage`; it tells nothing that anybody might not know. */
export interface HelloMessage {
  hearth: 'hello';
  version: number;
}

/** Host to frame, by `window.postMessage`, with the port. */
export interface ConnectMessage {
  hearth: 'connect';
  version: number;
  use: EmbedUse;
  /** The id of a model of Hearth's catalogue. */
  model: string;
  theme: EmbedTheme;
}

/** Host to frame. `id` is the host's number for a request; each is used once. */
export type HostMessage =
  | { type: 'fetch'; id: number; method: string; url: string; body: string | null }
  /** The reader of a response wants more of its body. */
  | { type: 'pull'; id: number }
  | { type: 'load'; id: number; model: string; contextLength?: number }
  | { type: 'status'; id: number }
  | { type: 'abort'; id: number }
  | { type: 'theme'; theme: EmbedTheme }
  | { type: 'close' };

/** Frame to host. */
export type FrameMessage =
  /** The person has allowed it. */
  | { type: 'ready' }
  /** What the frame shows is so many CSS pixels high, and whether the person has to see it for anything to go on. */
  | { type: 'panel'; height: number; isAsking: boolean }
  | { type: 'head'; id: number; status: number; headers: [name: string, value: string][] }
  | { type: 'chunk'; id: number; bytes: Uint8Array<ArrayBuffer> }
  | { type: 'end'; id: number }
  | { type: 'progress'; id: number; progress: EmbedProgress }
  | { type: 'result'; id: number; value: EmbeddedModel | EmbedStatus }
  /** A request has failed; null where the message did not say which. */
  | { type: 'error'; id: number | null; error: WireError }
  /** The last message. */
  | { type: 'closed'; error: WireError };

/** An error without what is nobody else's business: no stack, no cause. */
export interface WireError {
  code: ErrorCode;
  message: string;
  hint: string;
}

/** `loadedBytes` of `totalBytes` of this phase; both 0 where a phase has no bytes to count. */
export interface EmbedProgress {
  phase: string;
  loadedBytes: number;
  totalBytes: number;
}

/** A model that is loaded in the frame. */
export interface EmbeddedModel {
  id: string;
  label: string;
  /** Tokens of context. */
  contextLength: number;
  /** What went less well, as a sentence; null when all is well. */
  warning: string | null;
}

/** What one site may ask for. */
export interface EmbedLimits {
  /** Answers under way at one time. */
  concurrentAnswers: number;
  /** Tokens computed for it, read and written, in any minute on average. */
  tokensPerMinute: number;
  /** Tokens of context that a model is loaded with at most. */
  contextLength: number;
}

export interface EmbedStatus {
  limits: EmbedLimits;
  /** Tokens that may be computed now; below zero where an answer that had begun went on beyond its share. */
  tokensLeft: number;
  /** Requests under way, this one left out. */
  running: number;
  /** Ids of the models that are loaded for this host. */
  loaded: string[];
}
