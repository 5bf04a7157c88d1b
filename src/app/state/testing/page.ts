/** A page in a test: its whole state over fake threads, which answer as the test wishes. */
import * as Comlink from 'comlink';
import { createClient } from '../../../client/client';
import { createEngineHolder } from '../../../client/engine-holder';
import {
  createFakeEngine,
  createFakeImporter,
  createFakeThread,
  type FakeEngineOptions,
  type FakeImporterOptions,
  type FakeThread,
} from '../../../client/testing/fake-engine';
import { createFakeSite } from '../../../client/testing/fake-site';
import type { RemoteApi } from '../../../protocol/remote-api';
import { MemoryTables } from '../../chats/tables';
import { createFakeStorage, NO_PLACES } from '../../chats/testing/fake-places';
import type { BatchServices } from '../batch-slice';
import { readStartAddress } from '../start-address';
import { createAppStore, type AppServices, type AppState } from '../store';

const threads: FakeThread[] = [];

/** Ends the threads of all pages; to be called after each test. */
export function closePages(): void {
  for (const thread of threads.splice(0)) thread.close();
}

export interface PageOptions extends FakeEngineOptions {
  address?: string;
  imports?: FakeImporterOptions;
  settings?: Storage;
  storageManager?: Partial<StorageManager>;
  /** What reaches servers elsewhere; nothing does if absent. */
  remote?: RemoteApi;
  /** Where other tabs are; none if absent. */
  site?: ReturnType<typeof createFakeSite>;
  /** Where the batch is kept; this browser's if absent. */
  batch?: BatchServices;
}

export function openPage(pageOptions: PageOptions = {}) {
  const { address = '', imports, settings, storageManager, remote, batch, site, ...options } = pageOptions;
  const tab = (site ?? createFakeSite()).open();
  const engine = createFakeEngine(options);
  const importer = createFakeImporter(imports);
  const open = (api: Parameters<typeof createFakeThread>[0]) => {
    const thread = createFakeThread(api);
    threads.push(thread);
    return thread.port;
  };
  const client = createClient({
    openEngine: () => open(engine),
    openImport: () => open(remote ? { ...importer, remote: Comlink.proxy(remote) } : importer),
    siteUrl: 'http://localhost/',
    engineHolder: createEngineHolder(tab.parts),
  });
  const services: AppServices = {
    client,
    nextFrame: (callback) => void setTimeout(callback, 1),
    chats: {
      tables: new MemoryTables(),
      channel: null,
      tabs: { tabId: 'tab', otherTabs: async () => new Set() },
      storage: createFakeStorage(),
      places: { ...NO_PLACES, settings: settings ?? null },
      onHide: () => {},
    },
    ...(batch && { batch }),
    storageManager: (storageManager ?? {}) as StorageManager,
  };
  const store = createAppStore(services, readStartAddress(address));
  /** Resolves when the state is as described. */
  const until = (is: (state: AppState) => boolean) =>
    new Promise<void>((resolve) => {
      const look = () => {
        if (!is(store.getState())) return;
        leave();
        resolve();
      };
      const leave = store.subscribe(look);
      look();
    });
  return { store, engine, importer, until, close: tab.close, state: () => store.getState() };
}
