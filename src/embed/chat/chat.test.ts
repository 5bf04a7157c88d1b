import { afterEach, expect, it } from 'vitest';
import { closeFakeClients, createFakeClient, until } from '../../client/openai/testing/fake-client';
import type { FakeEngineOptions } from '../../client/testing/fake-engine';
import { HearthError } from '../../lib/errors';
import { createChat } from './chat';

afterEach(closeFakeClients);

const salt = 'https://host.example';
const forever: FakeEngineOptions = {
  *words() {
    for (;;) yield ' on';
  },
  wordMs: 1,
};

function open(options?: FakeEngineOptions) {
  const { client, engine, engineThreads } = createFakeClient(options);
  const chat = createChat({ model: 'tales', client, salt });
  return { chat, engine, engineThreads, state: () => chat.store.getState() };
}

const said = ({ state }: ReturnType<typeof open>) => state().turns.map(({ role, text }) => `${role}: ${text}`);

it('answers with all that was said before, under the salt of the host', async () => {
  const page = open();
  await page.chat.send('Hello');
  await page.chat.send('And you?');
  expect(said(page)).toEqual(['user: Hello', 'assistant: Hello there.', 'user: And you?', 'assistant: Hello there.']);
  expect(page.state()).toMatchObject({ phase: 'idle', problem: null, progress: null, isLoaded: true });
  expect(page.engine.requests[1]).toMatchObject({
    prompt: { messages: [{ content: 'Hello' }, { role: 'assistant' }, { content: 'And you?' }] },
    options: { salt, contextPolicy: 'drop-oldest' },
  });
  expect(page.engine.calls.filter((call) => call.startsWith('load'))).toHaveLength(1);
});

it('keeps what was written when it is stopped, and takes no message meanwhile', async () => {
  const page = open(forever);
  const sending = page.chat.send('Hello');
  await until(() => page.state().phase === 'writing');
  await page.chat.send('Too early');
  page.chat.stop();
  await sending;
  expect(page.state().phase).toBe('idle');
  expect(said(page)).toEqual(['user: Hello', expect.stringMatching(/^assistant: ( on)+$/)]);
});

it('is empty at once when it is cleared, and what still comes goes nowhere', async () => {
  const page = open(forever);
  const sending = page.chat.send('Hello');
  await until(() => page.state().phase === 'writing');
  page.chat.clear();
  expect(page.state()).toMatchObject({ turns: [], phase: 'idle' });
  await sending;
  expect(page.state()).toMatchObject({ turns: [], phase: 'idle', problem: null });
});

it('shows a problem and answers the same message at the next try', async () => {
  const page = open({ loadErrors: [new HearthError('out-of-memory', 'No room.')] });
  await page.chat.send('Hello');
  expect(page.state()).toMatchObject({ phase: 'idle', problem: { code: 'out-of-memory' }, isLoaded: false });
  await page.chat.retry();
  expect(page.state().problem).toBe(null);
  expect(said(page)).toEqual(['user: Hello', 'assistant: Hello there.']);
});

it('loads a model again whose thread has died', async () => {
  const page = open();
  await page.chat.send('Hello');
  page.engineThreads[0]?.crash('out of paper');
  await page.chat.send('Still there?');
  expect(page.state()).toMatchObject({ problem: { code: 'internal' }, isLoaded: false });
  await page.chat.retry();
  expect(page.state()).toMatchObject({ problem: null, isLoaded: true });
  expect(said(page).at(-1)).toBe('assistant: Hello there.');
});

it('stops waiting for a model at once', async () => {
  const page = open({ wordMs: 20 });
  const sending = page.chat.send('Hello');
  page.chat.stop();
  await sending;
  expect(page.state()).toMatchObject({ phase: 'idle', problem: null });
  expect(said(page)).toEqual(['user: Hello']);
});
