/** A client on fake threads: from Comlink to the page everything is the real thing, and what the model says is the test's choice. */
import { createClient } from '../../client';
import {
  createFakeEngine,
  createFakeImporter,
  createFakeThread,
  type FakeEngineOptions,
  type FakeImporterOptions,
  type FakeThread,
} from '../../testing/fake-engine';

const open: FakeThread[] = [];

/** To be called after each test: ends the threads. */
export function closeFakeClients(): void {
  for (const thread of open.splice(0)) thread.close();
}

export function createFakeClient(engineOptions: FakeEngineOptions = {}, importerOptions: FakeImporterOptions = {}) {
  const engine = createFakeEngine(engineOptions);
  const importer = createFakeImporter(importerOptions);
  const engineThreads: FakeThread[] = [];
  const openPort = (api: Parameters<typeof createFakeThread>[0]) => {
    const thread = createFakeThread(api);
    open.push(thread);
    if (api === engine) engineThreads.push(thread);
    return thread.port;
  };
  const client = createClient({
    openEngine: () => openPort(engine),
    openImport: () => openPort(importer),
    siteUrl: 'http://localhost:4173/',
  });
  return { client, engine, importer, engineThreads };
}

/** Until something has come true on the far side of a thread. */
export async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 1));
}
