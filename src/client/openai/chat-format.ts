/** Choices as `chat.completion` and `chat.completion.chunk`. Thinking goes apart, as `reasoning_content`. */
import type { TokenLogprob, TokenLogprobs } from '../../protocol/generation';
import type { Piece } from './answers';
import { makeHead, toLogprob, type Format, type Head } from './format';
import type { HearthFigures, Usage } from './usage';

export interface ChatCompletion extends Head {
  object: 'chat.completion';
  choices: {
    index: number;
    message: { role: 'assistant'; content: string; refusal: null; reasoning_content?: string };
    logprobs: ChatLogprobs | null;
    finish_reason: 'stop' | 'length';
  }[];
  usage: Usage;
  hearth: HearthFigures[];
}

export interface ChatCompletionChunk extends Head {
  object: 'chat.completion.chunk';
  choices: {
    index: number;
    delta: { role?: 'assistant'; content?: string; reasoning_content?: string };
    logprobs: ChatLogprobs | null;
    finish_reason: 'stop' | 'length' | null;
  }[];
  /** There only where it is asked for, and null but in the last chunk. */
  usage?: Usage | null;
  hearth?: HearthFigures[];
}

interface ChatLogprobs {
  content: (ChatLogprob & { top_logprobs: ChatLogprob[] })[];
  refusal: null;
}

interface ChatLogprob {
  token: string;
  logprob: number;
  /** Null where the token is no whole character by itself. */
  bytes: number[] | null;
}

type ChunkChoice = ChatCompletionChunk['choices'][number];

export function createChatFormat(model: string): Format {
  const head = makeHead('chatcmpl', model);
  const chunk = (...choices: ChunkChoice[]) => ({ ...head, object: 'chat.completion.chunk', choices }) as const;

  return {
    opening: (count) =>
      Array.from({ length: count }, (_, index) =>
        chunk({ index, delta: { role: 'assistant', content: '' }, logprobs: null, finish_reason: null }),
      ),
    chunks({ index, reasoning, content, logprobs, finishReason }) {
      const delta = { ...(reasoning && { reasoning_content: reasoning }), ...(content && { content }) };
      const hasText = reasoning !== '' || content !== '' || logprobs.length > 0;
      return [
        ...(hasText ? [chunk({ index, delta, logprobs: toLogprobs(logprobs), finish_reason: null })] : []),
        ...(finishReason ? [chunk({ index, delta: {}, logprobs: null, finish_reason: finishReason })] : []),
      ];
    },
    usageChunk: () => chunk(),
    body: (choices) => ({ ...head, object: 'chat.completion', choices: choices.map(toChoice) }),
  };
}

function toChoice({ index, reasoning, content, logprobs, finishReason }: Piece): ChatCompletion['choices'][number] {
  return {
    index,
    message: { role: 'assistant', content, refusal: null, ...(reasoning && { reasoning_content: reasoning }) },
    logprobs: toLogprobs(logprobs),
    finish_reason: finishReason ?? 'stop',
  };
}

function toLogprobs(tokens: readonly TokenLogprobs[]): ChatLogprobs | null {
  if (tokens.length === 0) return null;
  return { content: tokens.map((token) => ({ ...spell(token), top_logprobs: token.top.map(spell) })), refusal: null };
}

function spell({ text, logprob }: TokenLogprob): ChatLogprob {
  const bytes = text.includes('\uFFFD') ? null : Array.from(new TextEncoder().encode(text));
  return { token: text, logprob: toLogprob(logprob), bytes };
}
