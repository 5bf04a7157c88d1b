/** Tales tunes its kernels on a real adapter: what is chosen is from the list, and no token changes. */
import { expect, it, vi } from 'vitest';
import { findDevice } from '../../gpu/device';
import { present } from '../../lib/invariant';
import type * as products from '../../kernels/product-variants';
import { DEFAULT_INT4 } from '../../quant/choose';
import { createEngine } from '../index';
import type { Model, Prompt } from '../index';
import { packCheckpoint, readCheckpoint } from '../testing/checkpoint';
import { uniform } from '../testing/packings';
import { answer } from '../testing/speculation';
import { nameOf } from './tuning-table';

/** By point. */
const offered = vi.hoisted(() => new Map<string, products.ProductVariant[]>());

vi.mock('../../kernels/product-variants', async (original) => {
  const real = await original<typeof products>();
  return {
    ...real,
    /** Two of each, for the sake of time: another size of workgroup where the list has but one. */
    productVariants(key: products.ProductKey) {
      const [usual, other] = real.productVariants(key);
      const wide = key.result === 'ranks' ? [] : [{ ...usual, workgroup: 2 * usual.workgroup }];
      const some = [usual, ...(other ? [other] : wide)];
      offered.set(nameOf(key), some);
      return some;
    },
  };
});

const STORY: Prompt = { kind: 'chat', messages: [{ role: 'user', content: 'Tell me a story about a dog.' }] };

/** Milliseconds of each look at the clock in turns: batches are short then, and now this kernel seems faster, now that one. */
const TICKS = [5, 10, 5, 15, 5, 8];

it('on an adapter every choice is from the list, none is refused, and tokens stay', async () => {
  const stored = packCheckpoint(await readCheckpoint('public/models/tales-draft'), uniform(DEFAULT_INT4));
  let kept: unknown;
  const store = { read: async () => kept, write: async (record: unknown) => void (kept = record) };
  const { device } = await findDevice(navigator.gpu);
  const engine = createEngine({ device: present(device, 'a WebGPU device'), tuning: { store, build: 'test' } });
  const ask = (model: Model) =>
    answer(model, STORY, { temperature: 0.9, topK: 0, seed: 1, maxTokens: 8, speculation: 0 });

  const model = await engine.loadModel(stored, { contextLength: 64, maxRows: 4 });
  const before = await ask(model);
  let [nowMs, looks] = [0, 0];
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => (nowMs += TICKS[looks++ % TICKS.length]!));
  await vi.waitFor(
    async () => {
      const { points } = await engine.tuning();
      const several = [...offered.values()].filter(({ length }) => length > 1);
      expect(points.length).toBe(several.length);
      expect(points.length).toBeGreaterThan(10);
    },
    { timeout: 60_000, interval: 50 },
  );
  clock.mockRestore();
  const { points } = await engine.tuning();
  for (const { point, variant, refused } of points) {
    expect(offered.get(point)!.map(nameOf)).toContain(variant);
    expect(refused).toEqual([]);
  }
  expect((await ask(model)).ids).toEqual(before.ids);
  await engine.dispose();
});
