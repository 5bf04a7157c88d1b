/** The tests of sampling as a whole, for the CPU twins and for the GPU alike. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { logProbability } from '../../engine/testing/sampler';
import type { SamplingSettings } from '../../engine/options';
import type { Backend } from '../../gpu/backend';
import { BAD_LOGIT, LOGPROB_WORDS, NO_TOKEN } from '../shared/slot-state';
import { chiSquareBound, exactDistribution, PLAIN, Reference, SamplingBench } from './sampling';
import type { SamplingRequest } from './sampling';
import { randomNumbers } from './twins';

/** How far apart two waits, or a token and the edge of a filter, may be for f32 to take the one for the other. */
const F32_TOLERANCE = 1e-5;

/** Of ten thousand draws at most this many come that close. */
const MOST_CLOSE_CALLS = 5;

/** A class of tokens in chi-square is about so often expected. */
const DRAWS_PER_CLASS = 10;

/** f32 logarithms and sums over a vocabulary. */
const F32_LOGPROB_ERROR = 2e-5;

export interface SamplingTests {
  /** Draws against CpuSampler. */
  readonly draws: number;
  /** Draws of a chi-square test, for a small vocabulary and for a large one. */
  readonly smallDraws: number;
  readonly largeDraws: number;
}

const LARGE_VOCAB = 151_936;

export function describeSampling(createBackend: () => Promise<Backend>, tests: SamplingTests): void {
  let backend: Backend;
  beforeAll(async () => {
    backend = await createBackend();
  });
  afterAll(() => backend.destroy());

  async function sampleAll(vocabSize: number, requests: readonly SamplingRequest[]) {
    const bench = new SamplingBench(backend, vocabSize, requests.length);
    try {
      return await bench.run(requests);
    } finally {
      bench.destroy();
    }
  }

  const request = (logits: Float32Array, settings: Partial<SamplingSettings>): SamplingRequest => {
    return { logits, settings: { ...PLAIN, ...settings }, promptIds: [1, 2, 3], answerIds: [] };
  };

  describe('against CpuSampler', () => {
    // One tile and several, full ones and one with a single token.
    it.each([
      [260, 0.4],
      [2048, 0.4],
      [4097, 0.1],
      [9000, 0.1],
    ])('draws the same tokens from a vocabulary of %i', async (vocabSize, share) => {
      const batch = 20;
      const bench = new SamplingBench(backend, vocabSize, batch);
      const reference = new Reference(vocabSize);
      let closeCalls = 0;
      for (let draw = 0; draw < tests.draws * share; draw += batch) {
        const requests = Array.from({ length: batch }, (_, i) => randomRequest(vocabSize, draw + i));
        const { chosen } = await bench.run(requests);
        requests.forEach((each, i) => {
          const expected = reference.sample(each);
          if (chosen[i] === expected) return;
          closeCalls++;
          const explained = reference.explains(each, chosen[i]!, F32_TOLERANCE);
          expect(explained, `draw ${draw + i}: ${chosen[i]} for ${expected}, ${JSON.stringify(each.settings)}`).toBe(
            true,
          );
        });
      }
      bench.destroy();
      expect(closeCalls).toBeLessThanOrEqual(Math.ceil((tests.draws / 10_000) * MOST_CLOSE_CALLS));
    });

    it.each([
      { topK: 50 },
      { topK: 3000, topP: 0.9 },
      { topP: 0.95 },
      { topP: 0.9999, temperature: 3 },
      { topK: 50, temperature: 100 },
      { minP: 0.05 },
      { topK: 20, topP: 0.8, minP: 0.1, temperature: 0.6 },
      {},
      { temperature: 0 },
      { repetitionPenalty: 1.3, logitBias: [[LARGE_VOCAB - 1, 12]] as const },
    ])(`draws the same token from a vocabulary of ${LARGE_VOCAB} at %j`, async (settings) => {
      const reference = new Reference(LARGE_VOCAB);
      const requests = [1, 2].map((seed) => request(bellShaped(seed, LARGE_VOCAB, 2.5), { ...settings, seed }));
      const { chosen } = await sampleAll(LARGE_VOCAB, requests);
      requests.forEach((each, i) => {
        if (chosen[i] === reference.sample(each)) return;
        expect(reference.explains(each, chosen[i]!, F32_TOLERANCE)).toBe(true);
      });
    });
  });

  describe('against the exact distribution', () => {
    /** Draws under many seeds and at many positions, counted by classes of tokens, against what the probabilities say. */
    async function chiSquare(logits: Float32Array, given: Partial<SamplingSettings>, draws: number) {
      const settings = { ...PLAIN, ...given };
      const probabilities = exactDistribution(logits, settings);
      const kept = probabilities.filter((p) => p > 0).length;
      const classOf = classesOf(probabilities, Math.min(kept, Math.floor(draws / DRAWS_PER_CLASS)));
      const expected = new Float64Array(kept);
      const found = new Float64Array(expected.length);
      probabilities.forEach((p, id) => (expected[classOf[id]!]! += p * draws));
      const batch = 20;
      const bench = new SamplingBench(backend, logits.length, batch);
      for (let draw = 0; draw < draws; draw += batch) {
        const requests = Array.from({ length: batch }, (_, i) => {
          const promptIds = Array.from({ length: 1 + i }, () => 0);
          return { logits, settings: { ...settings, seed: 2 ** 33 + draw }, promptIds, answerIds: [] };
        });
        for (const id of (await bench.run(requests)).chosen) {
          expect(probabilities[id]).toBeGreaterThan(0); // nothing that the filters drop
          found[classOf[id]!]!++;
        }
      }
      bench.destroy();
      const statistic = expected.reduce((sum, e, i) => (e === 0 ? sum : sum + (found[i]! - e) ** 2 / e), 0);
      return { kept, statistic, bound: chiSquareBound(expected.filter((e) => e > 0).length - 1) };
    }

    it.each([
      [{}, 512],
      [{ topK: 50 }, 50],
      [{ topP: 0.5, temperature: 1.5 }, 176],
      [{ topK: 200, topP: 0.7, minP: 0.3 }, 121],
    ] as const)('draws from 512 tokens at %j with their probabilities', async (settings, kept) => {
      const result = await chiSquare(randomNumbers(1, 512), settings, tests.smallDraws);
      expect(result.kept).toBe(kept);
      expect(result.statistic).toBeLessThan(result.bound);
    });

    it(`draws from ${LARGE_VOCAB} tokens with their probabilities`, async () => {
      const logits = bellShaped(3, LARGE_VOCAB, 1);
      const { kept, statistic, bound } = await chiSquare(logits, {}, tests.largeDraws);
      expect(kept).toBe(LARGE_VOCAB);
      expect(statistic).toBeLessThan(bound);
    });
  });

  it('gives ties to the lowest id, greedily and at the edge of top-k', async () => {
    const logits = new Float32Array(9000).fill(-1);
    for (const id of [7000, 4097, 6000, 8999]) logits[id] = 2;
    const seeds = Array.from({ length: 12 }, (_, seed) => seed);
    const greedy = await sampleAll(9000, [request(logits, { temperature: 0 })]);
    expect([...greedy.chosen]).toEqual([4097]);
    const two = await sampleAll(
      9000,
      seeds.map((seed) => request(logits, { topK: 2, seed })),
    );
    expect(new Set(two.chosen)).toEqual(new Set([4097, 6000]));
    const zeros = Float32Array.from({ length: 9000 }, (_, id) => (id < 150 ? -0 : 0));
    const signed = await sampleAll(9000, [request(zeros, { temperature: 0 })]);
    expect([...signed.chosen]).toEqual([0]); // -0 is no less than 0
  });

  it('finds the cut among thousands of equal candidates', async () => {
    const logits = new Float32Array(9000);
    const requests = Array.from({ length: 20 }, (_, seed) => request(logits, { topK: 2500, topP: 0.5, seed }));
    const { chosen } = await sampleAll(9000, requests);
    expect(Math.max(...chosen)).toBeLessThan(1250);
    expect(Math.max(...chosen)).toBeGreaterThan(1000);
  });

  it('counts drafted tokens as tokens of the answer', async () => {
    const logits = new Float32Array(260).fill(-20);
    logits[10] = 3;
    logits[11] = 1.6;
    const follow = (draftedIds: number[], settings: Partial<SamplingSettings>): SamplingRequest => {
      return { ...request(logits, { temperature: 0, ...settings }), answerIds: [10], draftedIds };
    };
    const { chosen } = await sampleAll(260, [
      follow([], { frequencyPenalty: 0.5 }),
      follow([10], { frequencyPenalty: 0.5 }),
      follow([10, 10], { frequencyPenalty: 0.5 }),
      follow([5, 6, 7, 10, 5, 6, 7, 10], { frequencyPenalty: 0.5 }),
      { ...follow([10], { presencePenalty: 1.5 }), answerIds: [] },
      { ...follow([10], { repetitionPenalty: 2 }), answerIds: [] },
    ]);
    expect([...chosen]).toEqual([10, 10, 11, 11, 11, 11]);
  });

  it('draws of the tokens that a grammar allows as if there were no others', async () => {
    const vocabSize = 4097;
    const requests = Array.from({ length: 20 }, (_, i): SamplingRequest => {
      const allowedIds = [i, 40 + 32 * i, 4096].slice(i % 3); // one token, or a few
      return { ...randomRequest(vocabSize, i), allowedIds };
    });
    const beside = randomRequest(vocabSize, 99);
    const { chosen } = await sampleAll(vocabSize, [...requests, beside]);
    const reference = new Reference(vocabSize);
    requests.forEach(({ allowedIds = [], ...request }, i) => {
      const logits = request.logits.map((logit, id) => (allowedIds.includes(id) ? logit : -1e30));
      const expected = { ...request, logits };
      expect(allowedIds).toContain(chosen[i]);
      if (chosen[i] === reference.sample(expected)) return;
      expect(reference.explains(expected, chosen[i]!, F32_TOLERANCE), `request ${i}`).toBe(true);
    });
    const [alone] = (await sampleAll(vocabSize, [beside])).chosen;
    expect(chosen.at(-1)).toBe(alone);
  });

  it('reports a logit that is not finite, and says nothing of dead rows', async () => {
    const logits = randomNumbers(5, 4097);
    const withBad = (id: number, value: number) => Float32Array.from(logits, (logit, i) => (i === id ? value : logit));
    const { chosen } = await sampleAll(4097, [
      request(withBad(0, NaN), {}),
      request(withBad(4096, Infinity), { topK: 5, topP: 0.5 }),
      request(withBad(17, -Infinity), { temperature: 0 }),
      request(withBad(3, -NaN), { repetitionPenalty: 2, logitBias: [[3, 5]] }),
      { ...request(withBad(0, NaN), {}), isDead: true },
      { ...request(logits, { topK: 5 }), isDead: true },
      request(logits, { temperature: 0 }),
    ]);
    const likeliest = logits.indexOf(Math.max(...logits));
    expect([...chosen]).toEqual([BAD_LOGIT, BAD_LOGIT, BAD_LOGIT, BAD_LOGIT, NO_TOKEN, NO_TOKEN, likeliest]);
  });

  it('neither overflows nor loses all candidates at the extremes', async () => {
    const logits = Float32Array.from({ length: 260 }, (_, id) => (id === 9 ? 3e38 : -3e38));
    const { chosen } = await sampleAll(260, [
      request(logits, { temperature: 1e-30 }),
      request(logits, { temperature: 100, topP: 0.9, topK: 4 }),
      request(logits, { minP: 1 - 2 ** -24, topP: 1e-30 }),
      request(logits, { repetitionPenalty: 0.01, logitBias: [[9, 100]] }),
      request(new Float32Array(260), { topK: 1 }),
    ]);
    expect([...chosen]).toEqual([9, 9, 9, 9, 0]);
  });

  it('gives each row what it gets alone, whatever is beside it', async () => {
    const requests = Array.from({ length: 6 }, (_, i) => ({ ...randomRequest(4097, i), logprobs: 1 + (i % 3) }));
    const together = await sampleAll(4097, requests);
    for (const [i, each] of requests.entries()) {
      const alone = await sampleAll(4097, [each]);
      expect(alone.chosen[0]).toBe(together.chosen[i]);
      const words = new Uint32Array(together.logprobs, 4 * LOGPROB_WORDS * i, LOGPROB_WORDS);
      expect(new Uint32Array(alone.logprobs)).toEqual(words);
    }
  });

  it.each([260, 4097, 9000])('reports log-probabilities of the model itself, %i tokens', async (vocabSize) => {
    const counts = [20, 0, 3];
    const requests = counts.map((count, i) => {
      const logits = bellShaped(i, vocabSize, 3);
      const settings = { repetitionPenalty: 1.5, logitBias: [[50, 30]] as const, temperature: 0.5, topK: 10 };
      return { ...request(logits, settings), logprobs: count + 1 };
    });
    const { chosen, logprobs } = await sampleAll(vocabSize, [...requests, request(randomNumbers(1, vocabSize), {})]);
    requests.forEach(({ logits }, i) => {
      const words = new Uint32Array(logprobs, 4 * LOGPROB_WORDS * i, LOGPROB_WORDS);
      const floats = new Float32Array(logprobs, 4 * LOGPROB_WORDS * i, LOGPROB_WORDS);
      const difference = (found: number, id: number) => Math.abs(found - logProbability(logits, id));
      expect(chosen[i]).toBe(50);
      expect(difference(floats[0]!, 50)).toBeLessThan(F32_LOGPROB_ERROR);
      expect(words[1]).toBe(counts[i]);
      const likeliest = Array.from(logits.keys()).toSorted((a, b) => logits[b]! - logits[a]! || a - b);
      for (let k = 0; k < counts[i]!; k++) {
        expect(words[2 + 2 * k]).toBe(likeliest[k]);
        expect(difference(floats[3 + 2 * k]!, likeliest[k]!)).toBeLessThan(F32_LOGPROB_ERROR);
      }
    });
    expect([...new Uint32Array(logprobs, 4 * LOGPROB_WORDS * requests.length)]).toEqual(
      Array.from({ length: LOGPROB_WORDS }, () => 0), // nobody asked
    );
  });
}

/** Sums of four uniform numbers: most logits in the middle, few at the top, as a model's are. */
function bellShaped(seed: number, count: number, scale: number): Float32Array<ArrayBuffer> {
  const parts = [0, 1, 2, 3].map((part) => randomNumbers(100 * seed + part, count));
  return Float32Array.from({ length: count }, (_, id) => scale * parts.reduce((sum, part) => sum + part[id]!, 0));
}

/** A request whose every setting is drawn from the usual ones and the odd ones. */
function randomRequest(vocabSize: number, seed: number): SamplingRequest {
  const random = randomNumbers(7919 * seed + 1, 80).map((number) => (number + 1) / 2);
  let next = 0;
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random[next++]! * values.length)]!;
  const ids = (most: number) => {
    return Array.from({ length: Math.floor(random[next++]! * most) }, () => Math.floor(random[next++]! * vocabSize));
  };
  return {
    logits: bellShaped(seed, vocabSize, pick([0.2, 2, 6])),
    settings: {
      temperature: pick([0, 0.3, 0.7, 1, 2.5]),
      topK: pick([0, 0, 1, 3, 50, 700, 1e6]),
      topP: pick([1, 1, 0.953, 0.617, 1e-6]),
      minP: pick([0, 0, 0.02, 0.3, 0.99]),
      repetitionPenalty: pick([1, 1, 1.3, 0.7]),
      frequencyPenalty: pick([0, 0, 0.5, -1]),
      presencePenalty: pick([0, 0, 0.75, -0.5]),
      logitBias: pick([[], [], [[3, 4], [vocabSize - 1, 9]], [[0, -100]]]), // prettier-ignore
      seed: Math.floor(random[next++]! * 2 ** 53),
    },
    promptIds: [0, ...ids(12)],
    answerIds: ids(12),
    draftedIds: ids(8),
  };
}

/** Puts tokens into classes of about equal probability, or each into its own. What has probability 0 shares class 0. */
function classesOf(probabilities: Float64Array, classes: number): Uint32Array {
  const kept = probabilities.filter((p) => p > 0).length;
  const classOf = new Uint32Array(probabilities.length);
  let before = 0;
  for (const [id, p] of probabilities.entries()) {
    if (p === 0) continue;
    classOf[id] = classes === kept ? before++ : Math.floor((before + p / 2) * classes);
    if (classes !== kept) before += p;
  }
  return classOf;
}
