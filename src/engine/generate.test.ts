import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { BackendLimits, DeviceBuffer, PreparedStep, Readback } from '../gpu/backend';
import { CpuBackend } from '../gpu/cpu-backend';
import { HearthError } from '../lib/errors';
import type { StoredWeights } from '../weights/manifest';
import { createEngine, Engine } from './index';
import type { GenerateEvent, GenerationOptions, LoadOptions, Model, Prompt } from './index';
import { packCheckpoint, readCheckpoint } from './testing/checkpoint';
import { shipped } from './testing/packings';

const STORY: Prompt = { kind: 'chat', messages: [{ role: 'user', content: 'Tell me a story about a dog.' }] };
const QUESTION: Prompt = { kind: 'chat', messages: [{ role: 'user', content: 'What is seven plus five?' }] };
const GREEDY = { temperature: 0 };

let stored: StoredWeights;
const engines: Engine[] = [];
beforeAll(async () => {
  stored = packCheckpoint(await readCheckpoint('public/models/tales-draft'), shipped);
});
afterEach(async () => {
  for (const engine of engines.splice(0)) await engine.dispose();
});

async function load(options: LoadOptions = {}, engine = createEngine({ device: null })): Promise<Model> {
  engines.push(engine);
  return engine.loadModel(stored, { contextLength: 256, ...options });
}

interface Answer {
  text: string;
  ids: number[];
  done: Extract<GenerateEvent, { type: 'done' }>;
  events: GenerateEvent[];
}

async function collect(events: AsyncIterable<GenerateEvent>): Promise<Answer> {
  const all: GenerateEvent[] = [];
  for await (const event of events) all.push(event);
  const pieces = all.filter((event) => event.type === 'text');
  return {
    text: pieces.map(({ text }) => text).join(''),
    ids: pieces.flatMap(({ tokenIds }) => tokenIds),
    done: all.at(-1) as Answer['done'],
    events: all,
  };
}

const answer = (model: Model, prompt: Prompt, options: GenerationOptions = {}, signal?: AbortSignal) =>
  collect(model.generate(prompt, options, signal));

/** True once no block of the cache belongs to anybody; the loop notices an abort before its next forward. */
async function expectAllFree(model: Model): Promise<void> {
  await expect.poll(() => model.runner.cache.stats.used).toBe(0);
}

describe('an answer', () => {
  it('that is greedy is the same whether the head gives logits or the likeliest tokens alone, and beside a drawn one', async () => {
    const model = await load();
    const options = { ...GREEDY, maxTokens: 30 };
    const { ids } = await answer(model, STORY, options);
    expect((await answer(model, STORY, { ...options, logprobs: 0 })).ids).toEqual(ids);
    const drawn = { temperature: 1, topK: 0, seed: 3, maxTokens: 15 };
    const [beside] = await Promise.all([answer(model, STORY, options), answer(model, QUESTION, drawn)]);
    expect(beside.ids).toEqual(ids);
  });

  it('arrives as prefill, text and one done; its text is its ids decoded', async () => {
    const model = await load();
    const { text, ids, done, events } = await answer(model, STORY, { ...GREEDY, maxTokens: 40 });
    expect(events.map(({ type }) => type).join(' ')).toMatch(/^(prefill )+(text )+done$/);
    expect(ids.length).toBeGreaterThan(10);
    expect(text).toBe(model.text.tokenizer.decode(ids));
    expect(done.stats.completionTokens).toBe(ids.length + (done.reason === 'stop' ? 1 : 0));
    const prefill = events.filter((event) => event.type === 'prefill');
    expect(prefill.at(-1)?.doneTokens).toBe(model.encode(STORY).length);
  });

  it('ends at maxTokens with reason length, or by its own end with reason stop', async () => {
    const model = await load();
    const short = await answer(model, STORY, { ...GREEDY, maxTokens: 5 });
    expect(short.ids).toHaveLength(5);
    expect(short.done.reason).toBe('length');
    const whole = await answer(model, QUESTION, GREEDY);
    expect(whole.done.reason).toBe('stop');
    expect([...model.text.stopTokenIds].some((id) => whole.ids.includes(id))).toBe(false);
  });

  it('ends before a stop string and never shows it', async () => {
    const model = await load();
    const { text } = await answer(model, STORY, { ...GREEDY, maxTokens: 40 });
    const stop = text.slice(20, 28);
    const cut = await answer(model, STORY, { ...GREEDY, maxTokens: 40, stop: ['never in this text', stop] });
    expect(cut.done.reason).toBe('stop');
    expect(cut.text).toBe(text.slice(0, text.indexOf(stop)));
  });

  it('shows its last characters, also when a stop string begins with them', async () => {
    const model = await load();
    for (const prompt of [STORY, QUESTION]) {
      const plain = await answer(model, prompt, { ...GREEDY, maxTokens: 30 });
      const stop = [`${plain.text.slice(-3)} but never this`];
      const held = await answer(model, prompt, { ...GREEDY, maxTokens: 30, stop });
      expect(held.text).toBe(plain.text);
      expect(held.done.reason).toBe(plain.done.reason);
      expect(held.ids).toEqual(plain.ids);
    }
  });

  it('ends with the context where nothing else ends it', async () => {
    const promptTokens = (await load()).encode(STORY).length;
    const model = await load({ contextLength: promptTokens + 7 });
    const { ids, done } = await answer(model, STORY, { ...GREEDY, maxTokens: 1000 });
    expect(done.reason).toBe('length');
    expect(ids).toHaveLength(7);
  });

  it('is the same again with the same seed, which done tells, and another with another seed', async () => {
    const model = await load();
    const options = { temperature: 1, maxTokens: 30 };
    const first = await answer(model, STORY, options);
    const again = await answer(model, STORY, { ...options, seed: first.done.seed });
    const other = await answer(model, STORY, { ...options, seed: first.done.seed + 1 });
    expect(again.ids).toEqual(first.ids);
    expect(other.ids).not.toEqual(first.ids);
  });

  it('does not depend on the size of the prefill chunks', async () => {
    const wide = await answer(await load({ maxRows: 128 }), STORY, { ...GREEDY, maxTokens: 12 });
    const narrow = await answer(await load({ maxRows: 3 }), STORY, { ...GREEDY, maxTokens: 12 });
    expect(narrow.ids).toEqual(wide.ids);
    expect(narrow.events.filter(({ type }) => type === 'prefill').length).toBeGreaterThan(3);
  });
});

describe('several requests', () => {
  it('at once give each the answer it gets alone, also when some must wait for blocks', async () => {
    const model = await load();
    const { maxSequences: slots } = model.runner.options;
    const prompts = Array.from({ length: slots + 3 }, (_, i): [Prompt, GenerationOptions] => [
      i % 2 === 0 ? STORY : QUESTION,
      { temperature: 0.9, seed: i, maxTokens: 4 + i },
    ]);
    const together = await Promise.all(prompts.map(([prompt, options]) => answer(model, prompt, options)));
    for (const [i, [prompt, options]] of prompts.entries()) {
      const alone = await answer(model, prompt, options);
      expect(together[i]!.ids, `request ${i}`).toEqual(alone.ids);
      expect(together[i]!.text, `request ${i}`).toBe(alone.text);
    }
    await expectAllFree(model);
  });
});

describe('stopping', () => {
  it('by the signal in mid-answer ends with done aborted and frees the blocks; the model goes on', async () => {
    const model = await load();
    const stop = new AbortController();
    const { ids } = await answer(model, STORY, { ...GREEDY, maxTokens: 12 });
    const events = model.generate(STORY, { ...GREEDY, maxTokens: 200 }, stop.signal);
    let last: GenerateEvent | undefined;
    for await (const event of events) {
      last = event;
      if (event.type === 'text') stop.abort();
    }
    expect(last).toMatchObject({ type: 'done', reason: 'aborted' });
    await expectAllFree(model);
    expect((await answer(model, STORY, { ...GREEDY, maxTokens: 12 })).ids).toEqual(ids);
  });

  it('by break frees the blocks', async () => {
    const model = await load();
    for await (const event of model.generate(STORY, { ...GREEDY, maxTokens: 200 })) if (event.type === 'text') break;
    await expectAllFree(model);
  });

  it('by a signal that has fired already is an error, before anything is computed', async () => {
    const model = await load();
    const request = answer(model, STORY, GREEDY, AbortSignal.abort());
    await expect(request).rejects.toMatchObject({ code: 'aborted' });
    expect(model.runner.cache.stats.used).toBe(0);
  });

  it('a request that still waits ends it too', async () => {
    const model = await load();
    const stop = new AbortController();
    const running = Array.from({ length: model.runner.options.maxSequences }, () =>
      answer(model, STORY, { ...GREEDY, maxTokens: 20 }),
    );
    const waiting = answer(model, STORY, { ...GREEDY, maxTokens: 20 }, stop.signal);
    stop.abort();
    expect(await waiting).toMatchObject({ ids: [], done: { reason: 'aborted' } });
    await Promise.all(running);
    await expectAllFree(model);
  });
});

describe('what cannot be answered', () => {
  it('is a prompt as long as the context: context-overflow with both lengths', async () => {
    const model = await load({ contextLength: 32 });
    const text = 'the dog '.repeat(40);
    const request = answer(model, { kind: 'text', text });
    await expect(request).rejects.toMatchObject({ code: 'context-overflow', message: expect.stringContaining('32') });
  });

  it('is an empty prompt, an option out of range, or a context the model does not have: bad-request', async () => {
    const model = await load();
    await expect(answer(model, { kind: 'text', text: '' })).rejects.toMatchObject({ code: 'bad-request' });
    await expect(answer(model, STORY, { temperature: -1 })).rejects.toMatchObject({ code: 'bad-request' });
    await expect(load({ contextLength: 1e6 })).rejects.toMatchObject({ code: 'bad-request' });
  });

  it('is a model too large for the processor: webgpu-unavailable with a hint', async () => {
    const config = { ...(JSON.parse(stored.manifest.texts['config.json']) as object), num_hidden_layers: 10_000 };
    const texts = { ...stored.manifest.texts, 'config.json': JSON.stringify(config) };
    const huge = { ...stored, manifest: { ...stored.manifest, texts } };
    const loading = createEngine({ device: null }).loadModel(huge);
    await expect(loading).rejects.toMatchObject({
      code: 'webgpu-unavailable',
      hint: expect.stringContaining('Chrome'),
    });
  });

  it('is a context whose keys exceed what the adapter binds: adapter-too-small, with every buffer given back', async () => {
    const backend = new BookkeepingBackend({ maxBindingBytes: 70_000 });
    const loading = load({ contextLength: 1024 }, new Engine(backend));
    await expect(loading).rejects.toMatchObject({
      code: 'adapter-too-small',
      message: expect.stringContaining('70000'),
    });
    expect(backend.live).toBe(0);
    const small = new BookkeepingBackend({ maxBindingBytes: 16 });
    await expect(load({}, new Engine(small))).rejects.toThrow(/^One row of .* at most 16\.$/);
    expect(small.live).toBe(0);
  });

  it('is asked of a model that is not loaded: bad-request naming those that are', async () => {
    const engine = createEngine({ device: null });
    await load({}, engine);
    expect(() => engine.generate('other', STORY)).toThrow(/"other".*tales-draft/);
  });
});

describe('unloading', () => {
  it('while requests run ends them with done aborted', async () => {
    const engine = createEngine({ device: null });
    const model = await load({}, engine);
    const requests = [STORY, QUESTION].map((prompt) => answer(model, prompt, { ...GREEDY, maxTokens: 150 }));
    await engine.unload(model.modelId);
    for (const { done } of await Promise.all(requests)) expect(done.reason).toBe('aborted');
    expect(() => engine.model(model.modelId)).toThrow(HearthError);
  });

  it('happens when the same model is loaded again, and destroys every buffer of the first', async () => {
    const backend = new BookkeepingBackend();
    const engine = new Engine(backend);
    await load({}, engine);
    const once = backend.live;
    expect(once).toBeGreaterThan(0);
    const model = await load({}, engine);
    expect(backend.live).toBe(once);
    await engine.unload(model.modelId);
    expect(backend.live).toBe(0);
  });

  it('of the whole engine takes a model along that is still being loaded', async () => {
    const backend = new BookkeepingBackend();
    const engine = new Engine(backend, () => Promise.reject(new Error('no device is asked for')));
    let disposing: Promise<void> | undefined;
    const onProgress = () => {
      disposing ??= engine.dispose();
    };
    const loading = engine.loadModel(stored, { onProgress });
    await expect(loading).rejects.toMatchObject({ code: 'aborted' });
    await disposing;
    expect(backend.live).toBe(0);
  });

  it('also destroys every buffer when loading is stopped or fails half-way', async () => {
    const backend = new BookkeepingBackend();
    const stop = new AbortController();
    const stopped = load({ signal: stop.signal, onProgress: () => stop.abort() }, new Engine(backend));
    await expect(stopped).rejects.toMatchObject({ code: 'aborted' });
    expect(backend.live).toBe(0);
    const broken = { ...stored, readShard: () => Promise.reject(new HearthError('weights-corrupt', 'no such shard')) };
    await expect(new Engine(backend).loadModel(broken)).rejects.toMatchObject({ code: 'weights-corrupt' });
    expect(backend.live).toBe(0);
    const tokenizer = JSON.parse(stored.manifest.texts['tokenizer.json']) as { model: { vocab: object } };
    tokenizer.model.vocab = { ...tokenizer.model.vocab, 'a token of another model': 1_000_000 };
    const texts = { ...stored.manifest.texts, 'tokenizer.json': JSON.stringify(tokenizer) };
    const misfit = { ...stored, manifest: { ...stored.manifest, texts } };
    await expect(new Engine(backend).loadModel(misfit)).rejects.toMatchObject({ code: 'unsupported-model' });
    expect(backend.live).toBe(0);
  });
});

describe('a device that is lost in mid-answer', () => {
  it('fails every request with device-lost', async () => {
    const backend = new MortalBackend();
    const model = await load({}, new Engine(backend));
    backend.stepsLeft = 6;
    const requests = [answer(model, STORY, GREEDY), answer(model, QUESTION, GREEDY)];
    for (const result of await Promise.allSettled(requests)) {
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'device-lost' } });
    }
    await expectAllFree(model);
    await expect(answer(model, STORY, GREEDY)).rejects.toMatchObject({ code: 'device-lost' });
  });

  it('goes on though the next one is lost as well while the model is loaded onto it', async () => {
    const expected = await answer(await load(), STORY, { ...GREEDY, maxTokens: 12 });
    const backend = new MortalBackend();
    const next = [new StillbornBackend(), new MortalBackend()];
    const model = await load({}, new Engine(backend, async () => next.shift() ?? expect.unreachable()));
    backend.stepsLeft = 6;
    const { ids } = await answer(model, STORY, { ...GREEDY, maxTokens: 12 });
    expect(ids).toEqual(expected.ids);
    expect(next).toEqual([]);
  });

  it('fails after the third within a minute, wherever each was lost, and does not try for ever', async () => {
    const backend = new MortalBackend();
    let renewed = 0;
    const renew = async () => {
      renewed++;
      return new StillbornBackend();
    };
    const model = await load({}, new Engine(backend, renew));
    backend.stepsLeft = 6;
    const often = { code: 'device-lost', message: expect.stringContaining('3 times within a minute') as string };
    await expect(answer(model, STORY, GREEDY)).rejects.toMatchObject(often);
    await expect(answer(model, STORY, GREEDY)).rejects.toMatchObject(often);
    await expect(new Engine(new StillbornBackend(), renew).loadModel(stored)).rejects.toMatchObject(often);
    expect(renewed).toBe(4); // two for each engine: what the third loss asks for is refused
  });
});

/** Knows how many of its buffers are alive. */
class BookkeepingBackend extends CpuBackend {
  live = 0;

  constructor(override readonly limits: BackendLimits = { maxBindingBytes: Infinity }) {
    super();
  }

  override createBuffer(label: string, bytes: number): DeviceBuffer {
    const buffer = super.createBuffer(label, bytes);
    const destroy = buffer.destroy.bind(buffer);
    this.live++;
    buffer.destroy = () => {
      this.live--;
      destroy();
    };
    return buffer;
  }
}

/** Is lost before anything has been loaded onto it. */
class StillbornBackend extends CpuBackend {
  override settle(): Promise<void> {
    return Promise.reject(new HearthError('device-lost', 'The device never got on the bus.'));
  }
}

/** Runs a number of steps, then is lost. */
class MortalBackend extends CpuBackend {
  stepsLeft = Infinity;

  override async runAndRead(prepared: PreparedStep, readbacks: readonly Readback[]): Promise<void> {
    if (this.stepsLeft-- <= 0) throw new HearthError('device-lost', 'The device fell off the bus.');
    await super.runAndRead(prepared, readbacks);
  }
}
