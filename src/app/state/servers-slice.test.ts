import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { afterEach, describe, expect, it } from 'vitest';
import { HearthError } from '../../lib/errors';
import {
  beginEvents,
  chunk,
  sendEvent,
  sendJson,
  serve,
  type Answering,
  type Asked,
  type TestServer,
} from '../../remote/testing/openai-server';
import { BatchStore } from '../batch/batch-store';
import { readPrompts } from '../batch/read-prompts';
import { createFakeBatchTabs } from '../batch/testing/fake-tabs';
import { openDatabase } from '../../weights/database';
import { createRemoteApi } from '../../../workers/remote-api';
import { nextMove } from './next-move';
import { answererLabel, placeOfServer } from './servers-slice';
import { closePages, openPage } from './testing/page';

const servers: TestServer[] = [];
afterEach(() => {
  closePages();
  for (const server of servers.splice(0)) server.close();
});

const usage = { choices: [], usage: { prompt_tokens: 7, completion_tokens: 3 } };
const sayHello: Answering = (_, response) => {
  beginEvents(response);
  for (const data of [chunk({ content: 'Hello ' }), chunk({ content: 'there' }, 'stop'), usage, '[DONE]'])
    sendEvent(response, data);
  response.end();
};

/** A server with the models "big" and "vast". */
async function start(answer: Answering = sayHello): Promise<TestServer> {
  const server = await serve((asked, response) =>
    asked.path === '/v1/models'
      ? sendJson(response, 200, { data: [{ id: 'big' }, { id: 'vast' }] })
      : answer(asked, response),
  );
  servers.push(server);
  return server;
}

function open() {
  globalThis.indexedDB = new IDBFactory();
  const remote = createRemoteApi(openDatabase(new IDBFactory(), 'hearth-remote'));
  return openPage({
    remote,
    batch: { store: new BatchStore(), tabs: createFakeBatchTabs().open() },
    words: () => ['Once', ' upon'],
  });
}

async function openWithServer(answer?: Answering) {
  const server = await start(answer);
  const page = open();
  await page.state().addServer(server.url, 'secret');
  const choose = (model = 'big') => page.state().answerThere({ endpoint: server.url, model });
  return { server, host: new URL(server.url).host, choose, ...page };
}

const chatsAsked = (server: TestServer) => server.asked.filter(({ path }) => path === '/v1/chat/completions');
const messagesOf = ({ body }: Asked) => (body as { messages: { role: string; content: string }[] }).messages;

describe('the servers', () => {
  it('are asked for their models when they are entered, and shown without their key', async () => {
    const { server, state } = await openWithServer();
    expect(state().servers).toEqual([{ url: server.url, hasKey: true, models: ['big', 'vast'] }]);
    expect(state().serverChecks.get(server.url)).toEqual({ kind: 'answered' });
    expect(server.asked.map(({ path }) => path)).toEqual(['/v1/models']);
    expect(JSON.stringify([...Object.values(state())])).not.toContain('secret');
  });

  it('stay when they do not answer, with what was wrong', async () => {
    const { server, state } = await openWithServer();
    server.close();
    await state().askServer(server.url);
    expect(state().serverChecks.get(server.url)).toMatchObject({ kind: 'failed', error: { code: 'network' } });
    expect(state().servers).toMatchObject([{ url: server.url, models: ['big', 'vast'] }]);
  });

  it('are not kept for what is no address', async () => {
    const { state } = open();
    await expect(state().addServer('no address', null)).rejects.toMatchObject({ code: 'bad-request' });
    await state().openServers();
    expect(state().servers).toEqual([]);
  });

  it.each([
    ['http://localhost:11434/v1', 'localhost:11434'],
    ['https://example.org/openai/v1', 'example.org/openai/v1'],
  ])('%s is told as %s', (url, place) => {
    expect(placeOfServer(url)).toBe(place);
  });
});

describe('a chat', () => {
  it('is answered here and sends nothing until a server has been chosen for it', async () => {
    const { server, state } = await openWithServer();
    await state().send('Hi');
    expect(state().transcript.at(-1)).toMatchObject({ content: 'Once upon', modelLabel: 'Tales' });
    expect(state().transcript.at(-1)).not.toHaveProperty('host');
    expect(chatsAsked(server)).toEqual([]);
  });

  it('is answered by the server that was chosen, and says so of each answer', async () => {
    const { server, host, choose, state, engine } = await openWithServer();
    choose();
    expect(answererLabel(state())).toBe('big');
    state().setChatSettings({ systemPrompt: 'Be brief.', sampling: { temperature: 0.5, maxTokens: 9 } });
    await state().send('Hi');
    const [asked] = chatsAsked(server);
    expect(asked?.headers.authorization).toBe('Bearer secret');
    expect(asked?.body).toMatchObject({ model: 'big', temperature: 0.5, max_tokens: 9 });
    expect(messagesOf(asked!)).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hi' },
    ]);
    expect(state().transcript.at(-1)).toMatchObject({
      content: 'Hello there',
      modelLabel: 'big',
      host,
      state: 'done',
      stats: { promptTokens: 7, completionTokens: 3 },
    });
    expect(engine.requests).toEqual([]);
  });

  it('that has begun elsewhere asks before it is sent, and once', async () => {
    const { server, choose, state } = await openWithServer();
    await state().send('Private');
    choose();
    expect(state().openedChat.remote ?? null).toBeNull();
    state().settleChoice(false);
    await state().regenerate();
    expect(chatsAsked(server)).toEqual([]);
    choose();
    state().settleChoice(true);
    await state().send('Public');
    expect(messagesOf(chatsAsked(server)[0]!).map(({ content }) => content)).toEqual([
      'Private',
      'Once upon',
      'Public',
    ]);
    choose('vast');
    expect(state().awaitedChoice).toBeNull();
    expect(state().openedChat.remote?.model).toBe('vast');
  });

  it('is not sent there by a yes to another one', async () => {
    const { choose, state } = await openWithServer();
    await state().send('Private');
    choose();
    await state().deleteChat(state().openedChat.id); // as another tab may
    state().settleChoice(true);
    expect(state()).toMatchObject({ awaitedChoice: null, transcript: [] });
    expect(state().openedChat.remote ?? null).toBeNull();
  });

  it('comes back to this device, and has to ask again', async () => {
    const { server, choose, state } = await openWithServer();
    choose();
    await state().send('Hi');
    state().answerHere();
    await state().send('And now?');
    expect(state().transcript.map(({ host }) => host === undefined)).toEqual([true, false, true, true]);
    expect(chatsAsked(server)).toHaveLength(1);
    choose();
    expect(state().awaitedChoice).not.toBeNull();
  });

  it('keeps its server, the next one goes on with it, and other chats stay here', async () => {
    const { server, choose, state } = await openWithServer();
    await state().send('Local');
    const local = state().openedChat.id;
    await state().newChat();
    choose();
    await state().send('Remote');
    const remote = state().openedChat.id;
    await state().flushChats();
    await state().newChat();
    expect(state().openedChat.remote).toEqual({ endpoint: server.url, model: 'big' });
    await state().showChat(local);
    expect(state().openedChat.remote ?? null).toBeNull();
    await state().newChat();
    expect(state().openedChat.remote ?? null).toBeNull();
    await state().showChat(remote);
    expect(state().openedChat.remote).toEqual({ endpoint: server.url, model: 'big' });
  });

  it('can be stopped, and keeps what had come', async () => {
    const { server, choose, state, until } = await openWithServer((_, response) => {
      beginEvents(response);
      sendEvent(response, chunk({ content: 'Hello' }));
    });
    choose();
    const sent = state().send('Hi');
    await until(({ transcript }) => transcript.at(-1)?.content === 'Hello');
    state().stop();
    await sent;
    expect(state().transcript.at(-1)).toMatchObject({ content: 'Hello', state: 'stopped' });
    expect(state().transcript.at(-1)).not.toHaveProperty('stats');
    await expect.poll(server.brokenOff).toBe(1);
  });

  it('tells what a server refuses, tries again there, and never here by itself', async () => {
    let isLocked = true;
    const { server, choose, state, engine, until } = await openWithServer((asked, response) =>
      isLocked ? sendJson(response, 401, { error: { message: 'Wrong key' } }) : sayHello(asked, response),
    );
    choose();
    await state().send('Hi');
    const { answerProblem } = state();
    expect(answerProblem).toMatchObject({
      code: 'refused',
      message: expect.stringContaining('Wrong key') as string,
    });
    expect(state().problem).toBeNull();
    isLocked = false;
    nextMove(state(), answerProblem!).run();
    await until(({ transcript, runs }) => transcript.at(-1)?.content === 'Hello there' && runs.size === 0);
    expect(state().answerProblem).toBeNull();
    expect(chatsAsked(server)).toHaveLength(2);
    expect(engine.requests).toEqual([]);
  });

  it('that broke off is answered anew, beside what had come', async () => {
    let isBroken = true;
    const { choose, state, until } = await openWithServer((asked, response) => {
      if (!isBroken) return sayHello(asked, response);
      beginEvents(response);
      sendEvent(response, chunk({ content: 'It began' }));
      setTimeout(() => response.destroy(), 20);
    });
    choose();
    await state().send('Hi');
    expect(state().transcript.at(-1)).toMatchObject({ content: 'It began', state: 'error' });
    isBroken = false;
    nextMove(state(), state().answerProblem!).run();
    await until(({ transcript, runs }) => transcript.at(-1)?.content === 'Hello there' && runs.size === 0);
    expect(state().tree.messages.size).toBe(3);
  });

  it('is not sent because the engine comes back to this tab', async () => {
    const { server, choose, state, store } = await openWithServer((_, response) =>
      sendJson(response, 401, { error: { message: 'Wrong key' } }),
    );
    choose();
    await state().send('Hi');
    store.setState({ problem: new HearthError('engine-elsewhere', 'Another tab has the engine.') });
    await state().bringHere();
    expect(state().modelState.kind).toBe('ready');
    expect(chatsAsked(server)).toHaveLength(1);
  });

  it('that is too long for a server begins anew with its words', async () => {
    const { choose, state } = await openWithServer((_, response) =>
      sendJson(response, 400, { error: { message: 'too long', code: 'context_length_exceeded' } }),
    );
    choose();
    await state().send('Very long');
    expect(nextMove(state(), state().answerProblem!).kind).toBe('newChat');
    await state().newChat();
    expect(state().composerText).toBe('Very long');
  });

  it('of a server that was removed says so, and is not answered by another', async () => {
    const { server, choose, state, engine } = await openWithServer();
    choose();
    await state().removeServer(server.url);
    expect(state().servers).toEqual([]);
    expect(state().serverChecks.size).toBe(0);
    await state().send('Hi');
    expect(state().answerProblem).toMatchObject({ code: 'bad-request' });
    expect([chatsAsked(server), engine.requests]).toEqual([[], []]);
  });

  it('is exported with where it was answered, but not with where it goes on', async () => {
    const { server, host, choose, state } = await openWithServer();
    choose();
    await state().send('Hi');
    const { content } = await state().exportChats('all', 'json');
    const json = await content.text();
    expect(json).toContain(host);
    expect(json).not.toContain(server.url);
    expect(json).not.toContain('secret');
    await state().removeChat(state().openedChat.id);
    await state().importChats([new File([json], 'chats.json')]);
    await state().showChat(state().chatList[0]!.id);
    expect(state().transcript.at(-1)).toMatchObject({ host, modelLabel: 'big' });
    expect(state().openedChat.remote ?? null).toBeNull();
  });
});

describe('a batch', () => {
  const prompts = () => readPrompts('topics.csv', 'topic\ndogs\ncats\nfoxes', 'csv');

  it('is sent to the server that was chosen for it, says so of each row, and is kept without it', async () => {
    const { server, host, state, engine } = await openWithServer();
    await state().takePrompts(prompts());
    state().changeBatch({ remote: { endpoint: server.url, model: 'big' } });
    await state().runBatch();
    expect(state().batchProblem).toBeNull();
    const asked = chatsAsked(server).flatMap((one) => messagesOf(one).map(({ content }) => content));
    expect(asked.toSorted()).toEqual(['cats', 'dogs', 'foxes']);
    expect([...state().batchResults.values()]).toMatchObject(
      Array.from({ length: 3 }, () => ({ answer: 'Hello there', modelLabel: `big at ${host}`, completionTokens: 3 })),
    );
    expect(engine.requests).toEqual([]);
    expect(JSON.stringify(await state().batchToKeep())).not.toContain(server.url);
    await state().takePrompts(prompts());
    expect(state().batch?.settings).not.toHaveProperty('remote');
  });

  it('stops at once where the server refuses it', async () => {
    const { server, state } = await openWithServer((_, response) =>
      sendJson(response, 401, { error: { message: 'Wrong key' } }),
    );
    await state().takePrompts(prompts());
    state().changeBatch({ remote: { endpoint: server.url, model: 'big' }, concurrency: 1 });
    await state().runBatch();
    expect(state().batchProblem).toMatchObject({ code: 'refused' });
    expect(chatsAsked(server)).toHaveLength(1);
    expect(state().batchResults.size).toBe(0);
  });
});
