/**
 * OpenAI's responses as strict schemas: a field that is missing, of another kind or not OpenAI's own fails. The names and
 * kinds are those of the types that the `openai` package is generated from the published schema with; the compiler holds
 * them in step. Ours are only `reasoning_content`, which compatible servers share, and `hearth`.
 */
import type OpenAI from 'openai';
import * as v from 'valibot';

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const text = v.pipe(v.string(), v.minLength(1));

const usage = v.strictObject({
  prompt_tokens: count,
  completion_tokens: count,
  total_tokens: count,
  prompt_tokens_details: v.strictObject({ cached_tokens: count }),
  completion_tokens_details: v.strictObject({ reasoning_tokens: count }),
}) satisfies v.GenericSchema<unknown, OpenAI.CompletionUsage>;

const hearth = v.array(
  v.strictObject({
    seed: v.nullable(count),
    queue_ms: v.number(),
    time_to_first_token_ms: v.number(),
    total_ms: v.number(),
    prefill_tokens_per_second: v.number(),
    decode_tokens_per_second: v.number(),
    draft_tokens: count,
    accepted_tokens: count,
  }),
);

const head = { id: text, created: count, model: text, system_fingerprint: text };
const finishReason = v.picklist(['stop', 'length']);

const logprob = { token: v.string(), logprob: v.number(), bytes: v.nullable(v.array(count)) };
const chatLogprobs = v.nullable(
  v.strictObject({
    content: v.array(v.strictObject({ ...logprob, top_logprobs: v.array(v.strictObject(logprob)) })),
    refusal: v.null(),
  }),
);

export const chatCompletion = v.strictObject({
  ...head,
  object: v.literal('chat.completion'),
  choices: v.pipe(
    v.array(
      v.strictObject({
        index: count,
        message: v.strictObject({
          role: v.literal('assistant'),
          content: v.string(),
          refusal: v.null(),
          reasoning_content: v.optional(text),
        }),
        logprobs: chatLogprobs,
        finish_reason: finishReason,
      }),
    ),
    v.minLength(1),
  ),
  usage,
  hearth,
}) satisfies v.GenericSchema<unknown, OpenAI.ChatCompletion>;

export const chatCompletionChunk = v.strictObject({
  ...head,
  object: v.literal('chat.completion.chunk'),
  choices: v.array(
    v.strictObject({
      index: count,
      delta: v.strictObject({
        role: v.optional(v.literal('assistant')),
        content: v.optional(v.string()),
        reasoning_content: v.optional(text),
      }),
      logprobs: chatLogprobs,
      finish_reason: v.nullable(finishReason),
    }),
  ),
  usage: v.optional(v.nullable(usage)),
  hearth: v.optional(hearth),
}) satisfies v.GenericSchema<unknown, OpenAI.ChatCompletionChunk>;

const completionChoice = {
  index: count,
  text: v.string(),
  logprobs: v.nullable(
    v.strictObject({
      tokens: v.array(v.string()),
      token_logprobs: v.array(v.number()),
      top_logprobs: v.array(v.record(v.string(), v.number())),
      text_offset: v.array(count),
    }),
  ),
};

export const textCompletion = v.strictObject({
  ...head,
  object: v.literal('text_completion'),
  choices: v.array(v.strictObject({ ...completionChoice, finish_reason: finishReason })),
  usage,
  hearth,
}) satisfies v.GenericSchema<unknown, OpenAI.Completion>;

/** OpenAI's types know no chunks of a text completion; on the wire they are completions whose ends are still open. */
export const textCompletionChunk = v.strictObject({
  ...textCompletion.entries,
  choices: v.array(v.strictObject({ ...completionChoice, finish_reason: v.nullable(finishReason) })),
  usage: v.optional(v.nullable(usage)),
  hearth: v.optional(hearth),
});

export const model = v.strictObject({
  id: text,
  object: v.literal('model'),
  created: count,
  owned_by: text,
  hearth: v.strictObject({ state: v.picklist(['loaded', 'stored', 'available']) }),
}) satisfies v.GenericSchema<unknown, OpenAI.Model>;

export const modelList = v.strictObject({ object: v.literal('list'), data: v.array(model) });

export const failure = v.strictObject({
  error: v.strictObject({ message: text, type: text, param: v.nullable(text), code: text }),
});
