/** Answers under grammars by a real model on the CPU road: what they are, and that guessing ahead and neighbours change nothing. */
import Ajv from 'ajv/dist/2020';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { CpuBackend } from '../../gpu/cpu-backend';
import { Engine } from '../index';
import type { GenerationOptions, Model, Prompt } from '../index';
import { packCheckpoint, readCheckpoint, withConfig } from '../testing/checkpoint';
import type { Checkpoint } from '../testing/checkpoint';
import { shipped } from '../testing/packings';
import { answer } from '../testing/speculation';
import { GrammarCompiler } from './grammar-compiler';
import type { GrammarWish } from './grammar-wish';

const DEEP = import.meta.env['HEARTH_DEEP'] === '1';
const ANSWERS = DEEP ? 240 : 20;

/** An instance of the library bears about 25 of them. */
const MISTAKES = DEEP ? 40 : 4;

const PROMPT: Prompt = { kind: 'text', text: 'The little dog said' };

/** Plain sampling, where a mistake in the masks shows soonest. */
const HOT = { temperature: 1, topK: 0, topP: 1, maxTokens: 40 } as const;

const digit = { type: 'integer', minimum: 0, maximum: 9 };
const SCHEMAS = [
  { enum: ['yes', 'no', 'may "be"'] },
  { type: 'integer', minimum: -20, maximum: 1300 },
  { type: 'string', maxLength: 12 },
  { type: 'array', items: digit, minItems: 1, maxItems: 4 },
  { type: ['string', 'null'], pattern: '^[a-z]{2,6}( [a-z]{1,4})?$' },
  {
    type: 'object',
    properties: { name: { type: 'string', maxLength: 8 }, good: { type: 'boolean' } },
    required: ['name', 'good'],
  },
  {
    type: 'object',
    properties: {
      at: { type: 'object', properties: { x: digit, y: digit }, required: ['x', 'y'] },
      tags: { type: 'array', items: { enum: ['big', 'small', 'red'] }, maxItems: 2 },
    },
    required: ['at', 'tags'],
  },
];

const ajv = new Ajv({ strict: false });
const ANY_TEXT: GrammarWish = { type: 'grammar', ebnf: 'root ::= [^\\x00]*' };

const engine = new Engine(new CpuBackend());
let checkpoint: Checkpoint;
let model: Model;
beforeAll(async () => {
  checkpoint = await readCheckpoint('public/models/tales-draft');
  model = await (DEEP ? loadPair() : load(tiny(checkpoint), tiny(checkpoint)));
});
afterAll(() => engine.dispose());

function load(target: Checkpoint, draft: Checkpoint): Promise<Model> {
  const pack = (weights: Checkpoint, modelId: string) => packCheckpoint({ ...weights, modelId }, shipped);
  return engine.loadModel(pack(target, target.modelId), { contextLength: 128, draft: pack(draft, 'draft') });
}

/** Tales and, to guess for it, the half of it. */
const loadPair = () => load(checkpoint, withConfig(checkpoint, { num_hidden_layers: 1 }));

/** The same words, and a few weights that know nothing: every step costs next to nothing. */
function tiny({ tensors, ...checkpoint }: Checkpoint): Checkpoint {
  const [hidden, vocabSize] = [32, 4096];
  const sizes = { hidden_size: hidden, intermediate_size: hidden, num_attention_heads: 1, num_key_value_heads: 1 };
  const rows = (name: string) => (name.includes('norm') ? 1 : name.includes('embed') ? vocabSize : hidden);
  const cut = [...tensors].map(([name, values]) => [name, values.slice(0, rows(name) * hidden)] as const);
  return withConfig({ ...checkpoint, modelId: 'tiny', tensors: new Map(cut) }, { ...sizes, num_hidden_layers: 1 });
}

const ask = (options: GenerationOptions, of = model) => answer(of, PROMPT, { ...HOT, ...options });

/** Whether the tokens are the beginning of something that the grammar gives. */
async function isPrefix(wish: GrammarWish, ids: readonly number[]): Promise<boolean> {
  const matcher = await new GrammarCompiler(model.text, model.runner.vocabSize).matcher(wish);
  try {
    return matcher.accept(ids);
  } finally {
    matcher.dispose();
  }
}

it(`${ANSWERS} answers at temperature 1, with guesses, are what their schemas describe`, async () => {
  let ended = 0;
  for (let seed = 0; seed < ANSWERS; seed++) {
    const schema = SCHEMAS[seed % SCHEMAS.length]!;
    const grammar = { type: 'json_schema', schema } as const;
    const { text, ids, done } = await ask({ seed, grammar, speculation: 1 + (seed % 3) });
    if (done.reason === 'length') {
      expect(await isPrefix(grammar, ids), text).toBe(true);
      continue;
    }
    expect(done.reason).toBe('stop');
    expect(ajv.validate(schema, JSON.parse(text)), text).toBe(true);
    ended++;
  }
  expect(ended).toBeGreaterThan(0.7 * ANSWERS);
});

describe('the same tokens', () => {
  const draws: GenerationOptions[] = [
    { grammar: ANY_TEXT, seed: 3 },
    { grammar: { type: 'json_schema', schema: SCHEMAS[6]! }, seed: 4 },
    { grammar: { type: 'json_schema', schema: SCHEMAS[5]! }, temperature: 0 },
    {
      grammar: { type: 'regex', pattern: '[a-z ]{10,30}\\.' },
      seed: 5,
      temperature: 0.7,
      topK: 5,
      topP: 0.9,
      frequencyPenalty: 1,
    },
  ];

  it.each(draws)('with guesses and without: %j', async (options) => {
    const plain = await ask({ ...options, maxTokens: 24, speculation: 'off' });
    const guessed = await ask({ ...options, maxTokens: 24, speculation: 3 });
    expect(guessed.ids).toEqual(plain.ids);
    expect(guessed.text).toBe(plain.text);
    expect(guessed.done.stats.draftTokens).toBeGreaterThan(0);
  });

  it('under a grammar that allows any text as under none, guesses right and wrong', async () => {
    const pair = await loadPair();
    const options = { seed: 5, maxTokens: 20 };
    const free = await ask({ ...options, speculation: 'off' }, pair);
    const { ids, done } = await ask({ ...options, speculation: 3, grammar: ANY_TEXT }, pair);
    expect(ids).toEqual(free.ids);
    expect(done.stats.acceptedTokens).toBeGreaterThan(0);
    expect(done.stats.acceptedTokens).toBeLessThan(done.stats.draftTokens);
  });

  it.each(['off', 2] as const)(
    'several at once, under grammars and free, as each alone; guesses: %s',
    async (speculation) => {
      const asked = [...draws, { seed: 9 }, { temperature: 0 }].map((options) => ({
        ...options,
        maxTokens: 16,
        speculation,
      }));
      const together = await Promise.all(asked.map((options) => ask(options)));
      for (const [i, options] of asked.entries()) {
        expect(together[i]!.ids, `answer ${i}`).toEqual((await ask(options)).ids);
      }
    },
  );
});

describe('an answer ends', () => {
  it('where the grammar does, and not before', async () => {
    const { text, done } = await ask({ grammar: { type: 'grammar', ebnf: 'root ::= " woof" " woof"' } });
    expect(text).toBe(' woof woof'); // with the space that it begins with
    expect(done.reason).toBe('stop');
  });

  it('with as many tokens as it may have', async () => {
    const grammar: GrammarWish = { type: 'json_schema', schema: { type: 'string', minLength: 60, maxLength: 80 } };
    const { ids, done } = await ask({ grammar, maxTokens: 9 });
    expect(done.reason).toBe('length');
    expect(ids).toHaveLength(9);
    expect(await isPrefix(grammar, ids)).toBe(true);
  });

  it('with a stop string', async () => {
    const { text, done } = await ask({ grammar: { type: 'grammar', ebnf: 'root ::= "one two three"' }, stop: ['two'] });
    expect(text).toBe('one ');
    expect(done.reason).toBe('stop');
  });

  it('when it is aborted, and gives back what it held', async () => {
    for await (const event of model.generate(PROMPT, { ...HOT, grammar: ANY_TEXT, speculation: 3 })) {
      if (event.type === 'text') break;
    }
    await expect.poll(() => model.stats().blocks.used).toBe(0);
  });
});

it('tells a token that the grammar allows from one that it does not', async () => {
  const wish: GrammarWish = { type: 'grammar', ebnf: 'root ::= "a"' };
  const { encode } = model.text.tokenizer;
  const ids = ['a', 'b'].flatMap((text) => encode(text, { addSpecialTokens: false }));
  expect(await Promise.all(ids.map((id) => isPrefix(wish, [id])))).toEqual([true, false]);
});

it('a chat whose oldest turns give way goes on in its grammar', async () => {
  const messages = ['Who are you?', 'A dog.', 'Tell me more.'].map((content, i) => {
    return { role: i === 1 ? 'assistant' : 'user', content } as const;
  });
  const contextLength = model.encode({ kind: 'chat', messages }).length + 24;
  const stored = packCheckpoint({ ...tiny(checkpoint), modelId: 'narrow' }, shipped);
  const narrow = await engine.loadModel(stored, { contextLength });
  const kinds: string[] = [];
  let text = '';
  const options = { ...HOT, maxTokens: 34, seed: 1, contextPolicy: 'drop-oldest' } as const;
  const grammar: GrammarWish = { type: 'regex', pattern: '([0-9]é){100}' }; // characters of two tokens
  for await (const event of narrow.generate({ kind: 'chat', messages }, { ...options, grammar })) {
    kinds.push(event.type);
    if (event.type === 'text') text += event.text;
  }
  expect(kinds.slice(kinds.indexOf('text'))).toContain('dropped');
  expect(text).toMatch(/^([0-9]é)+[0-9]?$/);
  expect(text.length).toBeGreaterThan(20);
});

it('reports the probabilities of the model itself', async () => {
  const text = await answer(model, PROMPT, { ...HOT, grammar: { type: 'regex', pattern: 'a' }, logprobs: 1 });
  expect(text.text).toBe('a');
});

describe('a grammar with a mistake', () => {
  it.each([
    [{ type: 'grammar', ebnf: 'root ::= "a' }, /line 1, column 12/],
    [{ type: 'grammar', ebnf: 'root ::= dog' }, /"dog" is not defined/],
    [{ type: 'grammar', ebnf: 'root ::= ("a"{1,900}){1,900}' }, /written out/],
    [{ type: 'regex', pattern: '(a' }, /parenthesis is not closed/],
    [{ type: 'json_schema', schema: { $ref: '#/$defs/dog' } }, /Cannot find field/],
    [{ type: 'json_schema', schema: { type: 'integer', minimum: 2, maximum: 1 } }, /minimum greater than maximum/],
  ] as [GrammarWish, RegExp][])('is told: %j', async (grammar, message) => {
    await expect(ask({ grammar })).rejects.toMatchObject({
      code: 'bad-grammar',
      message: expect.stringMatching(message),
    });
  });

  it('harms none of those without', async () => {
    const grammar: GrammarWish = { type: 'regex', pattern: 'woof' };
    const running = model.generate(PROMPT, { ...HOT, grammar: ANY_TEXT });
    await running.next();
    for (let i = 0; i < MISTAKES; i++)
      await ask({ grammar: { type: 'grammar', ebnf: `root ::= "${i}` } }).catch(() => {});
    expect((await ask({ grammar })).text).toBe('woof');
    await running.return(undefined);
  });

  it('that ends the library all the same is followed by others on a new one', async () => {
    const grammar: GrammarWish = { type: 'regex', pattern: 'woof' };
    const matcher = vi.spyOn(GrammarCompiler.prototype, 'matcher');
    await ask({ grammar });
    matcher.mockRejectedValueOnce(new WebAssembly.RuntimeError('Aborted()'));
    await expect(ask({ grammar })).rejects.toThrow('Aborted');
    expect((await ask({ grammar })).text).toBe('woof');
    const [first, broken, renewed] = matcher.mock.contexts;
    matcher.mockRestore();
    expect(broken).toBe(first);
    expect(renewed).not.toBe(first);
  });

  it.each([{ type: 'xml' }, { type: 'json_schema' }, { type: 'grammar', ebnf: '' }, 'json'])(
    'or of no known form is refused: %j',
    async (grammar) => {
      const refusal = { code: 'bad-request', message: expect.stringContaining('"grammar"') };
      await expect(ask({ grammar: grammar as GrammarWish })).rejects.toMatchObject(refusal);
    },
  );
});
