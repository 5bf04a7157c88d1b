/** What a request asks for besides its sampling, over the real engine on its CPU road, with the small draft model. */
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ChatMessage } from '../text/chat-template';
import type { StoredWeights } from '../weights/manifest';
import { createEngine } from './index';
import type { Engine, GenerateEvent, GenerationOptions, Model } from './index';
import { tokenLogProbabilities } from './testing/sampler';
import { packCheckpoint, readCheckpoint } from './testing/checkpoint';
import { shipped } from './testing/packings';

const say = (role: ChatMessage['role'], content: string): ChatMessage => ({ role, content });
const LONG_AGO = [
  say('user', 'Tell me about the sun, the moon and the stars.'),
  say('assistant', 'The sun is big and warm. The moon is small and cold. The stars are far away and very bright.'),
];
const BEFORE = [say('user', 'Who are you?'), say('assistant', 'I am Tales, a tiny model.')];
const STORY = say('user', 'Tell me a story about a dog.');
const GREEDY = { temperature: 0 };
const DROP = { ...GREEDY, contextPolicy: 'drop-oldest' } as const;

let stored: StoredWeights;
const engines: Engine[] = [];
beforeAll(async () => {
  stored = packCheckpoint(await readCheckpoint('public/models/tales-draft'), shipped);
});
afterEach(async () => {
  for (const engine of engines.splice(0)) await engine.dispose();
});

async function load(contextLength: number): Promise<Model> {
  const engine = createEngine({ device: null });
  engines.push(engine);
  return engine.loadModel(stored, { contextLength });
}

async function ask(model: Model, messages: ChatMessage[], options: GenerationOptions, continueLast = false) {
  const events: GenerateEvent[] = [];
  for await (const event of model.generate({ kind: 'chat', messages, continueLast }, options)) events.push(event);
  const pieces = events.filter((event) => event.type === 'text');
  return {
    events,
    kinds: events.map(({ type }) => type).join(' '),
    text: pieces.map(({ text }) => text).join(''),
    ids: pieces.flatMap(({ tokenIds }) => tokenIds),
    logprobs: pieces.flatMap(({ logprobs }) => logprobs ?? []),
    dropped: events.flatMap((event) => (event.type === 'dropped' ? [event.messages] : [])),
    done: events.at(-1) as Extract<GenerateEvent, { type: 'done' }>,
  };
}

const lengthOf = (model: Model, messages: ChatMessage[]) => model.encode({ kind: 'chat', messages }).length;

describe('a chat that does not fit', () => {
  it('is refused, or answered without its oldest turns', async () => {
    const whole = [...LONG_AGO, ...BEFORE, STORY];
    const model = await load(64);
    expect(lengthOf(model, whole)).toBeGreaterThan(64);
    expect(lengthOf(model, [...BEFORE, STORY])).toBeLessThan(48);
    await expect(ask(model, whole, GREEDY)).rejects.toMatchObject({ code: 'context-overflow' });
    const short = { maxTokens: 12 };
    const cut = await ask(model, whole, { ...DROP, ...short });
    expect(cut.kinds).toMatch(/^dropped (prefill )+(text )+done$/);
    expect(cut.dropped).toEqual([2]);
    expect(cut.text).toBe((await ask(model, [...BEFORE, STORY], { ...GREEDY, ...short })).text);
  });

  it('is refused all the same when its last turn alone is too long', async () => {
    const model = await load(32);
    const endless = say('user', 'the dog '.repeat(40));
    await expect(ask(model, [...BEFORE, endless], DROP)).rejects.toMatchObject({ code: 'context-overflow' });
  });

  it('keeps all its turns as long as there is room for an answer', async () => {
    const model = await load(256);
    const messages = [...LONG_AGO, ...BEFORE, STORY];
    const [kept, plain] = [await ask(model, messages, DROP), await ask(model, messages, GREEDY)];
    expect(kept.dropped).toEqual([]);
    expect(kept.ids).toEqual(plain.ids);
  });
});

describe('a context that fills in mid-answer', () => {
  const messages = [...BEFORE, STORY];

  it('drops older turns and goes on with the answer so far', async () => {
    const contextLength = lengthOf(await load(64), messages) + 30;
    const model = await load(contextLength);
    const first = await ask(model, messages, GREEDY);
    expect(first.done.reason).toBe('length');
    expect(first.ids).toHaveLength(30);

    const whole = await ask(model, messages, DROP);
    expect(whole.kinds).toMatch(/^(prefill )+(text )+dropped (prefill )+(text )+done$/);
    expect(whole.dropped).toEqual([2]);
    expect(whole.text.startsWith(first.text)).toBe(true);
    const begun = [STORY, say('assistant', first.text)];
    const rest = await ask(model, begun, GREEDY, true);
    expect(whole.text).toBe(first.text + rest.text);
    expect(whole.done).toMatchObject({ reason: rest.done.reason, stats: { completionTokens: whole.ids.length } });
    expect(whole.done.stats.promptTokens).toBe(lengthOf(model, messages));
  });

  it('counts the longest answer over all of it', async () => {
    const model = await load(lengthOf(await load(64), messages) + 30);
    const { ids, done } = await ask(model, messages, { ...DROP, maxTokens: 34 });
    expect(ids).toHaveLength(34);
    expect(done.reason).toBe('length');
    const exact = await ask(model, messages, { ...DROP, maxTokens: 30 });
    expect(exact.dropped).toEqual([]);
    expect(exact.ids).toHaveLength(30);
  });

  it('ends at a stop string that straddles the joint', async () => {
    const model = await load(lengthOf(await load(64), messages) + 30);
    const { text, events } = await ask(model, messages, DROP);
    const joint = events.findIndex(({ type }) => type === 'dropped');
    const before = events
      .slice(0, joint)
      .map((event) => (event.type === 'text' ? event.text : ''))
      .join('');
    const stop = text.slice(before.length - 4, before.length + 4);
    const cut = await ask(model, messages, { ...DROP, stop: [stop] });
    expect(cut.done.reason).toBe('stop');
    expect(cut.text).toBe(text.slice(0, text.indexOf(stop)));
  });

  it('ends with length, and every character shown, where nothing is left to drop', async () => {
    const model = await load(lengthOf(await load(64), [STORY]) + 20);
    const plain = await ask(model, [STORY], GREEDY);
    const stop = [`${plain.text.slice(-3)} but never this`];
    const held = await ask(model, [STORY], { ...DROP, stop });
    expect(held.done.reason).toBe('length');
    expect(held.text).toBe(plain.text);
    expect(held.ids).toEqual(plain.ids);
    expect(held.events.filter(({ type }) => type === 'done')).toHaveLength(1);
  });

  it('is aborted in its second part as in its first', async () => {
    const model = await load(lengthOf(await load(64), messages) + 30);
    const stop = new AbortController();
    let last: GenerateEvent | undefined;
    for await (const event of model.generate({ kind: 'chat', messages }, DROP, stop.signal)) {
      last = event;
      if (event.type === 'dropped') stop.abort();
    }
    expect(last).toMatchObject({ type: 'done', reason: 'aborted' });
    await expect.poll(() => model.stats().blocks.used).toBe(0);
  });
});

describe('logprobs', () => {
  it('come with every token when asked for, likeliest first', async () => {
    const model = await load(128);
    const { ids, logprobs } = await ask(model, [STORY], { ...GREEDY, logprobs: 3, maxTokens: 10 });
    expect(logprobs.map(({ id }) => id)).toEqual(ids);
    for (const { id, text, logprob, top } of logprobs) {
      expect(top).toHaveLength(3);
      expect(top[0]).toEqual({ id, text, logprob }); // greedy takes the likeliest
      expect(text).toBe(model.text.tokenizer.decode([id], { continuesText: true }));
      const chances = top.map((other) => Math.exp(other.logprob));
      expect(chances).toEqual(chances.toSorted((a, b) => b - a));
      expect(chances.reduce((sum, chance) => sum + chance)).toBeLessThanOrEqual(1.000001);
    }
  });

  it('may come without alternatives, and are absent otherwise', async () => {
    const model = await load(128);
    const alone = await ask(model, [STORY], { temperature: 1, seed: 1, logprobs: 0, maxTokens: 5 });
    expect(alone.logprobs.map(({ id, top }) => ({ id, top }))).toEqual(alone.ids.map((id) => ({ id, top: [] })));
    const { events } = await ask(model, [STORY], { ...GREEDY, maxTokens: 5 });
    expect(events.some((event) => 'logprobs' in event || 'drafted' in event)).toBe(false);
  });

  it('give ties to the lowest id, and all of a small vocabulary', () => {
    const logits = Float32Array.of(1, 3, 3, -2, 1);
    const { top, logprob } = tokenLogProbabilities(logits, 3, 9);
    expect(top.map(({ id }) => id)).toEqual([1, 2, 0, 4, 3]);
    expect(top.reduce((sum, other) => sum + Math.exp(other.logprob), 0)).toBeCloseTo(1, 6);
    expect(top.at(-1)?.logprob).toBe(logprob);
    expect(tokenLogProbabilities(logits, 3, 2).top.map(({ id }) => id)).toEqual([1, 2]);
  });
});

describe('the figures of a model', () => {
  it('tell what runs, what waits, what is held and how many rows a step has', async () => {
    const model = await load(256);
    const { weightBytes: uploadedBytes, bytes } = model.runner;
    const idle = model.stats();
    expect(idle).toMatchObject({ modelId: 'tales-draft', running: 0, waiting: 0, steps: 0, rowsPerStep: 0 });
    expect(idle.blocks).toEqual({ used: 0, cached: 0, total: model.runner.options.blocks - 1 });
    const { weights: weightBytes, ...others } = idle.memoryBytes;
    expect(weightBytes).toBe(uploadedBytes);
    expect(Object.values(others).every((purpose) => purpose > 0)).toBe(true);
    expect(Object.values(others).reduce((sum, purpose) => sum + purpose)).toBe(bytes);

    const { maxSequences: slots } = model.runner.options;
    const options = { ...GREEDY, maxTokens: 8 };
    const first = model.generate({ kind: 'chat', messages: [STORY] }, options);
    const begun = first.next();
    const answers = Array.from({ length: slots + 1 }, () => ask(model, [STORY], options));
    let event = await begun;
    while (event.value?.type === 'prefill') event = await first.next();
    const busy = model.stats();
    expect(busy).toMatchObject({ running: slots, waiting: 2 });
    expect(busy.blocks.used).toBeGreaterThanOrEqual(slots);
    await first.return(undefined);
    const queued = (await Promise.all(answers)).map(({ done }) => done.stats.queueMs);
    const ready = slots - 1; // of these the first ones need not wait for room
    expect(Math.max(...queued.slice(0, ready))).toBeLessThan(Math.min(...queued.slice(ready)));
    expect(model.stats()).toMatchObject({ running: 0, waiting: 0, blocks: { used: 0 } });
    expect(model.stats().rowsPerStep).toBeGreaterThan(1);
  });
});
