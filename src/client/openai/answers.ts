/**
 * Several answers read side by side, as pieces of choices: what a stream sends one by one and a body has all together.
 */
import type { GenerationStats, TokenLogprobs } from '../../protocol/generation';
import type { Answer } from '../answer';
import { ApiError } from './api-error';
import type { ReasoningSplitter } from './reasoning';

/** Some of a choice. A piece with a `finishReason` is the last of its choice. */
export interface Piece {
  /** Which choice. */
  index: number;
  reasoning: string;
  content: string;
  /** Of the tokens of this piece, thinking included; empty where nobody asked. */
  logprobs: TokenLogprobs[];
  finishReason: 'stop' | 'length' | null;
}

/** What is known of a choice at its end. */
export interface ChoiceFigures {
  seed: number | null;
  /** Tokens thought aloud; to the end of the piece in which the thinking ended. */
  reasoningTokens: number;
  stats: GenerationStats;
}

/** An answer and what takes its thinking apart; null where text stays as it is. */
export interface ReadableAnswer {
  answer: Answer;
  splitter: ReasoningSplitter | null;
}

/**
 * Reads all answers to their ends. Where one fails, the others are stopped.
 * @param onPiece called with every piece, in order within each choice.
 * @returns the figures of each.
 * @throws what an answer threw first; ApiError 503 where one was ended from elsewhere.
 */
export async function readAnswers(
  answers: readonly ReadableAnswer[],
  onPiece: (piece: Piece) => void,
): Promise<ChoiceFigures[]> {
  try {
    return await Promise.all(answers.map((answer, index) => readAnswer(answer, index, onPiece)));
  } finally {
    for (const { answer } of answers) await answer.return?.();
  }
}

async function readAnswer(
  { answer, splitter }: ReadableAnswer,
  index: number,
  onPiece: (piece: Piece) => void,
): Promise<ChoiceFigures> {
  let reasoningTokens = 0;
  for await (const { text, tokenIds, logprobs = [], finishReason, stats, seed } of answer) {
    if (finishReason === 'aborted') throw endedFromElsewhere();
    const thought = splitter?.isReasoning ?? false;
    const split = splitter?.push(text) ?? { reasoning: '', content: text };
    if (thought || splitter?.isReasoning) reasoningTokens += tokenIds.length;
    if (finishReason === null) {
      onPiece({ index, ...split, logprobs, finishReason: null });
    } else {
      onPiece({ index, ...(splitter?.flush() ?? split), logprobs, finishReason });
      return { seed, reasoningTokens, stats };
    }
  }
  throw endedFromElsewhere();
}

/** Who stopped it hears nothing more of it, so whoever reads this did not. */
function endedFromElsewhere(): ApiError {
  return new ApiError('The model was unloaded in the middle of the answer. Ask again to load it.', {
    status: 503,
    code: 'model_unloaded',
  });
}

/** All pieces of each choice as one. @param count how many choices there are. */
export function collectPieces(count: number): { take(piece: Piece): void; choices: Piece[] } {
  const choices = Array.from({ length: count }, (_, index): Piece => ({
    index,
    reasoning: '',
    content: '',
    logprobs: [],
    finishReason: null,
  }));
  return {
    choices,
    take({ index, reasoning, content, logprobs, finishReason }) {
      const choice = choices[index]!;
      choice.reasoning += reasoning;
      choice.content += content;
      choice.logprobs.push(...logprobs);
      choice.finishReason = finishReason;
    },
  };
}
