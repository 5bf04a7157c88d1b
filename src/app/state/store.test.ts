import { afterEach, describe, expect, it } from 'vitest';
import { findModel } from '../../catalog/catalog';
import { createClient } from '../../client/client';
import {
  createFakeEngine,
  createFakeImporter,
  createFakeThread,
  type FakeEngineOptions,
  type FakeImporterOptions,
  type FakeThread,
} from '../../client/testing/fake-engine';
import { HearthError } from '../../lib/errors';
import { MemoryTables } from '../chats/tables';
import type { ChatServices } from './chats-slice';
import { openRun } from './chat-slice';
import { nextMove } from './next-move';
import { readStartAddress } from './start-address';
import { createAppStore, type AppServices, type AppState } from './store';

const threads: FakeThread[] = [];
afterEach(() => {
  for (const thread of threads.splice(0)) thread.close();
});

interface SetUp extends FakeEngineOptions {
  address?: string;
  imports?: FakeImporterOptions;
  nextFrame?: AppServices['nextFrame'];
}

function setUp({ address = '', nextFrame = (callback) => void setTimeout(callback, 1), ...options }: SetUp = {}) {
  const engine = createFakeEngine(options);
  const importer = createFakeImporter(options.imports);
  const open = (api: typeof engine | typeof importer) => {
    const thread = createFakeThread(api);
    threads.push(thread);
    return thread.port;
  };
  const client = createClient({
    openEngine: () => open(engine),
    openImport: () => open(importer),
    siteUrl: 'http://localhost/',
  });
  const stored = new Map<string, string>();
  const storage = {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, value: string) => void stored.set(key, value),
  };
  const tables = new MemoryTables();
  const places = { databases: null, caches: null, serviceWorkers: null, settings: null, tab: null };
  let tabCount = 0;
  const openPage = () => {
    const tabs = { tabId: `tab-${++tabCount}`, otherTabs: async () => new Set<string>() };
    const chats: ChatServices = { tables, channel: null, tabs, storage, places, onHide: () => {} };
    return createAppStore({ client, nextFrame, chats }, readStartAddress(address));
  };
  const store = openPage();
  return { store, engine, importer, openPage, state: () => store.getState() };
}

/** Resolves when the state is as described. */
function until(
  store: { getState(): AppState; subscribe(listener: () => void): () => void },
  is: (s: AppState) => boolean,
) {
  return new Promise<void>((resolve) => {
    if (is(store.getState())) return resolve();
    const leave = store.subscribe(() => {
      if (!is(store.getState())) return;
      leave();
      resolve();
    });
  });
}

const texts = ({ transcript }: AppState) =>
  transcript.map(({ modelLabel, content }) => `${modelLabel ?? 'You'}: ${content}`);

function* endless() {
  for (;;) yield ' on';
}

describe('opening the page', () => {
  it('loads the bundled model by itself', async () => {
    const { state, importer } = setUp();
    await state().begin();
    expect(state().modelState.kind).toBe('ready');
    expect(importer.calls).toEqual(['ensure tales http://localhost/models/tales/']);
  });

  it('takes model and text from the address and downloads nothing without a click', async () => {
    const { state, importer } = setUp({ address: '?model=tales-draft&q=Hello%20you' });
    expect(state().composerText).toBe('Hello you');
    await state().begin();
    expect(state()).toMatchObject({ modelId: 'tales-draft', modelState: { kind: 'absent' }, problem: null });
    expect(importer.calls).toEqual([]);
    await state().needModel();
    expect(importer.calls).toEqual(['ensure tales-draft http://localhost/models/tales-draft/']);
  });

  it('loads a model that is stored already', async () => {
    const { state } = setUp({ address: '?model=tales-draft', imports: { stored: ['tales-draft'] } });
    await state().begin();
    expect(state().modelState.kind).toBe('ready');
  });

  it('says so when the address names no model, and offers the default', async () => {
    const { store, state } = setUp({ address: '?model=talse' });
    await state().begin();
    const { problem } = state();
    expect(problem).toMatchObject({ code: 'bad-request', message: expect.stringContaining('"talse"') as string });
    const move = nextMove(state(), problem as HearthError);
    expect(move.kind).toBe('useDefaultModel');
    move.run();
    await until(store, ({ modelState }) => modelState.kind === 'ready');
    expect(state()).toMatchObject({ modelId: 'tales', problem: null });
  });

  it('keeps what was typed and what was said over a reload', async () => {
    const { state, openPage } = setUp();
    await state().send('Hello');
    state().setComposer({ text: 'half a sent' });
    await state().flushChats();
    const again = openPage();
    await again.getState().beginChats();
    expect(texts(again.getState())).toEqual(['You: Hello', 'Tales: Hello there.']);
    expect(again.getState().composerText).toBe('half a sent');
  });
});

describe('sending', () => {
  it('answers, and says when it has finished', async () => {
    const { state, engine } = setUp();
    await state().begin();
    await state().send(' Hello ');
    expect(texts(state())).toEqual(['You: Hello', 'Tales: Hello there.']);
    expect(state()).toMatchObject({
      answerPhase: 'idle',
      announcement: { kind: 'finished', author: 'Tales', tokens: 3 },
    });
    expect(state().transcript[1]).toMatchObject({ state: 'done', stats: { completionTokens: 3 } });
    expect(engine.requests[0]).toMatchObject({
      prompt: { kind: 'chat', messages: [{ role: 'user', content: 'Hello' }] },
      options: findModel('tales')?.sampling,
    });
    await state().send('And?');
    expect(engine.requests[1]?.prompt).toMatchObject({ messages: [{}, { role: 'assistant' }, { content: 'And?' }] });
  });

  it('before the model is there waits for it', async () => {
    let arrive = () => {};
    const downloaded = new Promise<void>((resolve) => (arrive = resolve));
    const { store, state } = setUp({ imports: { downloaded } });
    void state().begin();
    const sending = state().send('Hello');
    await until(store, ({ modelState }) => modelState.kind === 'loading' && modelState.progress !== null);
    expect(state().answerPhase).toBe('waiting');
    arrive();
    await sending;
    expect(texts(state())).toEqual(['You: Hello', 'Tales: Hello there.']);
  });

  it('updates the page at most once per frame', async () => {
    const frames: (() => void)[] = [];
    const { store, state } = setUp({
      words: () => Array.from({ length: 200 }, () => 'a'),
      nextFrame: (callback) => void frames.push(callback),
    });
    await state().begin();
    const lengthsSeen = new Set<number>();
    store.subscribe(() => lengthsSeen.add(state().transcript[1]?.content.length ?? 0));
    const sending = state().send('Hello');
    await until(store, ({ answerPhase }) => answerPhase === 'writing');
    frames[0]?.();
    await sending;
    // No frame came after the first: what follows is shown at the end.
    const [nothing, first, ...rest] = [...lengthsSeen];
    expect(nothing).toBe(0);
    expect(first).toBeGreaterThan(0);
    expect(rest).toEqual([200]);
    expect(frames).toHaveLength(2);
  });

  it('ignores blank text and a second send meanwhile', async () => {
    const { store, state } = setUp({ words: endless });
    await state().send('  \n');
    expect(state().transcript).toEqual([]);
    const sending = state().send('Hello');
    await until(store, ({ answerPhase }) => answerPhase === 'writing');
    await state().send('Hello again');
    expect(state().transcript).toHaveLength(2);
    state().stop();
    await sending;
  });
});

describe('stopping', () => {
  it('keeps the text so far', async () => {
    const { store, state } = setUp({ words: endless });
    const sending = state().send('Hello');
    await until(store, ({ transcript }) => (transcript[1]?.content.length ?? 0) > 9);
    state().stop();
    await sending;
    expect(state().transcript[1]?.content).toMatch(/^( on){4,}$/);
    expect(state()).toMatchObject({ answerPhase: 'idle', problem: null });
    expect(state().announcement).toMatchObject({ kind: 'stopped', author: 'Tales' });
    expect(state().transcript[1]?.state).toBe('stopped');
  });

  it('works while the message still waits for the model, which goes on arriving', async () => {
    let arrive = () => {};
    const downloaded = new Promise<void>((resolve) => (arrive = resolve));
    const { store, state, engine } = setUp({ imports: { downloaded } });
    const sending = state().send('Hello');
    state().stop();
    await sending;
    expect(texts(state())).toEqual(['You: Hello']);
    arrive();
    await until(store, ({ modelState }) => modelState.kind === 'ready');
    expect(engine.requests).toEqual([]);
  });
});

describe('selecting another model', () => {
  it('gives up the one that was arriving, even if it arrives all the same', async () => {
    const { store, state, engine } = setUp({ wordMs: 20 });
    const beginning = state().begin();
    await until(store, ({ modelState }) => modelState.kind === 'loading' && modelState.progress?.phase === 'upload');
    state().selectModel('tales-draft');
    await beginning;
    expect(state()).toMatchObject({ modelId: 'tales-draft', modelState: { kind: 'absent' }, problem: null });
    expect(engine.calls.at(-1)).toBe('unload tales');
  });
});

describe('cancelling a download', () => {
  it('leaves the message to be answered later, and no complaint', async () => {
    const { store, state, importer } = setUp({
      address: '?model=tales-draft',
      imports: { downloaded: new Promise(() => {}) },
    });
    const sending = state().send('Hello');
    await until(store, ({ modelState }) => modelState.kind === 'loading' && modelState.progress !== null);
    state().cancelLoad();
    await sending;
    expect(texts(state())).toEqual(['You: Hello']);
    expect(state()).toMatchObject({ problem: null, modelState: { kind: 'absent' }, answerPhase: 'idle' });
    expect(importer.calls.at(-1)).toMatch(/^abort /);
  });
});

describe('regenerate', () => {
  it('answers the same question beside the present answer', async () => {
    let turn = 0;
    const { state } = setUp({ words: () => [`answer ${++turn}`] });
    await state().send('Hello');
    await state().regenerate();
    expect(texts(state())).toEqual(['You: Hello', 'Tales: answer 2']);
    await state().stepVersion(state().transcript[1]?.id ?? '', -1);
    expect(texts(state())).toEqual(['You: Hello', 'Tales: answer 1']);
  });

  it('keeps the old answer when no new one comes', async () => {
    let turn = 0;
    const { state } = setUp({
      *words() {
        if (++turn > 1) throw new HearthError('out-of-memory', 'No room.');
        yield 'answer 1';
      },
    });
    await state().send('Hello');
    await state().regenerate();
    expect(texts(state())).toEqual(['You: Hello', 'Tales: answer 1']);
    expect(state().problem?.code).toBe('out-of-memory');
  });
});

describe('going on with an answer', () => {
  it('gives the model its own words, and keeps them', async () => {
    let turn = 0;
    const { state, engine } = setUp({
      words: () =>
        [
          ['Once', ' upon'],
          [' a', ' time.'],
        ][turn++] ?? [],
    });
    await state().send('A story');
    const answerId = state().transcript[1]?.id ?? '';
    await state().goOn(answerId);
    expect(texts(state())).toEqual(['You: A story', 'Tales: Once upon a time.']);
    expect(engine.requests[1]?.prompt).toMatchObject({
      continueLast: true,
      messages: [
        { role: 'user', content: 'A story' },
        { role: 'assistant', content: 'Once upon' },
      ],
    });
    expect(state().transcript[1]).toMatchObject({ state: 'done', stats: { completionTokens: 4 } });
    await state().goOn(answerId);
    expect(state().announcement?.kind).toBe('silent');
    expect(texts(state())).toEqual(['You: A story', 'Tales: Once upon a time.']);
  });
});

describe('what is told of an answer', () => {
  it('is how many of the oldest messages were left out, as the person has settled', async () => {
    const { state, engine } = setUp({ dropped: 4 });
    state().changeSettings({ contextPolicy: 'drop-oldest' });
    await state().send('Hello');
    expect(engine.requests[0]?.options.contextPolicy).toBe('drop-oldest');
    expect(state().transcript[1]).toMatchObject({ leftOut: 4, state: 'done' });
    const { state: other, engine: otherEngine } = setUp();
    await other().send('Hello');
    expect(otherEngine.requests[0]?.options.contextPolicy).toBe('stop');
    expect(other().transcript[1]).not.toHaveProperty('leftOut');
  });

  it('is what the draft guessed, over all parts of an answer', async () => {
    let turn = 0;
    const { state } = setUp({
      words: () =>
        [
          ['Once', ' upon'],
          [' a', ' time', '.'],
        ][turn++] ?? [],
      draftedRangesOf: (word) => (word.length > 3 ? [[1, word.length]] : word === '.' ? [[0, 1]] : []),
    });
    await state().send('A story');
    const { id = '' } = state().transcript[1] ?? {};
    const marked = () => {
      const { content = '', draftedRanges = [] } = state().transcript[1] ?? {};
      return draftedRanges.map((range) => content.slice(...range));
    };
    expect(marked()).toEqual(['nce', 'upon']);
    await state().goOn(id);
    expect(marked()).toEqual(['nce', 'upon', 'time.']);
  });
});

describe('other words', () => {
  it('of the person are a branch that is answered; of the model, one to go on from', async () => {
    const { state, engine } = setUp();
    await state().send('Hello');
    await state().send('And?');
    await state().resay(state().transcript[0]?.id ?? '', 'Good day');
    expect(texts(state())).toEqual(['You: Good day', 'Tales: Hello there.']);
    expect(engine.requests[2]?.prompt).toMatchObject({ messages: [{ content: 'Good day' }] });
    await state().resay(state().transcript[1]?.id ?? '', 'Good');
    expect(texts(state())).toEqual(['You: Good day', 'Tales: Good']);
    expect(engine.requests).toHaveLength(3);
    await state().stepVersion(state().transcript[0]?.id ?? '', -1);
    expect(texts(state())).toHaveLength(4);
  });
});

describe('settings of a chat', () => {
  it('reach the model, over the catalogue’s advice', async () => {
    const { state, engine } = setUp();
    state().setChatSettings({ systemPrompt: 'Be brief.', sampling: { temperature: 0, maxTokens: 2 } });
    await state().send('Hello');
    expect(engine.requests[0]).toMatchObject({
      prompt: { messages: [{ role: 'system', content: 'Be brief.' }, { role: 'user' }] },
      options: { temperature: 0, maxTokens: 2 },
    });
    expect(texts(state())).toEqual(['You: Hello', 'Tales: Hello there']);
    expect(state()).toMatchObject({ announcement: { kind: 'full' } });
  });
});

describe('deleting', () => {
  it('a message stops an answer among what follows it, and can be undone', async () => {
    const { store, state } = setUp({ words: endless });
    const sending = state().send('Hello');
    await until(store, ({ transcript }) => (transcript[1]?.content.length ?? 0) > 9);
    await state().removeMessage(state().transcript[0]?.id ?? '');
    await sending;
    expect(state()).toMatchObject({ transcript: [], answerPhase: 'idle' });
    await state().undo(state().undoables[0]?.id ?? '');
    expect(texts(state())[1]).toMatch(/^Tales: ( on)+$/);
  });

  it('a chat stops its answer, and can be undone', async () => {
    const { store, state } = setUp({ words: endless });
    const sending = state().send('Hello');
    await until(store, ({ transcript }) => (transcript[1]?.content.length ?? 0) > 9);
    await state().removeChat(state().openedChat.id);
    await sending;
    expect(state()).toMatchObject({ transcript: [], chatList: [], answerPhase: 'idle' });
    await state().undo(state().undoables[0]?.id ?? '');
    expect(texts(state())[1]).toMatch(/^Tales: ( on)+$/);
  });
});

describe('new chat', () => {
  it('leaves the running answer to go on in its own chat', async () => {
    const { store, state } = setUp({ words: endless });
    const sending = state().send('Hello');
    await until(store, ({ transcript }) => (transcript[1]?.content.length ?? 0) > 9);
    const { id } = state().openedChat;
    await state().newChat();
    expect(state()).toMatchObject({ transcript: [], answerPhase: 'writing', announcement: null, problem: null });
    expect(openRun(state())).toBeUndefined();
    await state().showChat(id);
    expect(openRun(state())).toBeDefined();
    const before = state().transcript[1]?.content.length ?? 0;
    await until(store, ({ transcript }) => (transcript[1]?.content.length ?? 0) > before);
    state().stop();
    await sending;
    expect(state().answerPhase).toBe('idle');
  });

  it('ends the answer of a temporary chat, which leaves no trace', async () => {
    const { store, state, openPage } = setUp({ words: endless });
    await state().newChat({ temporary: true });
    const sending = state().send('Secret');
    await until(store, ({ transcript }) => (transcript[1]?.content.length ?? 0) > 9);
    await state().newChat();
    await sending;
    expect(state()).toMatchObject({ isTemporary: false, transcript: [], answerPhase: 'idle', chatList: [] });
    const again = openPage();
    await again.getState().beginChats();
    expect(again.getState()).toMatchObject({ chatList: [], transcript: [] });
  });

  it('gives back a message that was too long', async () => {
    const { store, state } = setUp({
      // oxlint-disable-next-line require-yield
      *words() {
        throw new HearthError('context-overflow', 'The message has 2,000 tokens, the context 1,024.');
      },
    });
    await state().send('very long');
    const { problem } = state();
    expect(texts(state())).toEqual(['You: very long']);
    nextMove(state(), problem as HearthError).run();
    await until(store, ({ composerText }) => composerText === 'very long');
    expect(state()).toMatchObject({ transcript: [], problem: null });
  });
});

describe('problems', () => {
  it('of the download are shown, lose nothing, and the next move answers', async () => {
    const { store, state } = setUp({ imports: { errors: [new HearthError('network', 'Broken off at 3 of 12 MB.')] } });
    await state().send('Hello');
    expect(texts(state())).toEqual(['You: Hello']);
    const { problem } = state();
    expect(problem).toMatchObject({ code: 'network' });
    const move = nextMove(state(), problem as HearthError);
    expect(move.kind).toBe('tryAgain');
    move.run();
    await until(store, ({ announcement }) => announcement?.kind === 'finished');
    expect(texts(state())).toEqual(['You: Hello', 'Tales: Hello there.']);
    expect(state().problem).toBeNull();
  });

  it('in mid-answer keep the text; a lost device is loaded again', async () => {
    let turn = 0;
    const { state, engine } = setUp({
      *words() {
        yield 'Once';
        if (++turn === 1) throw new HearthError('device-lost', 'The device went away.');
      },
    });
    await state().send('Hello');
    expect(texts(state())).toEqual(['You: Hello', 'Tales: Once']);
    expect(state()).toMatchObject({ problem: { code: 'device-lost' }, modelState: { kind: 'absent' } });
    await state().regenerate();
    expect(engine.calls.filter((call) => call === 'load tales')).toHaveLength(2);
    expect(state().problem).toBeNull();
  });

  it('of stored bytes are mended, and the model is loaded', async () => {
    const corrupt = new HearthError('weights-corrupt', 'Shard 2 fails its checksum.');
    const { store, state, importer } = setUp({ loadErrors: [corrupt] });
    await state().begin();
    const { problem } = state();
    nextMove(state(), problem as HearthError).run();
    await until(store, ({ modelState }) => modelState.kind === 'ready');
    expect(importer.calls.map((call) => call.split(' ')[0])).toEqual(['ensure', 'repair', 'ensure']);
  });

  it('of stored bytes that cannot be mended are mended by downloading again', async () => {
    const corrupt = new HearthError('weights-corrupt', 'Shard 2 fails its checksum.');
    const { store, state, importer } = setUp({ loadErrors: [corrupt] });
    importer.repair = () => Promise.reject(new HearthError('weights-corrupt', 'The source has other files by now.'));
    await state().begin();
    nextMove(state(), state().problem as HearthError).run();
    await until(store, ({ modelState }) => modelState.kind === 'ready');
    expect(importer.calls.map((call) => call.split(' ')[0])).toEqual(['ensure', 'remove', 'ensure']);
  });

  it('of stored bytes that came from a given file and cannot be mended delete nothing', async () => {
    const corrupt = new HearthError('weights-corrupt', 'Shard 2 fails its checksum.');
    const { state, importer } = setUp({ loadErrors: [corrupt], address: '?model=file:///Mine' });
    importer.repair = () => Promise.reject(new HearthError('weights-corrupt', 'Its files were given by hand.'));
    await state().begin();
    expect(state().problem).toMatchObject({
      code: 'weights-corrupt',
      message: expect.stringMatching(/fails its checksum/),
    });
    await expect(state().repairSelected()).rejects.toMatchObject({ code: 'weights-corrupt' });
    expect(importer.calls.map((call) => call.split(' ')[0])).toEqual(['ensure']);
    expect(state().problem).toMatchObject({ message: expect.stringMatching(/given by hand/) });
  });
});

describe('a model that the address names', () => {
  it('comes from another host only when the person lets it be asked, and from then on', async () => {
    const { state, importer } = setUp({ address: '?model=https://models.example/a/' });
    await state().begin();
    expect(importer.calls).toEqual([]);
    expect(state()).toMatchObject({ modelState: { kind: 'absent' }, problem: null });
    expect(state().hostToAllow()).toBe('https://models.example');

    await state().send('Hello');
    expect(state().problem).toMatchObject({ code: 'bad-request', message: expect.stringContaining('models.example') });
    expect(nextMove(state(), state().problem as HearthError).kind).toBe('allowHost');

    importer.calls.length = 0;
    await state().allowHost();
    expect(importer.calls).toEqual([
      'allow https://models.example',
      'ensure https://models.example/a/ https://models.example/a/',
    ]);
    expect(state()).toMatchObject({ modelState: { kind: 'ready' }, problem: null });
  });

  it('that leads nowhere is told with the default one click away', async () => {
    const { state } = setUp({ address: '?model=tails' });
    await state().begin();
    expect(state().hostToAllow()).toBeNull();
    await state()
      .needModel()
      .catch(() => {});
    expect(nextMove(state(), state().problem as HearthError).kind).toBe('useDefaultModel');
  });
});
