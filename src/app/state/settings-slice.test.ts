import { describe, expect, it } from 'vitest';
import type { HearthClient } from '../../client';
import { createEngineHolder } from '../../client/engine-holder';
import { createFakeStorage, NO_PLACES } from '../chats/testing/fake-places';
import { MemoryTables } from '../chats/tables';
import { defaultSettings, SETTINGS_KEY } from '../settings/settings';
import { readStartAddress } from './start-address';
import { createAppStore } from './store';

function openPage(settings: Storage | null, address = '') {
  const store = createAppStore(
    {
      // No model is asked for.
      client: {
        useHub: () => {},
        engine: createEngineHolder({ locks: null, channel: null }),
      } as unknown as HearthClient,
      nextFrame: (callback) => callback(),
      chats: {
        tables: new MemoryTables(),
        channel: null,
        tabs: { tabId: 'tab', otherTabs: async () => new Set() },
        storage: createFakeStorage(),
        places: { ...NO_PLACES, settings },
        onHide: () => {},
      },
    },
    readStartAddress(address),
  );
  return () => store.getState();
}

describe('settings', () => {
  it('are kept for the next visit, and hold without a storage until the tab is closed', () => {
    const storage = createFakeStorage();
    openPage(storage)().changeSettings({ theme: 'dark' });
    expect(openPage(storage)().settings.theme).toBe('dark');

    const state = openPage(null);
    state().changeSettings({ theme: 'dark' });
    state().changeSettings({ textSize: 'large' });
    expect(state().settings).toMatchObject({ theme: 'dark', textSize: 'large' });
  });

  it('of two tabs do not overwrite each other', () => {
    const storage = createFakeStorage();
    const [here, there] = [openPage(storage), openPage(storage)];
    here().changeSettings({ theme: 'light' });
    there().changeSettings({ sendKey: 'ctrl-enter' });
    here().rereadSettings();
    expect(here().settings).toEqual({ ...defaultSettings, theme: 'light', sendKey: 'ctrl-enter' });
  });

  it('go back to what they were', () => {
    const storage = createFakeStorage({ [SETTINGS_KEY]: '{"theme":"dark"}' });
    const state = openPage(storage);
    state().resetSettings();
    expect(state().settings).toEqual(defaultSettings);
  });
});

describe('the model that a person has chosen', () => {
  it('is that of the next visit, unless the address names another', () => {
    const storage = createFakeStorage();
    expect(openPage(storage)().modelId).toBe('tales');
    openPage(storage)().selectModel('tales-draft');
    expect(openPage(storage)().modelId).toBe('tales-draft');
    expect(openPage(storage, '?model=tales')().modelId).toBe('tales');
    expect(openPage(storage)().modelId).toBe('tales-draft');
  });

  it('holds for this tab where nothing can be kept', () => {
    const state = openPage(null);
    state().selectModel('tales-draft');
    expect(state().modelId).toBe('tales-draft');
    expect(openPage(null)().modelId).toBe('tales');
  });
});

describe('the system prompt of new chats', () => {
  it('is that of the settings, from the first chat on', async () => {
    const storage = createFakeStorage({ [SETTINGS_KEY]: '{"systemPrompt":"Be brief."}' });
    const state = openPage(storage);
    expect(state().openedChat.systemPrompt).toBe('Be brief.');
    await state().startChat();
    expect(state().openedChat.systemPrompt).toBe('Be brief.');
  });

  it('changes an empty chat that was told nothing of its own, and no other', async () => {
    const state = openPage(null);
    state().changeSettings({ systemPrompt: 'Be brief.' });
    expect(state().openedChat.systemPrompt).toBe('Be brief.');

    state().setChatSettings({ systemPrompt: 'Be kind.' });
    state().changeSettings({ systemPrompt: 'Be quick.' });
    expect(state().openedChat.systemPrompt).toBe('Be kind.');

    state().setComposer({ text: 'Hello' });
    state().say();
    await state().startChat();
    expect(state().openedChat.systemPrompt).toBe('Be quick.');
    state().say({ text: 'Hello again' });
    state().changeSettings({ systemPrompt: 'Be slow.' });
    expect(state().openedChat.systemPrompt).toBe('Be quick.');
  });
});
