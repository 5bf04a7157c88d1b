import { IDBFactory } from 'fake-indexeddb';
import { expect, it } from 'vitest';
import { benchCachedLoad } from '../src/bench/cached-load';
import { randomWeights } from '../src/bench/random-weights';
import { TINY } from '../src/bench/testing/tiny';
import { CpuBackend } from '../src/gpu/cpu-backend';
import { DEFAULT_INT4 } from '../src/quant/choose';
import { forgetWeights, keepWeights } from './bench-store';

const names = async (factory: IDBFactory) => (await factory.databases()).map(({ name }) => name);

it('a load from the store is timed, and leaves nothing in the store or on the device', async () => {
  const factory = new IDBFactory();
  const backend = new CpuBackend();
  let stored: (string | undefined)[] = [];
  const figure = await benchCachedLoad(backend, TINY, async (weights) => {
    const kept = await keepWeights(weights, factory);
    stored = await names(factory);
    return kept;
  });
  expect(figure!.low).toBeGreaterThan(0);
  expect(stored).toEqual(['hearth-bench-shards', 'hearth-bench-models']);
  expect(await names(factory)).toEqual([]);
  backend.memory.takePeak();
  expect(backend.memory.takePeak()).toBe(0); // every buffer is gone
  await forgetWeights(factory); // of nothing
});

it('what did not fit as a whole leaves nothing in the store', async () => {
  const factory = new IDBFactory();
  const weights = randomWeights('tiny', TINY.config, DEFAULT_INT4);
  const readShard = (index: number) => (index < 3 ? weights.readShard(index) : Promise.reject(new Error('full')));
  await expect(keepWeights({ ...weights, readShard }, factory)).rejects.toThrow('full');
  expect(await names(factory)).toEqual([]);
});

it('where another tab empties the store meanwhile nothing is timed, and nothing fails', async () => {
  const factory = new IDBFactory();
  const figure = await benchCachedLoad(new CpuBackend(), TINY, async (weights) => {
    const kept = await keepWeights(weights, factory);
    await forgetWeights(factory);
    return kept;
  });
  expect(figure).toBeNull();
});

it('where there is no room nothing is timed, and nothing fails', async () => {
  const refuse = () => Promise.reject(new DOMException('full', 'QuotaExceededError'));
  expect(await benchCachedLoad(new CpuBackend(), TINY, refuse)).toBeNull();
});
