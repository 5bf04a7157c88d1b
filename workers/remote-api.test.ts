/** From the page's client through a thread to servers of this machine that speak OpenAI's API, and back. */
import { IDBFactory } from 'fake-indexeddb';
import * as Comlink from 'comlink';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { catalog } from '../src/catalog/catalog';
import type { AnswerChunk } from '../src/client/answer';
import { createClient } from '../src/client/client';
import { createHandler } from '../src/client/openai/handler';
import { closeFakeClients, createFakeClient, until } from '../src/client/openai/testing/fake-client';
import {
  createFakeEngine,
  createFakeImporter,
  createFakeThread,
  type FakeThread,
} from '../src/client/testing/fake-engine';
import {
  beginEvents,
  chunk,
  sendEvent,
  sendJson,
  serve,
  type Answering,
  type TestServer,
} from '../src/remote/testing/openai-server';
import { openDatabase } from '../src/weights/database';
import { createRemoteApi } from './remote-api';

const messages = [{ role: 'user', content: 'Hello' }] as const;

const servers: TestServer[] = [];
const threads: FakeThread[] = [];
let factory: IDBFactory;
beforeEach(() => {
  factory = new IDBFactory();
});
afterEach(() => {
  for (const thing of [...servers.splice(0), ...threads.splice(0)]) thing.close();
  closeFakeClients();
});

/** A page of its own, on the storage of this test. */
function openPage() {
  const remote = Comlink.proxy(createRemoteApi(openDatabase(factory, 'hearth-remote')));
  const open = (api: Parameters<typeof createFakeThread>[0]) => {
    const thread = createFakeThread(api);
    threads.push(thread);
    return thread.port;
  };
  return createClient({
    openEngine: () => open(createFakeEngine()),
    openImport: () => open({ ...createFakeImporter(), remote }),
    siteUrl: 'http://localhost:4173/',
  }).remote;
}

async function setUp(answer: Answering, key: string | null = null) {
  const server = await serve(answer);
  servers.push(server);
  const remote = openPage();
  await remote.addEndpoint(server.url, key);
  return { server, remote };
}

/** A server that has the one model "big" and answers as written. */
const withModel =
  (answer: Answering): Answering =>
  (asked, response) =>
    asked.path === '/v1/models' ? sendJson(response, 200, { data: [{ id: 'big' }] }) : answer(asked, response);

async function setUpModel(answer: Answering, key?: string) {
  const { server, remote } = await setUp(withModel(answer), key);
  const [model] = await remote.models(server.url);
  return { server, remote, model: model! };
}

async function read(answer: AsyncIterable<AnswerChunk>) {
  const chunks: AnswerChunk[] = [];
  for await (const piece of answer) chunks.push(piece);
  return { chunks, text: chunks.map(({ text }) => text).join(''), last: chunks.at(-1) };
}

const streamOf =
  (...data: (object | string)[]): Answering =>
  (_, response) => {
    beginEvents(response);
    for (const one of data) sendEvent(response, one);
    response.end();
  };

describe('the servers', () => {
  it('are kept with their keys for the next visit, and the keys stay inside', async () => {
    const remote = openPage();
    expect(await remote.addEndpoint(' http://localhost:11434/ ')).toEqual({
      url: 'http://localhost:11434/v1',
      hasKey: false,
      models: [],
    });
    await remote.addEndpoint('https://api.example/openai/v1/', ' secret ');
    await remote.addEndpoint('https://api.example/openai/v1?x=1');
    await remote.addEndpoint('https://api.example/openai/v1', 'secret');
    const next = openPage();
    expect(await next.endpoints()).toEqual([
      { url: 'http://localhost:11434/v1', hasKey: false, models: [] },
      { url: 'https://api.example/openai/v1', hasKey: true, models: [] },
    ]);
    await next.removeEndpoint('http://localhost:11434/v1');
    expect(await remote.endpoints()).toHaveLength(1);
  });

  it.each(['localhost', 'ftp://localhost/', 'https://me:secret@api.example/', ''])('refuses %j', async (url) => {
    await expect(openPage().addEndpoint(url)).rejects.toMatchObject({ code: 'bad-request' });
  });

  it('keep the names of the models they have told, also with another key, and nothing of one that is gone', async () => {
    const { server, remote } = await setUpModel(() => {});
    expect(await remote.endpoints()).toEqual([{ url: server.url, hasKey: false, models: ['big'] }]);
    expect(await remote.addEndpoint(server.url, 'secret')).toMatchObject({ hasKey: true, models: ['big'] });
    const { server: slow, remote: other } = await setUp(async (_, response) => {
      await other.removeEndpoint(slow.url);
      sendJson(response, 200, { data: [{ id: 'big' }] });
    });
    await other.models(slow.url);
    expect((await other.endpoints()).map(({ url }) => url)).toEqual([server.url]);
  });

  it('are asked only when they were entered, and no more when they were taken out', async () => {
    const { server, remote, model } = await setUpModel(streamOf(chunk({ content: 'Hi' }, 'stop'), '[DONE]'));
    await remote.removeEndpoint(server.url);
    await expect(remote.models(server.url)).rejects.toMatchObject({ code: 'bad-request' });
    await expect(read(model.chat(messages))).rejects.toMatchObject({ code: 'bad-request' });
    expect(server.asked).toHaveLength(1);
  });

  it('get their own key, which follows no redirect', async () => {
    const other = await serve((_, response) => sendJson(response, 200, { data: [] }));
    servers.push(other);
    const { server, remote } = await setUp((_, response) => {
      response.writeHead(307, { Location: `${other.url}/models` });
      response.end();
    }, 'secret');
    await expect(remote.models(server.url)).rejects.toMatchObject({ code: 'network' });
    expect(server.asked[0]?.headers).toMatchObject({ authorization: 'Bearer secret' });
    expect(other.asked).toEqual([]);
  });
});

describe('an answer', () => {
  it('is asked with all that these servers can be told, and comes as that of a model of our own', async () => {
    const { server, model } = await setUpModel(
      streamOf(
        chunk({ role: 'assistant', content: '' }),
        chunk({ content: 'Hel' }),
        chunk({ content: 'lo' }),
        chunk({}, 'length'),
        {
          choices: [],
          usage: { prompt_tokens: 9, completion_tokens: 4, prompt_tokens_details: { cached_tokens: 8 } },
        },
        '[DONE]',
      ),
      'secret',
    );
    const { text, last } = await read(
      model.chat(messages, {
        temperature: 0.5,
        topK: 4,
        maxTokens: 7,
        stop: ['end'],
        seed: 3,
        salt: 'a',
        priority: 'background',
      }),
    );
    expect(text).toBe('Hello');
    expect(last).toMatchObject({
      finishReason: 'length',
      seed: 3,
      stats: { promptTokens: 9, completionTokens: 4, cachedTokens: 8 },
    });
    expect(server.asked[1]).toMatchObject({ method: 'POST', path: '/v1/chat/completions' });
    expect(server.asked[1]?.body).toEqual({
      model: 'big',
      messages,
      stream: true,
      stream_options: { include_usage: true },
      seed: 3,
      temperature: 0.5,
      top_k: 4,
      max_tokens: 7,
      stop: ['end'],
    });
  });

  it.each(['reasoning_content', 'reasoning'])('has its thinking before it, from %s', async (field) => {
    const { model } = await setUpModel(
      streamOf(
        chunk({ [field]: 'A ' }),
        chunk({ [field]: 'dog?' }),
        chunk({ content: 'A dog.' }),
        chunk({ content: null }, 'stop'),
      ),
    );
    expect((await read(model.chat(messages))).text).toBe('<think>A dog?</think>\n\nA dog.');
  });

  it('comes from our own wire as from any', async () => {
    const { client } = createFakeClient({ words: () => ['<think>', 'A dog?', '</think>', 'A dog.'] });
    const handle = createHandler({ client });
    const { server, remote } = await setUp(async ({ method, path, body }, response) => {
      const init = { method, body: body === null ? null : JSON.stringify(body) };
      const answer = await handle(new Request(`https://hearth.local${path}`, init));
      response.writeHead(answer.status, Object.fromEntries(answer.headers));
      response.end(Buffer.from(await answer.arrayBuffer()));
    });
    const models = await remote.models(server.url);
    expect(models.map(({ id }) => id)).toEqual(catalog.map(({ id }) => id));
    const { text, last } = await read(models[0]!.chat(messages, { seed: 5 }));
    expect(text).toBe('<think>A dog?</think>\n\nA dog.');
    expect(last).toMatchObject({ finishReason: 'stop', seed: 5, stats: { promptTokens: 5, completionTokens: 4 } });
    await expect(read(models[0]!.chat([]))).rejects.toMatchObject({ code: 'bad-request' });
  });

  it('ends when it is stopped, and the connection with it', async () => {
    const { server, model } = await setUpModel((_, response) => {
      beginEvents(response);
      sendEvent(response, chunk({ content: 'Hello' }));
    });
    const controller = new AbortController();
    const answer = model.chat(messages, { signal: controller.signal });
    const first = await answer.next();
    expect(first.value?.text).toBe('Hello');
    controller.abort();
    const { last } = await read(answer);
    expect(last).toMatchObject({ finishReason: 'aborted', text: '' });
    await until(() => server.brokenOff() === 1);
  });

  it('is not asked for what only our own engine can do', async () => {
    const { server, model } = await setUpModel(streamOf());
    await expect(read(model.chat(messages, { logprobs: 1 }))).rejects.toMatchObject({ code: 'bad-request' });
    expect(server.asked).toHaveLength(1);
  });
});

describe('what goes wrong', () => {
  it.each([
    [401, { error: { message: 'Wrong key.' } }, 'refused', 'Wrong key.'],
    [404, { error: { message: 'No such model.' } }, 'not-found', 'No such model.'],
    [400, { error: { message: 'Too long.', code: 'context_length_exceeded' } }, 'context-overflow', 'Too long.'],
    [400, { error: "This model's maximum context length is 8." }, 'context-overflow', 'maximum context length'],
    [422, { error: { message: 'Bad top_k.', code: 3 } }, 'bad-request', 'Bad top_k.'],
    [429, { error: 'Slow down.' }, 'rate-limited', 'Slow down.'],
    [503, '<html>Down</html>', 'network', 'Down'],
    [500, '', 'network', 'Internal Server Error'],
  ])('an answer of status %i is told in our words', async (status, body, code, words) => {
    const { model } = await setUpModel((_, response) => sendJson(response, status, body));
    await expect(read(model.chat(messages))).rejects.toMatchObject({
      code,
      message: expect.stringContaining(words) as string,
    });
  });

  it('a reason that is longer than anybody reads is cut', async () => {
    const { model } = await setUpModel((_, response) =>
      sendJson(response, 500, { error: { message: 'a'.repeat(9999) } }),
    );
    const failure: unknown = await read(model.chat(messages)).catch((error: unknown) => error);
    expect((failure as Error).message).toMatch(/answered 500: a{500}…$/);
  });

  it('being stopped while a server tells why it fails is being stopped', async () => {
    const { server, remote } = await setUp((_, response) => void response.writeHead(500).write('On and'));
    const controller = new AbortController();
    const listing = remote.models(server.url, { signal: controller.signal });
    await until(() => server.asked.length === 1);
    setTimeout(() => controller.abort(), 100);
    await expect(listing).rejects.toMatchObject({ code: 'aborted' });
  });

  it('a server that is not there', async () => {
    const { server, remote } = await setUp(() => {});
    server.close();
    await expect(remote.models(server.url)).rejects.toMatchObject({
      code: 'network',
      hint: expect.stringContaining('CORS') as string,
    });
  });

  const unfit: [string, Answering, string][] = [
    ['breaks off', (_, response) => (streamBegun(response), void response.destroy()), 'network'],
    ['ends without a reason', streamOf(chunk({ content: 'Hello' }), '[DONE]'), 'network'],
    ['fails in the middle', streamOf(chunk({ content: 'Hello' }), { error: { message: 'Out of memory.' } }), 'network'],
    ['sends no JSON', streamOf('Hello'), 'bad-file'],
    ['sends something else', streamOf({ choices: 'Hello' }), 'bad-file'],
    ['does not stream', (_, response) => sendJson(response, 200, { choices: [] }), 'bad-file'],
    [
      'sends a line without end',
      (_, response) => (beginEvents(response), void response.end('a'.repeat(1_100_000))),
      'network',
    ],
  ];
  it.each(unfit)('a server that %s', async (_name, answer, code) => {
    const { model } = await setUpModel(answer);
    await expect(read(model.chat(messages))).rejects.toMatchObject({ code });
  });

  it('a list of models beyond all measure is read as far as anybody could use it', async () => {
    const names = ['big', 'big', 'a'.repeat(5000), ...Array.from({ length: 20_000 }, (_, i) => `model-${i}`)];
    const { server, remote } = await setUp((_, response) =>
      sendJson(response, 200, { data: names.map((id) => ({ id })) }),
    );
    const models = await remote.models(server.url);
    expect(models).toHaveLength(10_000);
    expect(models.slice(0, 2).map(({ id }) => id)).toEqual(['big', 'model-0']);
  });

  it('a list of models that is none, and one that is given up', async () => {
    const { server, remote } = await setUp((_, response) => sendJson(response, 200, '<html>Hello</html>'));
    await expect(remote.models(server.url)).rejects.toMatchObject({ code: 'bad-file' });
    const { server: silent, remote: patient } = await setUp(() => {});
    const controller = new AbortController();
    const listing = patient.models(silent.url, { signal: controller.signal });
    await until(() => silent.asked.length === 1);
    controller.abort();
    await expect(listing).rejects.toMatchObject({ code: 'aborted' });
    await expect(patient.models(silent.url, { signal: controller.signal })).rejects.toMatchObject({ code: 'aborted' });
  });
});

function streamBegun(response: Parameters<Answering>[1]): void {
  beginEvents(response);
  sendEvent(response, chunk({ content: 'Hello' }));
}
