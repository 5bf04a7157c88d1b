/** The chats of this machine when tabs are killed and when there are two. */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { IndexedDbTables } from '../chats/indexed-db-tables';
import { siblingsOf } from '../chats/tree';
import { UNDO_MS } from '../chats/types';
import { createMachine, exchange, holdTimers, rest, texts, wait } from './testing/machine';

beforeEach(holdTimers);
afterEach(() => vi.useRealTimers());

describe('killing the tab', () => {
  it('at any moment loses nothing but the last second of an answer, which then has stopped', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 4000 }), async (lifeMs) => {
        const machine = createMachine();
        const tab = await machine.enter();
        const asked = tab.state().say({ text: 'Tell me a story.' });
        const writer = tab.state().beginAnswer(asked.id, 'Tales');
        await rest();
        const grown: { at: number; length: number }[] = [];
        for (let ms = 0; ms < lifeMs; ms += 100) {
          writer.update({ content: 'x'.repeat(ms / 100 + 1) });
          grown.push({ at: ms, length: ms / 100 + 1 });
          await wait(100);
        }
        tab.kill();
        const again = await machine.enter({ storage: tab.storage });
        const [question, answer] = again.state().transcript;
        expect(question?.content).toBe('Tell me a story.');
        const lastSecond = (grown.at(-1)?.at ?? 0) - 1000;
        const promised = grown.findLast(({ at }) => at <= lastSecond)?.length ?? (grown.length > 0 ? 1 : 0);
        expect(answer?.content.length ?? 0).toBeGreaterThanOrEqual(promised);
        if (answer) expect(answer).toMatchObject({ state: 'stopped', modelLabel: 'Tales' });
      }),
      { numRuns: 8 },
    );
  });

  it('keeps what was typed in the composer, up to the last second, with its attachments', async () => {
    const machine = createMachine();
    const tab = await machine.enter();
    const attachments = [{ id: 'a', name: 'a.txt', mediaType: 'text/plain', text: 'long' }];
    tab.state().setComposer({ text: 'H', attachments });
    await wait(300);
    tab.state().setComposer({ text: 'Hello' });
    await wait(1000);
    tab.state().setComposer({ text: 'Hello yo' });
    await rest();
    tab.kill();
    const again = await machine.enter();
    expect(again.state()).toMatchObject({ composerText: 'Hello', composerAttachments: attachments });
  });

  it('keeps what was typed when the page is hidden first', async () => {
    const machine = createMachine();
    const tab = await machine.enter();
    tab.state().setComposer({ text: 'H' });
    await rest();
    tab.state().setComposer({ text: 'Hello' });
    tab.hide();
    await rest();
    tab.kill();
    expect((await machine.enter()).state().composerText).toBe('Hello');
  });

  it('right after sending has the message once: in the chat, not in the composer', async () => {
    const machine = createMachine();
    const tab = await machine.enter();
    tab.state().setComposer({ text: 'Hello' });
    await wait(100);
    tab.state().say();
    expect(tab.state().composerText).toBe('');
    await rest();
    tab.kill();
    const again = await machine.enter({ storage: tab.storage });
    expect(texts(again)).toEqual(['Hello']);
    await again.state().startChat();
    expect(again.state().composerText).toBe('');
  });

  it('keeps the settings of a chat that does not exist yet, and of one that does', async () => {
    const machine = createMachine();
    const tab = await machine.enter();
    tab.state().setChatSettings({ systemPrompt: 'Be brief.', sampling: { temperature: 0 } });
    await rest();
    tab.kill();
    const again = await machine.enter();
    expect(again.state().openedChat).toMatchObject({ systemPrompt: 'Be brief.', sampling: { temperature: 0 } });
    await exchange(again);
    again.state().setChatSettings({ systemPrompt: 'Be long.' });
    await wait(1000);
    again.kill();
    const third = await machine.enter({ storage: again.storage });
    expect(third.state().openedChat).toMatchObject({ systemPrompt: 'Be long.', sampling: { temperature: 0 } });
  });

  it('while it continues an answer keeps the old text and at most a second less of the new', async () => {
    const machine = createMachine();
    const tab = await machine.enter();
    const { answer } = await exchange(tab);
    const writer = tab.state().continueAnswer(answer.id);
    writer.update({ content: `${answer.content} And then` });
    await wait(1000);
    tab.kill();
    const again = await machine.enter({ storage: tab.storage });
    expect(again.state().transcript[1]).toMatchObject({ content: 'Once upon a time. And then', state: 'stopped' });
    expect(again.state().tree.messages.size).toBe(2);
  });

  it('writes at most once a second however fast tokens come', async () => {
    const machine = createMachine();
    const tables = new IndexedDbTables(() => machine.factory);
    const run = vi.spyOn(tables, 'run');
    const tab = await machine.enter({ tables });
    const writer = tab.state().beginAnswer(tab.state().say({ text: 'Hi' }).id, 'Tales');
    await rest();
    run.mockClear();
    for (let token = 0; token < 300; token++) {
      writer.update({ content: 'x'.repeat(token + 1) });
      await wait(10);
    }
    // At 0, 1, 2 and 3 seconds, and once which branch is shown.
    expect(run.mock.calls.filter(([mode]) => mode === 'readwrite')).toHaveLength(5);
  });
});

describe('two tabs', () => {
  it('see each other’s chats, renamings and deletions', async () => {
    const machine = createMachine();
    const [one, two] = [await machine.enter(), await machine.enter()];
    await exchange(one);
    const [{ id } = { id: '' }] = two.state().chatList;
    expect(two.state().chatList.map(({ title }) => title)).toEqual(['Tell me a story']);
    await Promise.all([one.state().renameChat(id, 'A story'), two.state().pinChat(id, true)]);
    await rest();
    for (const tab of [one, two]) expect(tab.state().chatList).toMatchObject([{ title: 'A story', pinned: true }]);
    await two.state().deleteChat(id);
    await rest();
    expect(one.state()).toMatchObject({ chatList: [], transcript: [] });
    await two.state().undo(two.state().undoables[0]?.id ?? '');
    await rest();
    expect(one.state().chatList).toHaveLength(1);
  });

  it('show an answer growing next door, and take it for stopped when that tab dies', async () => {
    const machine = createMachine();
    const [one, two] = [await machine.enter(), await machine.enter()];
    const asked = one.state().say({ text: 'Hi' });
    await rest();
    await two.state().openChat(asked.chatId);
    const writer = one.state().beginAnswer(asked.id, 'Tales');
    writer.update({ content: 'Once' });
    await wait(1000);
    expect(two.state().transcript[1]).toMatchObject({ content: 'Once', state: 'streaming' });
    writer.update({ content: 'Once upon' });
    await wait(1000);
    expect(texts(two)).toEqual(['Hi', 'Once upon']);
    one.kill();
    await wait(5000);
    expect(two.state().transcript[1]).toMatchObject({ content: 'Once upon', state: 'stopped' });
  });

  it('that continue one answer at once keep both texts, and both see both', async () => {
    const machine = createMachine();
    const [one, two] = [await machine.enter(), await machine.enter()];
    const { answer } = await exchange(one);
    await two.state().openChat(answer.chatId);
    const writers = [one.state().continueAnswer(answer.id), two.state().continueAnswer(answer.id)];
    writers[0]?.update({ content: 'one' });
    writers[1]?.update({ content: 'two' });
    await Promise.all(writers.map((writer) => writer.finish('done')));
    await rest();
    for (const tab of [one, two]) {
      const contents = [...tab.state().tree.messages.values()].map(({ content }) => content);
      expect(contents.sort()).toEqual(['Tell me a story.', 'one', 'two']);
    }
    expect([texts(one)[1], texts(two)[1]]).toEqual(['one', 'two']);
  });

  it('have drafts apart, and a new tab does not take what is being typed next door', async () => {
    const machine = createMachine();
    const one = await machine.enter();
    one.state().setComposer({ text: 'in one' });
    await rest();
    const two = await machine.enter();
    expect(two.state().composerText).toBe('');
    two.state().setComposer({ text: 'in two' });
    await rest();
    two.kill();
    one.kill();
    const three = await machine.enter();
    expect(['in one', 'in two']).toContain(three.state().composerText);
    const first = three.state().composerText;
    three.state().say();
    await rest();
    await three.state().startChat();
    await rest();
    expect([first, three.state().composerText].sort()).toEqual(['in one', 'in two']);
  });

  it('lose nothing when one says something in a chat that the other has deleted for good', async () => {
    const machine = createMachine();
    const [one, two] = [await machine.enter(), await machine.enter()];
    const { asked } = await exchange(one);
    const busy = one.state().beginAnswer(asked.id, 'Tales'); // keeps the chat on the screen
    await two.state().deleteChat(asked.chatId);
    await wait(UNDO_MS);
    await busy.finish('stopped');
    one.state().say({ text: 'Still here' });
    await rest();
    one.kill();
    const again = await machine.enter({ storage: one.storage });
    expect(texts(again)).toContain('Still here');
    expect(texts(again)).toContain('Tell me a story.');
  });

  it('follow each other down one branch and not to another', async () => {
    const machine = createMachine();
    const [one, two] = [await machine.enter(), await machine.enter()];
    const { asked } = await exchange(one, 'Q', 'A');
    await two.state().openChat(asked.chatId);
    one.state().say({ text: 'more' });
    await rest();
    expect(texts(two)).toEqual(['Q', 'A', 'more']);
    one.state().editMessage(asked.id, 'Q2');
    await rest();
    expect(texts(two)).toEqual(['Q', 'A', 'more']);
    expect(siblingsOf(two.state().tree, asked.id).ids).toHaveLength(2);
  });
});
