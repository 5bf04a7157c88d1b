/**
 * Servers elsewhere behind the thread contract (protocol/remote-api.ts): who may be asked, and what can be stopped. A chunk
 * of its own, fetched by the network thread at the first use.
 */
import type { UseStore } from 'idb-keyval';
import { releaseCallback } from '../src/protocol/callbacks';
import { batchEvents } from '../src/protocol/event-batcher';
import type { RemoteApi } from '../src/protocol/remote-api';
import { chat } from '../src/remote/chat';
import { Endpoints } from '../src/remote/endpoints';
import { listRemoteModels } from '../src/remote/models';

/** @param store where the endpoints and their keys lie. */
export function createRemoteApi(store: UseStore): RemoteApi {
  const endpoints = new Endpoints(store);
  /** What can be stopped, by request id. */
  const stoppable = new Map<string, AbortController>();

  async function stoppably<T>(requestId: string, action: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const controller = new AbortController();
    stoppable.set(requestId, controller);
    try {
      return await action(controller.signal);
    } finally {
      stoppable.delete(requestId);
    }
  }

  return {
    endpoints: () => endpoints.list(),
    addEndpoint: (url, key) => endpoints.add(url, key),
    removeEndpoint: (url) => endpoints.remove(url),
    models: (requestId, endpoint) =>
      stoppably(requestId, async (signal) => {
        const models = await listRemoteModels(await endpoints.find(endpoint), signal);
        await endpoints.noteModels(endpoint, models);
        return models;
      }),
    generate({ requestId, endpoint, modelId, prompt, options }, onEvent) {
      return stoppably(requestId, async (signal) => {
        const batcher = batchEvents(onEvent);
        try {
          const events = chat(await endpoints.find(endpoint), modelId, prompt, options, signal);
          for await (const event of events) batcher.push(event);
        } finally {
          await batcher.flush();
          releaseCallback(onEvent);
        }
      });
    },
    async abort(requestId) {
      stoppable.get(requestId)?.abort();
    },
  };
}
