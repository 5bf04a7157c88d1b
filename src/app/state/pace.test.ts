import { describe, expect, it } from 'vitest';
import { createPace } from './pace';

function setUp() {
  let nowMs = 1000;
  const pace = createPace(() => nowMs);
  const at = (ms: number, loadedBytes: number, phase: 'download' | 'upload' = 'download') => {
    nowMs = 1000 + ms;
    return pace({ phase, loadedBytes, totalBytes: 10_000_000 });
  };
  return at;
}

describe('pace', () => {
  it('is silent until it can be told, and does not count what was there before', () => {
    const at = setUp();
    expect(at(0, 4_000_000)).toMatchObject({ bytesPerSecond: null, secondsLeft: null });
    expect(at(200, 5_000_000)).toMatchObject({ bytesPerSecond: null });
    expect(at(1000, 6_000_000)).toMatchObject({ bytesPerSecond: 2_000_000, secondsLeft: 2 });
  });

  it('is that of the last seconds', () => {
    const at = setUp();
    at(0, 0);
    for (let second = 1; second <= 10; second++) at(second * 1000, second * 100_000);
    expect(at(11_000, 1_100_000).bytesPerSecond).toBeCloseTo(100_000);
    for (let second = 12; second <= 17; second++) at(second * 1000, 1_100_000 + (second - 11) * 500_000);
    expect(at(18_000, 4_600_000).bytesPerSecond).toBeCloseTo(500_000);
  });

  it('begins anew with each phase, and tells nothing of what stands still', () => {
    const at = setUp();
    at(0, 0);
    at(1000, 10_000_000);
    expect(at(2000, 0, 'upload').bytesPerSecond).toBeNull();
    expect(at(4000, 0, 'upload')).toMatchObject({ bytesPerSecond: null, secondsLeft: null });
  });
});
