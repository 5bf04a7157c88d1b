/** The servers a person has entered, with their keys: the only addresses that anything is ever sent to. */
import { del, get, promisifyRequest, set, values, type UseStore } from 'idb-keyval';
import { HearthError } from '../lib/errors';
import { readToken } from '../lib/token';
import type { RemoteEndpoint } from '../protocol/remote-api';

/** A server and its key. It stays in this origin's storage and in this thread. */
export interface StoredEndpoint {
  /** Absolute, without a slash at the end. */
  url: string;
  key: string | null;
  /** Names of its models as it last told them; absent if it never has. */
  models?: readonly string[];
}

export class Endpoints {
  readonly #store: UseStore;

  constructor(store: UseStore) {
    this.#store = store;
  }

  async list(): Promise<RemoteEndpoint[]> {
    const stored = await values<StoredEndpoint>(this.#store);
    return stored.map(withoutKey);
  }

  /** @throws HearthError `bad-request`. */
  async add(url: string, key: string | null): Promise<RemoteEndpoint> {
    const base = readBaseUrl(url);
    const known = await get<StoredEndpoint>(base, this.#store);
    const endpoint = { ...known, url: base, key: readToken(key) };
    await set(base, endpoint, this.#store);
    return withoutKey(endpoint);
  }

  /** Notes which models a server has said it has, unless it has been removed meanwhile. */
  async noteModels(url: string, models: readonly string[]): Promise<void> {
    await this.#store('readwrite', async (store) => {
      const known = await promisifyRequest(store.get(url) as IDBRequest<StoredEndpoint | undefined>);
      if (known) await promisifyRequest(store.put({ ...known, models }, url));
    });
  }

  async remove(url: string): Promise<void> {
    await del(url, this.#store);
  }

  /** @throws HearthError `bad-request` for a server that nobody has entered. */
  async find(url: string): Promise<StoredEndpoint> {
    const found = await get<StoredEndpoint>(url, this.#store);
    if (found) return found;
    throw new HearthError('bad-request', `The server ${url} has not been entered; nothing is sent to it.`, {
      hint: 'Enter its address first.',
    });
  }
}

const withoutKey = ({ url, key, models = [] }: StoredEndpoint): RemoteEndpoint => ({
  url,
  hasKey: key !== null,
  models,
});

/**
 * A base address in its one form. Of a bare host it is "/v1", where all these servers have their API.
 * @throws HearthError `bad-request`.
 */
export function readBaseUrl(text: string): string {
  const url = URL.canParse(text.trim()) ? new URL(text.trim()) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new HearthError('bad-request', `"${text}" is not an address; expected one like "http://localhost:11434/v1".`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new HearthError('bad-request', 'The address has a name or password in it; expected one without.', {
      hint: 'Enter the key apart from the address.',
    });
  }
  const path = url.pathname.replace(/\/+$/, '');
  return url.origin + (path === '' ? '/v1' : path);
}
