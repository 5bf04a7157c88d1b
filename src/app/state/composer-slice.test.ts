import { expect, it } from 'vitest';
import { createStore } from 'zustand/vanilla';
import { createComposerSlice, MAX_FILE_BYTES } from './composer-slice';
import type { AppServices, AppState } from './store';

function setUp() {
  const kept = new Map<string, string>();
  const storage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  };
  let hide = () => {};
  const chats = { storage, onHide: (callback: () => void) => void (hide = callback) } as AppServices['chats'];
  const store = createStore<AppState>()((set, get, api) => ({
    ...createComposerSlice({ chats })(set, get, api),
    ...({
      openedChat: { id: 'a', revision: 1 },
      composerText: '',
      composerAttachments: [],
      tree: { messages: new Map([['m', {}]]) },
      edits: {},
      setEdit: (id: string, text: string) => set({ edits: { ...get().edits, [id]: text } }),
      setComposer: ({
        text = get().composerText,
        attachments = get().composerAttachments,
      }: Parameters<AppState['setComposer']>[0]) => set({ composerText: text, composerAttachments: attachments }),
    } as unknown as AppState),
  }));
  return Object.assign(store, { hide: () => hide(), keep: storage.setItem });
}

it('attaches texts and refuses the rest by name', async () => {
  const store = setUp();
  await store
    .getState()
    .attachFiles([
      new File(['line one\r\nline two'], 'notes.txt', { type: 'text/plain' }),
      new File([new Uint8Array([0xff, 0xfe, 0x00])], 'picture.png'),
      new File(['a\0b'], 'program'),
      new File([new Uint8Array(MAX_FILE_BYTES + 1)], 'book.txt'),
    ]);
  const { composerAttachments, refusedFiles } = store.getState();
  expect(composerAttachments).toMatchObject([{ name: 'notes.txt', text: 'line one\nline two' }]);
  expect(refusedFiles).toEqual([
    { name: 'picture.png', reason: 'not-text' },
    { name: 'program', reason: 'not-text' },
    { name: 'book.txt', reason: 'too-large' },
  ]);
});

it('does not attach to a chat that was opened while the file was read', async () => {
  const store = setUp();
  const attaching = store.getState().attachFiles([new File(['text'], 'notes.txt')]);
  store.setState({ openedChat: { id: 'b' } as AppState['openedChat'] });
  await attaching;
  expect(store.getState().composerAttachments).toEqual([]);
});

it('puts the last keys before a reload back, into the chat they were typed for', () => {
  const store = setUp();
  const type = (composerText: string) => store.setState({ composerText });
  const recalled = () => {
    store.getState().recallLastKeys();
    return store.getState().composerText;
  };
  type('half a sentence');
  store.hide();
  type('half a'); // as it was stored a second ago
  expect(recalled()).toBe('half a sentence');
  type('something else');
  expect(recalled()).toBe('something else');
  store.setState({ openedChat: { id: 'b', revision: 1 } as AppState['openedChat'], composerText: '' });
  expect(recalled()).toBe('');
});

it('puts the last keys in editors of messages back too, and takes what an older page kept for nothing', () => {
  const store = setUp();
  store.setState({ edits: { m: 'other words', gone: 'words' } });
  store.hide();
  store.setState({ edits: {} });
  store.getState().recallLastKeys();
  expect(store.getState().edits).toEqual({ m: 'other words' });
  store.keep('hearth.typed', 'a half a sentence');
  store.getState().recallLastKeys();
  expect(store.getState().composerText).toBe('');
});
