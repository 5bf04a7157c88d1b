/**
 * What batching buys, measured here and now: the same prompts one after the other and side by side, in turns, so that what else
 * the machine does meets both alike. Both write the same tokens, because a row's result does not depend on its neighbours; that
 * is checked, too.
 */
import { HearthError, type AnswerChunk, type LocalModel } from '../../client';
import { askingOf } from './asking';
import { strings } from './strings';
import type { BatchContent, Comparison } from './types';

/** Rounds of both ways; the order turns round from one to the next. */
const ROUNDS = 2;
/** Only to have every kernel compiled. */
const WARM_UP_TOKENS = 2;
/** Long enough that writing outweighs reading the prompt, short enough to be waited for. */
export const COMPARED_TOKENS = 32;

interface Parts {
  model: LocalModel;
  batch: BatchContent;
  signal: AbortSignal;
  /** Something else is being answered, which would count as slowness of whichever way is measured meanwhile. */
  isAnswering: boolean;
  onStep: (step: number, steps: number) => void;
}

/**
 * Measures with the first rows of a batch, as many as it runs at once but two at least.
 * @throws HearthError `bad-request` where nothing can be compared, `aborted`, and what answering meets
 */
export async function compareWays({ model, batch, signal, isAnswering, onStep }: Parts): Promise<Comparison> {
  const { rowCount, promptOf, messagesOf, options } = askingOf(batch, model);
  const wanted = Math.max(2, batch.settings.concurrency);
  const prompts: string[] = [];
  for (let row = 0; row < rowCount && prompts.length < wanted; row++) {
    const prompt = promptOf(row);
    if (prompt.trim() !== '') prompts.push(prompt);
  }
  if (prompts.length < 2) refuse(strings.comparisonNeedsTwo, strings.comparisonNeedsTwoHint);
  if (isAnswering) refuse(strings.comparisonNotNow, strings.comparisonNotNowHint);
  const longest = options.maxTokens ?? COMPARED_TOKENS;
  const seed = options.seed ?? 0; // the same answers each time
  const ask: Ask = (prompt, maxTokens) =>
    model.chat(messagesOf(prompts[prompt] ?? ''), {
      ...options,
      seed,
      maxTokens: Math.min(maxTokens, longest),
      signal,
    });
  return compare(prompts.length, ask, onStep);
}

function refuse(message: string, hint: string): never {
  throw new HearthError('bad-request', message, { hint });
}

/** Asks for one answer of at most so many tokens; the same prompt must draw the same tokens each time. */
export type Ask = (prompt: number, maxTokens: number) => AsyncIterable<AnswerChunk>;

interface Measured {
  seconds: number;
  tokens: number;
  texts: string[];
}

/**
 * @param prompts how many; `ask` gets their numbers from 0
 * @param onStep called as each of `steps` begins
 * @param now milliseconds of a clock that does not jump
 * @throws whatever asking throws, and HearthError `aborted` when an answer was cut off, `bad-request` when none had a token
 */
export async function compare(
  prompts: number,
  ask: Ask,
  onStep: Parts['onStep'] = () => {},
  now: () => number = () => performance.now(),
): Promise<Comparison> {
  const all = Array.from({ length: prompts }, (_, prompt) => prompt);

  async function answer(prompt: number, maxTokens: number): Promise<{ tokens: number; text: string }> {
    let text = '';
    let tokens = 0;
    for await (const chunk of ask(prompt, maxTokens)) {
      text += chunk.text;
      tokens = chunk.stats.completionTokens;
      if (chunk.finishReason === 'aborted') throw new HearthError('aborted', strings.comparisonCutOff);
    }
    return { tokens, text };
  }

  async function measure(isSingle: boolean, maxTokens: number): Promise<Measured> {
    const startMs = now();
    const answers: { tokens: number; text: string }[] = [];
    if (isSingle) for (const prompt of all) answers.push(await answer(prompt, maxTokens));
    else answers.push(...(await Promise.all(all.map((prompt) => answer(prompt, maxTokens)))));
    return {
      seconds: (now() - startMs) / 1000,
      tokens: answers.reduce((sum, { tokens }) => sum + tokens, 0),
      texts: answers.map(({ text }) => text),
    };
  }

  const steps = 1 + 2 * ROUNDS;
  // Not counted: the first step of each shape of batch is compiled when it is first met.
  onStep(1, steps);
  await measure(true, WARM_UP_TOKENS);
  await measure(false, WARM_UP_TOKENS);

  const rounds: { singly: Measured; sideBySide: Measured }[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const measured = new Map<boolean, Measured>();
    for (const isSingle of round % 2 === 0 ? [true, false] : [false, true]) {
      onStep(2 + 2 * round + measured.size, steps);
      measured.set(isSingle, await measure(isSingle, COMPARED_TOKENS));
    }
    rounds.push({ singly: measured.get(true) as Measured, sideBySide: measured.get(false) as Measured });
  }
  if (rounds.some((round) => round.singly.tokens === 0 || round.sideBySide.tokens === 0))
    refuse(strings.comparedNothing, strings.comparedNothingHint);
  const singly = rateOf(rounds.map((round) => round.singly));
  const sideBySide = rateOf(rounds.map((round) => round.sideBySide));
  const ratios = rounds.map((round) => rateOf([round.sideBySide]) / rateOf([round.singly]));
  const [first] = rounds;
  return {
    prompts,
    singly,
    sideBySide,
    ratio: sideBySide / singly,
    lowestRatio: Math.min(...ratios),
    highestRatio: Math.max(...ratios),
    sameAnswers: rounds.every((round) =>
      [round.singly, round.sideBySide].every(({ texts }) =>
        texts.every((text, at) => text === first?.singly.texts[at]),
      ),
    ),
  };
}

/** Tokens per second of several measurements together. */
function rateOf(measured: readonly Measured[]): number {
  const sum = (pick: (one: Measured) => number) => measured.reduce((total, one) => total + pick(one), 0);
  return sum(({ tokens }) => tokens) / sum(({ seconds }) => seconds);
}
