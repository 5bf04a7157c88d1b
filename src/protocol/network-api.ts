/** All that the page may ask of the network thread. Types only; `workers/import.worker.ts` satisfies it. */
import type { ProxyMarked } from 'comlink';
import type { ImportApi } from './import-api';
import type { RemoteApi } from './remote-api';

export interface NetworkApi extends ImportApi {
  remote: RemoteApi & ProxyMarked;
}
