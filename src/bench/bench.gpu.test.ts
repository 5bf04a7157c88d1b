/** The benchmark over a real adapter: every figure of a tiny shape, and no kernel is timed that computes nothing. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Recorder } from '../gpu/recorder';
import type { WebGpuBackend } from '../gpu/webgpu-backend';
import { probeCopy } from '../kernels/probes/probes';
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

it('on an adapter every figure of a shape is finite', async () => {
  const ceilings = await measureCeilings(gpu, { small: true, rounds: 1 });
  expect(numbersIn(ceilings).every((value) => Number.isFinite(value) && value > 0)).toBe(true);
  const options = { contexts: [32], prompts: [5], verifyRows: 2, rounds: 1, kernels: false, tuned: false, budgetMs: 0 };
  const report = await benchModel(gpu, TINY, ceilings, options);
  expect(report).toMatchObject({ shape: 'tiny', layersTimed: 1 });
  expect(numbersIn(report).every(Number.isFinite)).toBe(true);
  expect(report.decode[0]!.tokensPerSecond.median).toBeGreaterThan(0);
  expect(report.peakMemoryBytes).toBeGreaterThanOrEqual(report.memoryBytes);
});

it('a kernel is timed that does what its twin does, and none that writes zeros', async () => {
  const sure = { median: 1e9, low: 1e9, high: 1e9 };
  const ceilings = {
    readBytesPerSecond: sure,
    copyBytesPerSecond: sure,
    operationsPerSecond: sure,
    unpackedPerSecond: sure,
  };
  const [x, y] = [gpu.createBuffer('x', 4096), gpu.createBuffer('y', 4096)];
  const timeCopy = () => {
    const recorder = new Recorder();
    recorder.call('copy', probeCopy, { x, y }, { VECTORS: 256, THREADS: 64 }, [1, 1, 1]);
    const options = { name: 'decode', ceilings, cacheBytes: 0, layersEach: 1, rounds: 1 } as const;
    return benchKernels(gpu, recorder.finish(), options);
  };
  await expect(timeCopy()).rejects.toMatchObject({ code: 'internal', message: expect.stringContaining('but zeros') });
  gpu.write(x, 0, new Uint32Array(1024).fill(7));
  expect(await timeCopy()).toMatchObject([{ kernel: 'probe/copy', dispatches: 1 }]);
});
