import { strToU8 } from 'fflate';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { IndexedDbTables } from '../chats/indexed-db-tables';
import type { Tables } from '../chats/tables';
import { UNDO_MS, type Message } from '../chats/types';
import { createMachine, exchange, holdTimers, rest, texts, wait } from './testing/machine';

beforeEach(holdTimers);
afterEach(() => vi.useRealTimers());

describe('branches', () => {
  it('edit, answer again and step through the versions; the last one seen is remembered', async () => {
    const machine = createMachine();
    const tab = await machine.enter();
    const { asked, answer } = await exchange(tab, 'Q', 'A');
    const second = tab.state().regenerateAnswer(answer.id, 'Tales');
    second.update({ content: 'B' });
    await second.finish('done');
    expect(texts(tab)).toEqual(['Q', 'B']);
    tab.state().editMessage(asked.id, 'Q2');
    expect(texts(tab)).toEqual(['Q2']);
    await tab.state().stepVersion(tab.state().transcript[0]?.id ?? '', -1);
    expect(texts(tab)).toEqual(['Q', 'B']);
    await tab.state().stepVersion(second.message.id, -1);
    expect(texts(tab)).toEqual(['Q', 'A']);
    const again = await machine.enter({ storage: tab.storage });
    expect(texts(again)).toEqual(['Q', 'A']);
    await again.state().showBranch(second.message.id);
    expect(texts(again)).toEqual(['Q', 'B']);
  });

  it('a deleted message takes what is below with it, and undo brings all back as it was', async () => {
    const machine = createMachine();
    const tab = await machine.enter();
    const { answer } = await exchange(tab, 'Q', 'A');
    tab.state().say({ text: 'more' });
    await rest();
    await tab.state().deleteMessage(answer.id);
    expect(texts(tab)).toEqual(['Q']);
    expect(texts(await machine.enter({ storage: tab.storage }))).toEqual(['Q']);
    await tab.state().undo(tab.state().undoables[0]?.id ?? '');
    await rest();
    expect(texts(tab)).toEqual(['Q', 'A', 'more']);
    expect(texts(await machine.enter({ storage: tab.storage }))).toEqual(['Q', 'A', 'more']);
    const writer = tab.state().continueAnswer(answer.id);
    writer.update({ content: 'A!' });
    await writer.finish('done');
    expect(tab.state().tree.messages.size).toBe(3); // the restored version is known: no fork
  });

  it('an answer that is deleted while it grows is not stored again', async () => {
    const machine = createMachine();
    const tab = await machine.enter();
    const asked = tab.state().say({ text: 'Q' });
    const writer = tab.state().beginAnswer(asked.id, 'Tales');
    await tab.state().deleteMessage(asked.id);
    writer.update({ content: 'too late' });
    await writer.finish('done');
    await rest();
    const again = await machine.enter();
    await again.state().openChat(asked.chatId);
    expect(again.state().tree.messages.size).toBe(0);
  });

  it('an answer without a word is not kept', async () => {
    const machine = createMachine();
    const tab = await machine.enter();
    await tab
      .state()
      .beginAnswer(tab.state().say({ text: 'Q' }).id, 'Tales')
      .finish('error');
    expect(texts(tab)).toEqual(['Q']);
    expect(tab.state().leafId).toBe(tab.state().transcript[0]?.id);
  });

  it('an answer goes on growing while another chat is open, and is there when one comes back', async () => {
    const machine = createMachine();
    const tab = await machine.enter();
    const asked = tab.state().say({ text: 'Q' });
    const writer = tab.state().beginAnswer(asked.id, 'Tales');
    await rest();
    await tab.state().startChat();
    writer.update({ content: 'grown' });
    expect(texts(tab)).toEqual([]);
    await rest();
    writer.update({ content: 'grown more' });
    await tab.state().openChat(asked.chatId);
    expect(tab.state().transcript[1]).toMatchObject({ content: 'grown more', state: 'streaming' });
    await writer.finish('done');
    expect(tab.state().transcript[1]).toMatchObject({ content: 'grown more', state: 'done' });
  });
});

describe('the list', () => {
  it('titles a chat by its first message, once, and never over a person’s title', async () => {
    const machine = createMachine();
    const tab = await machine.enter();
    await exchange(tab, 'Why is the sky blue? I wonder.');
    await exchange(tab, 'And the sea?');
    expect(tab.state().openedChat).toMatchObject({ title: 'Why is the sky blue?', titleSource: 'auto' });
    await tab.state().startChat();
    await tab.state().renameChat(tab.state().openedChat.id, '  Mine ');
    await exchange(tab, 'Hello');
    expect(tab.state().chatList.map(({ title }) => title)).toEqual(['Mine', 'Why is the sky blue?']);
    await tab.state().renameChat(tab.state().openedChat.id, ' ');
    expect(tab.state().openedChat.title).toBe('Mine');
  });

  it('has the chat in which something was last said on top, pinned ones above', async () => {
    const machine = createMachine();
    const tab = await machine.enter();
    const ids: string[] = [];
    for (const question of ['A', 'B', 'C']) {
      await tab.state().startChat();
      ids.push((await exchange(tab, question)).asked.chatId);
      await wait(10);
    }
    await tab.state().pinChat(ids[0] ?? '', true);
    await tab.state().openChat(ids[1] ?? '');
    await exchange(tab, 'more');
    expect(tab.state().chatList.map(({ title }) => title)).toEqual(['A', 'B', 'C']);
  });

  it('deletes with undo, and for good when the time is over', async () => {
    const machine = createMachine();
    const tab = await machine.enter();
    const { asked } = await exchange(tab);
    await tab.state().deleteChat(asked.chatId);
    expect(tab.state()).toMatchObject({ chatList: [], transcript: [], undoables: [{ title: 'Tell me a story' }] });
    await tab.state().undo(tab.state().undoables[0]?.id ?? '');
    expect(texts(tab)).toEqual(['Tell me a story.', 'Once upon a time.']);
    await tab.state().deleteChat(asked.chatId);
    await wait(UNDO_MS);
    expect(tab.state().undoables).toEqual([]);
    const tables = new IndexedDbTables(() => machine.factory);
    const left = await tables.run('readonly', (transaction) => transaction.all('messages'));
    expect(left).toEqual([]);
  });

  it('deletes for good at the next start what a killed tab had deleted', async () => {
    const machine = createMachine();
    const tab = await machine.enter();
    const { asked } = await exchange(tab);
    await tab.state().deleteChat(asked.chatId);
    tab.kill();
    vi.advanceTimersByTime(UNDO_MS);
    await machine.enter();
    const tables = new IndexedDbTables(() => machine.factory);
    expect(await tables.run('readonly', (transaction) => transaction.all('chats'))).toEqual([]);
  });

  it('keeps what is typed in each chat apart', async () => {
    const machine = createMachine();
    const tab = await machine.enter();
    const { asked } = await exchange(tab);
    tab.state().setComposer({ text: 'for the story' });
    await tab.state().startChat();
    expect(tab.state().composerText).toBe('');
    tab.state().setComposer({ text: 'for a new one' });
    // A tab's own drafts are those of a closed tab only after a reload; within the tab they are handed back.
    await tab.state().openChat(asked.chatId);
    expect(tab.state().composerText).toBe('for the story');
    await tab.state().startChat();
    expect(tab.state().composerText).toBe('for a new one');
  });

  it('keeps other words for a message over a kill, a sending and another chat, until they are said or dropped', async () => {
    const machine = createMachine();
    const tab = await machine.enter();
    const { asked, answer } = await exchange(tab, 'Q', 'A');
    tab.state().setEdit(asked.id, 'Q, rather');
    tab.state().setEdit(answer.id, 'A, rather');
    await wait(1000);
    tab.kill();
    const again = await machine.enter({ storage: tab.storage });
    expect(again.state().edits).toEqual({ [asked.id]: 'Q, rather', [answer.id]: 'A, rather' });
    again.state().setComposer({ text: 'more' });
    again.state().say();
    again.state().setEdit(answer.id, null);
    await again.state().startChat();
    expect(again.state().edits).toEqual({});
    await again.state().openChat(asked.chatId);
    expect(again.state()).toMatchObject({ edits: { [asked.id]: 'Q, rather' }, composerText: '' });
    again.state().setEdit(asked.id, null);
    await wait(1000);
    again.kill();
    expect((await machine.enter({ storage: tab.storage })).state().edits).toEqual({});
  });

  it('keeps presets over visits and tells the other tabs', async () => {
    const machine = createMachine();
    const [one, two] = [await machine.enter(), await machine.enter()];
    await one.state().savePreset({ name: 'Brief', systemPrompt: 'Be brief.', sampling: {} });
    await rest();
    const [preset] = two.state().presets;
    expect(preset).toMatchObject({ name: 'Brief' });
    await two.state().deletePreset(preset?.id ?? '');
    await rest();
    expect(one.state().presets).toEqual([]);
  });
});

describe('a temporary chat', () => {
  it('leaves no trace: not on the disk, not in the list, the search or the export, not told to other tabs', async () => {
    const machine = createMachine();
    const tables = new IndexedDbTables(() => machine.factory);
    const tab = await machine.enter({ tables });
    await exchange(tab, 'kept');
    machine.hub.posted.length = 0;
    const before = [tab.storage.getItem('hearth.chat'), machine.settings.length];
    expect(before[0]).not.toBe('');
    await tab.state().startChat({ temporary: true });
    const run = vi.spyOn(tables, 'run');
    tab.state().setComposer({ text: 'secret' });
    tab.state().setChatSettings({ systemPrompt: 'secret' });
    const asked = tab.state().say();
    const writer = tab.state().beginAnswer(asked.id, 'Tales');
    writer.update({ content: 'secret' });
    await writer.finish('done');
    await tab.state().renameChat(asked.chatId, 'secret');
    tab.state().editMessage(asked.id, 'secret too');
    await tab.state().stepVersion(tab.state().transcript[0]?.id ?? '', -1);
    await tab.state().deleteMessage(writer.message.id);
    await tab.state().undo(tab.state().undoables[0]?.id ?? '');
    expect(texts(tab)).toEqual(['secret', 'secret']);
    tab.hide();
    await wait(2000);
    expect(run.mock.calls.filter(([mode]) => mode === 'readwrite')).toEqual([]);
    expect(machine.hub.posted).toEqual([]);
    expect(await tab.state().searchChats('secret')).toEqual([]);
    expect(await (await tab.state().exportEverything()).content.text()).not.toContain('secret');
    expect(tab.state().chatList.map(({ title }) => title)).toEqual(['kept']);
    expect(JSON.stringify([tab.storage.getItem('hearth.chat'), machine.settings.length])).not.toContain('secret');
    await tab.state().startChat();
    expect(await tab.state().openChat(asked.chatId)).toBe(false);
  });

  it('that is left while it is answered does not come into the list', async () => {
    const machine = createMachine();
    const tab = await machine.enter();
    await tab.state().startChat({ temporary: true });
    const writer = tab.state().beginAnswer(tab.state().say({ text: 'secret' }).id, 'Tales');
    await tab.state().startChat();
    writer.update({ content: 'secret' });
    await writer.finish('done');
    await rest();
    expect(tab.state().chatList).toEqual([]);
    expect(machine.hub.posted).toEqual([]);
  });
});

describe('searching, taking out, bringing in, deleting', () => {
  it('searches what is here now, of this tab and of others', async () => {
    const machine = createMachine();
    const [one, two] = [await machine.enter(), await machine.enter()];
    const { answer } = await exchange(one, 'First', 'a café');
    const hits = await two.state().searchChats('CAFE');
    expect(hits).toMatchObject([{ chatId: answer.chatId, messageId: answer.id }]);
    await exchange(one, 'Second', 'a teahouse');
    await two.state().openChat(answer.chatId);
    await two.state().deleteMessage(answer.id);
    await rest();
    expect(await one.state().searchChats('cafe')).toEqual([]);
    expect(await two.state().searchChats('teahouse')).toEqual([]); // it hung below the deleted answer
    expect(await two.state().searchChats('first')).toHaveLength(1);
  });

  it('opens a hit at the branch it is in', async () => {
    const machine = createMachine();
    const tab = await machine.enter();
    const { asked } = await exchange(tab, 'Q', 'needle');
    tab.state().editMessage(asked.id, 'Q2');
    await rest();
    const [hit] = await tab.state().searchChats('needle');
    await tab.state().openChat(hit?.chatId ?? '', hit?.messageId ?? '');
    expect(texts(tab)).toEqual(['Q', 'needle']);
  });

  it('takes everything out and brings it in on another machine', async () => {
    const [here, there] = [createMachine(), createMachine()];
    const tab = await here.enter();
    await exchange(tab);
    await tab.state().savePreset({ name: 'Brief', systemPrompt: '', sampling: {} });
    here.settings.setItem('hearth.theme', 'dark');
    here.settings.setItem('hearth.allowed-sites', '[]'); // only the person at a machine allows sites there
    const { name, content } = await tab.state().exportEverything();
    expect(name).toMatch(/^hearth-everything-.*\.json$/);
    const other = await there.enter();
    there.settings.setItem('hearth.language', 'de');
    const bytes = strToU8(await content.text());
    const file = { name, size: bytes.length, arrayBuffer: async () => bytes.slice().buffer };
    expect(await other.state().importChats([file])).toMatchObject({ added: 1, messages: 2, presets: 1 });
    expect(other.state().chatList.map(({ title }) => title)).toEqual(['Tell me a story']);
    expect(other.state().presets.map((preset) => preset.name)).toEqual(['Brief']);
    expect(there.settings.getItem('hearth.allowed-sites')).toBe(null);
    expect([there.settings.getItem('hearth.theme'), there.settings.getItem('hearth.language')]).toEqual(['dark', 'de']);
    await expect(
      other.state().importChats([{ ...file, arrayBuffer: async () => new ArrayBuffer(0) }]),
    ).rejects.toMatchObject({ code: 'bad-file' });
  });

  it('takes from a file neither what other sites may do nor keys of others', async () => {
    const [here, there] = [createMachine(), createMachine()];
    const tab = await here.enter();
    await exchange(tab);
    here.settings.setItem('hearth.allowed-sites', '[]');
    const { content } = await tab.state().exportEverything();
    const written = JSON.parse(await content.text()) as { settings: object };
    expect(written.settings).toEqual({});
    written.settings = { 'hearth.allowed-sites': '[]', others: 'x', 'hearth.theme': 'dark' };
    const bytes = strToU8(JSON.stringify(written));
    const other = await there.enter();
    await other
      .state()
      .importChats([{ name: 'a.json', size: bytes.length, arrayBuffer: async () => bytes.slice().buffer }]);
    const keys = Array.from({ length: there.settings.length }, (_, i) => there.settings.key(i));
    expect(keys).toEqual(['hearth.theme']);
  });

  it('exports one as a page of Markdown', async () => {
    const machine = createMachine();
    const tab = await machine.enter();
    const { asked } = await exchange(tab);
    const { name, content } = await tab.state().exportChats([asked.chatId], 'markdown');
    expect(name).toBe('Tell me a story.md');
    expect(await content.text()).toContain('Once upon a time.');
    expect((await tab.state().exportChats('all', 'json')).name).toBe('Tell me a story.json');
  });

  it('deletes everything, in all tabs', async () => {
    const machine = createMachine();
    const [one, two] = [await machine.enter(), await machine.enter()];
    await exchange(one);
    two.state().setComposer({ text: 'typed' });
    two.storage.setItem('hearth.typed', 'typed');
    machine.settings.setItem('hearth.theme', 'dark');
    const { id: askedId } = two.state().say({ text: 'And then?' });
    const writer = two.state().beginAnswer(askedId, 'Tales');
    writer.update({ content: 'Then' });
    await rest();
    expect(await one.state().deleteEverything()).toEqual([]);
    await rest();
    for (const tab of [one, two]) {
      expect(tab.state()).toMatchObject({ chatList: [], transcript: [], composerText: '', presets: [] });
      expect(tab.storage.getItem('hearth.typed')).toBeNull();
    }
    expect(machine.settings.length).toBe(0);
    writer.update({ content: 'Then they lived' });
    await wait(2000);
    await writer.finish('stopped');
    one.kill();
    two.kill();
    const again = await machine.enter();
    expect(again.state()).toMatchObject({ chatList: [], composerText: '' });
  });
});

describe('when the browser stores nothing', () => {
  it('everything works for the session, and it is said once', async () => {
    const machine = createMachine();
    const tables: Tables = { run: () => Promise.reject(new DOMException('no', 'SecurityError')) };
    const tab = await machine.enter({ tables });
    const { asked } = await exchange(tab);
    await tab.state().startChat();
    await tab.state().openChat(asked.chatId);
    expect(texts(tab)).toEqual(['Tell me a story.', 'Once upon a time.']);
    expect(tab.state()).toMatchObject({ storageTrouble: 'unavailable', chatsLoaded: true });
    expect(await tab.state().retryStorage()).toBe(false);
    expect(tab.state().storageTrouble).toBe('unavailable');
  });

  it('a disk that is full in the middle of a chat is told, and filled when there is room', async () => {
    const machine = createMachine();
    const tables = new IndexedDbTables(() => machine.factory);
    const tab = await machine.enter({ tables });
    const { asked } = await exchange(tab, 'Q', 'A');
    const run = vi.spyOn(tables, 'run').mockImplementation(async (mode, work) => {
      if (mode === 'readwrite') throw new DOMException('full', 'QuotaExceededError');
      return IndexedDbTables.prototype.run.call(tables, mode, work);
    });
    await exchange(tab, 'Q2', 'A2');
    expect(tab.state().storageTrouble).toBe('full');
    expect(texts(tab)).toEqual(['Q', 'A', 'Q2', 'A2']);
    run.mockRestore();
    expect(await tab.state().retryStorage()).toBe(true);
    expect(tab.state().storageTrouble).toBeNull();
    const again = await machine.enter();
    await again.state().openChat(asked.chatId);
    expect(texts(again)).toEqual(['Q', 'A', 'Q2', 'A2']);
  });
});

it('revisions of shown messages are those of the disk, so that the next write is no fork', async () => {
  const machine = createMachine();
  const tab = await machine.enter();
  const { asked, answer } = await exchange(tab);
  const stored = new Map<string, Message>();
  await new IndexedDbTables(() => machine.factory).run('readonly', async (transaction) => {
    for (const message of await transaction.all('messages')) stored.set(message.id, message);
  });
  for (const id of [asked.id, answer.id])
    expect(tab.state().tree.messages.get(id)?.revision).toBe(stored.get(id)?.revision);
});
