import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { describe, expect, it } from 'vitest';
import { createAnnouncer } from './changes';
import { ChatStore, settled } from './chat-store';
import { IndexedDbTables } from './indexed-db-tables';
import { createFakeHub } from './testing/fake-places';
import { draftId, emptyChat, NEW_CHAT, type Chat, type Draft, type Message } from './types';

function setUp() {
  const factory = new IDBFactory();
  const hub = createFakeHub();
  const openTab = () => new ChatStore(new IndexedDbTables(() => factory), createAnnouncer(hub.open()));
  return { hub, one: openTab(), two: openTab() };
}

const message = (id: string, more: Partial<Message> = {}): Message => ({
  id,
  chatId: 'chat',
  parentId: null,
  role: 'user',
  content: id,
  createdAt: 0,
  state: 'done',
  revision: 0,
  ...more,
});
const draft = (chatId: string, tabId: string, text: string, updatedAt: number): Draft => ({
  id: draftId(chatId, tabId),
  chatId,
  tabId,
  text,
  attachments: [],
  updatedAt,
});
const said = (store: ChatStore, ...messages: Message[]) =>
  store.addMessages(emptyChat('chat', 0), messages, {}) as Promise<Chat>;
const nobody = () => false;

describe('two tabs', () => {
  it('that change different fields of a chat at once both win', async () => {
    const { one, two } = setUp();
    await said(one, message('a'));
    await Promise.all([
      one.changeChat('chat', { title: 'by one' }),
      two.changeChat('chat', { pinned: true }),
      one.changeChat('chat', { systemPrompt: 'be brief' }),
      two.changeChat('chat', { leafId: 'a' }),
    ]);
    const found = await two.loadChat('chat');
    expect(found?.chat).toMatchObject({
      title: 'by one',
      pinned: true,
      systemPrompt: 'be brief',
      leafId: 'a',
      revision: 5,
    });
  });

  it('can change a field only if it still is as they know it', async () => {
    const { one, two } = setUp();
    await said(one, message('a'));
    await one.changeChat('chat', { title: 'mine', titleSource: 'person' });
    const retitle = (stored: Chat) => (stored.titleSource === 'auto' ? { title: 'automatic' } : null);
    expect(await two.changeChat('chat', retitle)).toBeNull();
    expect((await one.loadChat('chat'))?.chat).toMatchObject({ title: 'mine', revision: 2 });
  });

  it('that add messages at once keep both', async () => {
    const { one, two } = setUp();
    await said(one, message('a'));
    await Promise.all([said(one, message('b')), said(two, message('c'))]);
    const found = await one.loadChat('chat');
    expect(found?.messages.map(({ id }) => id).sort()).toEqual(['a', 'b', 'c']);
  });

  it('that write one message at once keep both texts, the later one as a version beside', async () => {
    const { one, two } = setUp();
    await said(one, message('a', { parentId: 'q' }));
    const known = (await one.loadChat('chat'))?.messages[0] as Message;
    const [first, second] = await Promise.all([
      one.saveMessage({ ...known, content: 'one' }),
      two.saveMessage({ ...known, content: 'two' }),
    ]);
    expect(first).toMatchObject({ forked: false, message: { id: 'a', revision: 2 } });
    expect(second).toMatchObject({ forked: true, message: { parentId: 'q', revision: 1 } });
    const found = await one.loadChat('chat');
    expect(found?.messages.map(({ content }) => content).sort()).toEqual(['one', 'two']);
  });

  it('hear of each other by id only', async () => {
    const { hub, one } = setUp();
    await said(one, message('a', { content: 'a secret' }));
    await one.changeChat('chat', { title: 'another secret' });
    expect(hub.posted).toEqual([
      { chatIds: ['chat'], messages: [{ id: 'a', chatId: 'chat' }] },
      { chatIds: ['chat'], messages: [] },
    ]);
  });

  it('write nothing to what the other has deleted', async () => {
    const { one, two } = setUp();
    const chat = await said(one, message('a'));
    const [known] = (await one.loadChat('chat'))?.messages ?? [];
    await two.deleteMessages([known as Message], 'chat', null);
    expect(await one.saveMessage(known as Message)).toBe('gone');
    await two.changeChat('chat', { deletedAt: 5 });
    expect(await one.addMessages(chat, [message('b')], {})).toBeNull();
    await two.purgeDeleted(5);
    expect(await one.saveMessage(message('c'))).toBe('gone');
    expect(await one.addMessages(chat, [message('d')], {})).toBeNull();
    expect(await one.changeChat('chat', { title: 'x' })).toBeNull();
    expect(await one.readMessages(['a', 'b', 'c', 'd'])).toEqual([]);
  });
});

describe('deleting a chat', () => {
  it('hides it, can be undone, and after the purge leaves nothing', async () => {
    const { one } = setUp();
    await said(one, message('a'));
    await one.saveDraft(draft('chat', 'tab', 'typed', 1), null);
    await one.changeChat('chat', { deletedAt: 10 });
    expect(await one.listChats()).toEqual([]);
    expect(await one.loadChat('chat')).toBeNull();
    await one.purgeDeleted(9);
    await one.changeChat('chat', { deletedAt: null });
    expect((await one.loadChat('chat'))?.messages).toHaveLength(1);
    await one.changeChat('chat', { deletedAt: 10 });
    await one.purgeDeleted(10);
    expect(await one.readChats(['chat'])).toEqual([]);
    expect(await one.readMessages(['a'])).toEqual([]);
    expect(await one.readDraft('chat', nobody)).toBeNull();
  });
});

describe('drafts', () => {
  it('go in the same transaction as what was typed is said', async () => {
    const { one } = setUp();
    await one.saveDraft(draft(NEW_CHAT, 'tab', 'hello', 1), null);
    await one.addMessages(emptyChat('chat', 0), [message('a')], {}, [draftId(NEW_CHAT, 'tab')]);
    expect(await one.readDraft(NEW_CHAT, nobody)).toBeNull();
  });

  it('of a closed tab are taken up, the newest first, those of open tabs are not', async () => {
    const { one } = setUp();
    await one.saveDraft(draft('chat', 'closed', 'older', 1), null);
    await one.saveDraft(draft('chat', 'crashed', 'newer', 2), null);
    await one.saveDraft(draft('chat', 'open', 'next door', 3), null);
    expect((await one.readDraft('chat', (tabId) => tabId === 'open'))?.text).toBe('newer');
  });

  it('replace the one they grew from, unless its tab has written on', async () => {
    const { one } = setUp();
    const left = draft('chat', 'closed', 'half a', 1);
    await one.saveDraft(left, null);
    await one.saveDraft(draft('chat', 'mine', 'half a sentence', 2), left);
    await one.saveDraft(draft('chat', 'mine', '', 3), left);
    expect(await one.readDraft('chat', nobody)).toBeNull();

    await one.saveDraft(left, null);
    await one.saveDraft({ ...left, text: 'alive', updatedAt: 4 }, null);
    await one.saveDraft(draft('chat', 'mine', '', 5), left);
    expect((await one.readDraft('chat', nobody))?.text).toBe('alive');
  });
});

it('reads all messages in pieces, each once', async () => {
  const { one } = setUp();
  await said(one, ...Array.from({ length: 601 }, (_, index) => message(`m${index}`)));
  const pages: number[] = [];
  const ids = new Set<string>();
  for await (const page of one.allMessages()) {
    pages.push(page.length);
    for (const { id } of page) ids.add(id);
  }
  expect(pages).toEqual([250, 250, 101]);
  expect(ids.size).toBe(601);
});

it('keeps presets by name', async () => {
  const { one, two } = setUp();
  await one.savePreset({ id: '1', name: 'Tales', systemPrompt: '', sampling: {} });
  await two.savePreset({ id: '2', name: 'Brief', systemPrompt: 'Be brief.', sampling: { temperature: 0 } });
  await two.savePreset({ id: '1', name: 'Stories', systemPrompt: '', sampling: {} });
  expect((await one.listPresets()).map(({ name }) => name)).toEqual(['Brief', 'Stories']);
  await one.deletePreset('2');
  expect(await two.listPresets()).toHaveLength(1);
});

it('reads an answer that was left streaming as stopped', () => {
  expect(settled(message('a', { state: 'streaming' })).state).toBe('stopped');
  expect(settled(message('a', { state: 'error' })).state).toBe('error');
});
