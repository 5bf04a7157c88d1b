/**
 * What a request may ask of generation, checked and completed. Names and meanings are those of `protocol/generation.ts`
 * (the two are structurally the same; the engine does not know the protocol). After `resolveOptions` nothing is missing
 * and nothing is out of range, so the sampler and the scheduler check nothing again.
 */
import * as v from 'valibot';
import { MAX_ALTERNATIVES } from '../kernels/shared/slot-state';
import { HearthError } from '../lib/errors';
import { readJsonFile, type CheckpointTexts } from '../text/checkpoint-texts';
import { GRAMMAR_EXPECTED, grammarWish } from './grammar/grammar-wish';
import type { GrammarWish } from './grammar/grammar-wish';
import { MAX_DRAFTS } from './speculation';

const number = (min: number, max: number) => v.pipe(v.number(), v.minValue(min), v.maxValue(max));
const integer = (min: number, max = Number.MAX_SAFE_INTEGER) =>
  v.pipe(v.number(), v.safeInteger(), v.minValue(min), v.maxValue(max));

/** A kind of value, and how to name it to the person who gave another. */
interface Rule {
  schema: v.GenericSchema;
  expected: string;
}

const RULES: Record<keyof GenerationOptions, Rule> = {
  temperature: { schema: number(0, 100), expected: 'a number from 0 to 100' },
  topK: { schema: integer(0), expected: 'an integer from 0 (all tokens)' },
  topP: { schema: v.pipe(number(0, 1), v.gtValue(0)), expected: 'a number above 0 and at most 1' },
  minP: { schema: v.pipe(number(0, 1), v.ltValue(1)), expected: 'a number from 0 and below 1' },
  repetitionPenalty: { schema: number(0.01, 100), expected: 'a number from 0.01 to 100 (1 is off)' },
  frequencyPenalty: { schema: number(-2, 2), expected: 'a number from -2 to 2' },
  presencePenalty: { schema: number(-2, 2), expected: 'a number from -2 to 2' },
  logitBias: {
    schema: v.pipe(
      v.custom((value) => !Array.isArray(value)), // to v.record a list is a record as well
      v.record(v.pipe(v.string(), v.regex(/^\d+$/)), number(-100, 100)),
    ),
    expected: 'an object from token ids to numbers from -100 to 100',
  },
  seed: { schema: integer(0), expected: 'an integer from 0 to 2^53 - 1' },
  maxTokens: { schema: integer(1), expected: 'an integer from 1' },
  stop: { schema: v.array(v.pipe(v.string(), v.minLength(1))), expected: 'a list of non-empty strings' },
  contextPolicy: { schema: v.picklist(['stop', 'drop-oldest']), expected: '"stop" or "drop-oldest"' },
  logprobs: { schema: integer(0, MAX_ALTERNATIVES), expected: `an integer from 0 to ${MAX_ALTERNATIVES}` },
  grammar: { schema: grammarWish, expected: GRAMMAR_EXPECTED },
  priority: { schema: v.picklist(['foreground', 'background']), expected: '"foreground" or "background"' },
  salt: { schema: v.string(), expected: 'a string' },
  speculation: {
    schema: v.union([v.picklist(['auto', 'off', 'draft', 'lookup']), integer(0, MAX_DRAFTS)]),
    expected: `"auto", "off", "draft", "lookup" or an integer from 0 to ${MAX_DRAFTS}`,
  },
};

/** Every field may be absent; see `protocol/generation.ts` for what each does. */
export interface GenerationOptions {
  temperature?: number;
  topK?: number;
  topP?: number;
  minP?: number;
  repetitionPenalty?: number;
  frequencyPenalty?: number;
  presencePenalty?: number;
  logitBias?: Record<number, number>;
  seed?: number;
  maxTokens?: number;
  stop?: string[];
  contextPolicy?: 'stop' | 'drop-oldest';
  logprobs?: number;
  grammar?: GrammarWish;
  priority?: 'foreground' | 'background';
  salt?: string;
  speculation?: 'auto' | 'off' | 'draft' | 'lookup' | number;
}

/** What the sampler reads for one token. */
export interface SamplingSettings {
  readonly temperature: number; // 0 is greedy
  readonly topK: number; // 0 keeps all
  readonly topP: number; // (0, 1]
  readonly minP: number; // [0, 1)
  readonly repetitionPenalty: number; // 1 is off
  readonly frequencyPenalty: number;
  readonly presencePenalty: number;
  readonly logitBias: readonly (readonly [tokenId: number, bias: number])[];
  readonly seed: number; // [0, 2^53)
}

export interface ResolvedOptions extends SamplingSettings {
  /** Infinity where neither the request nor the checkpoint sets one: the context is then the bound. */
  readonly maxTokens: number;
  readonly stop: readonly string[];
  readonly contextPolicy: 'stop' | 'drop-oldest';
  /** Alternatives to report beside each token; null reports no probabilities at all. */
  readonly logprobs: number | null;
  /** What the answer must be written in; null for anything. */
  readonly grammar: GrammarWish | null;
  readonly priority: 'foreground' | 'background';
  /** Prompts share cached blocks only with prompts of the same salt. */
  readonly salt: string;
  /** A number forces so many guesses a round. */
  readonly speculation: 'auto' | 'off' | 'draft' | 'lookup' | number;
}

/** What a checkpoint advises; the rest of GenerationOptions is the request's own business. */
export type CheckpointDefaults = Pick<
  GenerationOptions,
  'temperature' | 'topK' | 'topP' | 'minP' | 'repetitionPenalty' | 'maxTokens'
>;

/**
 * What generation_config.json advises; `do_sample: false` means greedy. Values that we cannot use (a null top_p, say)
 * are as good as absent: they are advice.
 * @throws HearthError `bad-file` when the file is no JSON object.
 */
export function readGenerationDefaults(texts: CheckpointTexts): CheckpointDefaults {
  const config = readJsonFile(texts, 'generation_config.json');
  const advice = (field: keyof CheckpointDefaults, value: unknown) =>
    value !== undefined && v.is(RULES[field].schema, value) ? { [field]: value } : {};
  return {
    ...advice('temperature', config['do_sample'] === false ? 0 : config['temperature']),
    ...advice('topK', config['top_k']),
    ...advice('topP', config['top_p']),
    ...advice('minP', config['min_p']),
    ...advice('repetitionPenalty', config['repetition_penalty']),
    ...advice('maxTokens', config['max_new_tokens']),
  };
}

/**
 * The request's options over the checkpoint's defaults over the house's (temperature 0.7, top-k 50, all else off).
 * Without a seed a fresh one is drawn.
 * @param vocabSize rows of the logits; `logitBias` may name ids below it.
 * @throws HearthError `bad-request` naming the option, what was found and what is expected.
 */
export function resolveOptions(
  defaults: CheckpointDefaults,
  given: GenerationOptions,
  vocabSize: number,
): ResolvedOptions {
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(RULES, name)) {
      throw new HearthError('bad-request', `Unknown option "${name}"; expected ${Object.keys(RULES).join(', ')}.`);
    }
    const rule = RULES[name as keyof GenerationOptions];
    if (value !== undefined && !v.is(rule.schema, value)) refuse(name, value, rule.expected);
  }
  const logitBias = Object.entries(given.logitBias ?? {}).map(([id, bias]) => [Number(id), bias] as const);
  for (const [id] of logitBias) {
    if (id >= vocabSize) refuse('logitBias', `token id ${id}`, `ids below ${vocabSize}`);
  }
  return {
    temperature: given.temperature ?? defaults.temperature ?? 0.7,
    topK: given.topK ?? defaults.topK ?? 50,
    topP: given.topP ?? defaults.topP ?? 1,
    minP: given.minP ?? defaults.minP ?? 0,
    repetitionPenalty: given.repetitionPenalty ?? defaults.repetitionPenalty ?? 1,
    frequencyPenalty: given.frequencyPenalty ?? 0,
    presencePenalty: given.presencePenalty ?? 0,
    logitBias,
    seed: given.seed ?? freshSeed(),
    maxTokens: given.maxTokens ?? defaults.maxTokens ?? Infinity,
    stop: given.stop ?? [],
    contextPolicy: given.contextPolicy ?? 'stop',
    logprobs: given.logprobs ?? null,
    grammar: given.grammar ?? null,
    priority: given.priority ?? 'foreground',
    salt: given.salt ?? '',
    speculation: given.speculation ?? 'auto',
  };
}

function refuse(name: string, found: unknown, expected: string): never {
  const shown = typeof found === 'string' || typeof found === 'number' ? String(found) : JSON.stringify(found);
  throw new HearthError('bad-request', `Option "${name}" is ${shown}; expected ${expected}.`);
}

function freshSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0]!;
}
