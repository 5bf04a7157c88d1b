/**
 * The suite of what speculation must not change, on any backend: with guesses and without, alone and beside others, greedy
 * and drawn, with penalties and stops, the tokens are the same. Rows of a forward are bit-equal to rows alone, so there is
 * no tolerance.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Backend } from '../../gpu/backend';
import { present } from '../../lib/invariant';
import type { StoredWeights } from '../../weights/manifest';
import { Engine } from '../index';
import type { GenerateEvent, GenerationOptions, Model, Prompt } from '../index';
import { packCheckpoint, readCheckpoint } from './checkpoint';
import type { Checkpoint } from './checkpoint';
import { createRunner, greedy, Probe } from './forward';
import { shipped } from './packings';

const ANIMALS = ['dog', 'cat', 'duck', 'bear', 'fox', 'frog', 'mouse', 'owl', 'pig', 'horse'];
const PLACES = ['by the sea', 'in a forest', 'on a farm', 'in a big city', 'under a bridge'];
const STYLES = ['Tell me a story about a', 'Write a short tale of a', 'What does a', 'Who is the'];

/** Prompts that differ from each other, `count` of them. */
export function prompts(count: number): Prompt[] {
  return Array.from({ length: count }, (_, i): Prompt => {
    const words = [STYLES[i % 4], ANIMALS[Math.floor(i / 4) % 10], PLACES[Math.floor(i / 40) % 5]];
    return { kind: 'chat', messages: [{ role: 'user', content: `${words.join(' ')}${i % 4 === 2 ? ' do?' : '.'}` }] };
  });
}

/** Bare text that the model goes on repeating. */
const REPEATING: Prompt = {
  kind: 'text',
  text: 'The little dog ran to the sea and looked for shells. '.repeat(4),
};

/** Ways to draw, one after another. */
const DRAWS: GenerationOptions[] = [
  { temperature: 0 },
  { temperature: 0.8, topK: 0 },
  { temperature: 0.7, topK: 50, topP: 0.9 },
  { temperature: 1, minP: 0.05, topK: 0 },
  { temperature: 0.9, repetitionPenalty: 1.3, frequencyPenalty: 0.4, presencePenalty: 0.2 },
];

export interface Answer {
  ids: number[];
  text: string;
  drafted: boolean[];
  done: Extract<GenerateEvent, { type: 'done' }>;
}

export async function answer(model: Model, prompt: Prompt, options: GenerationOptions = {}): Promise<Answer> {
  const events: GenerateEvent[] = [];
  for await (const event of model.generate(prompt, options)) events.push(event);
  const pieces = events.filter((event) => event.type === 'text');
  return {
    ids: pieces.flatMap(({ tokenIds }) => tokenIds),
    text: pieces.map(({ text }) => text).join(''),
    drafted: pieces.flatMap(({ tokenIds, drafted }) => drafted ?? tokenIds.map(() => false)),
    done: events.at(-1) as Answer['done'],
  };
}

/** The same shapes and words, and weights that know nothing. */
export function scrambled(checkpoint: Checkpoint): Checkpoint {
  const tensors = new Map([...checkpoint.tensors].map(([name, values]) => [name, values.toReversed()]));
  return { ...checkpoint, modelId: 'scrambled', tensors };
}

/** @param count how many prompts are tried with and without guesses. */
export function describeSpeculation(createBackend: () => Promise<Backend>, count: number): void {
  let large: StoredWeights;
  let small: StoredWeights;
  let noise: StoredWeights;
  const engines: Engine[] = [];
  beforeAll(async () => {
    large = packCheckpoint(await readCheckpoint('public/models/tales'), shipped);
    const checkpoint = await readCheckpoint('public/models/tales-draft');
    small = packCheckpoint(checkpoint, shipped);
    noise = packCheckpoint(scrambled(checkpoint), shipped);
  });
  afterAll(async () => {
    for (const engine of engines) await engine.dispose();
  });

  async function load(target: StoredWeights, draft: StoredWeights | null): Promise<Model> {
    const engine = new Engine(await createBackend());
    engines.push(engine);
    return engine.loadModel(target, { contextLength: 256, draft });
  }

  describe('with the draft of its own size', () => {
    let model: Model;
    beforeAll(async () => {
      model = await load(large, small);
    });

    it(`${count} prompts give the same tokens with guesses and without, greedy, drawn and with penalties`, async () => {
      let accepted = 0;
      for (const [i, prompt] of prompts(count).entries()) {
        const draw = { ...DRAWS[i % DRAWS.length], seed: i, maxTokens: 24 };
        const plain = await answer(model, prompt, { ...draw, speculation: 'off' });
        const guessed = await answer(model, prompt, { ...draw, speculation: 1 + (i % 7) });
        expect(guessed.ids, `prompt ${i}`).toEqual(plain.ids);
        expect(guessed.text).toBe(plain.text);
        expect(guessed.done.reason).toBe(plain.done.reason);
        expect(plain.done.stats.draftTokens).toBe(0);
        expect(guessed.drafted.filter(Boolean).length).toBeLessThanOrEqual(guessed.done.stats.acceptedTokens);
        accepted += guessed.done.stats.acceptedTokens;
      }
      expect(accepted).toBeGreaterThan(count);
    });

    it('several at once, with and without guesses, give each the answer it gets alone', async () => {
      const asked = prompts(4).map((prompt, i): [Prompt, GenerationOptions] => [
        prompt,
        { ...DRAWS[i % DRAWS.length], seed: i, maxTokens: 10 + 3 * i, speculation: 3 },
      ]);
      const together = await Promise.all(asked.map(([prompt, options]) => answer(model, prompt, options)));
      for (const [i, [prompt, options]] of asked.entries()) {
        const alone = await answer(model, prompt, { ...options, speculation: 'off' });
        expect(together[i]!.ids, `prompt ${i}`).toEqual(alone.ids);
      }
    });

    it('ends with the same stop string, and with the context', async () => {
      const [prompt] = prompts(1) as [Prompt];
      const plain = await answer(model, prompt, { temperature: 0, maxTokens: 40, speculation: 'off' });
      const stop = [plain.text.slice(25, 32)];
      const cut = await answer(model, prompt, { temperature: 0, maxTokens: 40, stop, speculation: 4 });
      expect(cut.text).toBe(plain.text.slice(0, plain.text.indexOf(stop[0]!)));
      expect(cut.done.reason).toBe('stop');
      const short = await answer(model, prompt, { temperature: 0, maxTokens: 7, speculation: 4 });
      expect(short.ids).toEqual(plain.ids.slice(0, 7));
      expect(short.done.reason).toBe('length');
    });

    it('goes on with guesses after plain steps, and the other way round', async () => {
      const [first, second] = prompts(2) as [Prompt, Prompt];
      const options = { temperature: 0, maxTokens: 30 };
      const alone = await answer(model, first, { ...options, speculation: 'off' });
      const guessing = answer(model, first, { ...options, speculation: 3 });
      const plain = answer(model, second, { ...options, maxTokens: 12, speculation: 'off' }); // plain steps while it runs
      await plain;
      const { ids, done } = await guessing;
      expect(ids).toEqual(alone.ids);
      expect(done.stats.acceptedTokens).toBeGreaterThan(0);
    });

    it('accepts as many guesses as are right when one looks afterwards', async () => {
      const drafts = 4;
      const [prompt] = prompts(1) as [Prompt];
      const { ids, done } = await answer(model, prompt, { temperature: 0, maxTokens: 40, speculation: drafts });
      const promptIds = model.encode(prompt);
      const runner = await createRunner(await createBackend(), small, { kvFormat: 'f16', maxSequences: 1, maxRows: 1 });
      const probe = new Probe(runner);
      const guesses: number[] = []; // the draft's own next token after each position
      for (const id of [...promptIds, ...ids]) {
        const [logits] = await probe.feed([id]);
        guesses.push(greedy(present(logits, 'logits')));
      }
      runner.destroy();
      let rounds = 0;
      let right = 0;
      for (let at = 0; at < ids.length; rounds++) {
        let matched = 0;
        while (matched < drafts && guesses[promptIds.length - 1 + at + matched] === ids[at + matched]) matched++;
        right += matched;
        at += matched + 1;
      }
      expect(done.stats.draftTokens).toBe(rounds * drafts);
      expect(Math.abs(done.stats.acceptedTokens - right)).toBeLessThanOrEqual(drafts); // the last round may be cut short
    });
  });

  describe('looking up, without a draft', () => {
    let model: Model;
    beforeAll(async () => {
      model = await load(small, null);
    });

    it('gives the same tokens, greedy, drawn and with penalties, and guesses right where text repeats itself', async () => {
      for (const [i, draw] of DRAWS.entries()) {
        const options = { ...draw, seed: i, maxTokens: 12 };
        const plain = await answer(model, REPEATING, { ...options, speculation: 'off' });
        const guessed = await answer(model, REPEATING, { ...options, speculation: i === 1 ? 6 : 3 });
        expect(guessed.ids, JSON.stringify(draw)).toEqual(plain.ids);
        expect(guessed.text).toBe(plain.text);
        const { draftTokens, acceptedTokens } = guessed.done.stats;
        if (draw.temperature === 0) expect(acceptedTokens).toBeGreaterThan(0);
        expect(guessed.drafted.filter(Boolean).length).toBeLessThanOrEqual(acceptedTokens);
        expect(acceptedTokens).toBeLessThanOrEqual(draftTokens);
      }
    });

    it('gives each of several at once what it gets alone, whether or not its text repeats itself', async () => {
      const asked = [REPEATING, ...prompts(2)].map((prompt, i): [Prompt, GenerationOptions] => [
        prompt,
        { ...DRAWS[i], seed: i, maxTokens: 8 + 3 * i, speculation: 3 },
      ]);
      const together = await Promise.all(asked.map(([prompt, options]) => answer(model, prompt, options)));
      for (const [i, [prompt, options]] of asked.entries()) {
        const alone = await answer(model, prompt, { ...options, speculation: 'off' });
        expect(together[i]!.ids, `prompt ${i}`).toEqual(alone.ids);
      }
    });

    it('ends with the same stop string, and in the middle of a round when nobody wants more', async () => {
      const plain = await answer(model, REPEATING, { temperature: 0, maxTokens: 12, speculation: 'off' });
      const stop = [plain.text.slice(15, 22)];
      const cut = await answer(model, REPEATING, { temperature: 0, maxTokens: 12, stop, speculation: 3 });
      expect(cut.text).toBe(plain.text.slice(0, plain.text.indexOf(stop[0]!)));
      expect(cut.done.reason).toBe('stop');
      const ids: number[] = [];
      for await (const event of model.generate(REPEATING, { temperature: 0, maxTokens: 12, speculation: 3 })) {
        if (event.type === 'text') ids.push(...event.tokenIds);
        if (ids.length > 4) break;
      }
      expect(ids).toEqual(plain.ids.slice(0, ids.length));
      const again = await answer(model, REPEATING, { temperature: 0, maxTokens: 12, speculation: 3 });
      expect(again.ids).toEqual(plain.ids);
    });
  });

  it('a draft that knows nothing changes nothing, and is hardly ever right', async () => {
    const model = await load(small, noise);
    const [prompt] = prompts(1) as [Prompt];
    const options = { temperature: 0, maxTokens: 30 };
    const plain = await answer(model, prompt, { ...options, speculation: 'off' });
    const guessed = await answer(model, prompt, { ...options, speculation: 4 });
    expect(guessed.ids).toEqual(plain.ids);
    expect(guessed.done.stats.acceptedTokens).toBeLessThan(0.1 * guessed.done.stats.draftTokens);
  });
}
