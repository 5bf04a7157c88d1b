/** Tales tunes its kernels on a real adapter: what is chosen is from the list, and no token changes. */
import { expect, it, vi } from 'vitest';
import { findDevice } from '../../gpu/device';
import { present } from '../../lib/invariant';
import type * as attentions from '../../kernels/attention/attention-variants';
import type * as products from '../../kernels/product-variants';
import { DEFAULT_INT4 } from '../../quant/choose';
import { createEngine } from '../index';
import type { Engine, Prompt } from '../index';
import { packCheckpoint, readCheckpoint } from '../testing/checkpoint';
import { uniform } from '../testing/packings';
import { answer } from '../testing/speculation';
import { nameOf } from './tuning-table';
import type { TuningRecord, Variant } from './tuning-table';

/** By point. */
const offered = vi.hoisted(() => new Map<string, Variant[]>());

vi.mock('../../kernels/product-variants', async (original) => {
  const real = await original<typeof products>();
  return {
    ...real,
    ROW_CLASSES: [1],
    /** Two of each, and one row or a chunk, for the sake of time; another size of workgroup where the list has but one. */
    productVariants(key: products.ProductKey) {
      const [usual, other] = real.productVariants(key);
      const wide = key.result === 'ranks' ? [] : [{ ...usual, workgroup: 2 * usual.workgroup }];
      const some = [usual, ...(other ? [other] : wide)];
      offered.set(nameOf(key), some);
      return some;
    },
  };
});

vi.mock('../../kernels/attention/attention-variants', async (original) => {
  const real = await original<typeof attentions>();
  return {
    ...real,
    /** Two of each, and one row. */
    attentionVariants(key: attentions.AttentionKey) {
      const some = real.attentionVariants(key).slice(0, key.run === 1 ? 2 : 1);
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
  let kept: TuningRecord | null = null;
  const store = { read: async () => kept, write: async (record: TuningRecord) => void (kept = record) };
  const { device } = await findDevice(navigator.gpu);
  const openEngine = () => createEngine({ device, tuning: { store, build: 'test' } });
  const ask = async (engine: Engine) => {
    const model = await engine.loadModel(stored, { contextLength: 64, maxRows: 4 });
    return (await answer(model, STORY, { temperature: 0.9, topK: 0, seed: 1, maxTokens: 6, speculation: 0 })).ids;
  };

  const engine = openEngine();
  const before = await ask(engine);
  let [nowMs, looks] = [0, 0];
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => (nowMs += TICKS[looks++ % TICKS.length]!));
  await vi.waitFor(async () => expect((await engine.tuning()).points.length).toBeGreaterThan(4), { timeout: 50_000 });
  clock.mockRestore();
  const { points } = await engine.tuning();
  for (const { point, variant, refused } of points) {
    expect(offered.get(point)!.map(nameOf)).toContain(variant);
    expect(refused).toEqual([]);
  }
  expect(points.some(({ point }) => point.startsWith('group='))).toBe(true);
  await engine.unload('tales-draft');

  const measured = present<TuningRecord>(kept, 'a record');
  const others = points.map(({ point }) => [point, nameOf(offered.get(point)![1]!)] as const);
  const decisions = others.map(([point, variant]) => [point, { variant, gain: 2, refused: [] }]);
  kept = { ...measured, decisions: Object.fromEntries(decisions) as TuningRecord['decisions'] };
  const next = openEngine(); // on the same device, which knows most kernels by now
  expect(await ask(next)).toEqual(before);
  expect((await next.tuning()).points.every(({ gain }) => gain === 2)).toBe(true);
  await next.dispose();
  await engine.dispose();
});
