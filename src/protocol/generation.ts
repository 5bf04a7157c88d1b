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
  /**
   * What a full context does. `stop` (the default): a longer prompt is refused, an answer ends with `length`. `drop-oldest`: the
   * oldest turns of a chat are left out, whole, until there is room again; a `dropped` event tells how many messages.
   */
  contextPolicy?: 'stop' | 'drop-oldest';
  /** Report how likely each token was, with so many of the likeliest in its place (0 to 20). Absent: report nothing. */
  logprobs?: number;
  /** What the answer must be written in, from its first token on. Its end is then the grammar's, or `length`. */
  grammar?: Grammar;
  /** `foreground` (the default) is the answer somebody looks at; `background` gives way to it. */
  priority?: 'foreground' | 'background';
  /** Prompts share what is cached only with prompts of the same salt, so that nobody learns of another's; '' by default. */
  salt?: string;
  /**
   * Whether tokens are guessed ahead, by a draft model if one is loaded or by what followed the last words earlier in the text.
   * `auto` (the default): by whom it pays most; `draft` and `lookup`: by this one alone, as it pays; `off`: never; a number: always
   * so many tokens (0 to 7), by the draft if there is one. The answer is the same.
   */
  speculation?: 'auto' | 'off' | 'draft' | 'lookup' | number;
}

/**
 * `json`: an object. `json_schema`: what the schema describes, without properties that it does not name, in the order of the
 * schema; JSON comes on one line. A schema that asks for what cannot be promised is refused unless `strict` is false.
 * `grammar`: what the rule `root` gives, in the EBNF of xgrammar (`root ::= "yes" | "no"`). `regex`: what the pattern matches as
 * a whole.
 */
export type Grammar =
  | { type: 'json' }
  | { type: 'json_schema'; schema: Record<string, unknown> | boolean; strict?: boolean }
  | { type: 'grammar'; ebnf: string }
  | { type: 'regex'; pattern: string };

/** Either a chat through the checkpoint's template or bare text. */
export type Prompt = ChatPrompt | { kind: 'text'; text: string };

export interface ChatPrompt extends ChatOptions {
  kind: 'chat';
  messages: ChatMessage[];
}

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

/** The shortest durations that hold half, nine tenths and ninety-nine hundredths of the tokens, in milliseconds. */
export interface Percentiles {
  p50: number;
  p90: number;
  p99: number;
}

/** Durations are milliseconds. */
export interface GenerationStats {
  /** Tokens of the prompt as it was first given. */
  promptTokens: number;
  /** Tokens of the answer so far, the one that ended it included. */
  completionTokens: number;
  /** Tokens of the prompt whose keys and values were there already and were not computed again. */
  cachedTokens: number;
  /** Tokens that were guessed ahead. */
  draftTokens: number;
  /** Guesses that the model agreed with, so that they are tokens of the answer. */
  acceptedTokens: number;
  /** Time spent waiting for room beside other requests, all waits together. */
  queueMs: number;
  /** From the moment the engine took the request to its first token, waiting included. */
  timeToFirstTokenMs: number;
  /** Prompt tokens that were computed, per second from the first forward to the first token; waiting is left out. */
  prefillTokensPerSecond: number;
  /** Tokens after the first arrival, per second. */
  decodeTokensPerSecond: number;
  /** Time per token after the first arrival, to 2.2 percent; tokens that arrive together share the time evenly. */
  tokenMs: Percentiles;
  /** From the moment the engine took the request until now. */
  totalMs: number;
}

export interface TokenLogprob {
  id: number;
  /** The token's own text; bytes that are no whole character by themselves are U+FFFD. */
  text: string;
  /** Natural logarithm of the model's own probability, before penalties, bias, temperature and filters. */
  logprob: number;
}

/** A token of the answer with the likeliest tokens in its place, likeliest first; itself among them where it is one. */
export interface TokenLogprobs extends TokenLogprob {
  top: TokenLogprob[];
}

/** From the first character to before the last, in UTF-16 units. */
export type TextRange = [start: number, end: number];

/** The oldest messages no longer fit and were left out: so many in all. */
export interface DroppedEvent {
  type: 'dropped';
  messages: number;
}

export interface TextEvent {
  type: 'text';
  text: string;
  tokenIds: number[];
  /** For each token whether it was guessed ahead; absent where none of them was. */
  drafted?: boolean[];
  /** The characters of `text` that were guessed ahead; absent where there are none. */
  draftedRanges?: TextRange[];
  /** For each token, where the request asks for `logprobs`. */
  logprobs?: TokenLogprobs[];
  stats: GenerationStats;
}

/**
 * The life of one request, in order: `dropped`?, `prefill`*, `text`*, and so on again where older turns give way in mid-answer,
 * then exactly one `done` (errors reject the call instead).
 */
export type GenerateEvent =
  | DroppedEvent
  | { type: 'recovering' } // the device was lost: the answer goes on where it was, on another one
  | { type: 'prefill'; doneTokens: number; totalTokens: number }
  | TextEvent
  | { type: 'done'; reason: FinishReason; stats: GenerationStats; seed: number };
