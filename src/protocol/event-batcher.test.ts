import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { batchEvents } from './event-batcher';
import type { GenerateEvent, GenerationStats, TextEvent } from './generation';

const stats: GenerationStats = {
  promptTokens: 4,
  completionTokens: 0,
  cachedTokens: 0,
  draftTokens: 0,
  acceptedTokens: 0,
  queueMs: 0,
  timeToFirstTokenMs: 10,
  prefillTokensPerSecond: 400,
  decodeTokensPerSecond: 100,
  tokenMs: { p50: 10, p90: 10, p99: 10 },
  totalMs: 0,
};
const text = (word: string, id: number): GenerateEvent => ({
  type: 'text',
  text: word,
  tokenIds: [id],
  stats: { ...stats, completionTokens: id },
});
const done: GenerateEvent = { type: 'done', reason: 'stop', stats, seed: 1 };

describe('batchEvents', () => {
  let sent: GenerateEvent[];
  beforeEach(() => {
    vi.useFakeTimers();
    sent = [];
  });
  afterEach(() => vi.useRealTimers());

  it('sends the first event at once and joins what follows within a frame', () => {
    const batcher = batchEvents((event) => sent.push(event), 16);
    batcher.push(text('One', 1));
    batcher.push(text(' two', 2));
    batcher.push(text(' three', 3));
    expect(sent).toEqual([text('One', 1)]);
    vi.advanceTimersByTime(16);
    expect(sent).toHaveLength(2);
    expect(sent[1]).toEqual({ ...text(' two three', 3), tokenIds: [2, 3] });
  });

  it('joins what goes with each token and each character', () => {
    const batcher = batchEvents((event) => sent.push(event), 16);
    const logprobs = (id: number) => [{ id, text: '', logprob: -id, top: [] }];
    batcher.push(done); // the frame is used up
    batcher.push({ ...(text('One', 1) as TextEvent), logprobs: logprobs(1) });
    batcher.push({
      ...(text(' two', 2) as TextEvent),
      drafted: [true],
      draftedRanges: [[0, 4]],
      logprobs: logprobs(2),
    });
    batcher.push({ ...(text('!', 3) as TextEvent), logprobs: logprobs(3) });
    vi.advanceTimersByTime(16);
    expect(sent.at(-1)).toEqual({
      ...text('One two!', 3),
      tokenIds: [1, 2, 3],
      drafted: [false, true, false],
      draftedRanges: [[3, 7]],
      logprobs: [1, 2, 3].flatMap(logprobs),
    });
  });

  it('sends again without a timer when a frame has passed in a busy thread', () => {
    const batcher = batchEvents((event) => sent.push(event), 16);
    batcher.push(text('One', 1));
    vi.setSystemTime(Date.now() + 20);
    vi.advanceTimersByTime(20);
    batcher.push(text(' two', 2));
    expect(sent).toHaveLength(2);
  });

  it('keeps the order across kinds and sends `done` at once', () => {
    const batcher = batchEvents((event) => sent.push(event), 16);
    batcher.push({ type: 'prefill', doneTokens: 1, totalTokens: 4 });
    batcher.push({ type: 'prefill', doneTokens: 2, totalTokens: 4 });
    batcher.push({ type: 'prefill', doneTokens: 4, totalTokens: 4 });
    batcher.push(text('One', 1));
    batcher.push(text(' two', 2));
    batcher.push(done);
    expect(sent).toEqual([
      { type: 'prefill', doneTokens: 1, totalTokens: 4 },
      { type: 'prefill', doneTokens: 4, totalTokens: 4 },
      text('One', 1),
      text(' two', 2),
      done,
    ]);
  });

  it('flush sends what waits and waits until the other side has taken it', async () => {
    let take = () => {};
    const taken = new Promise<void>((resolve) => (take = resolve));
    let flushed = false;
    const batcher = batchEvents((event) => {
      sent.push(event);
      return taken;
    }, 16);
    batcher.push(text('One', 1));
    batcher.push(text(' two', 2));
    const flushing = batcher.flush().then(() => (flushed = true));
    expect(sent).toHaveLength(2);
    await Promise.resolve();
    expect(flushed).toBe(false);
    take();
    await flushing;
    expect(flushed).toBe(true);
  });
});
