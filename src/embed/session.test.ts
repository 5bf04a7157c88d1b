/** A host's own calls through a real port: what it may have, what is counted, and what is left when it has gone. */
import { afterEach, describe, expect, it } from 'vitest';
import { EMBED_LIMITS } from '../client/allowed-sites';
import { closeFakeClients, createFakeClient, until } from '../client/openai/testing/fake-client';
import type { FakeEngineOptions } from '../client/testing/fake-engine';
import { HearthError } from '../lib/errors';
import { closeFrameDoors, openFrameDoor, type FrameDoorOptions } from './testing/frame-door';

afterEach(() => {
  closeFrameDoors();
  closeFakeClients();
});

const chat = (fields: object = {}): RequestInit => ({
  method: 'POST',
  headers: { Authorization: 'Bearer secret' },
  body: JSON.stringify({ model: 'tales', messages: [{ role: 'user', content: 'Hello' }], ...fields }),
});
const url = 'https://hearth.local/v1/chat/completions';
const forever: FakeEngineOptions = {
  *words() {
    for (;;) yield ' on';
  },
  wordMs: 1,
};

async function setUp(engineOptions?: FakeEngineOptions, door?: FrameDoorOptions) {
  const { client, engine, engineThreads } = createFakeClient(engineOptions);
  return { engine, engineThreads, connection: await openFrameDoor(client, door) };
}

it('loads a model with progress, and keeps it until the connection ends', async () => {
  const { connection, engine } = await setUp();
  const phases: string[] = [];
  const model = await connection.loadModel('tales', {
    contextLength: 512,
    onProgress: ({ phase }) => phases.push(phase),
  });
  expect(model).toEqual({ id: 'tales', label: 'Tales', contextLength: 512, warning: null });
  expect(phases).toContain('upload');
  expect(await connection.status()).toMatchObject({ loaded: ['tales'], running: 0 });
  await (await connection.fetch(url, chat())).json();
  expect(engine.calls.filter((call) => call.startsWith('unload'))).toEqual([]);
  connection.close();
  await until(() => engine.calls.includes('unload tales'));
});

it('loads a model again whose thread has died', async () => {
  const { connection, engineThreads } = await setUp();
  await connection.loadModel('tales');
  engineThreads[0]?.crash('out of paper');
  expect(await connection.loadModel('tales')).toMatchObject({ id: 'tales' });
});

describe('limits', () => {
  it('keep a context within bounds', async () => {
    const { connection } = await setUp();
    await expect(connection.loadModel('tales', { contextLength: 8192 })).rejects.toMatchObject({ code: 'bad-request' });
  });

  it('keep to the catalogue: no address and no repository is ever asked', async () => {
    const { connection, engine } = await setUp();
    for (const model of ['https://evil.example/model/', 'owner/name', '/models/tales/', 'constructor']) {
      await expect(connection.loadModel(model)).rejects.toMatchObject({ code: 'bad-request' });
      const response = await connection.fetch(url, chat({ model }));
      expect([response.status, await response.json()]).toMatchObject([404, { error: { code: 'model_not_found' } }]);
    }
    expect(engine.calls).toEqual([]);
  });

  it('refuse more answers at once than are allowed', async () => {
    const { connection } = await setUp(forever);
    const begun = await Promise.all([1, 2, 3, 4].map(() => connection.fetch(url, chat({ stream: true }))));
    expect(begun.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    const refused = await connection.fetch(url, chat());
    expect([refused.status, await refused.json()]).toMatchObject([429, { error: { type: 'rate_limit_error' } }]);
    await begun[0]!.body!.cancel();
    const again = async () => (await connection.fetch(url, chat({ stream: true }))).status;
    while ((await again()) !== 200);
  });

  it('refuse more answers than there may ever be before anything is made for them', async () => {
    const { connection, engine } = await setUp();
    const prompt = Array.from({ length: 200_000 }, () => 'a');
    for (const stream of [false, true]) {
      const body = JSON.stringify({ model: 'tales', prompt, n: 128, echo: true, stream });
      const response = await connection.fetch('https://hearth.local/v1/completions', { method: 'POST', body });
      expect([response.status, await response.json()]).toMatchObject([400, { error: { param: 'n' } }]);
    }
    expect(engine.calls).toEqual([]);
  });

  it('count what is read and written, finish what has begun, and refuse until the minute has passed', async () => {
    let nowMs = 0;
    const limits = { ...EMBED_LIMITS, tokensPerMinute: 6 };
    const { connection } = await setUp(undefined, { limits, now: () => nowMs });
    expect(await connection.status()).toMatchObject({ tokensLeft: 6, limits });
    const whole = await connection.fetch(url, chat());
    expect(await whole.json()).toMatchObject({ usage: { prompt_tokens: 5, completion_tokens: 3 } });
    expect((await connection.status()).tokensLeft).toBe(-2);
    const refused = await connection.fetch(url, chat());
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '30']);
    nowMs = 30_000;
    expect((await connection.fetch(url, chat())).status).toBe(200);
  });
});

describe('a refusal', () => {
  const permit = async (model: string) => {
    if (model !== 'tales') throw new HearthError('refused', 'The person said no.');
  };

  it('is 403 on the wire and a typed error elsewhere', async () => {
    const { connection, engine } = await setUp(undefined, { permit });
    const response = await connection.fetch(url, chat({ model: 'tales-draft' }));
    expect([response.status, await response.json()]).toMatchObject([403, { error: { code: 'permission_denied' } }]);
    await expect(connection.loadModel('tales-draft')).rejects.toMatchObject({ name: 'HearthError', code: 'refused' });
    expect(engine.calls).toEqual([]);
  });

  it('is the answer to every call of a frame that is a chat for the person', async () => {
    const { connection, engine } = await setUp(undefined, { use: 'chat' });
    expect((await connection.fetch(url, chat())).status).toBe(403);
    await expect(connection.loadModel('tales')).rejects.toMatchObject({ code: 'refused' });
    expect(engine.calls).toEqual([]);
  });
});

it('salts what is cached with the origin of the host, and no header of the host goes along', async () => {
  const { connection, engine } = await setUp();
  await connection.fetch(url, chat({ salt: 'https://other.example' }));
  expect(engine.requests[0]?.options.salt).toBe('https://host.example');
  expect(JSON.stringify(engine.requests)).not.toContain('secret');
});

describe('the end of a connection', () => {
  it('ends every answer, fails every call, and is the end', async () => {
    const { connection, engine } = await setUp(forever);
    const streaming = await connection.fetch(url, chat({ stream: true }));
    const waiting = connection.fetch(url, chat());
    await until(() => engine.requests.length === 2);
    connection.close();
    await expect(streaming.text()).rejects.toMatchObject({ code: 'aborted' });
    await expect(waiting).rejects.toMatchObject({ code: 'aborted' });
    expect(await connection.closed).toMatchObject({ code: 'aborted' });
    await expect(connection.fetch(url, chat())).rejects.toMatchObject({ code: 'aborted' });
    await expect(connection.status()).rejects.toMatchObject({ code: 'aborted' });
    await until(() => engine.calls.filter((call) => call.startsWith('abort')).length === 2);
  });

  it('by the frame tells the host why', async () => {
    const { client } = createFakeClient();
    let now = 0;
    const connection = await openFrameDoor(client, { now: () => (now += 0) });
    const asked = Array.from({ length: 5000 }, () => connection.status().catch((error: HearthError) => error.code));
    expect(await connection.closed).toMatchObject({ code: 'rate-limited' });
    expect(await Promise.all(asked)).toContain('rate-limited');
  });

  it('lets go of a model that is still on its way', async () => {
    const { connection, engine } = await setUp({ wordMs: 20 });
    const loading = connection.loadModel('tales').catch((error: HearthError) => error.code);
    await until(() => engine.calls.includes('load tales'));
    connection.close();
    expect(await loading).toBe('aborted');
    await until(() => engine.calls.includes('unload tales'));
  });
});
