import { describe, expect, test } from 'vitest';
import { readGenerationDefaults, resolveOptions, type GenerationOptions } from './options';

const VOCAB_SIZE = 100;
const resolve = (given: unknown, defaults = {}) => resolveOptions(defaults, given as GenerationOptions, VOCAB_SIZE);

describe('resolveOptions', () => {
  test('the request goes before the checkpoint, the checkpoint before the house', () => {
    expect(resolve({ seed: 1 })).toEqual({
      temperature: 0.7,
      topK: 50,
      topP: 1,
      minP: 0,
      repetitionPenalty: 1,
      frequencyPenalty: 0,
      presencePenalty: 0,
      logitBias: [],
      seed: 1,
      maxTokens: Infinity,
      stop: [],
      contextPolicy: 'stop',
      logprobs: null,
      grammar: null,
      priority: 'foreground',
      salt: '',
      speculation: 'auto',
    });
    const advised = { temperature: 1, topK: 7, topP: 0.9, minP: 0.1, repetitionPenalty: 1.2, maxTokens: 9 };
    expect(resolve({}, advised)).toMatchObject(advised);
    expect(resolve({ temperature: undefined }, advised)).toMatchObject(advised);
    const asked = { temperature: 0, topK: 0, topP: 1, minP: 0, repetitionPenalty: 1, maxTokens: 1 };
    expect(resolve({ ...asked, logitBias: { 5: -1 } }, advised)).toMatchObject({ ...asked, logitBias: [[5, -1]] });
  });

  test('a missing seed is drawn afresh', () => {
    const seeds = Array.from({ length: 20 }, () => resolve({}).seed);
    expect(new Set(seeds).size).toBeGreaterThan(15);
    expect(seeds.every((seed) => Number.isSafeInteger(seed) && seed >= 0)).toBe(true);
  });

  test.each([
    ['temperature', [0, 100], [-0.1, 101, NaN, Infinity, '1', null]],
    ['topK', [0, 1, 1e6], [-1, 1.5, NaN]],
    ['topP', [1, 1e-9], [0, 1.01, -1, NaN]],
    ['minP', [0, 0.999], [1, -0.1]],
    ['repetitionPenalty', [0.01, 1, 100], [0, -1, 101]],
    ['frequencyPenalty', [-2, 2], [-2.1, 2.1]],
    ['presencePenalty', [-2, 2], [-2.1, 2.1]],
    ['logitBias', [{}, { 0: 1, 99: -100 }], [{ 100: 1 }, { x: 1 }, { 1: 101 }, { 1: NaN }, [1]]],
    ['seed', [0, 2 ** 53 - 1], [-1, 2 ** 53, 0.5]],
    ['maxTokens', [1, 1e9], [0, -1, 1.5]],
    ['stop', [[], ['a', 'b']], [[''], 'a', [1]]],
    ['contextPolicy', ['stop', 'drop-oldest'], ['drop', '', null]],
    ['logprobs', [0, 20], [-1, 21, 1.5, true]],
    ['priority', ['foreground', 'background'], ['high', 1]],
    ['salt', ['', 'https://example.org'], [1, null]],
    ['speculation', ['auto', 'off', 0, 7], ['on', 8, -1, 1.5, true]],
  ])('%s accepts its range and nothing else', (name, good, bad) => {
    for (const value of good) expect(() => resolve({ [name]: value })).not.toThrow();
    for (const value of bad) {
      expect(() => resolve({ [name]: value }), JSON.stringify(value)).toThrow(
        expect.objectContaining({
          code: 'bad-request',
          message: expect.stringMatching(new RegExp(`^Option "${name}" is .*; expected`)),
        }),
      );
    }
  });

  test('an unknown name is told, with the names there are', () => {
    expect(() => resolve({ top_p: 0.5 })).toThrow(/Unknown option "top_p"; expected .*topP/);
  });
});

describe('readGenerationDefaults', () => {
  const read = (json?: string) =>
    readGenerationDefaults({
      'config.json': '{}',
      'tokenizer.json': '{}',
      ...(json !== undefined && { 'generation_config.json': json }),
    });

  test('takes what the checkpoint advises', () => {
    const json = JSON.stringify({
      do_sample: true,
      temperature: 0.6,
      top_k: 20,
      top_p: 0.95,
      min_p: 0.05,
      repetition_penalty: 1.1,
      max_new_tokens: 400,
      eos_token_id: [1, 2],
    });
    expect(read(json)).toEqual({
      temperature: 0.6,
      topK: 20,
      topP: 0.95,
      minP: 0.05,
      repetitionPenalty: 1.1,
      maxTokens: 400,
    });
  });

  test('do_sample false is greedy; what cannot be used is as good as absent', () => {
    expect(read('{"do_sample": false, "temperature": 0.6}')).toEqual({ temperature: 0 });
    expect(read('{"top_p": null, "temperature": -1, "top_k": 2.5}')).toEqual({});
    expect(read(undefined)).toEqual({});
  });

  test('a file that is no JSON object is told', () => {
    for (const text of ['<html>', '[]', '3']) {
      expect(() => read(text)).toThrow(expect.objectContaining({ code: 'bad-file' }));
    }
  });
});
