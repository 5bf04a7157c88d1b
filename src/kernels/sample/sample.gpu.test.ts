import { afterAll, beforeAll, expect, it } from 'vitest';
import { CpuBackend } from '../../gpu/cpu-backend';
import type { Backend } from '../../gpu/backend';
import type { WebGpuBackend } from '../../gpu/webgpu-backend';
import { LAST } from '../shared/rank.cpu';
import { tilesOf } from '../shared/tile';
import { PLAIN, SamplingBench } from '../testing/sampling';
import type { SamplingRequest } from '../testing/sampling';
import { gpuBackend, randomNumbers, relativeError } from '../testing/twins';

/** f32 products and a GPU's own exp: waits of unlikely tokens have an exponent of up to 64. */
const F32_ERROR = 2e-5;

/** Penalties are two roundings of f32. */
const F32_ROUNDING = 1e-6;

let gpu: WebGpuBackend;
beforeAll(async () => {
  gpu = await gpuBackend();
});
afterAll(() => gpu.destroy());

/** Rows of every kind: plain, each filter, both, greedy, dead, penalised. */
function requests(vocabSize: number): SamplingRequest[] {
  const kinds: Partial<SamplingRequest['settings']>[] = [
    {},
    { topK: 5 },
    { topP: 0.9, temperature: 0.5 },
    { topK: Math.ceil(vocabSize / 2), topP: 0.8, minP: 0.2 },
    { temperature: 0, topK: 5 },
    { topK: 3 },
    { repetitionPenalty: 1.3, frequencyPenalty: 0.3, presencePenalty: 0.2, logitBias: [[vocabSize - 1, 2.5]] },
  ];
  return kinds.map((settings, i) => ({
    logits: randomNumbers(i, vocabSize).map((number) => 8 * number),
    settings: { ...PLAIN, seed: i, ...settings },
    promptIds: [0, vocabSize - 1],
    answerIds: [0, Math.floor(vocabSize / 2)],
    draftedIds: [0],
    isDead: i === 5,
    logprobs: i % 3 === 0 ? 21 : 0,
  }));
}

/** What every dispatch wrote for a batch, by buffer. */
async function buffersOf(backend: Backend, vocabSize: number) {
  const batch = requests(vocabSize);
  const bench = new SamplingBench(backend, vocabSize, batch.length);
  const { chosen } = await bench.run(batch);
  const names = ['logits', 'largest', 'bins', 'masses', 'candidates', 'cuts', 'winners', 'leaders', 'sums'] as const;
  const read: Partial<Record<(typeof names)[number], ArrayBuffer>> = {};
  for (const name of names) read[name] = await bench.read(name);
  bench.destroy();
  const words = (name: (typeof names)[number]) => new Uint32Array(read[name]!);
  const floats = (name: (typeof names)[number]) => new Float32Array(read[name]!);
  return { chosen, words, floats };
}

it.each([1, 260, 4100, 8225])('every dispatch agrees with its twin: %i tokens', async (vocabSize) => {
  const found = await buffersOf(gpu, vocabSize);
  const expected = await buffersOf(new CpuBackend(), vocabSize);
  expect(relativeError(found.floats('logits'), expected.floats('logits'))).toBeLessThan(F32_ROUNDING);
  for (const name of ['bins', 'candidates', 'cuts'] as const)
    expect(found.words(name), name).toEqual(expected.words(name));
  expect(found.chosen).toEqual(expected.chosen);

  // Ranks and winners are pairs; the keys of the penalised row, the last one, may differ by a rounding.
  const plain = 2 * tilesOf(vocabSize) * (requests(vocabSize).length - 1);
  expect(found.words('largest').subarray(0, plain)).toEqual(expected.words('largest').subarray(0, plain));
  expect(found.words('leaders')).toEqual(expected.words('leaders'));
  for (let i = 0; i < expected.words('winners').length; i += 2) {
    const id = expected.words('winners')[i + 1]!;
    expect(found.words('winners')[i + 1]).toBe(id);
    if (id === LAST) continue; // nobody runs in this tile
    const wait = expected.floats('winners')[i]!;
    expect(Math.abs(found.floats('winners')[i]! - wait)).toBeLessThanOrEqual(F32_ERROR * wait);
  }
  for (const name of ['masses', 'sums'] as const) {
    const largest = Math.max(...expected.floats(name));
    found.floats(name).forEach((number, i) => {
      expect(Math.abs(number - expected.floats(name)[i]!)).toBeLessThanOrEqual(F32_ERROR * largest);
    });
  }
});
