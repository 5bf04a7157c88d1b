import { afterEach, describe, expect, it, vi } from 'vitest';
import { HearthError } from '../lib/errors';
import type { AnswerChunk } from './answer';
import type { EnsureRequest } from '../protocol/import-api';
import { createClient, type HearthClient } from './client';
import { createEngineHolder } from './engine-holder';
import {
  createFakeEngine,
  createFakeImporter,
  createFakeThread,
  type FakeEngineOptions,
  type FakeImporterOptions,
  type FakeThread,
} from './testing/fake-engine';
import { createFakeSite } from './testing/fake-site';

const hello = [{ role: 'user', content: 'Hello' }] as const;

const open: FakeThread[] = [];
afterEach(() => {
  for (const thread of open.splice(0)) thread.close();
});

/** @param site where other tabs are; none if absent */
function setUp(
  engineOptions: FakeEngineOptions = {},
  importerOptions: FakeImporterOptions = {},
  site = createFakeSite(),
) {
  const engine = createFakeEngine(engineOptions);
  const importer = createFakeImporter(importerOptions);
  const engineThreads: FakeThread[] = [];
  const client = createClient({
    openEngine() {
      const thread = createFakeThread(engine);
      engineThreads.push(thread);
      open.push(thread);
      return thread.port;
    },
    openImport() {
      const thread = createFakeThread(importer);
      open.push(thread);
      return thread.port;
    },
    siteUrl: 'http://localhost:4173/',
    engineHolder: createEngineHolder(site.open().parts),
  });
  return { client, engine, importer, engineThreads };
}

async function read(answer: AsyncIterable<AnswerChunk>) {
  const chunks: AnswerChunk[] = [];
  for await (const chunk of answer) chunks.push(chunk);
  return { chunks, text: chunks.map(({ text }) => text).join(''), last: chunks.at(-1) };
}

function* endless() {
  for (;;) yield ' on';
}

describe('loadModel', () => {
  it('imports, then loads, and reports every phase', async () => {
    const { client, engine, importer } = setUp();
    const phases: string[] = [];
    const model = await client.loadModel('tales', { onProgress: ({ phase }) => phases.push(phase) });
    expect(importer.calls).toEqual(['ensure tales http://localhost:4173/models/tales/']);
    expect(engine.calls).toEqual(['load tales']);
    expect(phases).toEqual(['download', 'store', 'upload']);
    expect(model).toMatchObject({ id: 'tales', label: 'Tales', contextLength: 1024, warning: null });
  });

  it('reports nothing after the end, though progress has a port of its own and may be late', async () => {
    const { client, engine } = setUp();
    const phases: string[] = [];
    const { load } = engine;
    engine.load = async (request, onProgress) => {
      const loaded = await load(request, onProgress);
      setTimeout(() => onProgress({ phase: 'compile', loadedBytes: 0, totalBytes: 0 }), 1);
      return loaded;
    };
    const model = await client.loadModel('tales', { onProgress: ({ phase }) => phases.push(phase) });
    await new Promise((resolve) => setTimeout(resolve, 10));
    await model.tokenize('a');
    expect(phases.at(-1)).toBe('upload');
  });

  it('takes the address of a folder, relative or absolute', async () => {
    const { client, importer } = setUp();
    await client.loadModel({ url: 'models/other' });
    await client.loadModel({ url: 'https://hub.example/a/b/', id: 'ab' });
    expect(importer.calls).toEqual([
      'ensure http://localhost:4173/models/other/ http://localhost:4173/models/other/',
      'ensure ab https://hub.example/a/b/',
    ]);
  });

  it.each<[string, Parameters<HearthClient['loadModel']>[0], string, object]>([
    ['a repository by its name', 'owner/name@v1:Q8_0', 'owner/name@v1:Q8_0', { kind: 'hub', file: 'Q8_0' }],
    ['a repository by its parts', { repository: 'owner/name', id: 'mine' }, 'mine', { repository: 'owner/name' }],
    ['an address', 'https://x.org/a.gguf', 'https://x.org/a.gguf', { kind: 'url', url: 'https://x.org/a.gguf' }],
    ['a text that a report has', { from: 'file:///a?0', id: 'mine' }, 'mine', { kind: 'stored' }],
    ['the id of files given once', 'file:///a%20b.gguf', 'file:///a%20b.gguf', { kind: 'stored' }],
    ['files', { files: [new File(['x'], 'a b.gguf')] }, 'file:///a%20b.gguf', { kind: 'files', name: 'a b.gguf' }],
  ])('takes %s', async (_, wanted, modelId, source) => {
    const { client, importer } = setUp();
    const requests: EnsureRequest[] = [];
    const { ensure } = importer;
    importer.ensure = (requestId, request, onProgress) => {
      requests.push(request);
      return ensure(requestId, request, onProgress);
    };
    await client.loadModel(wanted);
    expect(requests).toMatchObject([{ modelId, source }]);
  });

  it.each([
    ['an unknown id', 'talse', {}, 'talse'],
    ['an address that is none', { url: 'http://[' }, {}, 'http://['],
    ['an unknown draft', 'tales', { draft: 'talse-draft' }, 'talse-draft'],
  ])('refuses %s', async (_name, source, options, words) => {
    const { client, importer } = setUp();
    await expect(client.loadModel(source, options)).rejects.toMatchObject({
      code: 'bad-request',
      message: expect.stringContaining(words) as string,
    });
    expect(importer.calls).toEqual([]);
  });

  it('fetches a draft after the model and loads both', async () => {
    const { client, engine, importer } = setUp();
    const { draftModelId, warning } = await client.loadModel('tales', { draft: 'tales-draft' });
    expect({ draftModelId, warning }).toEqual({ draftModelId: 'tales-draft', warning: null });
    expect(importer.calls.map((call) => call.split(' ')[1])).toEqual(['tales', 'tales-draft']);
    expect(engine.calls).toEqual(['load tales with tales-draft']);
    expect((await client.loadModel('tales', { draft: null })).draftModelId).toBeNull();
  });

  it('asks for activations in the format that is named', async () => {
    const { client } = setUp();
    expect((await client.loadModel('tales')).activationFormat).toBe('f32');
    expect((await client.loadModel('tales', { activationFormat: 'int8' })).activationFormat).toBe('int8');
  });

  it('does without a draft that cannot be fetched, and says so', async () => {
    const { client, engine, importer } = setUp({}, { stored: ['tales'] });
    const { ensure } = importer;
    importer.ensure = async (requestId, source, onProgress) => {
      if (source.modelId === 'tales-draft') throw new HearthError('network', 'The connection broke off.');
      return ensure(requestId, source, onProgress);
    };
    const model = await client.loadModel('tales', { draft: 'tales-draft' });
    expect(engine.calls).toEqual(['load tales']);
    expect(model).toMatchObject({ draftModelId: null, warning: expect.stringMatching(/Tales Draft.*broke off/) });
  });

  it('stops the download of a draft when the signal fires', async () => {
    const { client, engine } = setUp({}, { stored: ['tales'], downloaded: new Promise(() => {}) });
    const controller = new AbortController();
    const { signal } = controller;
    const loading = client.loadModel('tales', { draft: 'tales-draft', signal, onProgress: () => controller.abort() });
    await expect(loading).rejects.toMatchObject({ code: 'aborted' });
    expect(engine.calls).toEqual([]);
  });

  it('stops the download when the signal fires', async () => {
    const { client, engine } = setUp({}, { downloaded: new Promise(() => {}) });
    const controller = new AbortController();
    const loading = client.loadModel('tales', { signal: controller.signal, onProgress: () => controller.abort() });
    await expect(loading).rejects.toMatchObject({ code: 'aborted' });
    expect(engine.calls).toEqual([]);
  });

  it('passes errors and warnings on', async () => {
    const lost = new HearthError('network', 'Broken off at 3 of 12 MB.', { hint: 'Try again.' });
    const { client } = setUp({}, { errors: [lost], warning: 'Nothing could be stored.' });
    await expect(client.loadModel('tales')).rejects.toMatchObject({ code: 'network', hint: 'Try again.' });
    expect((await client.loadModel('tales')).warning).toBe('Nothing could be stored.');
  });
});

describe('chat', () => {
  it('streams text in order and ends with the reason, the figures and the seed', async () => {
    const { client, engine } = setUp();
    const model = await client.loadModel('tales');
    const prefill: number[] = [];
    const { text, last } = await read(model.chat(hello, { seed: 3, onPrefill: (done) => prefill.push(done) }));
    expect(text).toBe('Hello there.');
    expect(last).toMatchObject({ finishReason: 'stop', seed: 3, stats: { completionTokens: 3 } });
    expect(prefill).toEqual([5]);
    expect(engine.requests[0]).toMatchObject({ modelId: 'tales', prompt: { kind: 'chat' }, options: { seed: 3 } });
  });

  it('tells what was left out, and passes on what the draft guessed', async () => {
    const { client } = setUp({ dropped: 4, draftedRangesOf: (word) => [[0, word.length]] });
    const model = await client.loadModel('tales');
    const dropped: number[] = [];
    const options = { contextPolicy: 'drop-oldest' as const, onDropped: (messages: number) => dropped.push(messages) };
    const { chunks } = await read(model.chat(hello, options));
    expect(dropped).toEqual([4]);
    expect(chunks[1]?.draftedRanges).toEqual([[0, 6]]);
  });

  it('begins only when it is read', async () => {
    const { client, engine } = setUp();
    const model = await client.loadModel('tales');
    model.chat(hello);
    await model.tokenize('a');
    expect(engine.requests).toEqual([]);
  });

  it('is stopped by the signal and keeps the text', async () => {
    const { client } = setUp({ words: endless });
    const model = await client.loadModel('tales');
    const controller = new AbortController();
    let text = '';
    let last: AnswerChunk | undefined;
    for await (const chunk of model.chat(hello, { signal: controller.signal })) {
      text += chunk.text;
      last = chunk;
      if (text.length > 9) controller.abort();
    }
    expect(text).toMatch(/^( on){4,}$/);
    expect(last?.finishReason).toBe('aborted');
  });

  it('asks the engine nothing when the signal has already fired', async () => {
    const { client, engine } = setUp();
    const model = await client.loadModel('tales');
    const { chunks } = await read(model.chat(hello, { signal: AbortSignal.abort() }));
    expect(chunks).toMatchObject([{ text: '', finishReason: 'aborted' }]);
    expect(engine.requests).toEqual([]);
  });

  it('ends as stopped when the engine had not taken the request yet', async () => {
    const { client, engine } = setUp();
    const model = await client.loadModel('tales');
    const controller = new AbortController();
    engine.generate = async () => {
      controller.abort();
      throw new HearthError('aborted', 'The operation was stopped.');
    };
    const { chunks } = await read(model.chat(hello, { signal: controller.signal }));
    expect(chunks).toMatchObject([{ text: '', finishReason: 'aborted' }]);
  });

  it('stops the engine when the reader breaks off', async () => {
    const { client, engine } = setUp({ words: endless });
    const model = await client.loadModel('tales');
    for await (const chunk of model.chat(hello)) if (chunk.text) break;
    const again = await read(model.chat(hello, { maxTokens: 2 }));
    expect(again.text).toBe(' on on');
    expect(again.last?.finishReason).toBe('length');
    expect(engine.calls.filter((call) => call.startsWith('abort'))).toHaveLength(1);
  });

  it('stops the engine when return() comes while a chunk is awaited', async () => {
    const { client, engine } = setUp({ words: endless, wordMs: 20 });
    const model = await client.loadModel('tales');
    const answer = model.chat(hello);
    const first = answer.next();
    await answer.return?.();
    expect(await first).toEqual({ value: undefined, done: true });
    await model.tokenize('a'); // the abort went before this on the same port
    expect(engine.calls.at(-1)).toMatch(/^abort request-/);
  });

  it('gives the text before an error in the middle, then the error', async () => {
    const { client } = setUp({
      *words() {
        yield 'Once';
        throw new HearthError('device-lost', 'The device went away after 1 token.');
      },
    });
    const model = await client.loadModel('tales');
    let text = '';
    const reading = (async () => {
      for await (const chunk of model.chat(hello)) text += chunk.text;
    })();
    await expect(reading).rejects.toMatchObject({
      code: 'device-lost',
      hint: expect.stringContaining('again') as string,
    });
    expect(text).toBe('Once');
  });

  it('keeps two answers at once apart', async () => {
    const { client } = setUp({
      words: ({ prompt }) => (prompt.kind === 'text' ? ['a', 'b', 'c'] : ['1', '2', '3', '4']),
    });
    const model = await client.loadModel('tales');
    const [letters, figures] = await Promise.all([read(model.complete('abc')), read(model.chat(hello))]);
    expect(letters.text).toBe('abc');
    expect(figures.text).toBe('1234');
  });
});

describe('a thread that dies', () => {
  it('rejects everything that waits, and the next load gets a fresh thread', async () => {
    const { client, engineThreads } = setUp({ words: endless, wordMs: 5 });
    const model = await client.loadModel('tales');
    const reading = read(model.chat(hello));
    await model.tokenize('a');
    engineThreads[0]?.crash('out of paper');
    await expect(reading).rejects.toMatchObject({
      code: 'internal',
      message: expect.stringContaining('out of paper') as string,
    });
    await expect(model.tokenize('a')).rejects.toMatchObject({ code: 'internal' });
    expect(engineThreads[0]?.terminated).toBe(true);

    const fresh = await client.loadModel('tales');
    expect((await read(fresh.chat(hello, { maxTokens: 1 }))).text).toBe(' on');
    expect(engineThreads).toHaveLength(2);
  });
});

describe('dispose', () => {
  it('ends running answers, unloads once, and refuses later calls', async () => {
    const { client, engine } = setUp({ words: endless });
    const model = await client.loadModel('tales');
    const reading = read(model.chat(hello));
    await model.dispose();
    await model.dispose();
    expect((await reading).last?.finishReason).toBe('aborted');
    expect(engine.calls.filter((call) => call === 'unload tales')).toHaveLength(1);
    expect(() => model.chat(hello)).toThrow(HearthError);
    await expect(model.tokenize('a')).rejects.toMatchObject({ code: 'bad-request' });
  });

  it('keeps the weights while another handle uses them', async () => {
    const { client, engine } = setUp();
    const first = await client.loadModel('tales');
    const second = await client.loadModel('tales');
    await first.dispose();
    expect(engine.calls).not.toContain('unload tales');
    expect((await read(second.chat(hello))).text).toBe('Hello there.');
    await second.dispose();
    expect(engine.calls).toContain('unload tales');
  });
});

it('what the engine does is told as it comes', async () => {
  const figures = { modelId: 'tales', running: 1, waiting: 0, prefixHitRate: null, rowsPerStep: 1, steps: 9 };
  const blocks = { used: 1, cached: 0, total: 8 };
  const memoryBytes = { weights: 4, kv: 3, activations: 2, state: 1 };
  const { client } = setUp({ engineStats: [{ ...figures, blocks, memoryBytes }] });
  expect(await client.engineStats()).toEqual([{ ...figures, blocks, memoryBytes }]);
});

describe('stored models', () => {
  it('are listed and removed', async () => {
    const { client } = setUp({}, { stored: ['tales'] });
    expect(await client.storedModels()).toMatchObject([{ modelId: 'tales' }]);
    await client.removeModel('tales');
    expect(await client.storedModels()).toEqual([]);
  });
});

describe('other hosts', () => {
  function askedOrigins(importer: ReturnType<typeof createFakeImporter>): Promise<readonly string[]> {
    return new Promise((resolve) => {
      const { ensure } = importer;
      importer.ensure = (requestId, request, onProgress) => {
        resolve(request.origins);
        return ensure(requestId, request, onProgress);
      };
    });
  }

  it('may be asked when the caller names them, and none but these', async () => {
    for (const [wanted, options, expected] of [
      ['owner/name', {}, ['https://huggingface.co']],
      [{ url: 'https://x.org/a/' }, {}, ['https://x.org']],
      ['owner/name', { origins: [] }, []],
    ] as const) {
      const { client, importer } = setUp();
      const asked = askedOrigins(importer);
      await client.fetchModel(wanted, options).catch(() => {}); // the last one is refused
      expect(await asked).toEqual(expected);
    }
  });

  it('are told before they are asked', () => {
    const { client } = setUp();
    expect(client.foreignOrigin('tales')).toBeNull();
    expect(client.foreignOrigin('/models/other')).toBeNull();
    expect(client.foreignOrigin('owner/name')).toBe('https://huggingface.co');
    client.useHub('mirror.example/');
    expect(client.foreignOrigin('owner/name')).toBe('https://mirror.example');
    expect(client.foreignOrigin('https://huggingface.co/owner/name')).toBe('https://huggingface.co');
    client.useHub(null);
    expect(client.foreignOrigin('owner/name')).toBe('https://huggingface.co');
    expect(() => client.useHub('http://[')).toThrow(expect.objectContaining({ code: 'bad-request' }));
  });

  it('get a token of their own, and never over a line that can be listened to', async () => {
    const { client, importer } = setUp();
    await client.setHubToken('huggingface.co', 'hf_secret');
    await client.setHubToken('http://localhost:8080', 't');
    await client.setHubToken('https://huggingface.co/settings', null);
    expect(importer.calls).toEqual([
      'token https://huggingface.co hf_secret',
      'token http://localhost:8080 t',
      'token https://huggingface.co null',
    ]);
    await expect(client.setHubToken('http://mirror.example', 't')).rejects.toMatchObject({ code: 'bad-request' });
  });
});

describe('of several tabs', () => {
  it('one loads models, and another is refused before anything is fetched', async () => {
    const site = createFakeSite();
    const [here, there] = [setUp({}, {}, site), setUp({}, {}, site)];
    const model = await here.client.loadModel('tales');
    const another = await here.client.loadModel('tales-draft');
    await expect(there.client.loadModel('tales')).rejects.toMatchObject({ code: 'engine-elsewhere' });
    await expect(there.client.measureReading()).rejects.toMatchObject({ code: 'engine-elsewhere' });
    expect([there.importer.calls, there.engine.calls]).toEqual([[], []]);
    await model.dispose();
    await expect(there.client.loadModel('tales')).rejects.toMatchObject({ code: 'engine-elsewhere' });
    await another.dispose();
    await vi.waitFor(() => expect(there.client.engine.place().at).toBe('rest'), 2000);
    await there.client.loadModel('tales');
  });

  it('one takes the engine over: the answers of the other end, its thread is gone, and it can take it back', async () => {
    const site = createFakeSite();
    const [here, there] = [setUp({ words: endless, wordMs: 5 }, {}, site), setUp({}, {}, site)];
    const model = await here.client.loadModel('tales');
    const reading = read(model.chat(hello));
    await model.tokenize('a');
    await Promise.all([
      expect(reading).rejects.toMatchObject({ code: 'engine-taken' }),
      there.client.engine.takeOver().then(() => expect(here.engineThreads[0]?.terminated).toBe(true)),
    ]);
    await there.client.loadModel('tales');
    await expect(model.tokenize('a')).rejects.toMatchObject({ code: 'engine-taken' });
    await here.client.engine.takeOver();
    const again = await here.client.loadModel('tales');
    expect((await read(again.chat(hello, { maxTokens: 1 }))).text).toBe(' on');
    expect(here.engineThreads).toHaveLength(2);
  });

  it('one whose engine is taken while it measures ends that', async () => {
    const site = createFakeSite();
    const [here, there] = [setUp({}, {}, site), setUp({}, {}, site)];
    here.engine.measureReading = () => new Promise(() => {});
    const measuring = here.client.measureReading();
    await vi.waitFor(() => expect(here.client.engine.place().at).toBe('here'));
    await Promise.all([
      expect(measuring).rejects.toMatchObject({ code: 'engine-taken' }),
      there.client.engine.takeOver().then(() => expect(here.engineThreads[0]?.terminated).toBe(true)),
    ]);
  });

  it('one whose engine is taken while it downloads does not wait for the end of that', async () => {
    const site = createFakeSite();
    const [here, there] = [setUp({}, { downloaded: new Promise(() => {}) }, site), setUp({}, {}, site)];
    const loading = here.client.loadModel('tales');
    await vi.waitFor(() => expect(here.importer.calls).toHaveLength(1));
    await Promise.all([
      expect(loading).rejects.toMatchObject({ code: 'engine-taken' }),
      there.client.engine.takeOver(),
    ]);
  });

  it.each([
    ['does not load', (client: HearthClient) => expect(client.loadModel('tales')).rejects.toThrow('No room.')],
    [
      'is stopped',
      (client: HearthClient) =>
        expect(client.loadModel('tales', { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'aborted' }),
    ],
  ])('one whose model %s leaves the engine', async (_, fail) => {
    const site = createFakeSite();
    const loadErrors = [new HearthError('out-of-memory', 'No room.')];
    const [here, there] = [setUp({ loadErrors }, {}, site), setUp({}, {}, site)];
    await fail(here.client);
    await vi.waitFor(() => expect(here.client.engine.place().at).toBe('rest'), 2000);
    await there.client.loadModel('tales');
  });

  it('one whose thread has died leaves the engine, though nobody disposes of the model', async () => {
    const site = createFakeSite();
    const [here, there] = [setUp({}, {}, site), setUp({}, {}, site)];
    await here.client.loadModel('tales');
    here.engineThreads[0]?.crash('out of paper');
    await vi.waitFor(() => expect(here.client.engine.place().at).toBe('rest'), 2000);
    await there.client.loadModel('tales');
  });
});

it('the browser is asked once to keep what is stored, when a large download has begun', async () => {
  let asked = 0;
  const importer = createFakeImporter();
  importer.ensure = async (_, { modelId }, onProgress) => {
    const totalBytes = modelId === 'tales' ? 12e6 : 2e9;
    for (const loadedBytes of [1e6, 2e6]) onProgress({ phase: 'download', loadedBytes, totalBytes });
    return { modelId, cached: false, inMemory: null, warning: null };
  };
  const thread = createFakeThread(importer);
  open.push(thread);
  const client = createClient({
    openEngine: () => thread.port,
    openImport: () => thread.port,
    siteUrl: 'http://localhost:4173/',
    askToKeep: () => void asked++,
  });
  await client.fetchModel('tales');
  await new Promise((resolve) => setTimeout(resolve, 10)); // progress comes through a port of its own
  expect(asked).toBe(0);
  await client.fetchModel('owner/large');
  await vi.waitFor(() => expect(asked).toBe(1));
  await client.fetchModel('owner/larger');
  await new Promise((resolve) => setTimeout(resolve, 10));
  expect(asked).toBe(1);
});

it('repairing and cancelling reach the network thread', async () => {
  const { client, importer } = setUp({}, { damaged: [2] });
  expect(await client.repairModel('tales')).toMatchObject({ damaged: [2] });
  await client.cancelModel('tales');
  expect(importer.calls).toEqual(['repair tales', 'cancel tales']);
});

it('a model is exported piece by piece, each when the one before is written', async () => {
  const { client, importer } = setUp({}, {});
  const written: string[] = [];
  let isWriting = false;
  const write = async (bytes: Uint8Array) => {
    expect(isWriting).toBe(false);
    isWriting = true;
    await new Promise((resolve) => setTimeout(resolve, 5));
    isWriting = false;
    written.push(new TextDecoder().decode(bytes));
  };
  await client.exportModel('tales', write);
  expect(written).toEqual(['all of ', 'tales']);
  expect(importer.calls).toEqual(['export tales']);
  const full = () => Promise.reject(new DOMException('There is no room.', 'QuotaExceededError'));
  await expect(client.exportModel('tales', full)).rejects.toMatchObject({ name: 'QuotaExceededError' });
});
