import { beforeAll, describe, expect, it } from 'vitest';
import type { PreparedStep } from '../gpu/backend';
import { CpuBackend } from '../gpu/cpu-backend';
import type { Kernel } from '../gpu/kernel';
import { BLOCK, kvPositionBytes } from '../kernels/shared/kv-pool';
import type { KvFormat } from '../kernels/shared/kv-pool';
import type { StoredWeights } from '../weights/manifest';
import { compareStep, worstDifference } from './compare-step';
import type { Comparison } from './compare-step';
import { packCheckpoint, readCheckpoint } from './testing/checkpoint';
import { createRunner, Probe, recordForward } from './testing/forward';
import { shipped } from './testing/packings';

/** A device on which one kernel computes something else than its twin says. */
class FaultyBackend extends CpuBackend {
  constructor(
    readonly wrongKernel: string,
    readonly spoil: (numbers: Float32Array) => void,
  ) {
    super();
  }

  override run({ step }: PreparedStep): Promise<void> {
    return super.run({
      step: step.map((call) =>
        call.kernel.name === this.wrongKernel ? { ...call, kernel: this.#spoiled(call.kernel) } : call,
      ),
    });
  }

  #spoiled(kernel: Kernel): Kernel {
    return {
      ...kernel,
      cpu: (buffers, constants, grid) => {
        kernel.cpu(buffers, constants, grid);
        for (const { name, access } of kernel.bindings) if (access === 'read_write') this.spoil(buffers[name]!.f32);
      },
    };
  }
}

let stored: StoredWeights;
beforeAll(async () => {
  stored = packCheckpoint(await readCheckpoint('public/models/tales-draft'), shipped);
});

async function compare(backend: CpuBackend, rowCount: number, kvFormat: KvFormat = 'f32'): Promise<Comparison[]> {
  const runner = await createRunner(backend, stored, { contextLength: 64, kvFormat });
  const probe = new Probe(runner);
  await probe.prefill([5, 6, 7, 8, 9]);
  await probe.feed(Array.from({ length: rowCount }, (_, i) => 20 + i));
  const comparisons: Comparison[] = [];
  for await (const comparison of compareStep(backend, recordForward(runner, rowCount, 1))) comparisons.push(comparison);
  return comparisons;
}

const wrong = (comparisons: Comparison[]) => [
  ...new Set(comparisons.filter(({ agrees }) => !agrees).map(({ kernel }) => kernel)),
];

const negate = (numbers: Float32Array) => numbers.forEach((number, i) => (numbers[i] = -number));

describe('compareStep', () => {
  it('finds nothing where every kernel is its twin', async () => {
    const comparisons = await compare(new CpuBackend(), 3);
    expect(wrong(comparisons)).toEqual([]);
    expect(comparisons.map(({ label }) => label)).toContain('layers.1.down');
  });

  it.each([
    ['rms-norm', 1],
    ['attention', 1],
    ['matvec', 1],
    ['matmul', 3],
    ['embed', 3],
    ['gather-rows', 3],
    ['rotary-append', 3],
  ])('names %s when its results have the wrong sign, and no other', async (kernel, rowCount) => {
    const comparisons = await compare(new FaultyBackend(kernel, negate), rowCount);
    expect(wrong(comparisons)).toEqual([kernel]);
  });

  it('notices a single number that is slightly off, and one that is NaN', async () => {
    for (const spoil of [
      (numbers: Float32Array) => void (numbers[7] = numbers[7]! + 1e-3 * Math.max(...numbers.subarray(0, 100))),
      (numbers: Float32Array) => void (numbers[7] = NaN),
    ]) {
      expect(wrong(await compare(new FaultyBackend('rms-norm', spoil), 1))).toEqual(['rms-norm']);
    }
  });

  it.each(['f16', 'int8'] as const)('reads keys and values in %s as numbers', async (kvFormat) => {
    const { head_dim: headDim } = JSON.parse(stored.manifest.texts['config.json']) as { head_dim: number };
    const tileWords = (BLOCK * kvPositionBytes('int8', headDim)) / 4;
    const isScale = (i: number) => i % tileWords >= (BLOCK * headDim) / 4;
    const spoil = (numbers: Float32Array) => {
      const words = new Uint32Array(numbers.buffer);
      if (kvFormat === 'f16') words.forEach((word, i) => (words[i] = word ^ 0x80008000));
      else numbers.forEach((number, i) => (numbers[i] = isScale(i) ? -number : number));
    };
    expect(wrong(await compare(new CpuBackend(), 3, kvFormat))).toEqual([]);
    const comparisons = await compare(new FaultyBackend('rotary-append', spoil), 1, kvFormat);
    expect(wrong(comparisons)).toEqual(['rotary-append']);
    const keys = comparisons.find(({ binding, agrees }) => binding === 'keys' && !agrees);
    expect(keys?.found).toBeCloseTo(-keys!.expected, 5);
  });
});

describe('worstDifference', () => {
  it('is relative to the largest expected number and says where it lies', () => {
    const found = Float32Array.of(1, 2.5, -8);
    expect(worstDifference(found, Float32Array.of(1, 2, -8))).toEqual({
      error: 0.5 / 8,
      at: 1,
      found: 2.5,
      expected: 2,
    });
  });

  it('counts equal infinities and NaNs as equal, and a NaN against a number as infinite', () => {
    expect(worstDifference(Float32Array.of(NaN, Infinity), Float32Array.of(NaN, Infinity)).error).toBe(0);
    expect(worstDifference(Float32Array.of(1, NaN), Float32Array.of(1, 2)).error).toBe(Infinity);
    expect(worstDifference(Float32Array.of(1), Float32Array.of(0)).error).toBe(Infinity);
  });
});
