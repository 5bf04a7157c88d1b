import { afterAll, beforeAll, expect, it } from 'vitest';
import type { WebGpuBackend } from '../../gpu/webgpu-backend';
import { maskWords } from '../shared/mask-words';
import { gpuBackend, randomNumbers, runBoth } from '../testing/twins';
import { mask, maskGrid } from './mask';

let gpu: WebGpuBackend;
beforeAll(async () => {
  gpu = await gpuBackend();
});
afterAll(() => gpu.destroy());

it.each([
  [1, 1],
  [3, 31],
  [2, 32],
  [2, 257],
  [5, 4097],
])('agrees with the twin bit for bit: %i outputs of %i tokens', async (outputs, vocabSize) => {
  const stride = 32 * Math.ceil(vocabSize / 32);
  const logits = randomNumbers(vocabSize, outputs * stride);
  logits.set([NaN, -Infinity, Infinity].slice(0, vocabSize));
  const words = outputs * maskWords(vocabSize);
  const masks = Uint32Array.from(randomNumbers(7, words), (number) => number * 2 ** 31);
  masks[0] = 0;
  masks[words - 1] = 0xffff_ffff;
  const constants = { VOCAB: vocabSize, LOGIT_STRIDE: stride };
  const both = await runBoth(gpu, mask, { logits, masks }, constants, maskGrid(vocabSize, outputs));
  expect(new Uint32Array(both.gpu['logits']!)).toEqual(new Uint32Array(both.cpu['logits']!));
  const found = new Float32Array(both.cpu['logits']!);
  const changed = found.filter((logit, i) => !Object.is(logit, logits[i]));
  expect(new Set(changed).size).toBeLessThanOrEqual(1); // nothing but the lowest logit
});
