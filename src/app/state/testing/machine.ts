/**
 * A machine in a test: one profile with its IndexedDB, on which tabs are opened and killed. IndexedDB goes on in real time; what
 * waits for seconds is in the test's hands, which calls `holdTimers` before each test.
 */
import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { vi } from 'vitest';
import { createStore } from 'zustand/vanilla';
import { IndexedDbTables } from '../../chats/indexed-db-tables';
import type { Tables } from '../../chats/tables';
import { createFakeHub, createFakeStorage, createFakeTabs, NO_PLACES } from '../../chats/testing/fake-places';
import { createChatsSlice, type ChatsSlice } from '../chats-slice';

export function holdTimers(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
}

/** Until storing and announcing have come to rest. */
export async function rest(): Promise<void> {
  for (let turn = 0; turn < 40; turn++) await new Promise((resolve) => setImmediate(resolve));
}

export async function wait(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 50) {
    vi.advanceTimersByTime(Math.min(50, left));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await rest();
}

/** A machine with one profile, on which tabs are opened and killed. */
export function createMachine() {
  const factory = new IDBFactory();
  const hub = createFakeHub();
  const tabs = createFakeTabs();
  const settings = createFakeStorage();
  let opened = 0;
  const onDisk = (): Tables => new IndexedDbTables(() => factory);

  function openTab({ storage = createFakeStorage(), tables = onDisk() } = {}) {
    const tabId = `tab${opened++}`;
    let killed = false;
    let hide = () => {};
    const mortal: Tables = {
      run: (mode, work) => (killed ? new Promise(() => {}) : tables.run(mode, work)),
    };
    const channel = hub.open();
    const store = createStore<ChatsSlice>()(
      createChatsSlice({
        tables: mortal,
        channel,
        tabs: tabs.open(tabId),
        storage,
        places: { ...NO_PLACES, databases: factory, settings, tab: storage },
        onHide: (callback) => (hide = callback),
      }),
    );
    return {
      storage,
      state: () => store.getState(),
      hide: () => hide(),
      /** Nothing more of it reaches the disk. */
      kill() {
        killed = true;
        channel.close();
        tabs.close(tabId);
      },
    };
  }
  /** Opens a tab and waits until it has read what there is. */
  async function enter(options?: Parameters<typeof openTab>[0]) {
    const tab = openTab(options);
    await tab.state().beginChats();
    await rest();
    return tab;
  }
  return { factory, hub, settings, openTab, enter };
}

export type Tab = Awaited<ReturnType<ReturnType<typeof createMachine>['enter']>>;

/** What is on the screen. */
export const texts = (tab: Tab) => tab.state().transcript.map(({ content }) => content);

/** One exchange, stored. */
export async function exchange(tab: Tab, question = 'Tell me a story.', reply = 'Once upon a time.') {
  const asked = tab.state().say({ text: question });
  const writer = tab.state().beginAnswer(asked.id, 'Tales');
  writer.update({ content: reply });
  await writer.finish('done');
  await rest();
  return { asked, answer: writer.message };
}
