import { afterAll, beforeAll, expect, it } from 'vitest';
import type { WebGpuBackend } from '../../gpu/webgpu-backend';
import { divideUp } from '../../lib/shapes';
import { gpuBackend, randomNumbers, runBoth } from '../testing/twins';
import { gatherRows } from './gather-rows';

let gpu: WebGpuBackend;
beforeAll(async () => {
  gpu = await gpuBackend();
});
afterAll(() => gpu.destroy());

it.each([32, 96, 1056])('copies the picked rows of stride %i', async (stride) => {
  const x = randomNumbers(stride, 7 * stride);
  const picked = new Uint32Array([6, 0, 3]);
  const y = new Float32Array(3 * stride);
  const grid = [divideUp(stride / 4, 64), 1, 3] as const;
  const both = await runBoth(gpu, gatherRows, { x, picked, y }, { STRIDE: stride / 4 }, grid);
  const expected = [...picked].flatMap((row) => [...x.subarray(row * stride, (row + 1) * stride)]);
  expect([...new Float32Array(both.gpu['y']!)]).toEqual(expected);
  expect([...new Float32Array(both.cpu['y']!)]).toEqual(expected);
});
