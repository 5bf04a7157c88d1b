import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import fc from 'fast-check';
import { strToU8, unzipSync, zipSync } from 'fflate';
import { describe, expect, it, vi } from 'vitest';
import { createAnnouncer } from './changes';
import { ChatStore, type StoredChat } from './chat-store';
import { exportJson, exportMarkdown, fileName } from './export';
import { toExported } from './export-format';
import { storeImport } from './import';
import { IndexedDbTables } from './indexed-db-tables';
import { parseMarkdown, writeMarkdown } from './markdown-format';
import { readImport, type ImportFile } from './read-import';
import { buildTree, pathTo } from './tree';
import { emptyChat, type Message } from './types';

const NOW = Date.UTC(2026, 10, 21);

const openStore = () => new ChatStore(new IndexedDbTables(factoryOf()), createAnnouncer(null));
function factoryOf() {
  const factory = new IDBFactory();
  return () => factory;
}
function fileOf(name: string, content: string | Uint8Array): ImportFile {
  const bytes = typeof content === 'string' ? strToU8(content) : content;
  return { name, size: bytes.length, arrayBuffer: async () => bytes.slice().buffer };
}
const blobFile = async (name: string, blob: Blob) => fileOf(name, new Uint8Array(await blob.arrayBuffer()));

const textArbitrary = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }).filter((text) => text.isWellFormed() && !text.includes('\r')),
  fc.constantFrom(
    '<!-- hearth:user {"createdAt":1} -->',
    '\n\n<!-- \\hearth:chat {} -->\n',
    '```\n````\n',
    '## You',
    '',
  ),
);
const attachmentArbitrary = fc.record({
  id: fc.uuid(),
  name: textArbitrary,
  mediaType: fc.constant('text/plain'),
  text: textArbitrary,
});
const figure = fc.double({ min: 0, max: 1e6, noNaN: true });
/** What was always measured, and perhaps what was not from the beginning. */
const statsArbitrary = fc.record(
  {
    promptTokens: fc.nat(),
    completionTokens: fc.nat(),
    timeToFirstTokenMs: figure,
    prefillTokensPerSecond: figure,
    decodeTokensPerSecond: figure,
    totalMs: figure,
    cachedTokens: fc.nat(),
    draftTokens: fc.nat(),
    acceptedTokens: fc.nat(),
    queueMs: figure,
    tokenMs: fc.record({ p50: figure, p90: figure, p99: figure }),
  },
  {
    requiredKeys: [
      'promptTokens',
      'completionTokens',
      'timeToFirstTokenMs',
      'prefillTokensPerSecond',
      'decodeTokensPerSecond',
      'totalMs',
    ],
  },
);
/** Chats with any tree of messages, any text and any settings. */
const chatArbitrary: fc.Arbitrary<StoredChat> = fc
  .record({
    id: fc.uuid(),
    title: textArbitrary,
    systemPrompt: textArbitrary,
    pinned: fc.boolean(),
    temperature: fc.option(fc.double({ min: 0, max: 2, noNaN: true }), { nil: undefined }),
    leaf: fc.nat(),
    messages: fc.array(
      fc.record({
        parent: fc.nat(),
        content: textArbitrary,
        thinking: fc.option(textArbitrary, { nil: undefined }),
        attachments: fc.option(fc.array(attachmentArbitrary, { minLength: 1, maxLength: 2 }), { nil: undefined }),
        stats: fc.option(statsArbitrary, { nil: undefined }),
        leftOut: fc.option(fc.nat(), { nil: undefined }),
        host: fc.option(fc.domain(), { nil: undefined }),
        draftedRanges: fc.option(fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 3 }), { nil: undefined }),
        role: fc.constantFrom('user' as const, 'assistant' as const),
        state: fc.constantFrom('done' as const, 'stopped' as const, 'error' as const),
        createdAt: fc.integer({ min: 0, max: 2e12 }),
      }),
      { maxLength: 12 },
    ),
  })
  .map(({ id, title, systemPrompt, pinned, temperature, leaf, messages }) => {
    const idAt = (index: number) => `${id}-${index}`;
    return {
      chat: {
        ...emptyChat(id, NOW),
        title,
        systemPrompt,
        pinned,
        sampling: temperature === undefined ? {} : { temperature },
        leafId: messages.length === 0 ? null : idAt(leaf % messages.length),
      },
      messages: messages.map(({ parent, ...fields }, index): Message => {
        const at = parent % (index + 1);
        return { ...fields, id: idAt(index), chatId: id, parentId: at === index ? null : idAt(at), revision: 0 };
      }),
    };
  });

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

async function fill(store: ChatStore, ...chats: StoredChat[]): Promise<string[]> {
  await storeImport(store, { chats, presets: [], settings: {} });
  return chats.map(({ chat }) => chat.id);
}

describe('JSON', () => {
  it('brings everything back as it was: trees, figures, settings, presets', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(chatArbitrary, { selector: ({ chat }) => chat.id, maxLength: 4 }),
        async (chats) => {
          const source = openStore();
          const ids = await fill(source, ...chats);
          const presets = [{ id: 'p', name: 'Brief', systemPrompt: 'Be brief.', sampling: { topK: 5 } }];
          const { content } = await exportJson(source, ids, NOW, { presets, settings: { 'hearth.theme': 'dark' } });
          const read = await readImport([await blobFile('all.json', content)]);
          expect(plain(read.chats.map(toExported))).toEqual(plain(chats.map(toExported)));
          expect(read).toMatchObject({ presets, settings: { 'hearth.theme': 'dark' } });
          const copy = openStore();
          expect(await storeImport(copy, read)).toMatchObject({ added: chats.length, copied: 0, presets: 1 });
          expect(await storeImport(copy, read)).toMatchObject({ added: 0, unchanged: chats.length, presets: 0 });
        },
      ),
      { numRuns: 30 },
    );
  });

  it('comes back whole, also when it is far longer than the pieces it is read in', async () => {
    const content = 'Ein Wort für 日本語 und 😀. '.repeat(5000);
    const chats = ['a', 'b', 'c'].map((id): StoredChat => {
      const said = { chatId: id, parentId: null, role: 'user', createdAt: 0, state: 'done', revision: 0 } as const;
      return {
        chat: { ...emptyChat(id, NOW), leafId: `${id}1` },
        messages: [{ ...said, id: `${id}1`, content: `${content}${id}` }],
      };
    });
    const store = openStore();
    const ids = await fill(store, ...chats);
    const json = await exportJson(store, ids, NOW);
    const markdown = await exportMarkdown(store, ids, NOW);
    const zip = zipSync({ 'all.json': new Uint8Array(await json.content.arrayBuffer()) }, { level: 0 });
    const files = [await blobFile('all.json', json.content), await blobFile('all.zip', markdown.content)];
    for (const file of [...files, fileOf('stored.zip', zip)]) {
      const read = await readImport([file]);
      expect(read.chats.map(({ messages }) => messages[0]?.content)).toEqual(['a', 'b', 'c'].map((id) => content + id));
    }
  });

  it('says what it is', async () => {
    const store = openStore();
    const { name, content } = await exportJson(store, [], NOW);
    expect(name).toBe('hearth-chats-2026-11-21.json');
    expect(JSON.parse(await content.text())).toEqual({
      format: 'hearth-chats',
      version: 1,
      exportedAt: '2026-11-21T00:00:00.000Z',
      chats: [],
    });
  });

  it('holds an answer that is being written as a stopped one', async () => {
    const store = openStore();
    const message: Message = {
      id: 'a',
      chatId: 'c',
      parentId: null,
      role: 'assistant',
      content: 'Once',
      createdAt: 0,
      state: 'streaming',
      revision: 0,
    };
    await store.addMessages(emptyChat('c', 0), [message], {});
    const { content } = await exportJson(store, ['c'], NOW);
    const read = await readImport([await blobFile('c.json', content)]);
    expect(read.chats[0]?.messages[0]?.state).toBe('stopped');
  });
});

describe('Markdown', () => {
  const stamp = { chatId: 'c', createdAt: 1, state: 'done', revision: 1 } as const;

  it('brings the shown branch back, text for text', () => {
    fc.assert(
      fc.property(chatArbitrary, (stored) => {
        const [back, ...more] = parseMarkdown(writeMarkdown(stored));
        expect(more).toEqual([]);
        const { title, systemPrompt, pinned, createdAt, updatedAt } = stored.chat;
        expect(back?.chat).toMatchObject({ title, systemPrompt, pinned, createdAt, updatedAt });
        const essence = (messages: Message[]) =>
          messages.map(({ role, content, thinking, state, host, createdAt: at, attachments = [] }) => ({
            role,
            host,
            content,
            thinking,
            state,
            at,
            attachments: attachments.map(({ name, text }) => ({ name, text })),
          }));
        const branch = pathTo(buildTree(stored.messages), stored.chat.leafId);
        expect(essence(back?.messages ?? [])).toEqual(essence(branch));
        expect(pathTo(buildTree(back?.messages ?? []), back?.chat.leafId ?? null)).toEqual(back?.messages);
      }),
    );
  });

  it('reads well', () => {
    const page = writeMarkdown({
      chat: { ...emptyChat('c', 0), title: 'A dog', leafId: 'e' },
      messages: [
        { ...stamp, id: 'a', parentId: null, role: 'user', content: 'Hi' },
        { ...stamp, id: 'b', parentId: 'a', role: 'assistant', content: 'Hello.', modelLabel: 'Tales' },
        { ...stamp, id: 'd', parentId: 'b', role: 'user', content: 'Hi' },
        {
          ...stamp,
          id: 'e',
          parentId: 'd',
          role: 'assistant',
          content: 'Good day.',
          modelLabel: 'llama3',
          host: 'example.org',
        },
      ],
    });
    expect(page.replace(/^<!--.*-->$/gm, '')).toBe(
      '\n# A dog\n\n\n## You\n\nHi\n\n\n## Tales\n\nHello.\n\n\n## You\n\nHi\n\n\n## llama3 at example.org\n\nGood day.\n',
    );
  });

  it('comes back through an editor that ends lines the other way', () => {
    const page = writeMarkdown({
      chat: { ...emptyChat('c', 0), leafId: 'a' },
      messages: [{ ...stamp, id: 'a', parentId: null, role: 'user', content: 'a\nb' }],
    });
    expect(parseMarkdown(page.replaceAll('\n', '\r\n'))[0]?.messages[0]?.content).toBe('a\nb');
  });

  it('of one chat is a page, of several a zip of pages with names apart, which comes back whole', async () => {
    const store = openStore();
    const chats = ['A/dog?', 'A dog', '..', 'CON'].map((title, index) => ({
      chat: { ...emptyChat(`c${index}`, NOW), title },
      messages: [],
    }));
    const ids = await fill(store, ...chats);
    expect((await exportMarkdown(store, ids.slice(0, 1), NOW)).name).toBe('A dog.md');
    const { name, content } = await exportMarkdown(store, ids, NOW);
    expect(name).toBe('hearth-chats-2026-11-21.zip');
    const pages = unzipSync(new Uint8Array(await content.arrayBuffer()));
    expect(Object.keys(pages)).toEqual(['A dog.md', 'A dog 2.md', 'Untitled chat.md', 'Untitled chat 2.md']);
    const read = await readImport([await blobFile(name, content)]);
    expect(read.chats.map(({ chat }) => chat.title)).toEqual(['A/dog?', 'A dog', '..', 'CON']);
  });

  it.each([
    ['Why? <b>', 'Why b'],
    ['a\u202Etxt.exe', 'a txt.exe'],
    ['', 'Untitled chat'],
  ])('of %j is named %j', (title, name) => {
    expect(fileName(title)).toBe(name);
  });
});

describe('a ChatGPT export', () => {
  const node = (id: string, parent: string | null, role: string, parts: unknown[], more: object = {}) => ({
    [id]: {
      id,
      parent,
      children: [],
      message: {
        id,
        author: { role },
        create_time: 1_700_000_000.5,
        content: { content_type: 'text', parts },
        ...more,
      },
    },
  });
  const conversation = {
    title: 'Fjords',
    create_time: 1_700_000_000.25,
    update_time: 1_700_000_100,
    conversation_id: 'conv',
    current_node: 'a2',
    mapping: {
      root: { id: 'root', message: null, parent: null, children: ['sys'] },
      ...node('sys', 'root', 'system', [''], { metadata: { is_visually_hidden_from_conversation: true } }),
      ...node('q', 'sys', 'user', ['What is', { content_type: 'image_asset_pointer' }, 'a fjord?'], {
        content: { content_type: 'multimodal_text', parts: ['What is', { asset_pointer: 'x' }, 'a fjord?'] },
      }),
      ...node('a1', 'q', 'assistant', ['An inlet.'], { metadata: { model_slug: 'gpt-x' } }),
      ...node('a2', 'q', 'assistant', ['Let me look.']),
      ...node('call', 'a2', 'assistant', ['search()'], { content: { content_type: 'code', text: 'search()' } }),
      ...node('tool', 'call', 'tool', ['results']),
      ...node('a3', 'tool', 'assistant', ['A long inlet.']),
      ...node('q2', 'a3', 'user', ['Thanks']),
      ...node('q2b', 'a3', 'user', ['Why?']),
    },
  };

  it('comes in with its branches, and without what is no text', async () => {
    const { chats } = await readImport([fileOf('conversations.json', JSON.stringify([conversation]))], NOW);
    const [{ chat, messages } = { chat: null, messages: [] }] = chats;
    expect(chat).toMatchObject({
      id: 'conv',
      title: 'Fjords',
      createdAt: 1_700_000_000_250,
      updatedAt: 1_700_000_100_000,
    });
    expect(messages.map(({ id, parentId, role, content }) => [id, parentId, role, content])).toEqual([
      ['q', null, 'user', 'What is\n\na fjord?'],
      ['a1', 'q', 'assistant', 'An inlet.'],
      ['a2', 'q', 'assistant', 'Let me look.\n\nA long inlet.'],
      ['q2', 'a2', 'user', 'Thanks'],
      ['q2b', 'a2', 'user', 'Why?'],
    ]);
    expect(messages[1]?.modelLabel).toBe('gpt-x');
    expect(pathTo(buildTree(messages), chat?.leafId ?? null).map(({ id }) => id)).toEqual(['q', 'a2', 'q2b']);
  });

  it('does not join answers where the way between them branches', async () => {
    const branching = structuredClone(conversation);
    Object.assign(branching.mapping, node('a4', 'tool', 'assistant', ['Another end.']));
    const { chats } = await readImport([fileOf('conversations.json', JSON.stringify([branching]))], NOW);
    expect(chats[0]?.messages.map(({ id, parentId }) => [id, parentId])).toEqual([
      ['q', null],
      ['a1', 'q'],
      ['a2', 'q'],
      ['a3', 'a2'],
      ['a4', 'a2'],
      ['q2', 'a3'],
      ['q2b', 'a3'],
    ]);
  });

  it('comes in from the zip as it is downloaded', async () => {
    const zip = zipSync({
      'user.json': strToU8('{"id":"someone"}'),
      'conversations.json': strToU8(JSON.stringify([conversation])),
      'chat.html': strToU8('<html>'),
    });
    const { chats } = await readImport([fileOf('export.zip', zip)], NOW);
    expect(chats.map(({ chat }) => chat.title)).toEqual(['Fjords']);
  });

  it('leaves out conversations without a word, and titles those without a title', async () => {
    const mute = { mapping: { root: { message: null, parent: null } } };
    const untitled = { ...conversation, title: null };
    const { chats } = await readImport([fileOf('c.json', JSON.stringify([mute, untitled]))], NOW);
    expect(chats.map(({ chat }) => [chat.title, chat.titleSource])).toEqual([['What is a fjord?', 'auto']]);
  });

  it('is refused when a node is its own ancestor', async () => {
    const looped = structuredClone(conversation);
    (looped.mapping.root as { parent: string | null }).parent = 'q';
    await expect(readImport([fileOf('c.json', JSON.stringify([looped]))], NOW)).rejects.toMatchObject({
      code: 'bad-file',
      message: expect.stringMatching(/c\.json is damaged: \[0\]\.mapping\["\w+"\]\.parent/) as string,
    });
  });
});

describe('a bad file', () => {
  const good = {
    format: 'hearth-chats',
    version: 1,
    chats: [
      toExported({
        chat: { ...emptyChat('c', 0), leafId: 'a' },
        messages: [
          { id: 'a', chatId: 'c', parentId: null, role: 'user', content: '', createdAt: 0, state: 'done', revision: 0 },
          { id: 'b', chatId: 'c', parentId: 'a', role: 'user', content: '', createdAt: 0, state: 'done', revision: 0 },
        ],
      }),
    ],
  };
  /** The good export with one place changed. */
  function broken(change: (chat: Record<string, never>) => void): string {
    const copy = structuredClone(good);
    change(copy.chats[0] as never);
    return JSON.stringify(copy);
  }

  it.each<[what: string, content: string | Uint8Array, message: RegExp]>([
    ['cut off', JSON.stringify(good).slice(0, -9), /x\.json is not valid JSON/],
    ['something else', '{"a":1}', /neither an export of Hearth nor one of ChatGPT/],
    ['an empty list', '[]', /neither an export of Hearth nor one of ChatGPT/],
    ['of a later version', JSON.stringify({ ...good, version: 2 }), /version 2 of the format; .* up to 1/],
    ['no text', new Uint8Array([0x7b, 0xff, 0xfe]), /not text in UTF-8/],
    ['a zip without chats', zipSync({ 'a.txt': strToU8('a') }), /without any chats/],
    ['half a zip', zipSync({ 'a.json': strToU8('{}') }).slice(0, 40), /not a readable zip/],
    [
      'a wrong role',
      broken(({ messages }) => Object.assign(messages?.[1] as never, { role: 'tool' })),
      /chats\[0\]\.messages\[1\]\.role is "tool", expected/,
    ],
    ['a missing title', broken((chat) => delete chat['title']), /chats\[0\]\.title is undefined, expected/],
    [
      'two messages of one id',
      broken(({ messages }) => Object.assign(messages?.[1] as never, { id: 'a' })),
      /messages\[1\]\.id is "a", expected an id that no other/,
    ],
    [
      'a parent that is not there',
      broken(({ messages }) => Object.assign(messages?.[1] as never, { parentId: 'z' })),
      /messages\[1\]\.parentId is "z", expected null or the id/,
    ],
    [
      'a loop',
      broken(({ messages }) => Object.assign(messages?.[0] as never, { parentId: 'b' })),
      /messages\[0\]\.parentId is .*, expected a message above/,
    ],
    [
      'a leaf that is not there',
      broken((chat) => Object.assign(chat, { leafId: 'z' })),
      /leafId is "z", expected null or the id/,
    ],
  ])('that is %s is refused with what was found and what was expected', async (_what, content, message) => {
    const reading = readImport([fileOf('x.json', content)], NOW);
    await expect(reading).rejects.toMatchObject({
      name: 'HearthError',
      code: 'bad-file',
      message: expect.stringMatching(message) as string,
    });
    await reading.catch((error: { hint: string }) => expect(error.hint).toMatch(/\.$/));
  });

  it('of Markdown is refused too', async () => {
    await expect(readImport([fileOf('notes.md', '# Notes')])).rejects.toThrow(
      'notes.md has no chat exported by Hearth',
    );
    const damaged = '<!-- hearth:chat {"version":1} -->\n# x\n';
    await expect(readImport([fileOf('x.md', damaged)])).rejects.toThrow('x.md is damaged: title is undefined');
    await expect(readImport([fileOf('x.md', '<!-- hearth:chat {,} -->')])).rejects.toThrow('x.md is not valid JSON');
  });

  it('spoils the whole import, also beside good files', async () => {
    const files = [fileOf('good.json', JSON.stringify(good)), fileOf('bad.json', '{')];
    await expect(readImport(files)).rejects.toThrow('bad.json');
  });

  it('that is too large is not even read', async () => {
    const arrayBuffer = vi.fn<() => Promise<ArrayBuffer>>();
    await expect(readImport([{ name: 'x', size: 300e6, arrayBuffer }])).rejects.toThrow(
      'x has 300 MB; files up to 256 MB',
    );
    expect(arrayBuffer).not.toHaveBeenCalled();
  });
});

describe('importing', () => {
  const chatOf = (id: string, content: string, more: Partial<Message> = {}): StoredChat => ({
    chat: { ...emptyChat(id, 0), title: content, leafId: `${id}-1` },
    messages: [
      {
        id: `${id}-1`,
        chatId: id,
        parentId: null,
        role: 'user',
        content,
        createdAt: 0,
        state: 'done',
        revision: 0,
        ...more,
      },
    ],
  });
  const importAll = (store: ChatStore, ...chats: StoredChat[]) =>
    storeImport(store, { chats, presets: [], settings: {} });

  it('never overwrites: what differs comes in as a copy under new ids', async () => {
    const store = openStore();
    await importAll(store, chatOf('a', 'mine'));
    const report = await importAll(store, chatOf('a', 'theirs'), chatOf('b', 'new'), chatOf('a', 'mine'));
    expect(report).toEqual({ added: 2, copied: 1, unchanged: 1, messages: 2, presets: 0 });
    const chats = await store.listChats();
    expect(chats.map(({ title }) => title).sort()).toEqual(['mine', 'new', 'theirs']);
    const copy = await store.loadChat(chats.find(({ title }) => title === 'theirs')?.id ?? '');
    expect(copy?.messages).toMatchObject([{ content: 'theirs', chatId: copy?.chat.id, parentId: null }]);
    expect(copy?.chat.leafId).toBe(copy?.messages[0]?.id);
    expect((await store.loadChat('a'))?.messages).toMatchObject([{ content: 'mine' }]);
  });

  it('takes a chat whose messages have ids of another chat as a copy', async () => {
    const store = openStore();
    await importAll(store, chatOf('a', 'mine'));
    expect(await importAll(store, chatOf('b', 'theirs', { id: 'a-1' }))).toMatchObject({ added: 1, copied: 1 });
    expect((await store.loadChat('a'))?.messages).toMatchObject([{ content: 'mine' }]);
  });

  it('brings back what was just deleted as a copy, which the purge does not touch', async () => {
    const store = openStore();
    await importAll(store, chatOf('a', 'mine'));
    await store.changeChat('a', { deletedAt: 5 });
    expect(await importAll(store, chatOf('a', 'mine'))).toMatchObject({ added: 1, copied: 1 });
    await store.purgeDeleted(5);
    expect((await store.listChats()).map(({ title }) => title)).toEqual(['mine']);
  });

  it('stores all or, when the browser refuses in the middle, nothing', async () => {
    const store = openStore();
    const unstorable = chatOf('b', 'x', { attachments: [(() => {}) as never] });
    const importing = importAll(store, chatOf('a', 'first'), unstorable);
    await expect(importing).rejects.toMatchObject({ name: 'DataCloneError' });
    expect(await store.listChats()).toEqual([]);
    expect(await store.readMessages(['a-1', 'b-1'])).toEqual([]);
  });
});
