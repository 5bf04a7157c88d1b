import { beforeAll, describe, expect, it } from 'vitest';
import { findDevice } from '../gpu/device';
import { present } from '../lib/invariant';
import type { StoredWeights } from '../weights/manifest';
import { createEngine } from './index';
import type { Engine, GenerateEvent, GenerationOptions } from './index';
import { packCheckpoint, readCheckpoint } from './testing/checkpoint';
import { shipped } from './testing/packings';

const LOWER_CASE = { type: 'regex', pattern: '( [a-z]{2,9}){20}' } as const;

const LOST = { name: 'HearthError', code: 'device-lost', hint: expect.stringMatching(/\.$/) };

let stored: StoredWeights;
beforeAll(async () => {
  stored = packCheckpoint(await readCheckpoint('public/models/tales-draft'), shipped);
});

async function newDevice(): Promise<GPUDevice> {
  return present((await findDevice(navigator.gpu)).device, 'a WebGPU device');
}

/** The events of an answer, as they come. @param onText called after each piece of text with how many there were */
async function answer(
  engine: Engine,
  text: string,
  options: GenerationOptions,
  onText: (count: number) => void = () => {},
): Promise<GenerateEvent[]> {
  const events: GenerateEvent[] = [];
  for await (const event of engine.generate('tales-draft', { kind: 'text', text }, options)) {
    events.push(event);
    if (event.type === 'text') onText(events.filter(({ type }) => type === 'text').length);
  }
  return events;
}

const idsOf = (events: readonly GenerateEvent[]) =>
  events.flatMap((event) => (event.type === 'text' ? event.tokenIds : []));

it('without another device a lost one fails the request, every later one, and the next load', async () => {
  const device = await newDevice();
  const engine = createEngine({ device });
  await engine.loadModel(stored, { contextLength: 128 });
  const endless = { temperature: 0, maxTokens: 100, logitBias: { 100: 100 } };
  let texts = 0;
  const request = answer(engine, 'Once upon a time', endless, (count) => {
    texts = count;
    device.destroy();
  });
  await expect(request).rejects.toMatchObject(LOST);
  expect(texts).toBeGreaterThan(0);
  await expect(answer(engine, 'Once', endless)).rejects.toMatchObject(LOST);
  await expect(engine.loadModel(stored)).rejects.toMatchObject(LOST);
  await engine.dispose();
});

describe('with another device to be had', () => {
  /** An engine whose present device can be taken away. */
  async function createMortal(draft: StoredWeights | null = null) {
    let device = await newDevice();
    const engine = createEngine({ device, renewDevice: async () => (device = await newDevice()) });
    await engine.loadModel(stored, { contextLength: 256, draft });
    return { engine, kill: () => device.destroy() };
  }

  it('every answer goes on with the same tokens, drawn, greedy or under a grammar, with a draft guessing', async () => {
    const { engine, kill } = await createMortal(stored);
    const asked: [string, GenerationOptions][] = [
      ['Once upon a time', { temperature: 0.9, topK: 0, seed: 4, maxTokens: 30, speculation: 3 }],
      ['The dog', { temperature: 0, maxTokens: 24, repetitionPenalty: 1.2, speculation: 3 }],
      ['The cat', { temperature: 1, topK: 0, seed: 2, maxTokens: 24, speculation: 3, grammar: LOWER_CASE }],
    ];
    const expected = [];
    for (const [text, options] of asked) expected.push(idsOf(await answer(engine, text, options)));
    const found = await Promise.all(
      asked.map(([text, options], i) => answer(engine, text, options, (count) => i === 0 && count === 3 && kill())),
    );
    expect(found.map(idsOf)).toEqual(expected);
    for (const events of found) expect(events.filter(({ type }) => type === 'recovering')).toHaveLength(1);
    await engine.dispose();
  });

  it('a loss while nothing runs is noticed by nobody', async () => {
    const { engine, kill } = await createMortal();
    const options = { temperature: 0, maxTokens: 8 };
    const expected = idsOf(await answer(engine, 'Once upon a time', options));
    kill();
    expect(idsOf(await answer(engine, 'Once upon a time', options))).toEqual(expected);
    kill();
    await engine.loadModel(stored, { contextLength: 128 });
    expect(idsOf(await answer(engine, 'Once upon a time', options))).toEqual(expected);
    await engine.dispose();
  });

  it('three losses within a minute are told, and the engine stops trying', async () => {
    const { engine, kill } = await createMortal();
    let kills = 0;
    const request = answer(
      engine,
      'Once upon a time',
      { temperature: 0.8, topK: 0, seed: 1, maxTokens: 60 },
      (count) => {
        if (count === 2 || count === 6 || count === 10) {
          kills++;
          kill();
        }
      },
    );
    await expect(request).rejects.toMatchObject({
      ...LOST,
      message: expect.stringContaining('3 times within a minute'),
    });
    expect(kills).toBe(3);
    await engine.dispose();
  });
});
