import { describe, expect, it } from 'vitest';
import { catalog, findModel, loadConfigs } from '../src/catalog/catalog';
import { packCheckpoint, readCheckpoint } from '../src/engine/testing/checkpoint';
import { shipped } from '../src/engine/testing/packings';
import type { BytesByKind } from '../src/weights/foresee';
import type { ModelRecord } from '../src/weights/record';
import { reportModels } from './model-report';

const configs = await loadConfigs();
const known = catalog.map(({ id }) => ({ modelId: id, config: configs[id] }));

describe('what is told of a model', () => {
  it('before it is here is foreseen, and comes true', async () => {
    const { manifest } = packCheckpoint(await readCheckpoint('public/models/tales-draft'), shipped);
    const record: ModelRecord = {
      modelId: 'tales-draft',
      state: 'stored',
      manifest,
      storedBytes: 1,
      keptBytes: 0,
      precision: null,
      from: 'https://hub.example/tales-draft/',
      fetching: false,
    };
    const before = (await reportModels(known, [], 'webgpu')).find(({ modelId }) => modelId === 'tales-draft');
    const after = (await reportModels(known, [record], 'webgpu')).find(({ modelId }) => modelId === 'tales-draft');
    expect(before).toMatchObject({ state: 'absent', source: null, storedBytes: 0 });
    expect(after).toMatchObject({ state: 'stored', storedBytes: 1 });
    expect(after?.parameterCount).toBe(findModel('tales-draft')?.parameterCount);
    expect(before?.parameterCount).toBe(after?.parameterCount);
    expect((before?.weightBytes ?? 0) / (after?.weightBytes ?? 1)).toBeCloseTo(1, 1);
    const sum = (bytes: BytesByKind | undefined) => bytes && bytes.int4 + bytes.int8 + bytes.float;
    expect(sum(after?.readBytes)).toBeGreaterThan(0.98 * (after?.weightBytes ?? 0)); // its head is its embedding
    expect((sum(before?.readBytes) ?? 0) / (sum(after?.readBytes) ?? 1)).toBeCloseTo(1, 1);
    expect(before?.vocabulary).toBeNull();
    expect(after?.vocabulary).toMatch(/^[0-9a-f]{16}$/);
    expect(before?.contexts).toEqual(after?.contexts);
  });

  it('has a cost for every context worth choosing', async () => {
    const [tales] = await reportModels(known, [], 'webgpu');
    expect(tales?.contexts.map(({ contextLength }) => contextLength)).toEqual([256, 512, 1024]);
    expect(tales?.defaultContextLength).toBe(1024);
    // 7 layers · keys and values · 2 heads · 64 numbers of 2 bytes = 3,584 bytes a position, for 8 conversations; 64 numbers
    // of 4 bytes a position for the rotations; and for 9 slots a token a position and a block a 32 positions, of 4 bytes. Behind
    // more than 512 positions also what 8 rows' 4 heads make of each of 4 splits: 64 numbers, sum and maximum in 4 more.
    const [, half, full] = tales?.contexts ?? [];
    expect(full?.readBytes).toBe(3584 * 512); // a token reads those before it
    expect((full?.bytes ?? 0) - (half?.bytes ?? 0)).toBe(
      512 * (3584 * 8 + 64 * 4 + 9 * 4) + (512 / 32) * 9 * 4 + 8 * 4 * 4 * (64 + 4) * 4,
    );
    expect(full?.largestBufferBytes).toBe(((1024 * 8 + 32) * 3584) / 14); // and the scratch block
  });

  it('is also told of what the catalogue does not know', async () => {
    const record: ModelRecord = {
      modelId: 'https://hub.example/x/',
      state: 'partial',
      manifest: null,
      storedBytes: 5,
      keptBytes: 7,
      precision: 'int8',
      from: 'https://hub.example/x/',
      fetching: true,
    };
    expect((await reportModels(known, [record], 'cpu')).at(-1)).toEqual({
      modelId: 'https://hub.example/x/',
      state: 'partial',
      fetching: true,
      storedBytes: 5,
      keptBytes: 7,
      weightBytes: 0,
      readBytes: { int4: 0, int8: 0, float: 0 },
      parameterCount: 0,
      layers: 0,
      runsOnProcessor: false,
      contexts: [],
      defaultContextLength: 0,
      precision: 'int8',
      vocabulary: null,
      from: 'https://hub.example/x/',
      source: null,
    });
  });
});
