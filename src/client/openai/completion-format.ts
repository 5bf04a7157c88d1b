/** Choices as `text_completion`; chunks of a stream have the same form. */
import type { TokenLogprobs } from '../../protocol/generation';
import type { Piece } from './answers';
import { makeHead, toLogprob, type Format, type Head } from './format';
import type { HearthFigures, Usage } from './usage';

export interface TextCompletion extends Head {
  object: 'text_completion';
  choices: {
    index: number;
    text: string;
    logprobs: TextLogprobs | null;
    finish_reason: 'stop' | 'length' | null;
  }[];
  usage?: Usage | null;
  hearth?: HearthFigures[];
}

interface TextLogprobs {
  tokens: string[];
  token_logprobs: number[];
  /** By the token's text; of two with the same text, the likelier. */
  top_logprobs: Record<string, number>[];
  /** Where each token begins in the choice's text, in UTF-16 units. */
  text_offset: number[];
}

type Choice = TextCompletion['choices'][number];

/** @param echoes what each choice begins with; empty where there is nothing to repeat. */
export function createCompletionFormat(model: string, echoes: readonly string[]): Format {
  const head = makeHead('cmpl', model);
  /** How much text each choice's tokens have made. */
  const lengths: number[] = [];
  const completion = (choices: Choice[]) => ({ ...head, object: 'text_completion', choices }) as const;

  function toChoice({ index, content, logprobs, finishReason }: Piece): Choice {
    const start = lengths[index] ?? 0;
    lengths[index] = logprobs.reduce((length, { text }) => length + text.length, start);
    return { index, text: content, logprobs: toLogprobs(logprobs, start), finish_reason: finishReason };
  }

  return {
    opening: () =>
      echoes.flatMap((text, index) =>
        text === '' ? [] : [completion([{ index, text, logprobs: null, finish_reason: null }])],
      ),
    chunks: (piece) => {
      const isEmpty = piece.content === '' && piece.logprobs.length === 0 && piece.finishReason === null;
      return isEmpty ? [] : [completion([toChoice(piece)])];
    },
    usageChunk: () => completion([]),
    body: (choices) =>
      completion(choices.map((piece) => toChoice({ ...piece, content: echoes[piece.index] + piece.content }))),
  };
}

function toLogprobs(tokens: readonly TokenLogprobs[], start: number): TextLogprobs | null {
  if (tokens.length === 0) return null;
  let offset = start;
  return {
    tokens: tokens.map(({ text }) => text),
    token_logprobs: tokens.map(({ logprob }) => toLogprob(logprob)),
    top_logprobs: tokens.map(({ top }) =>
      Object.fromEntries(top.toReversed().map(({ text, logprob }) => [text, toLogprob(logprob)])),
    ),
    text_offset: tokens.map(({ text }) => (offset += text.length) - text.length),
  };
}
