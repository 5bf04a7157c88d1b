/** The whole benchmark over the CPU twins, on a shape so small that only the way through it is judged. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { PreparedStep } from '../gpu/backend';
import { CpuBackend } from '../gpu/cpu-backend';
import type { DeviceReport } from '../gpu/device';
import { Recorder } from '../gpu/recorder';
import { probeCopy } from '../kernels/probes/probes';
import { foretellGain, offerFor, runBench, type BenchReport } from './bench';
import type { Ceilings } from './ceilings';
import { checkCall } from './kernel-bench';
import { benchModel, type ModelReport } from './model-bench';
import type { Figure } from '../lib/figure';
import { tableOf } from './table';
import { numbersIn, TINY } from './testing/tiny';

const device: DeviceReport = { kind: 'cpu', adapter: 'test', reason: null, features: [], limits: {} };
const sure = (median: number): Figure => ({ median, low: median, high: median });
const ceilings: Ceilings = {
  readBytesPerSecond: sure(1e12),
  copyBytesPerSecond: sure(1e12),
  operationsPerSecond: sure(1e12),
  unpackedPerSecond: sure(1e12),
};
const options = { contexts: [32], prompts: [5, 40], verifyRows: 2, rounds: 1, kernels: true, tuned: false };

afterEach(() => void vi.restoreAllMocks());

describe('a shape', () => {
  it('is timed whole within its budget, and every figure is finite', async () => {
    const report = await benchModel(new CpuBackend(), TINY, ceilings, { ...options, budgetMs: Infinity });
    expect(report).toMatchObject({ shape: 'tiny', layers: 2, layersTimed: 2 });
    expect(numbersIn(report).every(Number.isFinite)).toBe(true);
    expect(report.decode[0]!.tokensPerSecond.median).toBeGreaterThan(0);
    expect(report.verify[0]).toEqual(sure(1));
    expect(report.guessing).toMatchObject({ draftLayers: 1, drafts: 3, acceptance: 1 });
    expect(report.guessing!.gain.median).toBeGreaterThan(0);
    expect(report.peakMemoryBytes).toBeGreaterThanOrEqual(report.memoryBytes);
    expect(report.cachedLoadBytesPerSecond).toBeNull();
    const layer = report.kernels.filter(({ step, part }) => step === 'decode' && part.startsWith('layers.*.'));
    expect(layer.reduce((sum, { dispatches }) => sum + dispatches, 0)).toBe(2 * report.dispatchesPerLayer);
    expect(report.kernels.some(({ shareOfBandwidth }) => shareOfBandwidth !== null)).toBe(true);
    expect(table([report])).toContain('tiny, int4\n');
  });

  it('is timed with one layer beyond it, and says so', async () => {
    const report = await benchModel(new CpuBackend(), TINY, ceilings, { ...options, kernels: false, budgetMs: 0 });
    expect(report).toMatchObject({ layers: 2, layersTimed: 1, kernels: [], guessing: null });
    expect(numbersIn(report).every(Number.isFinite)).toBe(true);
    expect(report.dispatchesPerToken).toBeGreaterThan(2 * report.dispatchesPerLayer);
    expect(table([report])).toContain('one of 2 layers');
  });
});

describe('beside a shape as it is', () => {
  it('other formats of keys and values are timed', async () => {
    const wishes = { ...options, kernels: false, kvFormats: ['f16', 'int8'] as const, budgetMs: 0 };
    const backend = new CpuBackend();
    const report = await benchModel(backend, TINY, ceilings, { ...wishes, contexts: [32, 96] });
    expect(report.kvFormat).toBe('f16');
    for (const { beside } of report.decode) expect(beside).toMatchObject([{ how: 'int8' }]);
    const [short, long] = report.decode;
    expect(long!.kvBytes).toBe(3 * short!.kvBytes);
    expect(long!.leastMs).toBeGreaterThan(short!.leastMs);
    expect(short!.shareOfForetold).toBeCloseTo(1, 9);
    backend.memory.takePeak();
    expect(backend.memory.takePeak()).toBe(0); // every buffer is gone
    expect(table([report])).toMatch(/keys and values in f16[^]*int8 KV/);
  });

  it('tuned kernels are timed where they are others, and by how much they are faster is told', async () => {
    let nowMs = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
    class Uneven extends CpuBackend {
      override async run(prepared: PreparedStep): Promise<void> {
        for (const { kernel, constants } of prepared.step) {
          const isFast = kernel.name.startsWith('mat') && constants['WORKGROUP'] !== 4; // that of the default
          nowMs += isFast ? 2.5 : 5;
        }
        await super.run(prepared);
      }
    }
    const wishes = { ...options, prompts: [5], kernels: false, tuned: true, budgetMs: 0 };
    const report = await benchModel(new Uneven(), TINY, ceilings, wishes);
    expect(report.tuning!.points.filter(({ gain }) => gain > 1.5).length).toBeGreaterThan(2);
    for (const { beside } of [...report.decode, ...report.prefill]) {
      expect(beside).toMatchObject([{ how: 'tuned' }]);
      expect(beside[0]!.ratio.median).toBeGreaterThan(1.1);
    }
    expect(table([report])).toContain('which have a faster kernel; keys');
  });
});

const table = (models: readonly ModelReport[]) => tableOf(reportOf(models));

function reportOf(models: readonly ModelReport[]): BenchReport {
  return { version: 3, device, userAgent: '', ceilings, models, skipped: [], speculation: [], noisy: ['tiny'] };
}

it('a kernel that writes zeros is refused, even where its twin does too', async () => {
  const backend = new CpuBackend();
  const copy = async (source: Uint32Array<ArrayBuffer>) => {
    const x = backend.createBuffer('x', source.byteLength);
    const y = backend.createBuffer('y', source.byteLength);
    backend.write(x, 0, source);
    const recorder = new Recorder();
    recorder.call('copy', probeCopy, { x, y }, { VECTORS: 256, THREADS: 64 }, [1, 1, 1]);
    await checkCall(backend, recorder.finish()[0]!);
  };
  await expect(copy(new Uint32Array(1024).fill(1))).resolves.toBeUndefined();
  await expect(copy(new Uint32Array(1024))).rejects.toMatchObject({ code: 'internal', message: /nothing but zeros/ });
});

it('what a draft would bring is foretold from the costs of both', () => {
  const model = (shape: string, stepMs: number, verify: number[]) =>
    ({ shape, stepMs: sure(stepMs), verify: verify.map(sure) }) as unknown as ModelReport;
  const models = [model('small', 1, [1, 1]), model('large', 10, [1, 1, 1, 1, 1, 1, 1, 1])];
  const [pair] = foretellGain(models, 'small', 'large');
  expect(pair).toMatchObject({ cost: 0.1 });
  const [, , , at90] = pair!.at;
  // Seven guesses of 0.9: (1 − 0.9^8) / 0.1 tokens for 1 + 0.7 steps.
  expect(at90).toMatchObject({ acceptance: 0.9, drafts: 7 });
  expect(at90!.gain).toBeCloseTo((1 - 0.9 ** 8) / 0.1 / 1.7, 6);
  expect(foretellGain(models, 'small', 'other')).toEqual([]);
});

it('unknown shapes are refused before anything is measured', async () => {
  await expect(runBench(new CpuBackend(), device, { shapes: ['GPT-9'] })).rejects.toMatchObject({
    code: 'bad-request',
    message: expect.stringContaining('SmolLM2-135M'),
  });
});

it('on a software adapter only the smallest shape is quick', () => {
  const quick = (adapter: string) =>
    offerFor({ ...device, kind: 'webgpu', adapter })
      .shapes.filter(({ isQuick }) => isQuick)
      .map(({ name }) => name);
  expect(quick('google swiftshader')).toEqual(['SmolLM2-135M']);
  expect(quick('nvidia hopper')).toContain('Llama-3.2-3B');
});
