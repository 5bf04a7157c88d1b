/**
 * The network thread. It alone reaches other hosts, for models and for what servers elsewhere answer: it joins what the models' pages ask of their weights (src/models) with the
 * importer that knows nothing of models (src/weights), and answers the page's calls (protocol/import-api.ts).
 */
import * as Comlink from 'comlink';
import { openTabChannel } from '../src/lib/channel';
import { log } from '../src/lib/log';
import { loadLayout } from '../src/models/load-layout';
import { releaseCallback } from '../src/protocol/callbacks';
import { installErrorTransfer } from '../src/protocol/errors';
import { forwardLog } from '../src/protocol/log-message';
import type { NetworkApi } from '../src/protocol/network-api';
import type { RemoteApi } from '../src/protocol/remote-api';
import { openDatabase } from '../src/weights/database';
import { HostStore } from '../src/weights/hosts';
import { Importer } from '../src/weights/importer';
import { IndexedDbStore } from '../src/weights/indexed-db-store';
import { getWith } from '../src/weights/sources/http';

/** Tells the network threads of all tabs what has changed; a channel does not hear itself. */
const channel = openTabChannel('hearth-models');
const watchers: ((modelId: string) => void)[] = [];
if (channel) channel.onmessage = ({ data }: MessageEvent<string>) => tellWatchers(data);

let remote: Promise<RemoteApi> | null = null;
const hosts = new HostStore();

const importer = new Importer({
  store: new IndexedDbStore(),
  getFor: (origins) =>
    getWith({
      origins: [location.origin, ...origins],
      isAllowed: (origin) => hosts.isAllowed(origin),
      tokenFor: (origin) => hosts.tokenFor(origin),
    }),
  async describe(config) {
    const page = await loadLayout(config);
    return page.weights(page.readConfig(config));
  },
  onChange(modelId) {
    log.info('store-changed', { modelId });
    tellWatchers(modelId);
    channel?.postMessage(modelId);
  },
});

installErrorTransfer();
forwardLog(log, 'import', (message) => postMessage(message));
Comlink.expose({
  ensure: (requestId, request, onProgress) =>
    importer.ensure(requestId, request, onProgress).finally(() => releaseCallback(onProgress)),
  inspect: (requestId, request, device) =>
    importer.look(requestId, request, async (opened, options) => {
      const { inspectModel } = await import('./inspection');
      return inspectModel(request.modelId, opened, device, options);
    }),
  abort: (requestId) => importer.abort(requestId),
  cancel: (modelId) => importer.cancel(modelId),
  list: () => importer.list(),
  async report(known, device) {
    const { reportModels } = await import('./model-report');
    return reportModels(known, await importer.records(known.map(({ modelId }) => modelId)), device);
  },
  verify: (requestId, modelId, onProgress) =>
    importer.verify(requestId, modelId, onProgress).finally(() => releaseCallback(onProgress)),
  export: (requestId, modelId, write, onProgress) =>
    importer
      .export(requestId, modelId, (bytes) => write(Comlink.transfer(bytes, [bytes.buffer])), onProgress)
      .finally(() => {
        releaseCallback(write);
        releaseCallback(onProgress);
      }),
  repair: (requestId, modelId, onProgress) =>
    importer.repair(requestId, modelId, onProgress).finally(() => releaseCallback(onProgress)),
  allowOrigin: (origin) => hosts.allow(origin),
  setToken: (origin, token) => hosts.setToken(origin, token),
  hosts: () => hosts.list(),
  forgetOrigin: (origin) => hosts.forget(origin),
  watch: async (onChange) => void watchers.push(onChange),
  remove: (modelId) => importer.remove(modelId),
  remote: Comlink.proxy({
    endpoints: async () => (await openRemote()).endpoints(),
    addEndpoint: async (url, key) => (await openRemote()).addEndpoint(url, key),
    removeEndpoint: async (url) => (await openRemote()).removeEndpoint(url),
    models: async (requestId, endpoint) => (await openRemote()).models(requestId, endpoint),
    generate: async (request, onEvent) => (await openRemote()).generate(request, onEvent),
    abort: async (requestId) => (await openRemote()).abort(requestId),
  } satisfies RemoteApi),
} satisfies NetworkApi);

/** Servers elsewhere, fetched at the first use: most pages never ask one. */
function openRemote(): Promise<RemoteApi> {
  remote ??= import('./remote-api').then(({ createRemoteApi }) =>
    createRemoteApi(openDatabase(indexedDB, 'hearth-remote')),
  );
  remote.catch(() => (remote = null)); // the network may be back for the next call
  return remote;
}

function tellWatchers(modelId: string): void {
  for (const tell of watchers) tell(modelId);
}
