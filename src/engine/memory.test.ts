import { describe, expect, it } from 'vitest';
import { CpuBackend } from '../gpu/cpu-backend';
import { modelPage } from '../models/index';
import { chooseKvFormat, planRunner, runnerMemory } from './memory';
import { packCheckpoint, readCheckpoint } from './testing/checkpoint';
import { createRunner } from './testing/forward';
import { shipped } from './testing/packings';

const shape = { vocabSize: 4096, maxContext: 32_768, layers: 22, kvHeads: 4, headDim: 64 };

describe('the plan of a runner', () => {
  it('reserves as many conversations as the budget holds, and at least one', () => {
    // 22 layers · keys and values · 4 heads · 64 numbers of 2 bytes: 22,528 bytes a position, 92 MB at 4,096.
    expect(planRunner('webgpu', shape)).toMatchObject({ contextLength: 4096, maxSequences: 2, maxRows: 128 });
    expect(planRunner('webgpu', shape, { contextLength: 256 }).maxSequences).toBe(8);
    expect(planRunner('cpu', shape, { contextLength: 32_768 })).toMatchObject({ maxSequences: 1, maxRows: 32 });
  });

  it('stores keys and values in int8 where the context is long or f16 exceeds the budget, else in f16', () => {
    const f16Bytes = 22 * 2 * 4 * 64 * 2 * 4096;
    expect(chooseKvFormat(shape, 4096, f16Bytes)).toBe('f16');
    expect(chooseKvFormat(shape, 4096, f16Bytes - 1)).toBe('int8');
    expect(chooseKvFormat(shape, 8191, Infinity)).toBe('f16');
    expect(chooseKvFormat(shape, 8192, Infinity)).toBe('int8');
    expect(planRunner('webgpu', shape).kvFormat).toBe('f16');
    expect(planRunner('webgpu', { ...shape, layers: 66 }).kvFormat).toBe('int8');
    expect(planRunner('webgpu', shape, { contextLength: 8192, kvFormat: 'f16' }).kvFormat).toBe('f16');
  });

  it.each([0, 1.5, 32_769, NaN])('refuses a context of %s', (contextLength) => {
    expect(() => planRunner('cpu', shape, { contextLength })).toThrow(/a whole number from 1 to 32768/);
  });

  it.each([
    [256, 'f16'],
    [1024, 'int8'],
  ] as const)(
    'foretells what a runner of %i positions in %s takes, to two percent',
    async (contextLength, kvFormat) => {
      const stored = packCheckpoint(await readCheckpoint('public/models/tales-draft'), shipped);
      const configJson: unknown = JSON.parse(stored.manifest.texts['config.json']);
      const page = modelPage(configJson);
      const config = page.readConfig(configJson);
      const options = planRunner('cpu', page.shape(config), { contextLength, kvFormat });
      const runner = await createRunner(new CpuBackend(), stored, options);
      const { cacheBytes, workBytes, largestBufferBytes } = runnerMemory(page, config, options);
      const share = (cacheBytes + workBytes) / runner.bytes;
      runner.destroy();
      expect(share).toBeLessThanOrEqual(1);
      expect(share).toBeGreaterThan(0.98);
      expect(largestBufferBytes).toBeLessThan(cacheBytes + workBytes);
    },
  );
});
