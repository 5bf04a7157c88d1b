import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createClient } from '../../client/client';
import {
  createFakeEngine,
  createFakeImporter,
  createFakeThread,
  type FakeEngineOptions,
  type FakeThread,
} from '../../client/testing/fake-engine';
import { HearthError } from '../../lib/errors';
import { BatchStore } from '../batch/batch-store';
import { readPrompts } from '../batch/read-prompts';
import { createFakeBatchTabs } from '../batch/testing/fake-tabs';
import type { PromptFile } from '../batch/types';
import { createFakeStorage, NO_PLACES } from '../chats/testing/fake-places';
import { MemoryTables } from '../chats/tables';
import type { BatchServices } from './batch-slice';
import { readStartAddress } from './start-address';
import { createAppStore, type AppState } from './store';

const threads: FakeThread[] = [];
beforeEach(() => {
  globalThis.indexedDB = new IDBFactory();
});
afterEach(() => {
  for (const thread of threads.splice(0)) thread.close();
});

/** A machine on which pages are opened; its engine says what the test lets it. */
function setUp(options: FakeEngineOptions = {}) {
  const engine = createFakeEngine(options);
  const open = (api: typeof engine | ReturnType<typeof createFakeImporter>) => {
    const thread = createFakeThread(api);
    threads.push(thread);
    return thread.port;
  };
  const machine = createFakeBatchTabs();
  let tabCount = 0;

  function openPage(store: BatchServices['store'] = new BatchStore()) {
    const tabs = { tabId: `tab-${++tabCount}`, otherTabs: async () => new Set<string>() };
    const page = createAppStore(
      {
        client: createClient({
          openEngine: () => open(engine),
          openImport: () => open(createFakeImporter()),
          siteUrl: 'http://localhost/',
        }),
        nextFrame: (callback) => void setTimeout(callback, 1),
        chats: {
          tables: new MemoryTables(),
          channel: null,
          tabs,
          storage: createFakeStorage(),
          places: { ...NO_PLACES, databases: indexedDB },
          onHide: () => {},
        },
        batch: { store, tabs: machine.open() },
      },
      readStartAddress(''),
    );
    const state = () => page.getState();
    const until = (is: (state: AppState) => boolean) =>
      new Promise<void>((resolve) => {
        if (is(state())) return resolve();
        const leave = page.subscribe(() => {
          if (!is(state())) return;
          leave();
          resolve();
        });
      });
    return { state, until };
  }
  return { engine, openPage };
}

const prompts = (count: number): PromptFile =>
  readPrompts('prompts.txt', Array.from({ length: count }, (_, row) => `prompt ${row}`).join('\n'), 'lines');

/** Answers end when they end. */
const boundless = { sampling: {} };

/** Rows and answers, in order. */
const answers = ({ batchResults }: AppState) =>
  [...batchResults.values()].sort((a, b) => a.row - b.row).map(({ row, answer }) => `${row}: ${answer}`);

/** A model that says the prompt in capitals, and never ends for prompts in `endless`. */
function shouting(endless: ReadonlySet<string> = new Set()): FakeEngineOptions {
  return {
    wordMs: 1,
    *words({ prompt }) {
      const text = prompt.kind === 'chat' ? (prompt.messages.at(-1)?.content ?? '') : '';
      yield text.toUpperCase();
      while (endless.has(text)) yield '!';
    },
  };
}

describe('a run', () => {
  it('answers every row with the template and the settings, and keeps the answers', async () => {
    const { engine, openPage } = setUp(shouting());
    const { state } = openPage();
    await state().openBatch();
    await state().takePrompts(prompts(12), 'say {{column 1}}');
    state().changeBatch({ systemPrompt: 'Be loud.', sampling: { maxTokens: 5, seed: 3 }, concurrency: 3 });
    await state().runBatch();
    expect(answers(state())).toEqual(Array.from({ length: 12 }, (_, row) => `${row}: SAY PROMPT ${row}`));
    expect(state()).toMatchObject({
      batchPhase: 'idle',
      batchProblem: null,
      batchSpeed: null,
      lastRun: { rows: 12, tokens: 12 },
    });
    expect(state().batchLive.size).toBe(0);
    expect(engine.requests[0]).toMatchObject({
      prompt: {
        messages: [
          { role: 'system', content: 'Be loud.' },
          { role: 'user', content: 'say prompt 0' },
        ],
      },
      options: { maxTokens: 5, seed: 3 },
    });

    const again = openPage();
    await again.state().openBatch();
    expect(again.state().batch).toEqual(state().batch);
    expect(answers(again.state())).toEqual(answers(state()));
    await again.state().runBatch();
    expect(engine.requests).toHaveLength(12);
  });

  it('has as many rows in flight as it was told, also when that is changed meanwhile', async () => {
    const endless = new Set(Array.from({ length: 20 }, (_, row) => `prompt ${row}`));
    const { state, until } = setUp(shouting(endless)).openPage();
    await state().takePrompts(prompts(20));
    state().changeBatch({ ...boundless, concurrency: 2 });
    const running = state().runBatch();
    await until(({ batchLive }) => batchLive.size === 2);
    state().changeBatch({ concurrency: 5 });
    await until(({ batchLive }) => batchLive.size === 5);
    state().stopBatch();
    await running;
    expect(state()).toMatchObject({ batchPhase: 'idle', batchProblem: null });
    expect([state().batchResults.size, state().batchLive.size]).toEqual([0, 0]);
  });

  it('that is paused finishes the rows in flight, and resumes with the others', async () => {
    const { engine, openPage } = setUp(shouting());
    const { state, until } = openPage();
    await state().takePrompts(prompts(9));
    state().changeBatch({ concurrency: 2 });
    const running = state().runBatch();
    await until(({ batchResults }) => batchResults.size > 0);
    state().pauseBatch();
    expect(state().batchPhase).toBe('pausing');
    await running;
    const { size } = state().batchResults;
    expect(size).toBeLessThan(9);
    expect(engine.requests).toHaveLength(size);
    await state().runBatch();
    expect(answers(state())).toHaveLength(9);
    expect(engine.requests).toHaveLength(9);
  });

  it('that is stopped, or ends with its tab, answers the cut rows again', async () => {
    const endless = new Set(['prompt 1']);
    const { openPage } = setUp(shouting(endless));
    const { state, until } = openPage();
    await state().takePrompts(prompts(3));
    state().changeBatch(boundless);
    const running = state().runBatch();
    await until(({ batchResults }) => batchResults.size === 2);
    state().stopBatch();
    await running;
    const again = openPage();
    await again.state().openBatch();
    expect(answers(again.state())).toEqual(['0: PROMPT 0', '2: PROMPT 2']);
    endless.clear();
    await again.state().runBatch();
    expect(answers(again.state())).toEqual(['0: PROMPT 0', '1: PROMPT 1', '2: PROMPT 2']);
  });

  it('goes on past rows that fail by themselves, which can be tried again', async () => {
    let isStrict = true;
    const { state } = setUp({
      *words({ prompt }) {
        const text = prompt.kind === 'chat' ? (prompt.messages[0]?.content ?? '') : '';
        if (isStrict && text === 'prompt 1') throw new HearthError('context-overflow', 'It has 2,000 tokens.');
        yield 'fine';
      },
    }).openPage();
    await state().takePrompts(prompts(3));
    await state().runBatch();
    expect(state().batchResults.get(1)).toMatchObject({
      finishReason: 'failed',
      error: 'It has 2,000 tokens. Shorten the message or start a new chat.',
    });
    expect(answers(state())).toEqual(['0: fine', '1: ', '2: fine']);
    isStrict = false;
    await state().retryFailedRows();
    expect(answers(state())).toEqual(['0: fine', '1: fine', '2: fine']);
  });

  it('fails rows whose prompt is empty without asking', async () => {
    const { engine, openPage } = setUp();
    const { state } = openPage();
    await state().takePrompts(readPrompts('a.csv', 'q,n\nHello,1\n,2\n', 'csv'));
    await state().runBatch();
    expect(state().batchResults.get(1)).toMatchObject({ finishReason: 'failed', completionTokens: 0 });
    expect(engine.requests).toHaveLength(1);
  });

  it('stops when the device goes away, loses no row, and goes on with a fresh one', async () => {
    let isLost = false;
    const { engine, openPage } = setUp({
      *words() {
        if (isLost) throw new HearthError('device-lost', 'The device went away.');
        yield 'fine';
      },
    });
    const { state } = openPage();
    await state().takePrompts(prompts(5));
    isLost = true;
    await state().runBatch();
    expect(state()).toMatchObject({ batchPhase: 'idle', batchProblem: { code: 'device-lost' } });
    expect(state().batchResults.size).toBe(0);
    isLost = false;
    await state().runBatch();
    expect(state()).toMatchObject({ batchProblem: null });
    expect(answers(state())).toHaveLength(5);
    expect(engine.calls.filter((call) => call === 'load tales')).toHaveLength(2);
  });

  it('stops when its model is unloaded', async () => {
    const { state, until } = setUp(shouting(new Set(['prompt 0']))).openPage();
    await state().takePrompts(prompts(1));
    state().changeBatch(boundless);
    const running = state().runBatch();
    await until(({ batchLive }) => batchLive.size === 1);
    await state().unloadModel('tales');
    await running;
    expect(state()).toMatchObject({ batchPhase: 'idle', batchProblem: { code: 'aborted' } });
    expect(state().batchResults.size).toBe(0);
  });

  it('does not begin with a template that asks for a column that is not there', async () => {
    const { engine, openPage } = setUp();
    const { state } = openPage();
    await state().takePrompts(prompts(2));
    state().changeBatch({ template: '{{text}}' });
    await state().runBatch();
    expect(state().batchProblem?.message).toContain('“text”');
    expect(engine.requests).toEqual([]);
  });

  it('goes on in memory where nothing can be stored, and says so', async () => {
    const refuse = () => Promise.reject(new DOMException('full', 'QuotaExceededError'));
    const store = {
      read: refuse,
      replace: refuse,
      putSettings: refuse,
      putResult: refuse,
      deleteResults: refuse,
    };
    const { state } = setUp(shouting()).openPage(store);
    await state().openBatch();
    await state().takePrompts(prompts(2));
    await state().runBatch();
    expect(state().batchUnstored).toBe(true);
    expect(answers(state())).toHaveLength(2);
  });
});

describe('what is asked', () => {
  it('stays as it is while there are answers, until they are discarded', async () => {
    const { state } = setUp(shouting()).openPage();
    await state().takePrompts(prompts(2));
    await state().runBatch();
    state().changeBatch({ template: 'other', concurrency: 4 });
    expect(state().batch?.settings).toMatchObject({ template: '{{column 1}}', concurrency: 4 });
    state().discardAnswers();
    state().changeBatch({ template: 'other' });
    expect(state().batch?.settings.template).toBe('other');
    expect(state().batchResults.size).toBe(0);
  });

  it('is kept for other prompts that have its columns', async () => {
    const { state } = setUp().openPage();
    await state().takePrompts(readPrompts('a.csv', 'q,n\nHello,1\n', 'csv'), 'Say {{q}}');
    await state().takePrompts(readPrompts('b.csv', 'n,q\n2,And?\n', 'csv'));
    expect(state().batch?.settings.template).toBe('Say {{q}}');
    await state().setBatchHeader(false);
    expect(state().batch?.settings.template).toBe('{{column 1}}');
  });
});

describe('two tabs', () => {
  it('one runs, the other says so, shows the answers and goes on afterwards', async () => {
    const endless = new Set(['prompt 2']);
    const { openPage } = setUp(shouting(endless));
    const [here, there] = [openPage(), openPage()];
    await here.state().openBatch();
    await here.state().takePrompts(prompts(3));
    here.state().changeBatch(boundless);
    await there.state().openBatch();
    await there.until(({ batch }) => batch !== null);
    const running = here.state().runBatch();
    await there.until(({ batchElsewhere, batchResults }) => batchElsewhere && batchResults.size === 2);
    await there.state().runBatch();
    there.state().discardAnswers();
    expect(there.state()).toMatchObject({ batchPhase: 'idle', batchElsewhere: true });
    here.state().stopBatch();
    await running;
    await there.until(({ batchElsewhere }) => !batchElsewhere);
    endless.clear();
    await there.state().runBatch();
    expect(answers(there.state())).toEqual(['0: PROMPT 0', '1: PROMPT 1', '2: PROMPT 2']);
  });
});

describe('everything', () => {
  it('that is exported has the batch, and brings it back where there is none', async () => {
    const { state } = setUp(shouting()).openPage();
    await state().takePrompts(prompts(2));
    await state().runBatch();
    const { name, content } = await state().exportEverything();
    globalThis.indexedDB = new IDBFactory();
    const other = setUp().openPage();
    await other.state().importChats([{ name, size: content.size, arrayBuffer: () => content.arrayBuffer() }]);
    expect(other.state().batch).toEqual(state().batch);
    expect(answers(other.state())).toEqual(answers(state()));
    // What is here wins.
    other.state().removeBatch();
    await other.state().takePrompts(prompts(1));
    await other.state().importChats([{ name, size: content.size, arrayBuffer: () => content.arrayBuffer() }]);
    expect(other.state().batch?.file.records).toHaveLength(1);
  });

  it('that is deleted has the batch, though it is running', async () => {
    const { openPage } = setUp(shouting(new Set(['prompt 1'])));
    const { state, until } = openPage();
    await state().openBatch();
    await state().takePrompts(prompts(2));
    state().changeBatch(boundless);
    void state().runBatch();
    await until(({ batchResults }) => batchResults.size === 1);
    expect(await state().deleteEverything()).toEqual([]);
    expect(state()).toMatchObject({ batch: null, batchPhase: 'idle', batchProblem: null });
    expect(await new BatchStore().read()).toBeNull();
  });
});

describe('measuring', () => {
  it('compares the first rows and leaves the table as it is', async () => {
    const { engine, openPage } = setUp(shouting());
    const { state } = openPage();
    await state().takePrompts(prompts(20));
    state().changeBatch({ concurrency: 4 });
    await state().compareBatch();
    expect(state()).toMatchObject({ batchPhase: 'idle', comparisonStep: null, batchProblem: null });
    expect(state().comparison).toMatchObject({ prompts: 4, sameAnswers: true });
    expect(state().batchResults.size).toBe(0);
    expect(new Set(engine.requests.map(({ options }) => options.seed))).toEqual(new Set([0]));
  });

  it('can be stopped, and says what it lacks', async () => {
    const { state, until } = setUp(shouting(new Set(['prompt 0']))).openPage();
    await state().takePrompts(prompts(2));
    const measuring = state().compareBatch();
    await until(({ comparisonStep }) => comparisonStep?.step === 2);
    state().stopBatch();
    await measuring;
    expect(state()).toMatchObject({ comparison: null, batchProblem: null, batchPhase: 'idle' });
    await state().takePrompts(prompts(1));
    await state().compareBatch();
    expect(state().batchProblem?.message).toContain('two at least');
  });
});
