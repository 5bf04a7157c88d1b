/**
 * Clients that know nothing of Hearth, unchanged, through both doors: `hearth.fetch`, and the port of a frame in another site's
 * page. In Node, with a fake engine behind real threads.
 */
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { ChatOpenAI, OpenAI as LangChainOpenAI } from '@langchain/openai';
import { APICallError, generateText, streamText } from 'ai';
import OpenAI, { APIUserAbortError, BadRequestError, InternalServerError, NotFoundError } from 'openai';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { catalog } from '../../catalog/catalog';
import { closeFrameDoors, openFrameDoor } from '../../embed/testing/frame-door';
import { HearthError } from '../../lib/errors';
import type { FakeEngineOptions } from '../testing/fake-engine';
import { createFetch } from './fetch';
import type { ModelClient } from './models';
import { closeFakeClients, createFakeClient, until } from './testing/fake-client';

afterEach(() => {
  closeFrameDoors();
  closeFakeClients();
});

type Fetch = typeof globalThis.fetch;

function throughFrame(client: ModelClient): Fetch {
  const opening = openFrameDoor(client);
  return async (input, init) => (await opening).fetch(input, init);
}

let openDoor: (client: ModelClient) => Fetch;

describe.each([
  { door: 'hearth.fetch', open: createFetch },
  { door: 'a frame', open: throughFrame },
])('through $door', ({ open }) => {
  beforeEach(() => {
    openDoor = open;
  });
  describe('the openai SDK', openAiPackage);
  describe('the Vercel AI SDK', vercelSdk);
  describe('LangChain.js', langChain);
});

const baseURL = 'https://hearth.local/v1';
const apiKey = 'none';
const messages = [{ role: 'user' as const, content: 'Hello' }];
const thoughts = { words: () => ['<think>', 'A dog?', '</think>', 'Hello', ' there.'] };
const forever: FakeEngineOptions = {
  *words() {
    for (;;) yield ' on';
  },
  wordMs: 1,
};

function setUp(options?: FakeEngineOptions) {
  const { client, engine } = createFakeClient(options);
  return {
    engine,
    fetch: openDoor(client),
    /** Until the engine has heard that its only answer is to end. */
    expectStopped: () => until(() => engine.calls.some((call) => call.startsWith('abort'))),
  };
}

function openAiPackage() {
  const open = (options?: FakeEngineOptions) => {
    const { fetch, ...rest } = setUp(options);
    return { openai: new OpenAI({ baseURL, apiKey, fetch }), ...rest };
  };

  it('chats', async () => {
    const { openai } = open(thoughts);
    const { choices, usage } = await openai.chat.completions.create({ model: 'tales', messages, seed: 3 });
    expect(choices[0]?.message).toMatchObject({ content: 'Hello there.', reasoning_content: 'A dog?' });
    expect(usage?.total_tokens).toBe(10);
  });

  it('streams a chat', async () => {
    const { openai } = open();
    const stream = await openai.chat.completions.create({
      model: 'tales',
      messages,
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = '';
    let total;
    for await (const { choices, usage } of stream) {
      text += choices[0]?.delta.content ?? '';
      total = usage?.total_tokens;
    }
    expect({ text, total }).toEqual({ text: 'Hello there.', total: 8 });
  });

  it('gathers a stream by its own helper', async () => {
    const { openai } = open();
    const run = openai.chat.completions.stream({ model: 'tales', messages, n: 2, logprobs: true, top_logprobs: 1 });
    const { choices } = await run.finalChatCompletion();
    expect(choices.map(({ message }) => message.content)).toEqual(['Hello there.', 'Hello there.']);
    expect(choices[1]?.logprobs?.content?.map(({ token }) => token)).toEqual(['Hello', ' there', '.']);
  });

  it('completes texts', async () => {
    const { openai } = open();
    const asked = { model: 'tales', prompt: 'Once', echo: true };
    expect((await openai.completions.create(asked)).choices[0]?.text).toBe('OnceHello there.');
    let text = '';
    for await (const { choices } of await openai.completions.create({ ...asked, stream: true })) {
      text += choices[0]?.text ?? '';
    }
    expect(text).toBe('OnceHello there.');
  });

  it('lists and finds models', async () => {
    const { openai } = open();
    const ids: string[] = [];
    for await (const { id } of openai.models.list()) ids.push(id);
    expect(ids).toEqual(catalog.map(({ id }) => id));
    expect((await openai.models.retrieve('tales')).object).toBe('model');
    await expect(openai.models.retrieve('talse')).rejects.toBeInstanceOf(NotFoundError);
  });

  it('knows our failures by its own classes, and does not ask again for what is not there', async () => {
    const { openai } = open();
    const hot = openai.chat.completions.create({ model: 'tales', messages, temperature: 9 });
    await expect(hot).rejects.toBeInstanceOf(BadRequestError);
    await expect(hot).rejects.toMatchObject({ param: 'temperature', code: 'invalid_value' });
    const unknown = openai.chat.completions.create({ model: 'talse', messages });
    await expect(unknown).rejects.toMatchObject({ status: 404, code: 'model_not_found' });
    const absent = openai.embeddings.create({ model: 'tales', input: 'Hello' });
    await expect(absent).rejects.toBeInstanceOf(InternalServerError);
    await expect(absent).rejects.toMatchObject({ status: 501, code: 'not_implemented' });
  });

  it('hears of a failure in the middle of a stream', async () => {
    const { openai } = open({
      *words() {
        yield 'Hello';
        throw new HearthError('device-lost', 'The device was lost.');
      },
    });
    const stream = await openai.chat.completions.create({ model: 'tales', messages, stream: true });
    const read = async () => {
      for await (const _ of stream);
    };
    await expect(read()).rejects.toMatchObject({ code: 'device_lost' });
  });

  it('stops the engine by its controller, by leaving, and by a signal', async () => {
    const asked = { model: 'tales', messages, stream: true } as const;
    const byController = open(forever);
    const stream = await byController.openai.chat.completions.create(asked);
    for await (const _ of stream) stream.controller.abort();
    await byController.expectStopped();

    const byLeaving = open(forever);
    for await (const _ of await byLeaving.openai.chat.completions.create(asked)) break;
    await byLeaving.expectStopped();

    const bySignal = open(forever);
    const controller = new AbortController();
    const whole = bySignal.openai.chat.completions.create({ model: 'tales', messages }, { signal: controller.signal });
    await until(() => bySignal.engine.requests.length === 1);
    controller.abort();
    await expect(whole).rejects.toBeInstanceOf(APIUserAbortError);
    await bySignal.expectStopped();
    expect(bySignal.engine.requests).toHaveLength(1);
  });
}

function vercelSdk() {
  const open = (options?: FakeEngineOptions) => {
    const { fetch, ...rest } = setUp(options);
    const provider = createOpenAICompatible({ name: 'hearth', baseURL, apiKey, fetch, includeUsage: true });
    return { model: provider('tales'), completionModel: provider.completionModel('tales'), provider, ...rest };
  };

  it('generates text, with the thinking apart', async () => {
    const { model, engine } = open(thoughts);
    const { text, reasoningText, usage, finishReason } = await generateText({
      model,
      system: 'Be brief.',
      prompt: 'Hello',
      temperature: 0,
      maxOutputTokens: 9,
      stopSequences: ['end'],
      seed: 3,
    });
    expect({ text, reasoningText, finishReason }).toEqual({
      text: 'Hello there.',
      reasoningText: 'A dog?',
      finishReason: 'stop',
    });
    expect(usage).toMatchObject({ inputTokens: 5, outputTokens: 5 });
    expect(engine.requests[0]?.options).toMatchObject({ temperature: 0, maxTokens: 9, stop: ['end'], seed: 3 });
  });

  it('streams text', async () => {
    const { model } = open(thoughts);
    const result = streamText({ model, messages });
    const texts: string[] = [];
    for await (const text of result.textStream) texts.push(text);
    expect(texts).toEqual(['Hello', ' there.']);
    expect(await result.reasoningText).toBe('A dog?');
    expect(await result.usage).toMatchObject({ inputTokens: 5, outputTokens: 5, totalTokens: 10 });
  });

  it('completes a text', async () => {
    const { completionModel } = open();
    expect((await generateText({ model: completionModel, prompt: 'Once' })).text).toBe('Hello there.');
    expect(await streamText({ model: completionModel, prompt: 'Once' }).text).toBe('Hello there.');
  });

  it('knows our failures', async () => {
    const { model, provider } = open();
    const failed = generateText({ model, prompt: 'Hello', temperature: 9, maxRetries: 0 });
    await expect(failed).rejects.toBeInstanceOf(APICallError);
    await expect(failed).rejects.toMatchObject({
      statusCode: 400,
      message: expect.stringContaining('temperature') as string,
    });
    const unknown = generateText({ model: provider('talse'), prompt: 'Hello' });
    await expect(unknown).rejects.toMatchObject({ statusCode: 404 });
  });

  it('stops the engine', async () => {
    const { model, expectStopped } = open(forever);
    const controller = new AbortController();
    const { textStream } = streamText({ model, messages, abortSignal: controller.signal, onError() {} });
    for await (const _ of textStream) controller.abort();
    await expectStopped();

    const whole = open(forever);
    const { signal, abort } = abortable();
    const generating = generateText({ model: whole.model, messages, abortSignal: signal });
    await until(() => whole.engine.requests.length === 1);
    abort();
    await expect(generating).rejects.toMatchObject({ name: 'AbortError' });
    await whole.expectStopped();
  });
}

function langChain() {
  const open = (options?: FakeEngineOptions) => {
    const { fetch, ...rest } = setUp(options);
    const fields = { model: 'tales', apiKey, configuration: { baseURL, fetch }, maxRetries: 0 };
    return { chat: new ChatOpenAI({ ...fields, temperature: 0.5 }), llm: new LangChainOpenAI(fields), fields, ...rest };
  };

  it('invokes', async () => {
    const { chat, engine } = open();
    const { content, usage_metadata } = await chat.invoke([
      ['system', 'Be brief.'],
      ['human', 'Hello'],
    ]);
    expect(content).toBe('Hello there.');
    expect(usage_metadata).toMatchObject({ input_tokens: 5, output_tokens: 3, total_tokens: 8 });
    expect(engine.requests[0]).toMatchObject({
      prompt: { messages: [{ role: 'system' }, { role: 'user', content: 'Hello' }] },
      options: { temperature: 0.5 },
    });
  });

  it('streams', async () => {
    const { chat } = open();
    const texts: string[] = [];
    for await (const { text } of await chat.stream('Hello')) texts.push(text);
    expect(texts.filter(Boolean)).toEqual(['Hello', ' there', '.']);
  });

  it('completes a text', async () => {
    const { llm } = open();
    expect(await llm.invoke('Once')).toBe('Hello there.');
  });

  it('knows our failures', async () => {
    const { fields } = open();
    const failed = new ChatOpenAI({ ...fields, temperature: 9 }).invoke('Hello');
    await expect(failed).rejects.toMatchObject({ status: 400, param: 'temperature' });
  });

  it('stops the engine', async () => {
    const streamed = open(forever);
    for await (const _ of await streamed.chat.stream('Hello')) break;
    await streamed.expectStopped();

    const whole = open(forever);
    const { signal, abort } = abortable();
    const invoking = whole.chat.invoke('Hello', { signal });
    await until(() => whole.engine.requests.length === 1);
    abort();
    await expect(invoking).rejects.toThrow(/abort/i);
    await whole.expectStopped();
  });
}

function abortable() {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}
