import { afterAll, beforeAll, expect, it } from 'vitest';
import type { WebGpuBackend } from '../../gpu/webgpu-backend';
import { roundUp } from '../../lib/shapes';
import { gpuBackend, randomNumbers, relativeError, runBoth } from '../testing/twins';
import { qkNorm } from './qk-norm';

const F32_SUM_ERROR = 1e-6;

let gpu: WebGpuBackend;
beforeAll(async () => {
  gpu = await gpuBackend();
});
afterAll(() => gpu.destroy());

it.each([
  [1, 1, 1, 8],
  [3, 3, 1, 40],
  [2, 5, 5, 64],
  [2, 16, 2, 256],
])('agrees with the twin: %i rows, %i query heads, %i kv heads of %i', async (rows, heads, kvHeads, headDim) => {
  const stride = (heads + 2 * kvHeads) * headDim + 3;
  const qkv = randomNumbers(heads, rows * stride).map((value) => 0.003 * value); // small, so that the epsilon counts
  const weight = randomNumbers(9, (heads + kvHeads) * roundUp(headDim, 32));
  const constants = { Q_HEADS: heads, KV_HEADS: kvHeads, HEAD_DIM: headDim, QKV_STRIDE: stride, EPSILON: 1e-5 };
  const both = await runBoth(gpu, qkNorm, { qkv, weight }, constants, [2, 1, rows]);
  const found = new Float32Array(both.gpu['qkv']!);
  expect(relativeError(found, new Float32Array(both.cpu['qkv']!))).toBeLessThan(F32_SUM_ERROR);
  const values = (heads + kvHeads) * headDim;
  expect(found.subarray(values, stride)).toEqual(qkv.subarray(values, stride)); // values and pads stay
});
