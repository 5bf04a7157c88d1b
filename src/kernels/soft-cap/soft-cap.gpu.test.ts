import { afterAll, beforeAll, expect, it } from 'vitest';
import type { WebGpuBackend } from '../../gpu/webgpu-backend';
import { gpuBackend, randomNumbers, relativeError, runBoth } from '../testing/twins';
import { softCap, softCapGrid } from './soft-cap';

/** An exponential, a division and a difference near 1. */
const F32_ERROR = 5e-7;

let gpu: WebGpuBackend;
beforeAll(async () => {
  gpu = await gpuBackend();
});
afterAll(() => gpu.destroy());

it.each([
  [1, 1, 30],
  [3, 80, 8],
  [2, 65, 0.5],
])('agrees with the twin: %i rows of %i vec4s, cap %d', async (rows, stride, cap) => {
  const y = randomNumbers(rows, 4 * stride * rows).map((value) => 4 * cap * value);
  y[0] = -1e30;
  y[1] = 1e30;
  y[2] = 0;
  const constants = { STRIDE: stride, SOFT_CAP: cap };
  const both = await runBoth(gpu, softCap, { y }, constants, softCapGrid(stride, rows));
  const found = new Float32Array(both.gpu['y']!);
  expect(relativeError(found, new Float32Array(both.cpu['y']!))).toBeLessThan(F32_ERROR);
  expect([...found.subarray(0, 3)]).toEqual([-cap, cap, 0]);
});
