/** What guessing costs is measured while nobody asks for anything, and by the way it disturbs nobody. */
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { PreparedStep } from '../gpu/backend';
import type { StoredWeights } from '../weights/manifest';
import { Engine } from './index';
import type { Model, Prompt } from './index';
import { packCheckpoint, readCheckpoint } from './testing/checkpoint';
import { shipped } from './testing/packings';
import { answer } from './testing/speculation';
import { SpyBackend } from './testing/spy-backend';

const STORY: Prompt = { kind: 'chat', messages: [{ role: 'user', content: 'Tell me a story about a dog.' }] };
const OPTIONS = { temperature: 0, maxTokens: 6 };

let small: StoredWeights;
let spy: SpyBackend;
let engine: Engine;
beforeAll(async () => {
  small = packCheckpoint(await readCheckpoint('public/models/tales-draft'), shipped);
});
afterEach(() => engine.dispose());

/** A device on which forwards of nobody's rows end when it is told, and then not at once. */
class HeldBackend extends SpyBackend {
  nullSlot = -1;
  held: Promise<void> = Promise.resolve();

  override async run(prepared: PreparedStep): Promise<void> {
    const at = this.steps.length;
    await super.run(prepared);
    if (!this.steps[at]!.some(({ rows }) => rows.some(({ slot }) => slot === this.nullSlot))) return;
    await this.held;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function load(draft: StoredWeights | null, backend = new SpyBackend()): Promise<Model> {
  spy = backend;
  engine = new Engine(spy);
  return engine.loadModel(small, { contextLength: 256, draft });
}

/** Forwards that computed rows of nobody's. */
function measured(model: Model): number {
  const { nullSlot } = model.runner.cache;
  return spy.steps.flat().filter(({ rows }) => rows.some(({ slot }) => slot === nullSlot)).length;
}

describe('the costs of guessing', () => {
  it('are measured after an answer, wait for whoever asks meanwhile, and change no token', async () => {
    const model = await load(small);
    const before = await answer(model, STORY, OPTIONS);
    expect(measured(model)).toBe(0);
    await vi.waitFor(() => expect(measured(model)).toBeGreaterThan(2), { timeout: 20_000, interval: 1 });
    const meanwhile = await answer(model, STORY, { ...OPTIONS, speculation: 3 });
    expect(meanwhile.ids).toEqual(before.ids);
    expect(model.speculation.costs).toBeNull();
    await vi.waitFor(() => expect(model.speculation.costs).not.toBeNull(), { timeout: 60_000, interval: 5 });
    const { draft, verify } = model.speculation.costs!;
    expect(verify).toHaveLength(8);
    expect(verify[0]).toBe(1);
    expect(verify[7]).toBeGreaterThan(1);
    expect(draft).toBeGreaterThan(0);
    const forwards = measured(model);
    expect((await answer(model, STORY, OPTIONS)).ids).toEqual(before.ids);
    expect(measured(model)).toBe(forwards);
  });

  it('come out once when a forward that measures them outlasts a whole answer', async () => {
    const backend = new HeldBackend();
    const model = await load(small, backend);
    backend.nullSlot = model.runner.cache.nullSlot;
    let release = () => {};
    backend.held = new Promise((resolve) => (release = resolve));
    await answer(model, STORY, OPTIONS);
    await vi.waitFor(() => expect(measured(model)).toBe(1), { timeout: 20_000, interval: 1 });
    await answer(model, STORY, OPTIONS);
    await new Promise((resolve) => setTimeout(resolve, 400)); // long enough to begin anew
    release();
    await vi.waitFor(() => expect(model.speculation.costs).not.toBeNull(), { timeout: 60_000, interval: 5 });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(model.speculation.costs).toHaveProperty('verify');
  });

  it('are not measured without a draft, unless looking up would have been right', async () => {
    const model = await load(null);
    await answer(model, STORY, OPTIONS);
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(measured(model)).toBe(0);
    const letter = model.text.tokenizer.encode('a', { addSpecialTokens: false })[0]!;
    await answer(model, STORY, { temperature: 0, maxTokens: 20, logitBias: { [letter]: 100 } });
    await vi.waitFor(() => expect(measured(model)).toBeGreaterThan(0), { timeout: 20_000, interval: 5 });
  });
});
