import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { tokenUniform } from '../../kernels/shared/random.cpu';
import { resolveOptions, type GenerationOptions, type ResolvedOptions } from '../options';
import { CpuSampler, logProbability, type TokenHistory } from './sampler';

const VOCAB_SIZE = 24;
const noHistory: TokenHistory = { promptIds: [], answerIds: [] };
const settings = (options: GenerationOptions): ResolvedOptions =>
  resolveOptions({ temperature: 1, topK: 0 }, { seed: 0, ...options }, 1e6);

/** The chain in the plainest words: the probability of each token that is left, likeliest first. */
function distribution(
  logits: Float32Array,
  options: ResolvedOptions,
  { promptIds, answerIds }: TokenHistory,
): { id: number; probability: number }[] {
  const prompt = Array.from(promptIds);
  const answer = Array.from(answerIds);
  let candidates = Array.from(logits, (logit, id) => {
    let score = logit;
    if (prompt.includes(id) || answer.includes(id)) {
      score = score > 0 ? score / options.repetitionPenalty : score * options.repetitionPenalty;
    }
    const count = answer.filter((other) => other === id).length;
    if (count > 0) score -= options.presencePenalty;
    for (let i = 0; i < count; i++) score -= options.frequencyPenalty;
    for (const [biased, bias] of options.logitBias) if (biased === id) score += bias;
    return { id, score, probability: 0 };
  }).toSorted((a, b) => b.score - a.score || a.id - b.id);

  if (options.temperature === 0) return [{ id: candidates[0]!.id, probability: 1 }];
  const normalize = () => {
    const max = candidates[0]!.score;
    const weights = candidates.map(({ score }) => Math.exp((score - max) / options.temperature));
    const sum = weights.reduce((a, b) => a + b, 0);
    candidates = candidates.map((candidate, i) => ({ ...candidate, probability: weights[i]! / sum }));
  };
  normalize();
  if (options.topK > 0) candidates = candidates.slice(0, options.topK);
  normalize();
  if (options.topP < 1) {
    let sum = 0;
    const last = candidates.findIndex(({ probability }) => (sum += probability) >= options.topP);
    if (last >= 0) candidates = candidates.slice(0, last + 1);
  }
  normalize();
  const floor = options.minP * candidates[0]!.probability;
  candidates = candidates.filter(({ probability }) => probability >= floor);
  normalize();
  return candidates;
}

describe('CpuSampler', () => {
  const sampler = new CpuSampler(VOCAB_SIZE); // one for all cases: scratch must not leak from one into the next

  const ids = fc.array(fc.nat(VOCAB_SIZE - 1), { maxLength: 12 });
  // Logits and penalties are multiples of 1/16 and powers of two, and no top-p is a plain fraction: the two
  // computations then round alike, and what is a tie in one is a tie in the other.
  const logits = fc
    .array(fc.integer({ min: -128, max: 128 }), { minLength: VOCAB_SIZE, maxLength: VOCAB_SIZE })
    .map((sixteenths) => Float32Array.from(sixteenths, (value) => value / 16));
  const options: fc.Arbitrary<GenerationOptions> = fc.record({
    temperature: fc.constantFrom(0, 0.3, 1, 2.5),
    topK: fc.constantFrom(0, 1, 3, 10, 1000),
    topP: fc.constantFrom(1, 0.953, 0.617, 1e-6),
    minP: fc.constantFrom(0, 0.02, 0.3, 0.99),
    repetitionPenalty: fc.constantFrom(1, 2, 0.5),
    frequencyPenalty: fc.constantFrom(0, 0.5, -1),
    presencePenalty: fc.constantFrom(0, 0.75, -0.5),
    logitBias: fc.dictionary(fc.nat(VOCAB_SIZE - 1).map(String), fc.constantFrom(-100, -1, 2, 100), { maxKeys: 3 }),
    seed: fc.nat(),
  });

  test('chooses what the plain chain and the race over its probabilities choose', () => {
    fc.assert(
      fc.property(logits, options, ids, ids, (logits, given, promptIds, answerIds) => {
        const resolved = settings(given);
        const history = { promptIds, answerIds };
        const before = logits.slice();
        const waits = distribution(logits, resolved, history).map(({ id, probability }) => ({
          id,
          wait: -Math.log(1 - tokenUniform(resolved.seed, promptIds.length + answerIds.length, id)) / probability,
        }));
        const winner = waits.reduce((best, other) => (other.wait < best.wait ? other : best));
        expect(sampler.sample(logits, resolved, history)).toBe(winner.id);
        expect(logits).toEqual(before);
      }),
      { numRuns: 50 * (fc.readConfigureGlobal().numRuns ?? 100) },
    );
  });

  /** Draws under many seeds, or at many positions, against the exact probabilities. */
  function chiSquare(row: Float32Array, given: GenerationOptions, vary: 'seed' | 'position', draws: number) {
    const ids = new Uint32Array(draws);
    const expected = distribution(row, settings(given), noHistory);
    const counts = new Map(expected.map(({ id }) => [id, 0]));
    for (let i = 0; i < draws; i++) {
      const history = vary === 'position' ? { promptIds: ids.subarray(0, i), answerIds: [] } : noHistory;
      const id = sampler.sample(row, settings({ ...given, seed: vary === 'seed' ? i : 7 }), history);
      counts.set(id, counts.get(id)! + 1);
    }
    const statistic = expected.reduce((sum, { id, probability }) => {
      return sum + (counts.get(id)! - draws * probability) ** 2 / (draws * probability);
    }, 0);
    return { statistic, counts, degrees: expected.length - 1 };
  }

  const row = Float32Array.from({ length: VOCAB_SIZE }, (_, id) => 2 * Math.sin(id * 1.7));

  // Bounds: the value that chi-square exceeds once in 10^5 draws of this test, for that number of degrees of freedom.
  test.each([
    ['seed', {}, 23, 64.0],
    ['position', {}, 23, 64.0],
    ['seed', { temperature: 0.6, topK: 6 }, 5, 30.9],
    ['position', { topP: 0.5 }, 4, 28.5],
    ['seed', { minP: 0.5, temperature: 1.5 }, 8, 37.4],
  ] as const)('draws by %s with %j follow the exact distribution', (vary, given, degrees, bound) => {
    const result = chiSquare(row, given, vary, 20_000);
    expect(result.degrees).toBe(degrees);
    expect(result.counts.size).toBe(degrees + 1); // nothing outside of the candidates
    expect(result.statistic).toBeLessThan(bound);
  });

  test('temperature 0 is greedy and ties go to the lowest id', () => {
    const row = new Float32Array(VOCAB_SIZE).fill(-1);
    row[7] = row[3] = row[20] = 2;
    expect(sampler.sample(row, settings({ temperature: 0, topK: 5 }), noHistory)).toBe(3);
    expect(sampler.sample(row, settings({ topK: 1 }), noHistory)).toBe(3);
  });

  test('penalties come before bias, bias before temperature, and greedy obeys both', () => {
    const row = new Float32Array(VOCAB_SIZE).fill(-50);
    row[1] = 10;
    row[2] = 6;
    const repeat = { promptIds: [1], answerIds: [] };
    const greedy = { temperature: 0, repetitionPenalty: 2 };
    expect(sampler.sample(row, settings(greedy), repeat)).toBe(2);
    // 10 / 2 + 1.5 > 6, while bias before penalty would give (10 + 1.5) / 2 < 6.
    expect(sampler.sample(row, settings({ ...greedy, logitBias: { 1: 1.5 } }), repeat)).toBe(1);
    // 6.5 against 6 at temperature 0.01: 50 apart, certain. Bias after temperature would give 501.5 against 600.
    for (let seed = 0; seed < 100; seed++) {
      const warm = settings({ temperature: 0.01, repetitionPenalty: 2, logitBias: { 1: 1.5 }, seed });
      expect(sampler.sample(row, warm, repeat)).toBe(1);
    }
  });

  test('top-p counts within what top-k left', () => {
    // Probabilities 0.4, 0.3, 0.2, 0.1 (the rest nothing). Among the first two, 0.4 is 0.571 of the mass.
    const row = new Float32Array(VOCAB_SIZE).fill(-100);
    [0.4, 0.3, 0.2, 0.1].forEach((p, id) => (row[id] = Math.log(p)));
    const drawn = new Set<number>();
    for (let seed = 0; seed < 300; seed++) {
      drawn.add(sampler.sample(row, settings({ topK: 2, topP: 0.5, seed }), noHistory));
    }
    expect([...drawn]).toEqual([0]);
  });

  test('min-p keeps a token that is exactly at its share of the likeliest', () => {
    const row = new Float32Array(VOCAB_SIZE).fill(-100);
    row[4] = 1;
    row[8] = 0;
    const drawn = new Set<number>();
    for (let seed = 0; seed < 50; seed++) {
      drawn.add(sampler.sample(row, settings({ minP: Math.exp(-1), seed }), noHistory));
    }
    expect(drawn).toEqual(new Set([4, 8]));
  });

  test('frequency counts each occurrence in the answer, presence the first, neither the prompt', () => {
    const row = new Float32Array(VOCAB_SIZE).fill(-50);
    row[1] = 3;
    row[2] = 1.6;
    const sample = (given: GenerationOptions, history: TokenHistory) =>
      sampler.sample(row, settings({ temperature: 0, ...given }), history);
    expect(sample({ frequencyPenalty: 0.5 }, { promptIds: [1, 1, 1, 1], answerIds: [1, 1] })).toBe(1);
    expect(sample({ frequencyPenalty: 0.5 }, { promptIds: [], answerIds: [1, 1, 1] })).toBe(2);
    expect(sample({ presencePenalty: 1 }, { promptIds: [], answerIds: [1, 1, 1] })).toBe(1);
    expect(sample({ presencePenalty: 1.5 }, { promptIds: [], answerIds: [1] })).toBe(2);
  });

  test('the same seed and position give the same token, whatever was drawn between', () => {
    const draw = (seed: number, length: number) =>
      sampler.sample(row, settings({ seed }), { promptIds: new Uint32Array(length), answerIds: [] });
    const first = Array.from({ length: 50 }, (_, i) => draw(5, i));
    draw(6, 3);
    expect(Array.from({ length: 50 }, (_, i) => draw(5, i))).toEqual(first);
    expect(Array.from({ length: 50 }, (_, i) => draw(6, i))).not.toEqual(first);
    // Only the sum of prompt and answer counts: an answer continued equals an answer in one go.
    const split = (i: number) =>
      sampler.sample(row, settings({ seed: 5 }), {
        promptIds: new Uint32Array(1),
        answerIds: new Uint32Array(i),
      });
    expect(first.slice(1)).toEqual(Array.from({ length: 49 }, (_, i) => split(i)));
  });

  test('extreme temperatures neither overflow nor lose all candidates', () => {
    const row = Float32Array.from({ length: VOCAB_SIZE }, (_, id) => (id === 9 ? 3e38 : -3e38));
    expect(sampler.sample(row, settings({ temperature: 1e-300 }), noHistory)).toBe(9);
    expect(sampler.sample(row, settings({ temperature: 100, topP: 0.9, topK: 4 }), noHistory)).toBe(9);
  });

  test.each([NaN, Infinity, -Infinity])('a logit of %d is an internal error that names its token', (value) => {
    const row = new Float32Array(VOCAB_SIZE);
    row[17] = value;
    expect(() => sampler.sample(row, settings({}), noHistory)).toThrow(
      expect.objectContaining({ code: 'internal', message: expect.stringContaining(`token 17 is ${value}`) }),
    );
  });

  test('a row of the wrong length is a broken invariant', () => {
    expect(() => sampler.sample(new Float32Array(3), settings({}), noHistory)).toThrow(
      expect.objectContaining({ code: 'internal' }),
    );
  });
});

test('logProbability is the log-softmax of the logits', () => {
  expect(logProbability(Float32Array.of(0, 0, 0, 0), 2)).toBeCloseTo(-Math.log(4), 12);
  expect(logProbability(Float32Array.of(1000, 999), 1)).toBeCloseTo(-1 - Math.log1p(Math.exp(-1)), 12);
});
