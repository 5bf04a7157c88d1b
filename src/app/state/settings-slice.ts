/** What a person has settled for the whole page: shown at once, kept by `settings/settings.ts`, and the same in every tab. */
import type { KnownHost } from '../../client';
import { defaultSettings, readSettings, writeSettings, type Settings } from '../settings/settings';
import type { AppServices, Slice } from './store';

export interface SettingsSlice {
  settings: Settings;
  changeSettings(changes: Partial<Settings>): void;
  resetSettings(): void;
  /** Other hosts, as the client keeps them; taken back with `withdrawHost`. */
  modelHosts: { list(): Promise<KnownHost[]>; setToken(origin: string, token: string | null): Promise<void> };
  /** Takes over what another tab or an import has stored. */
  rereadSettings(): void;
}

export function createSettingsSlice({ client, chats }: AppServices): Slice<SettingsSlice> {
  const { settings: storage } = chats.places;
  const first = readSettings(storage);
  client.useHub(first.hubUrl || null);
  return (set, get) => {
    function adopt(settings: Settings): void {
      const { settings: before, openedChat, transcript } = get();
      set({ settings });
      client.useHub(settings.hubUrl || null);
      // An empty chat that was told nothing of its own begins as chats begin now.
      const isUntouched = openedChat.revision === 0 && transcript.length === 0;
      if (isUntouched && openedChat.systemPrompt === before.systemPrompt)
        set({ openedChat: { ...openedChat, systemPrompt: settings.systemPrompt } });
    }

    return {
      settings: first,
      modelHosts: { list: client.knownHosts, setToken: client.setHubToken },

      changeSettings(changes) {
        // What another tab has set meanwhile stays.
        const settings = { ...(storage ? readSettings(storage) : get().settings), ...changes };
        writeSettings(storage, settings);
        adopt(settings);
      },

      resetSettings: () => get().changeSettings(defaultSettings),
      rereadSettings: () => adopt(readSettings(storage)),
    };
  };
}
