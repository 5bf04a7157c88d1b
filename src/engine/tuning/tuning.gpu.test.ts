/** Tales tunes its kernels on a real adapter: what is chosen is from the list, and no token changes. */
import { expect, it, vi } from 'vitest';
import { findDevice } from '../../gpu/device';
import { ROW_CLASSES } from '../../kernels/product-variants';
import { present } from '../../lib/invariant';
import { createEngine } from '../index';
import type { Model, Prompt } from '../index';
import { packCheckpoint, readCheckpoint } from '../testing/checkpoint';
import { shipped } from '../testing/packings';
import { answer } from '../testing/speculation';

const STORY: Prompt = { kind: 'chat', messages: [{ role: 'user', content: 'Tell me a story about a dog.' }] };

/** Milliseconds that every look at the clock takes: batches are short then, and what is fastest is chance. */
const TICK_MS = 5;

it('on an adapter every choice is from the list, none is refused, and tokens stay', async () => {
  const stored = packCheckpoint(await readCheckpoint('public/models/tales-draft'), shipped);
  let kept: unknown;
  const store = { read: async () => kept, write: async (record: unknown) => void (kept = record) };
  const { device } = await findDevice(navigator.gpu);
  const engine = createEngine({ device: present(device, 'a WebGPU device'), tuning: { store, build: 'test' } });
  const ask = (model: Model, seed: number) =>
    answer(model, STORY, { temperature: 0.9, topK: 0, seed, maxTokens: 8, speculation: 0 });

  const model = await engine.loadModel(stored, { contextLength: 128, maxRows: 16 });
  const before = [await ask(model, 1), await ask(model, 2)].map(({ ids }) => ids);
  let nowMs = 0;
  const chance = [1, 2, 1, 3, 1, 1.5];
  let looks = 0;
  const clock = vi
    .spyOn(performance, 'now')
    .mockImplementation(() => (nowMs += TICK_MS * chance[looks++ % chance.length]!));
  await vi.waitFor(async () => expect((await engine.tuning()).points.length).toBeGreaterThan(3 * ROW_CLASSES.length), {
    timeout: 30_000,
    interval: 50,
  });
  clock.mockRestore();
  for (const { refused } of (await engine.tuning()).points) expect(refused).toEqual([]);
  const after = [await ask(model, 1), await ask(model, 2)].map(({ ids }) => ids);
  expect(after).toEqual(before);
  await engine.dispose();
});
