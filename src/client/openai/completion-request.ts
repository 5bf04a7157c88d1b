/** The body of `POST /v1/completions`, read into what the engine is asked. */
import * as v from 'valibot';
import { invalid } from './api-error';
import {
  boolean,
  integer,
  readFields,
  refuseImpossible,
  sharedFields,
  toOptions,
  toStream,
  type AskedAnswers,
  type Impossible,
} from './request-fields';

const PROMPT = 'a string or a list of strings (lists of token ids are not supported)';
const text = v.pipe(v.string(PROMPT), v.minLength(1, 'some text'));

const completionBody = v.object({
  ...sharedFields,
  prompt: v.lazy((value) =>
    Array.isArray(value) ? v.pipe(v.array(text), v.minLength(1, 'at least one prompt')) : text,
  ),
  echo: v.nullish(boolean()),
  logprobs: v.nullish(integer(0, 20)),
});

const IMPOSSIBLE: Record<string, Impossible> = {
  suffix: {
    harmless: (value) => value === '',
    reason: 'Models here go on with a text and do not fill gaps; expected a request without "suffix".',
  },
  best_of: {
    harmless: (value) => value === 1,
    reason: 'Answers are not chosen among several; expected no "best_of", or 1. Ask for "n" answers instead.',
  },
};

/** What OpenAI's API completes with where nobody says how much. */
const DEFAULT_MAX_TOKENS = 16;

export interface AskedCompletions extends AskedAnswers {
  /** Each choice begins with its prompt. */
  echo: boolean;
}

/** @throws ApiError 400 naming the field. */
export function readCompletionRequest(body: Record<string, unknown>): AskedCompletions {
  refuseImpossible(IMPOSSIBLE, body);
  const fields = readFields(completionBody, body);
  const { prompt, logprobs } = fields;
  const echo = fields.echo ?? false;
  if (echo && logprobs != null) {
    throw invalid(
      'echo',
      'The tokens of a prompt have no "logprobs" here; expected one of the two.',
      'unsupported_value',
    );
  }
  return {
    model: fields.model,
    prompts: (typeof prompt === 'string' ? [prompt] : prompt).map((text) => ({ kind: 'text', text })),
    n: fields.n ?? 1,
    options: { maxTokens: DEFAULT_MAX_TOKENS, ...toOptions(fields), ...(logprobs != null && { logprobs }) },
    stream: toStream(fields),
    echo,
  };
}
