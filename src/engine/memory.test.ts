import { describe, expect, it } from 'vitest';
import { CpuBackend } from '../gpu/cpu-backend';
import { modelPage } from '../models/index';
import { chooseKvFormat, planRunner, runnerMemory } from './memory';
import { packCheckpoint, readCheckpoint } from './testing/checkpoint';
import { createRunner } from './testing/forward';
import { shipped } from './testing/packings';

const shape = { vocabSize: 4096, maxContext: 32_768, layers: 22, heads: 32, kvHeads: 4, headDim: 64 };

describe('the plan of a runner', () => {
  it('fills its budget with blocks, at most for all sequences it runs and at least for a full one', () => {
    // 22 layers · keys and values · 4 heads · 64 numbers of 2 bytes · 32 positions: 720,896 bytes a block.
    const perSequence = 4096 / 32;
    const affordable = Math.floor((256 * 2 ** 20) / 720_896);
    expect(planRunner('webgpu', shape)).toMatchObject({ contextLength: 4096, maxRows: 128, blocks: affordable });
    expect(affordable).toBeGreaterThan(2 * perSequence);
    expect(planRunner('webgpu', shape, { contextLength: 256 }).blocks).toBe(8 * 8 + 1);
    expect(planRunner('cpu', shape, { contextLength: 32_768 })).toMatchObject({ blocks: 1024 + 1, maxRows: 32 });
    expect(planRunner('webgpu', shape, {}, shape).blocks).toBe(Math.floor(affordable / 2));
  });

  it('gives no more rows of logits than there is room for, and one for each sequence', () => {
    expect(planRunner('webgpu', shape).maxOutputs).toBe(40);
    expect(planRunner('webgpu', { ...shape, vocabSize: 151_936 }).maxOutputs).toBe(27);
    expect(planRunner('webgpu', { ...shape, vocabSize: 2_000_000 }).maxOutputs).toBe(8);
  });

  it('stores keys and values in int8 where the context is long or f16 exceeds the budget, else in f16', () => {
    const f16Bytes = 22 * 2 * 4 * 64 * 2 * 4096;
    expect(chooseKvFormat([shape], 4096, f16Bytes)).toBe('f16');
    expect(chooseKvFormat([shape], 4096, f16Bytes - 1)).toBe('int8');
    expect(chooseKvFormat([shape], 8191, Infinity)).toBe('f16');
    expect(chooseKvFormat([shape], 8192, Infinity)).toBe('int8');
    expect(planRunner('webgpu', shape).kvFormat).toBe('f16');
    expect(planRunner('webgpu', { ...shape, layers: 66 }).kvFormat).toBe('int8');
    expect(planRunner('webgpu', shape, { contextLength: 8192, kvFormat: 'f16' }).kvFormat).toBe('f16');
  });

  it.each([0, 1.5, 32_769, NaN])('refuses a context of %s', (contextLength) => {
    expect(() => planRunner('cpu', shape, { contextLength })).toThrow(/a whole number from 1 to 32768/);
  });

  it('refuses activations in a format there is none of', () => {
    const activationFormat = 'int4' as 'int8';
    expect(() => planRunner('cpu', shape, { activationFormat })).toThrow(/activation format is "int4"; .* f32, int8/);
  });

  it.each([
    [256, 'f16', 'f32'],
    [1024, 'int8', 'f32'],
    [256, 'f16', 'int8'],
  ] as const)(
    'foretells what a runner of %i positions in %s, activations in %s, takes, to two percent',
    async (contextLength, kvFormat, activationFormat) => {
      const stored = packCheckpoint(await readCheckpoint('public/models/tales-draft'), shipped);
      const configJson: unknown = JSON.parse(stored.manifest.texts['config.json']);
      const page = modelPage(configJson);
      const config = page.readConfig(configJson);
      const options = planRunner('cpu', page.shape(config), { contextLength, kvFormat, activationFormat });
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
