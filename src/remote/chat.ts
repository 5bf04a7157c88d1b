/**
 * An answer of a server elsewhere as the events of an answer of our own. Format: OpenAI's chat completions as server-sent
 * events; thinking as `reasoning_content` (vLLM, llama.cpp, LM Studio) or `reasoning` (Ollama).
 */
import { EventSourceParserStream } from 'eventsource-parser/stream';
import * as v from 'valibot';
import { HearthError, isAbort } from '../lib/errors';
import type {
  FinishReason,
  GenerateEvent,
  GenerationOptions,
  Grammar,
  GenerationStats,
  Prompt,
} from '../protocol/generation';
import { ask, TRY_AGAIN, parseJson, throwBroken, toFailure } from './ask';
import type { StoredEndpoint } from './endpoints';

const text = v.nullish(v.string(), '');

/** What we read of a chunk; servers send more. */
const chunkSchema = v.object({
  choices: v.nullish(
    v.array(
      v.object({
        delta: v.nullish(v.object({ content: text, reasoning_content: text, reasoning: text }), {}),
        finish_reason: v.nullish(v.string()),
      }),
    ),
    [],
  ),
  usage: v.nullish(
    v.object({
      prompt_tokens: v.number(),
      completion_tokens: v.number(),
      prompt_tokens_details: v.nullish(v.object({ cached_tokens: v.nullish(v.number(), 0) })),
    }),
  ),
});

type Usage = NonNullable<v.InferOutput<typeof chunkSchema>['usage']>;

/** One line of a stream may not be longer: it would be no answer. */
const MAX_LINE_CHARACTERS = 1_000_000;

/**
 * The events of one answer, from the first text to `done`. Being stopped is an outcome, as it is in the engine.
 * @throws HearthError as `ask`; `bad-request` for what only our own engine can do; `bad-file` for what is no stream of
 * chunks; `network` where it breaks off.
 */
export async function* chat(
  endpoint: StoredEndpoint,
  model: string,
  prompt: Prompt,
  options: GenerationOptions,
  signal: AbortSignal,
): AsyncGenerator<GenerateEvent> {
  const seed = options.seed ?? crypto.getRandomValues(new Uint32Array(1))[0]!;
  const body = toBody(model, prompt, { ...options, seed });
  const clock = new Clock();
  let reason: FinishReason | null = null;
  let thinking = false;
  try {
    const response = await ask(endpoint, '/chat/completions', { body, signal });
    for await (const chunk of readChunks(endpoint.url, response, signal)) {
      clock.usage = chunk.usage ?? clock.usage;
      const [choice] = chunk.choices;
      if (!choice) continue;
      const { content, reasoning_content, reasoning } = choice.delta;
      const thought = reasoning_content || reasoning || '';
      let piece = '';
      if (thought !== '') piece += (thinking ? '' : '<think>') + thought;
      thinking ||= thought !== '';
      if (content !== '') piece += (thinking ? '</think>\n\n' : '') + content;
      thinking &&= content === '';
      if (piece !== '') {
        clock.mark();
        yield { type: 'text', text: piece, tokenIds: [], stats: clock.snapshot() };
      }
      if (choice.finish_reason != null) reason = choice.finish_reason === 'length' ? 'length' : 'stop';
    }
  } catch (error) {
    if (!isAbort(error)) throw error;
    reason = 'aborted';
  }
  if (reason === null) {
    throw new HearthError('network', `The server ${endpoint.url} ended the answer without saying why.`, {
      hint: TRY_AGAIN,
    });
  }
  yield { type: 'done', reason, stats: clock.snapshot(), seed };
}

/** @throws HearthError `bad-request` for what only our own engine can do. */
function toBody(model: string, prompt: Prompt, options: GenerationOptions): object {
  const refuse = (what: string): never => {
    throw new HearthError('bad-request', `Servers elsewhere ${what}.`, { hint: 'Ask a model on this machine.' });
  };
  if (prompt.kind === 'text') return refuse('are asked by chats only, and this is bare text');
  if (prompt.continueLast) return refuse('begin every answer anew and cannot go on with one');
  if (options.logprobs !== undefined) return refuse('are not asked how likely their tokens were');
  const { grammar } = options;
  if (grammar?.type === 'grammar' || grammar?.type === 'regex') return refuse('differ in the grammars that they take');
  return {
    model,
    messages: prompt.messages,
    stream: true,
    stream_options: { include_usage: true },
    seed: options.seed,
    temperature: options.temperature,
    top_p: options.topP,
    top_k: options.topK,
    min_p: options.minP,
    repetition_penalty: options.repetitionPenalty,
    frequency_penalty: options.frequencyPenalty,
    presence_penalty: options.presencePenalty,
    logit_bias: options.logitBias,
    max_tokens: options.maxTokens,
    stop: options.stop,
    response_format: grammar && toResponseFormat(grammar),
  };
}

function toResponseFormat(grammar: Extract<Grammar, { type: 'json' | 'json_schema' }>): object {
  if (grammar.type === 'json') return { type: 'json_object' };
  const { schema, strict = true } = grammar;
  return { type: 'json_schema', json_schema: { name: 'answer', schema, strict } };
}

/** The chunks of a stream, to its "[DONE]". @throws HearthError `bad-file`, `network`, `aborted`. */
async function* readChunks(
  url: string,
  response: Response,
  signal: AbortSignal,
): AsyncGenerator<v.InferOutput<typeof chunkSchema>> {
  if (!response.headers.get('Content-Type')?.startsWith('text/event-stream') || response.body === null) {
    await response.body?.cancel();
    throw notAStream(url, `a ${response.headers.get('Content-Type') ?? 'response without a type'}`);
  }
  const events = response.body
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream({ maxBufferSize: MAX_LINE_CHARACTERS }))
    .getReader();
  try {
    for (;;) {
      const { done, value } = await events.read();
      if (done || value.data === '[DONE]') return;
      const { data } = value;
      const json = parseJson(data);
      const failed = toFailure(json);
      if (failed) {
        throw new HearthError('network', `The server ${url} failed in mid-answer: ${failed.message}`, {
          hint: TRY_AGAIN,
        });
      }
      const chunk = v.safeParse(chunkSchema, json);
      if (!chunk.success) throw notAStream(url, `an event "${data.slice(0, 80)}"`);
      yield chunk.output;
    }
  } catch (error) {
    throwBroken(url, signal, error);
  } finally {
    events.cancel().catch(() => {}); // it has ended or failed already
  }
}

function notAStream(url: string, found: string): HearthError {
  return new HearthError('bad-file', `The server ${url} sent ${found}; expected a stream of chat completion chunks.`, {
    hint: 'Check that the address is that of an OpenAI-compatible API.',
  });
}

/** The figures of one answer as far as they can be told from here; those that cannot are 0. */
class Clock {
  usage: Usage | null = null;
  readonly #startMs = performance.now();
  #firstMs: number | null = null;
  #lastMs = 0;
  /** Chunks stand for tokens until the server has told how many there were. */
  #chunks = 0;

  mark(): void {
    this.#lastMs = performance.now();
    this.#firstMs ??= this.#lastMs;
    this.#chunks++;
  }

  snapshot(): GenerationStats {
    const completionTokens = this.usage?.completion_tokens ?? this.#chunks;
    const decodeMs = this.#firstMs === null ? 0 : this.#lastMs - this.#firstMs;
    return {
      promptTokens: this.usage?.prompt_tokens ?? 0,
      completionTokens,
      cachedTokens: this.usage?.prompt_tokens_details?.cached_tokens ?? 0,
      draftTokens: 0,
      acceptedTokens: 0,
      queueMs: 0,
      timeToFirstTokenMs: this.#firstMs === null ? 0 : this.#firstMs - this.#startMs,
      prefillTokensPerSecond: 0,
      // Chunks may hold several tokens: those of the first one came before the clock of the others began.
      decodeTokensPerSecond: decodeMs > 0 ? (completionTokens * (1 - 1 / this.#chunks) * 1000) / decodeMs : 0,
      tokenMs: { p50: 0, p90: 0, p99: 0 },
      totalMs: performance.now() - this.#startMs,
    };
  }
}
