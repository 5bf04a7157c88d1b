/**
 * The page's state in one place: slices, each a file, combined here once. Nothing in this folder knows React or the
 * DOM, so the whole behaviour of the page is tested in Node with fake threads. Components read through `use-app.ts`.
 */
import { createStore, type StateCreator, type StoreApi } from 'zustand/vanilla';
import type { HearthClient } from '../../client';
import { createBatchSlice, type BatchServices, type BatchSlice } from './batch-slice';
import { createChatSlice, type ChatSlice } from './chat-slice';
import { createChatsSlice, type Beside, type ChatServices, type ChatsSlice } from './chats-slice';
import { createComposerSlice, type ComposerSlice } from './composer-slice';
import { createEngineSlice, type EngineSlice } from './engine-slice';
import { createFrameSlice, type FrameSlice } from './frame-slice';
import { createModelSlice, type ModelSlice } from './model-slice';
import { createOfferSlice, type OfferSlice } from './offer-slice';
import { createServersSlice, type ServersSlice } from './servers-slice';
import { createShelfSlice, type ShelfSlice } from './shelf-slice';
import { createStorageSlice, type StorageSlice } from './storage-slice';
import { createSettingsSlice, type SettingsSlice } from './settings-slice';

export type AppState = SettingsSlice &
  ModelSlice &
  EngineSlice &
  ShelfSlice &
  OfferSlice &
  StorageSlice &
  ChatsSlice &
  ChatSlice &
  ServersSlice &
  ComposerSlice &
  BatchSlice &
  FrameSlice;
export type AppStore = StoreApi<AppState>;

/** What the slices need from outside. */
export interface AppServices {
  client: HearthClient;
  /** Calls back before the next paint; text that streams in is shown at most once per frame. */
  nextFrame: (callback: () => void) => void;
  /** Where chats are kept, and how tabs tell each other. */
  chats: ChatServices;
  /** Where the batch is kept, and which tab runs it; this browser's if absent. */
  batch?: BatchServices;
  /** The browser's count of what is stored; the page's own if absent. */
  storageManager?: StorageManager;
}

/** What the page was opened with, see `start-address.ts`. */
export interface StartOptions {
  /** The model that the address names; null goes on with the one that was chosen last. */
  modelId: string | null;
  /** Text to put into the composer, of a new chat; null goes on where this tab was. */
  text: string | null;
}

/** A slice of the state: its part, made with access to the whole. */
export type Slice<Part> = StateCreator<AppState, [], [], Part>;

export function createAppStore(services: AppServices, start: StartOptions): AppStore {
  const store = createStore<AppState>()((...parts) => {
    const settings = createSettingsSlice(services)(...parts);
    const [, get] = parts;
    // The first chat is made before there is a state to look into.
    const systemPrompt = () => (get() ?? settings).settings.systemPrompt;
    const stopWork = async () => {
      const { transfers, pauseModel, cancelLoad, stopAll } = get();
      for (const modelId of transfers.keys()) pauseModel(modelId);
      cancelLoad();
      await stopAll();
    };
    /** The batch goes the ways of the chats when everything is saved, brought back or deleted. */
    const beside: Beside = {
      toKeep: async () => ({ batch: (await get().batchToKeep()) ?? undefined }),
      restore: async ({ batch }) => batch && get().restoreBatch(batch),
      forget: () => get().forgetBatch(),
    };
    return {
      ...settings,
      ...createModelSlice(services, start)(...parts),
      ...createEngineSlice(services)(...parts),
      ...createShelfSlice(services)(...parts),
      ...createOfferSlice(services)(...parts),
      ...createStorageSlice(services)(...parts),
      ...createChatsSlice({ ...services.chats, systemPrompt, stopWork, beside })(...parts),
      ...createChatSlice(services)(...parts),
      ...createServersSlice(services)(...parts),
      ...createComposerSlice(services)(...parts),
      ...createBatchSlice(services)(...parts),
      ...createFrameSlice()(...parts),
    };
  });
  if (start.text !== null) store.getState().setComposer({ text: start.text });
  return store;
}
