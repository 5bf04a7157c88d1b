import { afterAll, beforeAll, expect, it } from 'vitest';
import type { WebGpuBackend } from '../../gpu/webgpu-backend';
import { gpuBackend, randomNumbers, runBoth } from '../testing/twins';
import { probeCopy, probeMultiplyAdd, probeRead, probeUnpack } from './probes';

let gpu: WebGpuBackend;
beforeAll(async () => {
  gpu = await gpuBackend();
});
afterAll(() => gpu.destroy());

const [VECTORS, THREADS] = [4 * 128 * 3, 128];
const x = new Uint32Array(randomNumbers(3, 4 * VECTORS).buffer);

it.each([0, 1])('reads every word, in pieces: %i', async (PIECES) => {
  const sizes = { VECTORS, THREADS, PIECES };
  const both = await runBoth(gpu, probeRead, { x, y: new Uint32Array(THREADS) }, sizes, [2, 1, 1]);
  expect(new Uint32Array(both.gpu['y']!)).toEqual(new Uint32Array(both.cpu['y']!));
  expect(new Set(new Uint32Array(both.gpu['y']!)).size).toBe(THREADS);
});

it('copies every word', async () => {
  const both = await runBoth(gpu, probeCopy, { x, y: new Uint32Array(x.length) }, { VECTORS, THREADS }, [2, 1, 1]);
  expect(new Uint32Array(both.gpu['y']!)).toEqual(x);
  expect(new Uint32Array(both.cpu['y']!)).toEqual(x);
});

/** Rounds, steps of each, and numbers of a vector. */
const LENGTHS = [
  [1, 1, 1],
  [5, 3, 4],
  [8, 8, 1],
  [8, 8, 4],
] as const;

it.each(LENGTHS)('multiplies and adds in %i rounds of %i steps, %i wide', async (ROUNDS, STEPS, WIDTH) => {
  const from = randomNumbers(ROUNDS, WIDTH * 128);
  const sizes = { ROUNDS, STEPS, WIDTH };
  const both = await runBoth(gpu, probeMultiplyAdd, { x: from, y: new Float32Array(WIDTH * 128) }, sizes, [2, 1, 1]);
  const [found, expected] = [new Float32Array(both.gpu['y']!), new Float32Array(both.cpu['y']!)];
  found.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 4));
  if (ROUNDS * STEPS === 64) found.forEach((value) => expect(value).toBe(16));
});

it.each(LENGTHS)('unpacks nibbles in %i rounds of %i steps, %i wide', async (ROUNDS, STEPS, WIDTH) => {
  const words = x.subarray(0, WIDTH * 128);
  const y = new Float32Array(words.length);
  const both = await runBoth(gpu, probeUnpack, { x: words, y }, { ROUNDS, STEPS, WIDTH }, [2, 1, 1]);
  expect(new Float32Array(both.gpu['y']!)).toEqual(new Float32Array(both.cpu['y']!));
  expect(new Set(new Float32Array(both.gpu['y']!)).size).toBeGreaterThan(100); // a byte has but so many
});
