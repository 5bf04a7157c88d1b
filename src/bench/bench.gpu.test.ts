/** The benchmark over a real adapter: every figure of a tiny shape, and no kernel is timed that computes nothing. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Recorder } from '../gpu/recorder';
import type { WebGpuBackend } from '../gpu/webgpu-backend';
import { defineKernel } from '../gpu/kernel';
import { gpuBackend } from '../kernels/testing/twins';
import { measureCeilings } from './ceilings';
import { benchKernels } from './kernel-bench';
import { benchModel } from './model-bench';
import { numbersIn, TINY } from './testing/tiny';

let gpu: WebGpuBackend;
beforeAll(async () => {
  gpu = await gpuBackend();
});
afterAll(() => gpu.destroy());

it('on an adapter every figure is finite, and kernels agree with their twins before they are timed', async () => {
  const ceilings = await measureCeilings(gpu, { small: true, rounds: 1 });
  expect(numbersIn(ceilings).every((value) => Number.isFinite(value) && value > 0)).toBe(true);
  const options = { contexts: [32], prompts: [5], verifyRows: 2, rounds: 1, kernels: true, budgetMs: 0 };
  const report = await benchModel(gpu, TINY, ceilings, options);
  expect(report).toMatchObject({ shape: 'tiny', layersTimed: 1 });
  expect(numbersIn(report).every(Number.isFinite)).toBe(true);
  expect(report.decode[0]!.tokensPerSecond.median).toBeGreaterThan(0);
  expect(report.peakMemoryBytes).toBeGreaterThanOrEqual(report.memoryBytes);
  expect(new Set(report.kernels.map(({ step }) => step))).toEqual(new Set(['decode', 'prefill']));

  const idle = defineKernel({
    name: 'idle',
    bindings: [{ name: 'y', access: 'read_write' }],
    constants: [],
    wgsl: () => `
      @group(0) @binding(0) var<storage, read_write> y: array<u32>;
      @compute @workgroup_size(1)
      fn main() {
        y[0] = 0u;
      }`,
    cpu: ({ y }) => void (y.u32[0] = 0),
  });
  const recorder = new Recorder();
  recorder.call('nothing', idle, { y: gpu.createBuffer('y', 64) }, {}, [1, 1, 1]);
  const kernels = benchKernels(gpu, recorder.finish(), {
    name: 'decode',
    ceilings,
    cacheBytes: 0,
    layersEach: 1,
    rounds: 1,
  });
  await expect(kernels).rejects.toMatchObject({ code: 'internal', message: expect.stringContaining('but zeros') });
});
