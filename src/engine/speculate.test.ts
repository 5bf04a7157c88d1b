/** Speculation on the CPU road, where every row of every forward can be read off the recorder. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { CpuBackend } from '../gpu/cpu-backend';
import { present } from '../lib/invariant';
import { divideUp } from '../lib/shapes';
import type { StoredWeights } from '../weights/manifest';
import { Engine } from './index';
import type { Model, Prompt } from './index';
import { packCheckpoint, readCheckpoint } from './testing/checkpoint';
import { shipped } from './testing/packings';
import { answer, describeSpeculation } from './testing/speculation';
import type { Answer } from './testing/speculation';
import { SpyBackend } from './testing/spy-backend';

const STORY: Prompt = { kind: 'chat', messages: [{ role: 'user', content: 'Tell me a story about a dog.' }] };

let small: StoredWeights;
let spy: SpyBackend;
let engine: Engine;
beforeAll(async () => {
  small = packCheckpoint(await readCheckpoint('public/models/tales-draft'), shipped);
});
afterAll(() => engine.dispose());

async function load(target: StoredWeights, draft: StoredWeights | null): Promise<Model> {
  spy = new SpyBackend();
  engine = new Engine(spy);
  const model = await engine.loadModel(target, { contextLength: 256, draft });
  spy.take();
  return model;
}

describe('a model that drafts for itself', () => {
  it('takes ceil(n / (k + 1)) rounds, and guesses nothing wrong', async () => {
    const model = await load(small, small);
    for (const speculation of [1, 4, 7]) {
      const plain = await answer(model, STORY, { temperature: 0, maxTokens: 40, speculation: 'off' });
      spy.take();
      const { ids, done } = await answer(model, STORY, { temperature: 0, maxTokens: 40, speculation });
      expect(ids).toEqual(plain.ids);
      const rounds = spy.take().filter((step) => step.length === speculation + 1);
      expect(rounds).toHaveLength(divideUp(ids.length, speculation + 1));
      const { draftTokens, acceptedTokens } = done.stats;
      expect(draftTokens).toBe(speculation * rounds.length);
      expect(draftTokens - acceptedTokens).toBeLessThanOrEqual(speculation); // the last round may be cut short
    }
  });
});

describe('a text that is one letter over and over', () => {
  it('is looked up once the letter stands there three times, in forwards of the target alone', async () => {
    const model = await load(small, null);
    const letter = present(model.text.tokenizer.encode('a', { addSpecialTokens: false })[0], 'token');
    const options = { temperature: 0, maxTokens: 20, logitBias: { [letter]: 100 }, speculation: 4 };
    const { ids, done } = await answer(model, STORY, options);
    expect(ids).toEqual(Array(20).fill(letter));
    const rounds = spy.take().slice(1); // the first has the prompt's rows as well
    expect(rounds.map((step) => step.map(({ rows }) => rows.length))).toEqual([[1], [1], [5], [5], [5], [2]]);
    expect(done.stats.draftTokens).toBe(16);
    expect(done.stats.acceptedTokens).toBe(14); // of 20: three came alone, and one beside the guesses of each full round
  });
});

describe('a draft and a text that repeats itself', () => {
  it('take turns as it pays, and the tokens are the same', async () => {
    const model = await load(small, small);
    model.speculation.costs = { draft: 0.1, verify: [1, 1.01, 1.02, 1.03] };
    const letter = present(model.text.tokenizer.encode('a', { addSpecialTokens: false })[0], 'token');
    const options = { temperature: 0, maxTokens: 150, logitBias: { [letter]: 100 } };
    const together = [answer(model, STORY, options)];
    const other = (await answer(model, STORY, { temperature: 0, maxTokens: 24, speculation: 'draft' })).ids;
    spy.take();
    await vi.waitFor(() => expect(spy.steps.length).toBeGreaterThan(2), { interval: 1 }); // the text is looked up meanwhile
    const again = (await answer(model, STORY, { temperature: 0, maxTokens: 24, speculation: 'draft' })).ids;
    const [{ ids }] = (await Promise.all(together)) as [Answer];
    expect(ids).toEqual(Array(150).fill(letter));
    expect(again).toEqual(other);
    const kinds = spy.take().map((step) => (step.length > 1 ? 'draft' : 'lookup'));
    const turns = kinds.filter((kind, i) => kind !== kinds[i - 1]);
    expect(turns.slice(0, 2)).toEqual(['lookup', 'draft']);
    const plain = await answer(model, STORY, { temperature: 0, maxTokens: 24, speculation: 'off' });
    expect(other).toEqual(plain.ids);
  });
});

describeSpeculation(() => Promise.resolve(new CpuBackend()), import.meta.env['HEARTH_DEEP'] === '1' ? 200 : 5);
