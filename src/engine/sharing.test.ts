/** What requests share, read off the recorder: forwards, and the prefixes of their prompts. */
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { BLOCK } from '../kernels/shared/kv-pool';
import type { StoredWeights } from '../weights/manifest';
import { Engine } from './index';
import type { Model, Prompt } from './index';
import { packCheckpoint, readCheckpoint } from './testing/checkpoint';
import { shipped } from './testing/packings';
import { answer } from './testing/speculation';
import { SpyBackend } from './testing/spy-backend';

const GREEDY = { temperature: 0 };

const chat = (...turns: string[]): Prompt => ({
  kind: 'chat',
  messages: turns.map((content, i) => ({ role: i % 2 === 0 ? 'user' : 'assistant', content })),
});

const LONG = `Tell me a story about a dog. ${'It lives by the sea and likes the sun. '.repeat(14)}`;

let stored: StoredWeights;
let spy: SpyBackend;
let engine: Engine;
beforeAll(async () => {
  stored = packCheckpoint(await readCheckpoint('public/models/tales-draft'), shipped);
});
afterEach(() => engine.dispose());

async function load(): Promise<Model> {
  spy = new SpyBackend();
  engine = new Engine(spy);
  return engine.loadModel(stored, { contextLength: 512 });
}

/** Positions computed since the last call, lowest first, each as often as it was computed. */
const computed = () =>
  spy
    .take()
    .flatMap((step) => step.flatMap(({ rows }) => rows.map(({ position }) => position)))
    .sort((a, b) => a - b);

describe('requests that run at once', () => {
  it('share each forward: four together take hardly more steps than one', async () => {
    const model = await load();
    const options = { ...GREEDY, maxTokens: 20 };
    const prompts = ['a dog', 'a cat', 'the sea', 'an owl'].map((subject) => chat(`Tell me about ${subject}.`));
    spy.take();
    await answer(model, prompts[0]!, options);
    const alone = spy.take().length;
    await Promise.all(prompts.map((prompt) => answer(model, prompt, options)));
    const steps = spy.take();
    expect(steps.length).toBeLessThan(1.5 * alone);
    const slots = steps.map((step) => new Set(step.flatMap(({ rows }) => rows.map(({ slot }) => slot))).size);
    expect(slots.filter((count) => count === 4).length).toBeGreaterThan(steps.length / 2);
  });

  it('let a short question answer while a long prompt is read', async () => {
    const model = await load();
    const ended: string[] = [];
    const long = answer(model, chat(LONG.repeat(2)), { ...GREEDY, maxTokens: 2 }).then(() => ended.push('long'));
    const short = answer(model, chat('What is 7 + 5?'), { ...GREEDY, maxTokens: 4 }).then(() => ended.push('short'));
    await Promise.all([long, short]);
    expect(ended[0]).toBe('short');
  });
});

describe('a prompt that begins like one before', () => {
  it('asked again computes at most its last block and two positions', async () => {
    const model = await load();
    const first = await answer(model, chat(LONG), { ...GREEDY, maxTokens: 3 });
    spy.take();
    const again = await answer(model, chat(LONG), { ...GREEDY, maxTokens: 3 });
    const promptTokens = model.encode(chat(LONG)).length;
    const prefilled = computed().filter((position) => position < promptTokens);
    expect(again.ids).toEqual(first.ids);
    expect(prefilled.length).toBeLessThanOrEqual(BLOCK + 2);
    expect(again.done.stats.cachedTokens).toBe(promptTokens - prefilled.length);
    expect(promptTokens).toBeGreaterThan(3 * BLOCK);
  });

  it('with a turn more computes only what is new, and gives the answer of a fresh cache', async () => {
    const model = await load();
    const { text } = await answer(model, chat(LONG), { ...GREEDY, maxTokens: 40 });
    const second = chat(LONG, text, 'And what did the dog do then?');
    spy.take();
    const found = await answer(model, second, { ...GREEDY, maxTokens: 8 });
    const lowest = computed()[0]!;
    expect(lowest).toBeGreaterThanOrEqual(model.encode(chat(LONG)).length - BLOCK);
    await engine.dispose();
    const fresh = await answer(await load(), second, { ...GREEDY, maxTokens: 8 });
    expect(found.ids).toEqual(fresh.ids);
    expect(fresh.done.stats.cachedTokens).toBe(0);
  });

  it('is found while the other still answers, and not under another salt', async () => {
    const model = await load();
    const running = model.generate(chat(LONG), { ...GREEDY, maxTokens: 60 });
    for await (const event of running) {
      if (event.type !== 'text') continue;
      const beside = await answer(model, chat(LONG), { ...GREEDY, maxTokens: 2 });
      expect(beside.done.stats.cachedTokens).toBeGreaterThan(2 * BLOCK);
      break;
    }
    const stranger = await answer(model, chat(LONG), { ...GREEDY, maxTokens: 2, salt: 'https://elsewhere.example' });
    expect(stranger.done.stats.cachedTokens).toBe(0);
  });
});

it('streams that are broken off leave nothing behind, however often', async () => {
  const model = await load();
  const times = import.meta.env['HEARTH_DEEP'] === '1' ? 1000 : 60;
  for (let i = 0; i < times; i++) {
    for await (const event of model.generate(chat(`Tell me about ${i}.`), { seed: i, maxTokens: 50 })) {
      if (event.type === (i % 3 === 0 ? 'prefill' : 'text')) break;
    }
  }
  const { done } = await answer(model, chat('What is 7 + 5?'), { ...GREEDY, maxTokens: 4 });
  expect(done.stats.completionTokens).toBe(4);
  await expect.poll(() => model.runner.cache.stats.used).toBe(0);
  expect(model.stats()).toMatchObject({ running: 0, waiting: 0 });
});
