import { describe, expect, it } from 'vitest';
import type { AnswerChunk, FinishReason } from '../../client';
import { compare, COMPARED_TOKENS, type Ask } from './comparison';

/** A model on a clock of its own: one forward takes a second and carries all that are answered at once. */
function setUp(textOf = (prompt: number) => `answer ${prompt}`, reason: FinishReason = 'length') {
  let ms = 0;
  const waiting: (() => void)[] = [];
  const asked: { prompt: number; maxTokens: number; beside: number }[] = [];
  const forward = () =>
    new Promise<void>((resolve) => {
      waiting.push(resolve);
      if (waiting.length > 1) return;
      setImmediate(() => {
        ms += 1000;
        for (const go of waiting.splice(0)) go();
      });
    });
  let running = 0;
  const ask: Ask = async function* (prompt, maxTokens) {
    asked.push({ prompt, maxTokens, beside: running++ });
    const text = textOf(prompt);
    const chunk = (tokens: number, finishReason: FinishReason | null) =>
      ({ text: tokens === 1 ? text : '', finishReason, stats: { completionTokens: tokens } }) as AnswerChunk;
    for (let token = 1; token <= maxTokens; token++) {
      await forward();
      if (text !== '') yield chunk(token, null);
    }
    running--;
    yield chunk(text === '' ? 0 : maxTokens, reason);
  };
  return { ask, asked, now: () => ms };
}

describe('comparing', () => {
  it('gives the ratio that batching has, and asks the same both ways', async () => {
    const { ask, asked, now } = setUp();
    const steps: number[] = [];
    const comparison = await compare(4, ask, (step) => steps.push(step), now);
    expect(comparison).toEqual({
      prompts: 4,
      singly: 1,
      sideBySide: 4,
      ratio: 4,
      lowestRatio: 4,
      highestRatio: 4,
      sameAnswers: true,
    });
    expect(steps).toEqual([1, 2, 3, 4, 5]);
    const counted = asked.filter(({ maxTokens }) => maxTokens === COMPARED_TOKENS);
    // Singly, side by side, side by side, singly.
    expect(counted.map(({ beside }) => beside).join('')).toBe('0000012301230000');
    expect(counted.map(({ prompt }) => prompt).join('')).toBe('0123'.repeat(4));
  });

  it('notices answers that differ', async () => {
    let turn = 0;
    const { ask, now } = setUp(() => `answer ${turn++}`);
    expect((await compare(2, ask, undefined, now)).sameAnswers).toBe(false);
  });

  it('has no figure where an answer was cut off, or nothing was said', async () => {
    await expect(compare(2, setUp(undefined, 'aborted').ask)).rejects.toMatchObject({ code: 'aborted' });
    await expect(compare(2, setUp(() => '').ask)).rejects.toMatchObject({ code: 'bad-request' });
  });
});
