/** The tokens that open gated repositories, by origin. They are kept on this device only, and nobody but `http.ts` reads them. */
import { del, get, keys, set } from 'idb-keyval';
import { openDatabase } from './database';

export class TokenStore {
  readonly #tokens;

  /** @param factory another one in tests. */
  constructor(factory: IDBFactory = indexedDB) {
    this.#tokens = openDatabase(factory, 'hearth-tokens');
  }

  /** @param token null forgets it. @throws DOMException where nothing may be stored. */
  async set(origin: string, token: string | null): Promise<void> {
    await (token === null ? del(origin, this.#tokens) : set(origin, token, this.#tokens));
  }

  /** Null where none is kept, or nothing can be read. */
  async tokenFor(origin: string): Promise<string | null> {
    return (await get<string>(origin, this.#tokens).catch(() => undefined)) ?? null;
  }

  /** The origins that have a token. */
  async origins(): Promise<string[]> {
    return keys<string>(this.#tokens).catch(() => []);
  }
}
