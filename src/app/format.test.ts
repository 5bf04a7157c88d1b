import { describe, expect, it } from 'vitest';
import { speak } from './strings';
import { formatBytes, formatProgress, formatStats } from './format';

const stats = {
  promptTokens: 9,
  completionTokens: 412,
  timeToFirstTokenMs: 420,
  prefillTokensPerSecond: 100,
  decodeTokensPerSecond: 23.4,
  totalMs: 18_000,
};

describe('formatStats', () => {
  it('gives speed, time to first token and length', () => {
    expect(formatStats(stats)).toBe('23 tok/s · 0.4 s to first token · 412 tokens');
  });
  it('keeps small figures readable', () => {
    expect(formatStats({ ...stats, decodeTokensPerSecond: 3.14, timeToFirstTokenMs: 42 })).toBe(
      '3.1 tok/s · 0.04 s to first token · 412 tokens',
    );
  });
  it('is written as the language has it', async () => {
    await speak('de');
    expect(formatStats(stats)).toBe('23 Tok/s · 0,4 s bis zum ersten Token · 412 Token');
    expect(formatBytes(12_539_456)).toBe('12,5 MB');
    await speak('en');
  });
  it('tells what was cached and drafted, where anything was', () => {
    const some = formatStats({ ...stats, cachedTokens: 1200, draftTokens: 400, acceptedTokens: 292 });
    expect(some).toBe('23 tok/s · 0.4 s to first token · 412 tokens · 1,200 of the prompt cached · 71% drafted');
    expect(formatStats({ ...stats, cachedTokens: 0, draftTokens: 9, acceptedTokens: 0 })).toBe(formatStats(stats));
  });
  it('gives no speed for one token', () => {
    expect(formatStats({ ...stats, completionTokens: 1, decodeTokensPerSecond: Infinity })).toBe(
      '– tok/s · 0.4 s to first token · 1 token',
    );
  });
});

describe('sizes', () => {
  it('are decimal, in the unit of the whole', () => {
    expect(formatBytes(12_539_456)).toBe('12.5 MB');
    expect(formatProgress({ phase: 'download', loadedBytes: 900e6, totalBytes: 1.94e9 })).toBe(
      'downloading, 0.9 of 1.9 GB',
    );
  });
  it('are left out where a phase has none', () => {
    expect(formatProgress({ phase: 'compile', loadedBytes: 0, totalBytes: 0 })).toBe('getting ready');
  });
});
