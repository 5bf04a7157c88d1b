import { describe, expect, it } from 'vitest';
import { CpuBackend } from '../gpu/cpu-backend';
import { modelPage } from '../models/index';
import { planRunner, runnerMemory } from './memory';
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

  it.each([0, 1.5, 32_769, NaN])('refuses a context of %s', (contextLength) => {
    expect(() => planRunner('cpu', shape, { contextLength })).toThrow(/a whole number from 1 to 32768/);
  });

  it.each([256, 1024])('foretells what a runner of %i positions takes, to two percent', async (contextLength) => {
    const stored = packCheckpoint(await readCheckpoint('public/models/tales-draft'), shipped);
    const configJson: unknown = JSON.parse(stored.manifest.texts['config.json']);
    const page = modelPage(configJson);
    const config = page.readConfig(configJson);
    const options = planRunner('cpu', page.shape(config), { contextLength });
    const runner = await createRunner(new CpuBackend(), stored, options);
    const { cacheBytes, workBytes, largestBufferBytes } = runnerMemory(page, config, options);
    const share = (cacheBytes + workBytes) / runner.bytes;
    runner.destroy();
    expect(share).toBeLessThanOrEqual(1);
    expect(share).toBeGreaterThan(0.98);
    expect(largestBufferBytes).toBeLessThan(cacheBytes + workBytes);
  });
});
