import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DurationHistogram } from './duration-histogram';
import { EngineCollector, RequestClock, STEP_WINDOW } from './stats';

const passes = (ms: number) => vi.advanceTimersByTime(ms);

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe('the clock of a request', () => {
  it('tells waiting, reading and writing apart', () => {
    const clock = new RequestClock(100);
    passes(30);
    clock.markScheduled();
    clock.markCached(60);
    passes(20);
    clock.markTokens(1);
    for (let i = 0; i < 4; i++) {
      passes(5);
      clock.markTokens(1);
    }
    passes(7);
    expect(clock.snapshot()).toMatchObject({
      promptTokens: 100,
      completionTokens: 5,
      cachedTokens: 60,
      queueMs: 30,
      timeToFirstTokenMs: 50,
      prefillTokensPerSecond: 2000, // the 40 that were computed, in 20 ms
      decodeTokensPerSecond: 200, // the 4 after the first, in 20 ms
      tokenMs: { p50: 5, p90: 5, p99: 5 },
      totalMs: 77,
    });
  });

  it('gives tokens that arrive together an even share of the time since the arrival before', () => {
    const clock = new RequestClock(8);
    clock.markScheduled();
    passes(10);
    clock.markTokens(3); // the first arrival has no arrival before it
    passes(40);
    clock.markTokens(4);
    passes(10);
    clock.markTokens(1);
    clock.markTokens(0);
    const { completionTokens, decodeTokensPerSecond, tokenMs } = clock.snapshot();
    expect(completionTokens).toBe(8);
    expect(decodeTokensPerSecond).toBe(100); // 5 tokens in 50 ms
    expect(tokenMs).toEqual({ p50: 10, p90: 10, p99: 10 });
  });

  it('counts every wait, and the cached tokens of the first one only', () => {
    const clock = new RequestClock(50);
    passes(10);
    clock.markScheduled();
    clock.markScheduled();
    clock.markCached(20);
    passes(5);
    clock.markQueued();
    clock.markQueued();
    passes(100);
    expect(clock.snapshot().queueMs).toBe(110);
    clock.markScheduled();
    clock.markCached(50);
    passes(10);
    clock.markTokens(1);
    const stats = clock.snapshot();
    expect(stats).toMatchObject({ queueMs: 110, timeToFirstTokenMs: 125, cachedTokens: 20 });
    expect(stats.prefillTokensPerSecond).toBe(2000); // 30 tokens in the 15 ms it did not wait
  });

  it('sums what was drafted and accepted', () => {
    const clock = new RequestClock(1);
    clock.markDrafted(4, 3);
    clock.markDrafted(4, 0);
    expect(clock.snapshot()).toMatchObject({ draftTokens: 8, acceptedTokens: 3 });
  });

  it('gives numbers, not NaN or infinity, before anything has happened', () => {
    const stats = new RequestClock(5).snapshot();
    const figures = Object.values({ ...stats, ...stats.tokenMs, tokenMs: 0 });
    expect(figures.every(Number.isFinite)).toBe(true);
  });
});

describe('percentiles', () => {
  it('are within 2.2 percent of those of the sorted durations', () => {
    const histogram = new DurationHistogram();
    const durations = Array.from({ length: 5000 }, (_, i) => 0.05 * 1.002 ** i); // 0.05 ms to 1.1 s
    for (const ms of durations.toReversed()) histogram.add(ms);
    for (const share of [0.01, 0.25, 0.5, 0.9, 0.99]) {
      const exact = durations[Math.ceil(share * durations.length) - 1]!;
      expect(Math.abs(histogram.percentileMs(share) / exact - 1)).toBeLessThan(0.022);
    }
  });

  it('never leave the range of what was measured', () => {
    const histogram = new DurationHistogram();
    for (const ms of [0, 3, 1e9]) histogram.add(ms);
    expect(histogram.percentileMs(0)).toBeLessThan(0.011);
    expect(histogram.percentileMs(0.5)).toBeCloseTo(3, 0);
    expect(histogram.percentileMs(1)).toBeGreaterThan(100_000);
    expect(histogram.percentileMs(1)).toBeLessThanOrEqual(1e9);
  });
});

describe('the collector of a loop', () => {
  it('gives the mean of the last steps only', () => {
    const collector = new EngineCollector();
    expect(collector.snapshot({})).toEqual({ prefixHitRate: null, rowsPerStep: 0, steps: 0 });
    collector.markStep(100);
    collector.markStep(2);
    expect(collector.snapshot({}).rowsPerStep).toBe(51);
    for (let i = 0; i < STEP_WINDOW; i++) collector.markStep(3);
    expect(collector.snapshot({})).toMatchObject({ rowsPerStep: 3, steps: STEP_WINDOW + 2 });
  });

  it('weighs prompts by their length, and passes on what is held', () => {
    const collector = new EngineCollector();
    collector.markPrompt(90, 60);
    collector.markPrompt(10, 0);
    expect(collector.snapshot({ running: 2 })).toMatchObject({ prefixHitRate: 0.6, running: 2 });
  });
});
