/**
 * What chat and text completions have in common as requests: how a body is read and checked, and the fields that say how to
 * draw tokens. Fields that nobody knows are ignored, as OpenAI-compatible servers do; known ones that cannot be honoured
 * are refused by name, unless their value asks for nothing.
 */
import * as v from 'valibot';
import type { GenerationOptions, Prompt } from '../../protocol/generation';
import { ApiError, invalid } from './api-error';

/** What both kinds of request come down to. */
export interface AskedAnswers {
  model: string;
  /** One of a chat; as many as there are texts to complete. */
  prompts: Prompt[];
  /** Answers to each prompt. */
  n: number;
  /** Of the first answer; those after it count its seed up. */
  options: GenerationOptions;
  /** Null for one body at the end. */
  stream: { includeUsage: boolean } | null;
}

/** Bodies beyond this are no conversation that fits any context. */
const MAX_BODY_CHARACTERS = 16_000_000;

/**
 * The body as a JSON object.
 * @throws ApiError 400 `invalid_json`, 413 `request_too_large`.
 */
export async function readBody(request: Request): Promise<Record<string, unknown>> {
  const text = await request.text();
  if (text.length > MAX_BODY_CHARACTERS) {
    throw new ApiError(
      `The body has ${text.length} characters; expected at most ${MAX_BODY_CHARACTERS}. Send less of the conversation.`,
      { status: 413, code: 'request_too_large' },
    );
  }
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (error) {
    throw new ApiError(`The body is not JSON: ${(error as SyntaxError).message}.`, {
      status: 400,
      code: 'invalid_json',
    });
  }
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Record<string, unknown>;
  throw new ApiError(`The body is ${Array.isArray(body) ? 'a list' : JSON.stringify(body)}; expected a JSON object.`, {
    status: 400,
    code: 'invalid_json',
  });
}

/**
 * The fields of a body that the schema knows. The schema's messages say what is expected, e.g. "a number from 0 to 2".
 * @throws ApiError 400 naming the field.
 */
export function readFields<Schema extends v.GenericSchema>(
  schema: Schema,
  body: Record<string, unknown>,
): v.InferOutput<Schema> {
  const result = v.safeParse(schema, body, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const param = pathOf(issue);
  if (issue.input === undefined) {
    throw invalid(param, `"${param}" is missing.`, 'missing_required_parameter');
  }
  throw invalid(param, `"${param}" is ${shorten(JSON.stringify(issue.input))}; expected ${issue.message}.`);
}

/** e.g. "messages[0].content". */
function pathOf(issue: v.BaseIssue<unknown>): string {
  const keys = issue.path?.map(({ key }) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)) ?? [];
  return keys.join('').replace(/^\./, '');
}

const shorten = (text: string) => (text.length <= 80 ? text : `${text.slice(0, 80)}…`);

/** A field that we know and cannot honour. */
export interface Impossible {
  /** Whether this value asks for nothing, so that it may stand. */
  harmless: (value: unknown) => boolean;
  /** What is not there, as a sentence. */
  reason: string;
}

/** @throws ApiError 400 naming the first field that asks for what is not there. */
export function refuseImpossible(fields: Readonly<Record<string, Impossible>>, body: Record<string, unknown>): void {
  for (const [param, { harmless, reason }] of Object.entries(fields)) {
    const value = body[param];
    if (value != null && !harmless(value)) throw invalid(param, reason, 'unsupported_parameter');
  }
}

const number = (min: number, max: number) => {
  const expected = `a number from ${min} to ${max}`;
  return v.pipe(v.number(expected), v.minValue(min, expected), v.maxValue(max, expected));
};

export const integer = (min: number, max = Number.MAX_SAFE_INTEGER) => {
  const expected = max === Number.MAX_SAFE_INTEGER ? `an integer from ${min}` : `an integer from ${min} to ${max}`;
  return v.pipe(v.number(expected), v.safeInteger(expected), v.minValue(min, expected), v.maxValue(max, expected));
};

export const boolean = () => v.boolean('true or false');

const stopString = v.pipe(v.string('a string'), v.minLength(1, 'a string that is not empty'));
const BIAS = 'an object from token ids to numbers from -100 to 100';

/** `n` is no more than OpenAI allows. `top_k`, `min_p` and `repetition_penalty` are not OpenAI's, but most servers have them. */
export const sharedFields = {
  model: v.pipe(v.string('the name of a model'), v.minLength(1, 'the name of a model')),
  n: v.nullish(integer(1, 128)),
  stream: v.nullish(boolean()),
  stream_options: v.nullish(v.object({ include_usage: v.nullish(boolean()) }, 'an object')),
  temperature: v.nullish(number(0, 2)),
  top_p: v.nullish(number(0, 1)),
  top_k: v.nullish(integer(-1)),
  min_p: v.nullish(number(0, 1)),
  repetition_penalty: v.nullish(number(0.01, 100)),
  frequency_penalty: v.nullish(number(-2, 2)),
  presence_penalty: v.nullish(number(-2, 2)),
  logit_bias: v.nullish(
    v.pipe(
      v.custom<Record<string, number>>((value) => typeof value === 'object' && !Array.isArray(value), BIAS),
      v.record(v.pipe(v.string(), v.regex(/^\d+$/, BIAS)), number(-100, 100), BIAS),
    ),
  ),
  max_tokens: v.nullish(integer(1)),
  seed: v.nullish(integer(Number.MIN_SAFE_INTEGER)),
  stop: v.nullish(v.lazy((value) => (Array.isArray(value) ? v.array(stopString) : stopString))),
};

export type SharedFields = v.InferOutput<v.ObjectSchema<typeof sharedFields, undefined>>;

/** The engine's words for how to draw. */
export function toOptions(fields: SharedFields): GenerationOptions {
  const { top_p, top_k, min_p, seed, stop } = fields;
  return withoutAbsent({
    temperature: fields.temperature,
    topP: top_p == null ? top_p : Math.max(top_p, LEAST_TOP_P),
    topK: top_k == null ? top_k : Math.max(top_k, 0),
    minP: min_p == null ? min_p : Math.min(min_p, MOST_MIN_P),
    repetitionPenalty: fields.repetition_penalty,
    frequencyPenalty: fields.frequency_penalty,
    presencePenalty: fields.presence_penalty,
    logitBias: fields.logit_bias,
    maxTokens: fields.max_tokens,
    seed: seed == null ? seed : toSeed(seed),
    stop: typeof stop === 'string' ? [stop] : stop,
  });
}

/** @throws ApiError 400 where streaming is configured but not asked for. */
export function toStream({ stream, stream_options }: SharedFields): AskedAnswers['stream'] {
  if (stream) return { includeUsage: stream_options?.include_usage ?? false };
  if (stream_options == null) return null;
  throw invalid('stream_options', '"stream_options" is there, but "stream" is not true. Leave it out, or stream.');
}

/** OpenAI allows the limits themselves, the engine only what lies between: both keep the likeliest token alone. */
const LEAST_TOP_P = 1e-6;
const MOST_MIN_P = 1 - 1e-6;

/** Seeds of the engine are 53 bits without a sign. */
export const SEEDS = 2 ** 53;
const toSeed = (seed: number) => (seed < 0 ? seed + SEEDS : seed);

/** Null means "as if it were not there" in OpenAI's requests. */
function withoutAbsent<T extends object>(fields: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value != null)) as {
    [K in keyof T]?: NonNullable<T[K]>;
  };
}
