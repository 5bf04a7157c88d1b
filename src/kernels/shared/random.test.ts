import { describe, expect, test } from 'vitest';
import { threefry2x32, tokenUniform, uniform } from './random.cpu';

describe('threefry2x32', () => {
  // Known answers of Random123 (kat_vectors): counter, key, result.
  test.each([
    [
      [0, 0],
      [0, 0],
      [0x6b200159, 0x99ba4efe],
    ],
    [
      [0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      [0x1cb996fc, 0xbb002be7],
    ],
    [
      [0x243f6a88, 0x85a308d3],
      [0x13198a2e, 0x03707344],
      [0xc4923a9c, 0x483df7a0],
    ],
  ] as const)('counter %j under key %j', (counter, key, expected) => {
    const out = new Uint32Array(2);
    threefry2x32(counter[0], counter[1], key[0], key[1], out);
    expect([...out]).toEqual(expected);
  });
});

describe('tokenUniform', () => {
  test('lies strictly between 0 and 1, at every end', () => {
    expect(uniform(0)).toBe(2 ** -33);
    expect(uniform(0xffffffff)).toBe(1 - 2 ** -33);
  });

  test('depends on both halves of the seed, on the position and on the token', () => {
    const draws = [
      tokenUniform(1, 2, 3),
      tokenUniform(2, 2, 3),
      tokenUniform(1 + 2 ** 32, 2, 3),
      tokenUniform(1, 3, 3),
      tokenUniform(1, 2, 4),
    ];
    expect(new Set(draws).size).toBe(draws.length);
    expect(tokenUniform(1, 2, 3)).toBe(draws[0]);
  });

  test('is spread evenly: mean and variance of a uniform number', () => {
    const count = 100_000;
    const draws = Array.from({ length: count }, (_, i) => tokenUniform(42, i & 1023, i >> 10));
    const mean = draws.reduce((sum, u) => sum + u, 0) / count;
    const variance = draws.reduce((sum, u) => sum + (u - mean) ** 2, 0) / count;
    expect(Math.abs(mean - 1 / 2)).toBeLessThan(0.005); // 5 standard errors
    expect(Math.abs(variance - 1 / 12)).toBeLessThan(0.0012); // 5 standard errors
  });
});
