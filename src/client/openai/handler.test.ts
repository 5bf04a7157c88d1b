import * as v from 'valibot';
import { afterEach, describe, expect, it } from 'vitest';
import { HearthError, type ErrorCode } from '../../lib/errors';
import { createHandler, type HandlerParts } from './handler';
import { closeFakeClients, createFakeClient, until } from './testing/fake-client';
import * as schemas from './testing/schemas';

afterEach(closeFakeClients);

type FakeOptions = Parameters<typeof createFakeClient>;

function setUp(engineOptions?: FakeOptions[0], importerOptions?: FakeOptions[1], parts?: Partial<HandlerParts>) {
  const fake = createFakeClient(engineOptions, importerOptions);
  const handle = createHandler({ client: fake.client, ...parts });
  const ask = (path: string, init?: RequestInit) => handle(new Request(`https://hearth.local/v1/${path}`, init));
  const post = (path: string, body: unknown, init?: RequestInit) =>
    ask(path, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body), ...init });
  return { ...fake, ask, post };
}

const chat = { model: 'tales', messages: [{ role: 'user', content: 'Hello' }] };
const completion = { model: 'tales', prompt: 'Once' };

/** The data of every event, the last of which is "[DONE]". */
async function readEvents(response: Response): Promise<unknown[]> {
  expect(response.headers.get('Content-Type')).toBe('text/event-stream; charset=utf-8');
  const events = (await response.text()).split('\n\n');
  expect(events.pop()).toBe('');
  expect(events.pop()).toBe('data: [DONE]');
  return events.map((event): unknown => JSON.parse(event.replace(/^data: /, '')));
}

async function expectFailure(response: Response, status: number, error: object): Promise<void> {
  expect(response.status).toBe(status);
  expect(v.parse(schemas.failure, await response.json())).toMatchObject({ error });
}

function* endless() {
  for (;;) yield ' on';
}

describe('POST /v1/chat/completions', () => {
  it('answers with one body', async () => {
    const { post, engine } = setUp();
    const response = await post('chat/completions', {
      ...chat,
      messages: [
        { role: 'developer', content: 'Be brief.', name: 'me' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Hel' },
            { type: 'text', text: 'lo' },
          ],
        },
        { role: 'assistant', content: null },
        { role: 'user', content: 'Well?' },
      ],
    });
    expect(response.status).toBe(200);
    const body = v.parse(schemas.chatCompletion, await response.json());
    expect(body).toMatchObject({
      model: 'tales',
      choices: [{ index: 0, message: { role: 'assistant', content: 'Hello there.' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 5, completion_tokens: 3, total_tokens: 8 },
      hearth: [{ seed: 7 }],
    });
    expect(engine.requests[0]?.prompt).toEqual({
      kind: 'chat',
      continueLast: false,
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Hello' },
        { role: 'assistant', content: '' },
        { role: 'user', content: 'Well?' },
      ],
    });
  });

  it('says all that the engine can be told', async () => {
    const { post, engine } = setUp({}, {}, { salt: 'https://host.example' });
    await post('chat/completions', {
      ...chat,
      temperature: 0.5,
      top_p: 0,
      top_k: -1,
      min_p: 1,
      repetition_penalty: 1.1,
      frequency_penalty: 1,
      presence_penalty: -1,
      logit_bias: { '12': -100 },
      max_tokens: 2,
      max_completion_tokens: 3,
      seed: -1,
      stop: 'end',
      logprobs: true,
      top_logprobs: 2,
      tools: [],
      response_format: { type: 'text' },
      user: 'somebody',
      nobodyKnows: 'this',
    });
    expect(engine.requests[0]?.options).toEqual({
      temperature: 0.5,
      topP: 1e-6,
      topK: 0,
      minP: 1 - 1e-6,
      repetitionPenalty: 1.1,
      frequencyPenalty: 1,
      presencePenalty: -1,
      logitBias: { '12': -100 },
      maxTokens: 3,
      seed: 2 ** 53 - 1,
      stop: ['end'],
      logprobs: 2,
      salt: 'https://host.example',
    });
  });

  it('leaves the rest to the catalogue and the checkpoint, and takes null for absent', async () => {
    const { post, engine } = setUp();
    await post('chat/completions', { ...chat, temperature: null, stop: null, n: null, stream: null, tools: null });
    expect(engine.requests[0]?.options).toEqual({ temperature: 0.2 });
  });

  it('streams, with the usage in the last chunk where it is asked for', async () => {
    const { post } = setUp();
    const stream = { ...chat, stream: true, stream_options: { include_usage: true } };
    const events = await readEvents(await post('chat/completions', stream));
    const chunks = events.map((event) => v.parse(schemas.chatCompletionChunk, event));
    expect(chunks.map(({ choices }) => choices[0]?.delta)).toEqual([
      { role: 'assistant', content: '' },
      { content: 'Hello' },
      { content: ' there' },
      { content: '.' },
      {},
      undefined,
    ]);
    expect(chunks.map(({ choices }) => choices[0]?.finish_reason)).toEqual([null, null, null, null, 'stop', undefined]);
    expect(chunks.map(({ usage }) => usage?.total_tokens)).toEqual([...Array(5).fill(undefined), 8]);
    expect(chunks.slice(0, -1).every(({ usage }) => usage === null)).toBe(true);
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
    const bare = await readEvents(await post('chat/completions', { ...chat, stream: true }));
    expect(bare.map((event) => Object.keys(v.parse(schemas.chatCompletionChunk, event)))).not.toContain('usage');
    expect(bare).toHaveLength(5);
  });

  it('gives n answers, each with the next seed, and counts their prompt once', async () => {
    const { post, engine } = setUp({ words: ({ options: { seed = 0 } }) => [`Seed ${seed}`] });
    const body = v.parse(
      schemas.chatCompletion,
      await (await post('chat/completions', { ...chat, n: 3, seed: 2 ** 53 - 2 })).json(),
    );
    expect(body.choices.map(({ message }) => message.content)).toEqual([
      `Seed ${2 ** 53 - 2}`,
      `Seed ${2 ** 53 - 1}`,
      'Seed 0',
    ]);
    expect(body.usage).toMatchObject({ prompt_tokens: 5, completion_tokens: 3 });
    await post('chat/completions', { ...chat, n: 2 });
    expect(engine.requests.slice(3).map(({ options }) => options.seed)).toEqual([undefined, undefined]);
    const chunks = await readEvents(await post('chat/completions', { ...chat, n: 2, stream: true }));
    const indexes = chunks.map((chunk) => v.parse(schemas.chatCompletionChunk, chunk).choices[0]?.index);
    expect(indexes.toSorted((a = 0, b = 0) => a - b)).toEqual([0, 0, 0, 1, 1, 1]);
  });

  it('takes the thinking apart, also where the template opens it', async () => {
    const thinking = setUp({ words: () => ['<th', 'ink>A ', 'dog?</', 'think>\n', 'A dog.'] });
    const { choices, usage } = v.parse(
      schemas.chatCompletion,
      await (await thinking.post('chat/completions', chat)).json(),
    );
    expect(choices[0]?.message).toMatchObject({ reasoning_content: 'A dog?', content: 'A dog.' });
    expect(usage.completion_tokens_details.reasoning_tokens).toBe(3);

    const opened = setUp({ opening: '<think>\n', words: () => ['A dog?', '</think>', 'A dog.'] });
    const events = await readEvents(await opened.post('chat/completions', { ...chat, stream: true }));
    expect(events.map((event) => v.parse(schemas.chatCompletionChunk, event).choices[0]?.delta)).toEqual([
      { role: 'assistant', content: '' },
      { reasoning_content: 'A dog?' },
      { content: 'A dog.' },
      {},
    ]);
  });

  it('tells how likely each token was', async () => {
    const { post } = setUp({ words: () => ['Hé', '\uFFFD'] });
    const asked = { ...chat, logprobs: true, top_logprobs: 2 };
    const { choices } = v.parse(schemas.chatCompletion, await (await post('chat/completions', asked)).json());
    expect(choices[0]?.logprobs?.content).toMatchObject([
      {
        token: 'Hé',
        logprob: -0.5,
        bytes: [72, 195, 169],
        top_logprobs: [{ token: 'Hé' }, { token: 'Hé1', logprob: -9999 }],
      },
      { token: '\uFFFD', bytes: null },
    ]);
    const chunks = await readEvents(await post('chat/completions', { ...asked, stream: true }));
    const tokens = chunks.flatMap((chunk) => v.parse(schemas.chatCompletionChunk, chunk).choices[0]?.logprobs?.content);
    expect(tokens.map((token) => token?.token)).toEqual([undefined, 'Hé', '\uFFFD', undefined]);
  });

  it.each([
    ['{', null, 'invalid_json'],
    ['[]', null, 'invalid_json'],
    [{ ...chat, model: undefined }, 'model', 'missing_required_parameter'],
    [{ ...chat, messages: undefined }, 'messages', 'missing_required_parameter'],
    [{ ...chat, messages: [] }, 'messages', 'invalid_value'],
    [{ ...chat, messages: 'Hello' }, 'messages', 'invalid_value'],
    [{ ...chat, messages: [{ role: 'friend', content: 'Hello' }] }, 'messages[0].role', 'invalid_value'],
    [{ ...chat, messages: [{ role: 'user' }] }, 'messages[0].content', 'missing_required_parameter'],
    [{ ...chat, messages: [{ role: 'user', content: 1 }] }, 'messages[0].content', 'invalid_value'],
    [
      { ...chat, messages: [{ role: 'user', content: [{ type: 'text' }] }] },
      'messages[0].content[0]',
      'unsupported_value',
    ],
    [
      { ...chat, messages: [...chat.messages, { role: 'user', content: [{ type: 'image_url', image_url: {} }] }] },
      'messages[1].content[0]',
      'unsupported_value',
    ],
    [{ ...chat, messages: [{ role: 'tool', content: '5' }] }, 'messages[0].role', 'unsupported_value'],
    [{ ...chat, messages: [{ role: 'assistant', tool_calls: [{}] }] }, 'messages[0].tool_calls', 'unsupported_value'],
    [{ ...chat, tools: [{}] }, 'tools', 'unsupported_parameter'],
    [{ ...chat, tool_choice: 'required' }, 'tool_choice', 'unsupported_parameter'],
    [{ ...chat, functions: [{}] }, 'functions', 'unsupported_parameter'],
    [{ ...chat, modalities: ['text', 'audio'] }, 'modalities', 'unsupported_parameter'],
    [{ ...chat, audio: { voice: 'alloy' } }, 'audio', 'unsupported_parameter'],
    [{ ...chat, web_search_options: {} }, 'web_search_options', 'unsupported_parameter'],
    [{ ...chat, temperature: 'hot' }, 'temperature', 'invalid_value'],
    [{ ...chat, temperature: 3 }, 'temperature', 'invalid_value'],
    [{ ...chat, n: 0 }, 'n', 'invalid_value'],
    [{ ...chat, n: 1.5 }, 'n', 'invalid_value'],
    [{ ...chat, max_tokens: 0 }, 'max_tokens', 'invalid_value'],
    [{ ...chat, seed: 2 ** 60 }, 'seed', 'invalid_value'],
    [{ ...chat, stop: ['a', ''] }, 'stop[1]', 'invalid_value'],
    [{ ...chat, stop: 5 }, 'stop', 'invalid_value'],
    [{ ...chat, logit_bias: [1] }, 'logit_bias', 'invalid_value'],
    [{ ...chat, logit_bias: { dog: 1 } }, 'logit_bias.dog', 'invalid_value'],
    [{ ...chat, logit_bias: { 5: 101 } }, 'logit_bias.5', 'invalid_value'],
    [{ ...chat, logit_bias: { 4096: 1 } }, 'logit_bias', 'invalid_value'],
    [{ ...chat, logprobs: 5 }, 'logprobs', 'invalid_value'],
    [{ ...chat, top_logprobs: 5 }, 'top_logprobs', 'invalid_value'],
    [{ ...chat, logprobs: true, top_logprobs: 21 }, 'top_logprobs', 'invalid_value'],
    [{ ...chat, stream_options: { include_usage: true } }, 'stream_options', 'invalid_value'],
  ])('refuses %j', async (body, param, code) => {
    const { post, engine } = setUp();
    await expectFailure(await post('chat/completions', body), 400, { type: 'invalid_request_error', param, code });
    expect(engine.requests).toEqual([]);
  });

  it('refuses a body that no context could hold', async () => {
    const { post } = setUp();
    const messages = [{ role: 'user', content: 'a'.repeat(16_000_000) }];
    await expectFailure(await post('chat/completions', { ...chat, messages }), 413, { code: 'request_too_large' });
  });
});

describe('POST /v1/completions', () => {
  it('goes on with a text', async () => {
    const { post, engine } = setUp();
    const { choices } = v.parse(schemas.textCompletion, await (await post('completions', completion)).json());
    expect(choices).toEqual([{ index: 0, text: 'Hello there.', logprobs: null, finish_reason: 'stop' }]);
    expect(engine.requests[0]).toMatchObject({
      prompt: { kind: 'text', text: 'Once' },
      options: { maxTokens: 16, temperature: 0.2 },
    });
  });

  it('goes on with several, n times each', async () => {
    const { post } = setUp({ words: ({ prompt }) => [prompt.kind === 'text' ? `, ${prompt.text}.` : ''] });
    const asked = { ...completion, prompt: ['A', 'B'], n: 2, echo: true };
    const body = v.parse(schemas.textCompletion, await (await post('completions', asked)).json());
    expect(body.choices.map(({ text }) => text)).toEqual(['A, A.', 'A, A.', 'B, B.', 'B, B.']);
    expect(body.usage).toMatchObject({ prompt_tokens: 10, completion_tokens: 4, total_tokens: 14 });
    const chunks = (await readEvents(await post('completions', { ...asked, stream: true }))).map((event) =>
      v.parse(schemas.textCompletionChunk, event),
    );
    const texts = ['', '', '', ''];
    for (const { choices } of chunks) for (const { index, text } of choices) texts[index] += text;
    expect(texts).toEqual(['A, A.', 'A, A.', 'B, B.', 'B, B.']);
  });

  it('streams, and tells where each token begins', async () => {
    const { post } = setUp({ words: () => ['Hello', ' there'] });
    const asked = { ...completion, logprobs: 1, stream: true, stream_options: { include_usage: true } };
    const chunks = (await readEvents(await post('completions', asked))).map((event) =>
      v.parse(schemas.textCompletionChunk, event),
    );
    expect(chunks.map(({ choices }) => choices[0]?.text)).toEqual(['Hello', ' there', '', undefined]);
    expect(chunks.map(({ choices }) => choices[0]?.logprobs?.text_offset)).toEqual([[0], [5], undefined, undefined]);
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: 7 } });
    const { choices } = v.parse(
      schemas.textCompletion,
      await (await post('completions', { ...completion, logprobs: 2 })).json(),
    );
    expect(choices[0]?.logprobs).toEqual({
      tokens: ['Hello', ' there'],
      token_logprobs: [-0.5, -0.5],
      top_logprobs: [
        { Hello: -0.5, Hello1: -9999 },
        { ' there': -0.5, ' there1': -9999 },
      ],
      text_offset: [0, 5],
    });
  });

  it.each([
    [{ ...completion, prompt: undefined }, 'prompt'],
    [{ ...completion, prompt: '' }, 'prompt'],
    [{ ...completion, prompt: [] }, 'prompt'],
    [{ ...completion, prompt: [1, 2] }, 'prompt[0]'],
    [{ ...completion, suffix: 'end' }, 'suffix'],
    [{ ...completion, best_of: 2 }, 'best_of'],
    [{ ...completion, echo: true, logprobs: 1 }, 'echo'],
    [{ ...completion, prompt: Array(65).fill('A'), n: 2 }, 'n'],
  ])('refuses %j', async (body, param) => {
    const { post, engine } = setUp();
    await expectFailure(await post('completions', body), 400, { type: 'invalid_request_error', param });
    expect(engine.requests).toEqual([]);
  });
});

describe('/v1/models', () => {
  it('lists what is loaded, stored and offered', async () => {
    const { ask } = setUp(
      {
        engineStats: [
          {
            modelId: 'https://hub.example/a/b/',
            running: 0,
            waiting: 0,
            blocks: { used: 0, cached: 0, total: 1 },
            prefixHitRate: null,
            rowsPerStep: 0,
            steps: 0,
            memoryBytes: { weights: 0, kv: 0, activations: 0, state: 0 },
          },
        ],
      },
      { stored: ['tales-draft'] },
    );
    const { data } = v.parse(schemas.modelList, await (await ask('models')).json());
    expect(data.slice(0, 3).map(({ id, created, hearth }) => [id, created, hearth.state])).toEqual([
      ['https://hub.example/a/b/', 0, 'loaded'],
      ['tales-draft', Date.parse('2026-01-01T00:00:00Z') / 1000, 'stored'],
      ['tales', 0, 'available'],
    ]);
    const address = encodeURIComponent('https://hub.example/a/b/');
    expect(v.parse(schemas.model, await (await ask('models/tales')).json()).id).toBe('tales');
    expect(v.parse(schemas.model, await (await ask(`models/${address}`)).json()).id).toBe('https://hub.example/a/b/');
    await expectFailure(await ask('models/gpt-4o'), 404, { code: 'model_not_found', param: 'model' });
  });

  it('keeps the model of the last request loaded until another one is asked for', async () => {
    const { post, engine, client } = setUp();
    await post('chat/completions', chat);
    await post('chat/completions', chat);
    expect(engine.calls.filter((call) => !call.startsWith('generate'))).toEqual(['load tales', 'load tales']);
    await expectFailure(await post('chat/completions', { ...chat, model: 'talse' }), 404, {
      code: 'model_not_found',
      param: 'model',
    });
    expect(engine.calls).not.toContain('unload tales');
    await post('chat/completions', { ...chat, model: 'tales-draft' });
    expect(engine.calls.slice(-3).map((call) => call.replace(/-\d+$/, ''))).toEqual([
      'unload tales',
      'load tales-draft',
      'generate request',
    ]);
    // A page that holds the model itself keeps it.
    const own = await client.loadModel('tales');
    await post('chat/completions', chat);
    await post('chat/completions', { ...chat, model: 'tales-draft' });
    expect(engine.calls.filter((call) => call === 'unload tales')).toHaveLength(1);
    await own.dispose();
    expect(engine.calls.filter((call) => call === 'unload tales')).toHaveLength(2);
  });
});

describe('what goes wrong', () => {
  it.each([
    ['GET', 'chat/completions', 405, 'method_not_allowed'],
    ['DELETE', 'models/tales', 405, 'method_not_allowed'],
    ['POST', 'models', 405, 'method_not_allowed'],
    ['POST', 'embeddings', 501, 'not_implemented'],
    ['POST', 'images/generations', 501, 'not_implemented'],
    ['POST', 'audio/speech', 501, 'not_implemented'],
    ['POST', 'responses', 501, 'not_implemented'],
    ['POST', 'constructor', 404, 'unknown_url'],
    ['GET', '%E0%A4%A', 404, 'unknown_url'],
  ])('%s /v1/%s is %i', async (method, path, status, code) => {
    const { ask } = setUp();
    const response = await ask(path, { method });
    expect(response.headers.get('Allow')).toBe(status === 405 ? (path === 'chat/completions' ? 'POST' : 'GET') : null);
    await expectFailure(response, status, { code, type: status === 501 ? 'server_error' : 'invalid_request_error' });
  });

  const failures: [ErrorCode, number, string, string | null][] = [
    ['context-overflow', 400, 'context_length_exceeded', 'messages'],
    ['bad-request', 400, 'invalid_value', 'messages'],
    ['bad-grammar', 400, 'invalid_value', 'response_format'],
    ['device-lost', 503, 'device_lost', null],
    ['internal', 500, 'internal', null],
  ];
  it.each(failures)('an answer that fails with %s is %i, streamed or not', async (code, status, wireCode, param) => {
    const error = new HearthError(code, 'It failed.', { hint: 'Do this.' });
    const { post } = setUp({ answerErrors: [error, error] });
    const expected = { message: 'It failed. Do this.', code: wireCode, param };
    await expectFailure(await post('chat/completions', chat), status, expected);
    await expectFailure(await post('chat/completions', { ...chat, stream: true }), status, expected);
    expect((await post('chat/completions', chat)).status).toBe(200);
  });

  const loadFailures: [ErrorCode, number, string, string | null][] = [
    ['webgpu-unavailable', 503, 'webgpu_unavailable', null],
    ['insecure-context', 503, 'insecure_context', null],
    ['adapter-too-small', 503, 'adapter_too_small', null],
    ['out-of-memory', 503, 'out_of_memory', null],
    ['network', 502, 'network', null],
    ['not-found', 404, 'model_not_found', 'model'],
    ['bad-file', 400, 'bad_file', 'model'],
    ['unsupported-model', 400, 'unsupported_model', 'model'],
    ['weights-corrupt', 500, 'weights_corrupt', null],
    ['storage-full', 507, 'storage_full', null],
  ];
  it.each(loadFailures)('a load that fails with %s is %i', async (code, status, wireCode, param) => {
    const { post } = setUp({ loadErrors: [new HearthError(code, 'It failed.')] });
    const response = await post('chat/completions', { ...chat, stream: true });
    const isFinal = ['webgpu-unavailable', 'insecure-context', 'adapter-too-small', 'storage-full'].includes(code);
    expect(response.headers.get('x-should-retry')).toBe(isFinal ? 'false' : null);
    await expectFailure(response, status, { code: wireCode, param });
  });

  it('a failure in the middle of a stream is its last event', async () => {
    const { post } = setUp({
      *words() {
        yield 'Hello';
        throw new HearthError('device-lost', 'The device was lost.');
      },
    });
    const response = await post('chat/completions', { ...chat, stream: true, n: 2 });
    expect(response.status).toBe(200);
    const last = (await response.text()).trim().split('\n\n').at(-1) ?? '';
    expect(v.parse(schemas.failure, JSON.parse(last.replace('data: ', ''))).error.code).toBe('device_lost');
    await expectFailure(await post('chat/completions', chat), 503, { code: 'device_lost' });
  });

  it('one of several answers that fails ends the others', async () => {
    const { post, engine } = setUp({
      wordMs: 1,
      *words({ options }) {
        for (let count = 0; ; count++) {
          if (options.seed === 2 && count === 3) throw new HearthError('internal', 'It failed.');
          yield ' on';
        }
      },
    });
    await expectFailure(await post('chat/completions', { ...chat, n: 3, seed: 1 }), 500, { code: 'internal' });
    await until(() => engine.calls.filter((call) => call.startsWith('abort')).length === 2);
  });

  it('an answer ended from elsewhere says that the model was unloaded', async () => {
    const { post, engine } = setUp({ words: endless, wordMs: 1 });
    const answering = post('chat/completions', chat);
    await until(() => engine.requests.length === 1);
    await engine.abort(engine.requests[0]!.requestId);
    await expectFailure(await answering, 503, { code: 'model_unloaded' });
  });

  it('a thread that dies is a failure, and the next request has another one', async () => {
    const { post, engine, engineThreads } = setUp({ words: endless, wordMs: 1 });
    const answering = post('chat/completions', chat);
    await until(() => engine.requests.length === 1);
    engineThreads[0]?.crash('Boom');
    await expectFailure(await answering, 500, { code: 'internal' });
    expect((await post('chat/completions', { ...chat, max_tokens: 2 })).status).toBe(200);
    expect(engine.calls).not.toContain('unload tales');
  });

  it('refuses more answers than may be under way', async () => {
    const { post, engine } = setUp({ words: endless, wordMs: 1 }, {}, { maxAnswers: 2 });
    const controller = new AbortController();
    const { signal } = controller;
    const answering = post('chat/completions', { ...chat, n: 2 }, { signal });
    await until(() => engine.requests.length === 2);
    const refused = await post('chat/completions', chat);
    expect(refused.headers.get('Retry-After')).toBe('1');
    await expectFailure(refused, 429, { type: 'rate_limit_error', code: 'rate_limit_exceeded' });
    controller.abort();
    await expectFailure(await answering, 499, { code: 'aborted' });
    expect((await post('chat/completions', { ...chat, max_tokens: 2 })).status).toBe(200);
  });
});

describe('aborting', () => {
  const aborts = (calls: readonly string[]) => calls.filter((call) => call.startsWith('abort')).length;

  it('by the signal ends every answer of the request, and the body with its reason', async () => {
    const { post, engine } = setUp({ words: endless, wordMs: 1 });
    const controller = new AbortController();
    const asked = { ...chat, stream: true, n: 2 };
    const { body } = await post('chat/completions', asked, { signal: controller.signal });
    const reader = body!.getReader();
    await reader.read();
    controller.abort(new DOMException('Enough.', 'AbortError'));
    const readToEnd = async () => {
      while (!(await reader.read()).done);
    };
    await expect(readToEnd()).rejects.toThrow('Enough.');
    await until(() => aborts(engine.calls) === 2);
  });

  it('by leaving the body ends every answer of the request', async () => {
    const { post, engine } = setUp({ words: endless, wordMs: 1 });
    const { body } = await post('chat/completions', { ...chat, stream: true, n: 2 });
    await body!.cancel();
    await until(() => aborts(engine.calls) > 1);
    expect(aborts(engine.calls)).toBe(2);
  });

  it('before it began, or while the model is fetched, asks nothing of the model', async () => {
    const { post, engine, importer } = setUp({}, { downloaded: new Promise(() => {}) });
    const gone = AbortSignal.abort();
    await expectFailure(await post('chat/completions', chat, { signal: gone }), 499, { code: 'aborted' });
    const controller = new AbortController();
    const answering = post('chat/completions', { ...chat, stream: true }, { signal: controller.signal });
    await until(() => importer.calls.length > 0);
    controller.abort();
    await expectFailure(await answering, 499, { code: 'aborted' });
    expect(engine.requests).toEqual([]);
  });
});
