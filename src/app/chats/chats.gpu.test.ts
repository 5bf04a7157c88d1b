/**
 * Chats in a real browser: its IndexedDB, BroadcastChannel and Web Locks instead of the fakes of the other tests, at the size
 * at which everything must stay smooth.
 */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createAnnouncer, openChannel, type Changes } from './changes';
import { ChatStore, type StoredChat } from './chat-store';
import { deleteEverything, placesHere } from './erase';
import { exportJson, exportMarkdown } from './export';
import { storeImport } from './import';
import { IndexedDbTables } from './indexed-db-tables';
import { readImport } from './read-import';
import { SearchIndex } from './search';
import { openTabs } from './tabs';
import { emptyChat, type Message } from './types';

const CHATS = 1000;
const MESSAGES = 10;

beforeEach(() => deleteEverything(placesHere()));
afterEach(() => deleteEverything(placesHere()));

const WORDS = 'the little dog saw a red ball über café under an old tree and asked whose garden this might be'.split(
  ' ',
);

/** Chats as people have them: ten messages of about 600 characters, some with accents. */
function manyChats(): StoredChat[] {
  return Array.from({ length: CHATS }, (_, chatIndex) => {
    const chatId = `chat${chatIndex}`;
    const messages = Array.from({ length: MESSAGES }, (_, index): Message => {
      const words = Array.from({ length: 120 }, (_, at) => WORDS[(chatIndex * 7 + index * 13 + at * 5) % WORDS.length]);
      return {
        id: `${chatId}-${index}`,
        chatId,
        parentId: index === 0 ? null : `${chatId}-${index - 1}`,
        role: index % 2 === 0 ? 'user' : 'assistant',
        content: `${words.join(' ')} number${chatIndex}.`,
        createdAt: index,
        state: 'done',
        revision: 0,
      };
    });
    return { chat: { ...emptyChat(chatId, chatIndex), title: `Chat ${chatIndex}`, leafId: `${chatId}-9` }, messages };
  });
}

it('holds, searches, exports and imports a thousand chats', async () => {
  const store = new ChatStore(new IndexedDbTables(), createAnnouncer(null));
  const chats = manyChats();
  expect(await storeImport(store, { chats, presets: [], settings: {} })).toMatchObject({ added: CHATS });
  const listed = await store.listChats();
  expect(listed).toHaveLength(CHATS);

  const index = new SearchIndex();
  for await (const page of store.allMessages()) for (const message of page) index.put(message);
  const hits = await index.search('NUMBER777 cafe', listed);
  expect(hits.map(({ chatId }) => chatId)).toEqual(['chat777']);
  expect(await index.search('uber', listed)).toHaveLength(CHATS);

  const ids = listed.map(({ id }) => id);
  const { name, content } = await exportJson(store, ids, 0);
  const read = await readImport([new File([content], name)]);
  expect(await storeImport(store, read)).toEqual({ added: 0, copied: 0, unchanged: CHATS, messages: 0, presets: 0 });
  const zip = await exportMarkdown(store, ids.slice(0, 20), 0);
  expect((await readImport([new File([zip.content], zip.name)])).chats).toHaveLength(20);
}, 60_000);

it('keeps the fields and texts of two connections that write at once', async () => {
  const [one, two] = [0, 1].map(() => new ChatStore(new IndexedDbTables(), createAnnouncer(null)));
  const [stored] = manyChats();
  if (!one || !two || !stored) throw new Error('unreachable');
  await storeImport(one, { chats: [stored], presets: [], settings: {} });
  await Promise.all([one.changeChat('chat0', { title: 'one' }), two.changeChat('chat0', { pinned: true })]);
  const [known] = await one.readMessages(['chat0-0']);
  const saved = await Promise.all(
    [one, two].map((store) => store.saveMessage({ ...(known as Message), content: 'x' })),
  );
  expect(saved.filter((outcome) => outcome !== 'gone' && outcome.forked)).toHaveLength(1);
  const found = await two.loadChat('chat0');
  expect(found?.chat).toMatchObject({ title: 'one', pinned: true });
  expect(found?.messages).toHaveLength(MESSAGES + 1);
});

it('hears of other tabs and knows which are open', async () => {
  const heard = new Promise<Changes>((resolve) => createAnnouncer(openChannel()).subscribe(resolve));
  createAnnouncer(openChannel()).announce({ chatIds: ['a'], messages: [] });
  expect(await heard).toEqual({ chatIds: ['a'], messages: [] });
  const one = openTabs('one', navigator.locks);
  openTabs('two', navigator.locks);
  expect(await one.otherTabs()).toEqual(new Set(['two']));
});

it('deletes everything while connections are open', async () => {
  const store = new ChatStore(new IndexedDbTables(), createAnnouncer(null));
  await storeImport(store, { chats: manyChats().slice(0, 1), presets: [], settings: {} });
  localStorage.setItem('hearth.theme', 'dark');
  expect(await deleteEverything(placesHere())).toEqual([]);
  expect((await indexedDB.databases()).map(({ name }) => name)).not.toContain('hearth-chats');
  expect(localStorage.getItem('hearth.theme')).toBeNull();
  expect(await store.listChats()).toEqual([]);
});
