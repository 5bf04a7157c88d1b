/** The thread contract over the real engine on its CPU road, with the small draft model. */
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { createEngine } from '../src/engine';
import type { Engine } from '../src/engine';
import { packCheckpoint, readCheckpoint } from '../src/engine/testing/checkpoint';
import { uniform } from '../src/engine/testing/packings';
import type { FoundDevice } from '../src/gpu/device';
import { HearthError } from '../src/lib/errors';
import type { GenerateEvent, GenerateRequest } from '../src/protocol/generation';
import type { StoredWeights } from '../src/weights/manifest';
import { blobChecksum } from '../src/weights/hash';
import { createEngineApi } from './engine-api';

let weights: StoredWeights;
beforeAll(async () => {
  weights = packCheckpoint(await readCheckpoint('public/models/tales-draft'), uniform({ kind: 'f32' }));
});

/** A machine without an adapter. */
function setUp(stored: StoredWeights | null = weights, isMissing: (modelId: string) => boolean = () => false) {
  const opened: string[] = [];
  const engines: Engine[] = [];
  let devicesFound = 0;
  const api = createEngineApi({
    async findDevice(): Promise<FoundDevice> {
      devicesFound++;
      return { device: null, report: { kind: 'cpu', adapter: 'test', reason: null, features: [], limits: {} } };
    },
    createEngine: (device) => {
      engines.push(createEngine({ device }));
      return engines.at(-1)!;
    },
    async openStored(modelId) {
      opened.push(modelId);
      return isMissing(modelId) ? null : stored;
    },
  });
  return { api, opened, engines, found: () => devicesFound };
}

const load = { requestId: 'load-1', modelId: 'tales-draft' };
const ask = (requestId: string, options: GenerateRequest['options'] = {}): GenerateRequest => ({
  requestId,
  modelId: 'tales-draft',
  prompt: { kind: 'chat', messages: [{ role: 'user', content: 'Tell me a story about a dog.' }] },
  options: { temperature: 0, maxTokens: 12, ...options },
});
const ignore = () => {};
const textOf = (events: GenerateEvent[]) => events.map((event) => (event.type === 'text' ? event.text : '')).join('');

describe('the engine behind its contract', () => {
  it('loads with facts, once for the same model and context', async () => {
    const { api, opened } = setUp();
    const phases: string[] = [];
    const loaded = await api.load(load, ({ phase }) => phases.push(phase));
    expect(loaded).toMatchObject({
      modelId: 'tales-draft',
      contextLength: 1024,
      vocabSize: 4096,
      parameterCount: 918_144,
      weightBytes: 918_144 * 4,
      device: { kind: 'cpu' },
    });
    expect(phases.at(-1)).toBe('compile');
    await api.load({ ...load, requestId: 'load-2' }, ignore);
    expect(opened).toHaveLength(1);
    const shorter = await api.load({ ...load, requestId: 'load-3', contextLength: 256 }, ignore);
    expect(shorter.contextLength).toBe(256);
    expect(opened).toHaveLength(2);
  });

  it('loads anew for activations in another format, and keeps the format that nobody names', async () => {
    const { api, opened } = setUp();
    expect((await api.load(load, ignore)).activationFormat).toBe('f32');
    const integers = await api.load({ ...load, requestId: 'load-2', activationFormat: 'int8' }, ignore);
    expect(integers.activationFormat).toBe('int8');
    expect(await api.load({ ...load, requestId: 'load-3' }, ignore)).toBe(integers);
    expect(opened).toHaveLength(2);
    const unknown = { ...load, requestId: 'load-4', activationFormat: 'int4' as 'int8' };
    await expect(api.load(unknown, ignore)).rejects.toMatchObject({ code: 'bad-request' });
  });

  it('takes weights that could not be stored', async () => {
    const { api, opened } = setUp();
    const shard = await weights.readShard(0);
    const shards = [{ bytes: shard.size, checksum: await blobChecksum(shard) }];
    const inMemory = { manifest: { ...weights.manifest, shards }, shards: [shard] };
    expect((await api.load({ ...load, inMemory }, ignore)).vocabSize).toBe(4096);
    expect(opened).toEqual([]);
    const broken = { manifest: weights.manifest, shards: [] };
    await expect(api.load({ ...load, contextLength: 64, inMemory: broken }, ignore)).rejects.toMatchObject({
      code: 'weights-corrupt',
    });
  });

  it('says so when the weights are gone from the store', async () => {
    const { api } = setUp(null);
    await expect(api.load(load, ignore)).rejects.toMatchObject({ code: 'weights-corrupt' });
  });

  it('answers with events that end in `done`, the same for the same seed', async () => {
    const { api } = setUp();
    await api.load(load, ignore);
    const events: GenerateEvent[] = [];
    await api.generate(ask('a', { temperature: 1, seed: 5 }), (event) => void events.push(event));
    const again: GenerateEvent[] = [];
    await api.generate(ask('b', { temperature: 1, seed: 5 }), (event) => void again.push(event));
    expect(textOf(events).length).toBeGreaterThan(10);
    expect(textOf(again)).toBe(textOf(events));
    expect(events.at(-1)).toMatchObject({ type: 'done', reason: 'length', seed: 5, stats: { completionTokens: 12 } });
    expect(events.filter(({ type }) => type === 'done')).toHaveLength(1);
  });

  it('stops a running answer, and only that one', async () => {
    const { api } = setUp();
    await api.load(load, ignore);
    const stopped: GenerateEvent[] = [];
    const whole: GenerateEvent[] = [];
    await Promise.all([
      api.generate(ask('stop me', { maxTokens: 500 }), (event) => {
        stopped.push(event);
        if (event.type === 'text') void api.abort('stop me');
      }),
      api.generate(ask('let me be'), (event) => void whole.push(event)),
    ]);
    expect(stopped.at(-1)).toMatchObject({ type: 'done', reason: 'aborted' });
    expect(whole.at(-1)).toMatchObject({ type: 'done', reason: 'length' });
    await api.abort('long gone');
  });

  it('tells what the engine does, once there is one', async () => {
    const { api } = setUp();
    expect(await api.engineStats()).toEqual([]);
    await api.load(load, ignore);
    await api.generate(ask('a'), ignore);
    const [figures, ...others] = await api.engineStats();
    expect(others).toEqual([]);
    expect(figures).toMatchObject({ modelId: 'tales-draft', running: 0, waiting: 0 });
    expect(figures?.steps).toBeGreaterThanOrEqual(12);
    expect(figures?.memoryBytes.weights).toBeGreaterThanOrEqual(918_144 * 4);
  });

  it('hands a draft to the engine, and keeps what is loaded when it is not in the store', async () => {
    const { api, opened } = setUp();
    const isMissing = (modelId: string) => modelId === 'gone';
    const { api: forgetful } = setUp(weights, isMissing);
    const draft = { modelId: 'other' };
    expect((await api.load({ ...load, draft }, ignore)).draftModelId).toBe('other');
    expect(opened).toEqual(['tales-draft', 'other']);
    expect((await api.load({ ...load, requestId: 'load-1b' }, ignore)).draftModelId).toBe('other');
    expect(opened).toHaveLength(2);
    expect((await api.load({ ...load, requestId: 'load-2', draft: null }, ignore)).draftModelId).toBeNull();

    await forgetful.load(load, ignore);
    const loading = forgetful.load({ ...load, requestId: 'load-2', draft: { modelId: 'gone' } }, ignore);
    await expect(loading).rejects.toMatchObject({ code: 'weights-corrupt', message: expect.stringContaining('gone') });
    await expect(forgetful.generate(ask('a'), ignore)).resolves.toBeUndefined();
  });

  it('stops a load', async () => {
    const { api } = setUp();
    const loading = api.load(load, () => void api.abort('load-1'));
    await expect(loading).rejects.toMatchObject({ code: 'aborted' });
    expect((await api.load({ ...load, requestId: 'load-2' }, ignore)).modelId).toBe('tales-draft');
  });

  it('renders and tokenizes as the model sees it', async () => {
    const { api } = setUp();
    await api.load(load, ignore);
    const chat = await api.renderChat('tales-draft', [{ role: 'user', content: 'Hello' }]);
    expect(chat).toEqual({
      text: '<|user|>\nHello<|end|>\n<|assistant|>\n',
      tokenIds: [1, 202, 1181, 0, 202, 2, 202],
      tokenTexts: ['<|user|>', '\n', 'Hello', '<|end|>', '\n', '<|assistant|>', '\n'],
    });
    expect(await api.tokenize('tales-draft', 'Hello')).toEqual([1181]);
  });

  it('goes on with an answer from its last word', async () => {
    const { api } = setUp();
    await api.load(load, ignore);
    const question = { role: 'user' as const, content: 'Who are you?' };
    const answerOf = async (prompt: GenerateRequest['prompt']) => {
      let text = '';
      const take = (event: GenerateEvent) => {
        if (event.type === 'text') text += event.text;
      };
      await api.generate({ requestId: 'go on', modelId: 'tales-draft', prompt, options: { temperature: 0 } }, take);
      return text;
    };
    const whole = await answerOf({ kind: 'chat', messages: [question] });
    const words = whole.split(/(?= )/);
    const begun = words.slice(0, 3).join('');
    const messages = [question, { role: 'assistant' as const, content: begun }];
    const rest = await answerOf({ kind: 'chat', messages, continueLast: true });
    expect(words.length).toBeGreaterThan(3);
    expect(begun + rest).toBe(whole);
  });

  it('says what is wrong with an unknown model and a bad option', async () => {
    const { api } = setUp();
    await api.load(load, ignore);
    await expect(api.tokenize('other', 'a')).rejects.toMatchObject({ code: 'bad-request' });
    await expect(api.generate(ask('a', { topP: 2 }), ignore)).rejects.toMatchObject({ code: 'bad-request' });
  });

  it('when the engine gives its device up says so, and finds a fresh one with the next load', async () => {
    const { api, engines, found } = setUp();
    await api.load(load, ignore);
    const failure = new HearthError('device-lost', 'This is a test.');
    vi.spyOn(engines[0]!.model('tales-draft'), 'generate').mockImplementation(async function* () {
      yield Promise.reject(failure);
    });
    await expect(api.generate(ask('a'), ignore)).rejects.toMatchObject({ code: 'device-lost' });
    await api.load({ ...load, requestId: 'load-2' }, ignore);
    const events: GenerateEvent[] = [];
    await api.generate(ask('b'), (event) => void events.push(event));
    expect(events.at(-1)).toMatchObject({ type: 'done', reason: 'length' });
    expect(found()).toBe(2);
  });

  it('after a model that the device had no room for, the next one begins on a fresh device', async () => {
    const { api, engines, found } = setUp();
    await api.device();
    const refuse = vi.spyOn(engines[0]!, 'loadModel').mockRejectedValue(new HearthError('out-of-memory', 'No room.'));
    await expect(api.load(load, ignore)).rejects.toMatchObject({ code: 'out-of-memory' });
    expect(refuse).toHaveBeenCalledOnce();
    await expect(api.load({ ...load, requestId: 'load-2' }, ignore)).resolves.toMatchObject({ modelId: 'tales-draft' });
    expect(found()).toBe(2);
  });

  it('unloads', async () => {
    const { api } = setUp();
    await api.unload('tales-draft');
    await api.load(load, ignore);
    await api.unload('tales-draft');
    await expect(api.generate(ask('a'), ignore)).rejects.toMatchObject({ code: 'bad-request' });
  });
});
