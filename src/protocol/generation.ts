/** What a request for text is, and what comes back. Plain data: it crosses threads as it is. Types only. */

export interface ChatMessage {
  role: 'system' | 'user' | 'assistant';
  content: string;
}

/** Applied in the order penalties, temperature, top-k, top-p, min-p. Absent fields take the checkpoint's own defaults. */
export interface SamplingOptions {
  /** 0 is greedy. */
  temperature?: number;
  /** Keep the k likeliest tokens; 0 keeps all. */
  topK?: number;
  /** Keep the smallest set whose probability reaches p, in (0, 1]. */
  topP?: number;
  /** Drop tokens below this share of the likeliest one's probability, in [0, 1). */
  minP?: number;
  /** Divides positive and multiplies negative logits of tokens seen; 1 is off. */
  repetitionPenalty?: number;
  /** Subtracted once per occurrence in the answer. */
  frequencyPenalty?: number;
  /** Subtracted once if the token occurs in the answer. */
  presencePenalty?: number;
  /** Added to the logits of these token ids. */
  logitBias?: Record<number, number>;
  /** Same seed, same prompt, same answer. Unset: a fresh one, reported in `done`. */
  seed?: number;
}

export interface GenerationOptions extends SamplingOptions {
  maxTokens?: number;
  /** The answer ends before the first of these strings. */
  stop?: string[];
}

/** Either a chat through the checkpoint's template or bare text. */
export type Prompt = ({ kind: 'chat'; messages: ChatMessage[] } & ChatOptions) | { kind: 'text'; text: string };

export interface ChatOptions {
  /** The last message is an answer, and the model goes on with it from its last word. */
  continueLast?: boolean;
}

export interface GenerateRequest {
  requestId: string;
  modelId: string;
  prompt: Prompt;
  options: GenerationOptions;
}

export type FinishReason = 'stop' | 'length' | 'aborted';

/** Times are milliseconds from the moment the engine took the request. */
export interface GenerationStats {
  promptTokens: number;
  completionTokens: number;
  timeToFirstTokenMs: number;
  prefillTokensPerSecond: number;
  /** Tokens after the first, per second. */
  decodeTokensPerSecond: number;
  totalMs: number;
}

/** The life of one request, in order: `prefill`*, `text`*, then exactly one `done` (errors reject the call instead). */
export type GenerateEvent =
  | { type: 'prefill'; doneTokens: number; totalTokens: number }
  | { type: 'text'; text: string; tokenIds: number[]; stats: GenerationStats }
  | { type: 'done'; reason: FinishReason; stats: GenerationStats; seed: number };
