/** `hearth.fetch`: a `fetch` that any OpenAI client takes in place of the browser's own. Nothing it is asked leaves the page. */
import type { Handler } from './handler';
import type { ModelClient } from './models';

/**
 * A fetch that answers every address from the models of this page, by the part of its path after "/v1/".
 * @throws (the fetch) the signal's reason when it fires, as the browser's does; every other failure is a response.
 */
export function createFetch(client: ModelClient): typeof globalThis.fetch {
  let handler: Promise<Handler> | null = null;
  /** Fetched with the first request: no page pays for what it does not use. */
  function openHandler(): Promise<Handler> {
    handler ??= import('./handler').then(({ createHandler }) => createHandler({ client }));
    handler.catch(() => (handler = null)); // the network may be back for the next request
    return handler;
  }

  return async (input, init) => {
    const request = new Request(input, init);
    request.signal.throwIfAborted();
    const handle = await openHandler();
    const response = await handle(request);
    request.signal.throwIfAborted();
    return response;
  };
}
