/**
 * What this device keeps of other hosts, by origin: whether the person lets them be asked for models, and the token that opens
 * their gated repositories. It leaves the device in no export, and nobody but `http.ts` is told a token.
 */
import { del, entries, get, update } from 'idb-keyval';
import type { KnownHost } from './known-host';
import { openDatabase } from './database';

interface HostRecord {
  isAllowed: boolean;
  token: string | null;
}

const UNKNOWN: HostRecord = { isAllowed: false, token: null };

export class HostStore {
  readonly #hosts;

  /** @param factory another one in tests. */
  constructor(factory: IDBFactory = indexedDB) {
    this.#hosts = openDatabase(factory, 'hearth-hosts');
  }

  /** @throws DOMException where nothing may be stored. */
  allow(origin: string): Promise<void> {
    return this.#change(origin, { isAllowed: true });
  }

  /** @param token null forgets it. @throws DOMException where nothing may be stored. */
  setToken(origin: string, token: string | null): Promise<void> {
    return this.#change(origin, { token });
  }

  /** False where nothing can be read. */
  async isAllowed(origin: string): Promise<boolean> {
    return (await this.#read(origin)).isAllowed;
  }

  /** Null where none is kept, or nothing can be read. */
  async tokenFor(origin: string): Promise<string | null> {
    return (await this.#read(origin)).token;
  }

  /** All of which something is kept; none where nothing can be read. */
  async list(): Promise<KnownHost[]> {
    const all = await entries<string, HostRecord>(this.#hosts).catch(() => []);
    return all
      .map(([origin, { isAllowed, token }]) => ({ origin, isAllowed, hasToken: token !== null }))
      .filter(({ isAllowed, hasToken }) => isAllowed || hasToken);
  }

  /** Takes the permission back, and forgets the token. @throws DOMException where nothing may be stored. */
  forget(origin: string): Promise<void> {
    return del(origin, this.#hosts);
  }

  async #read(origin: string): Promise<HostRecord> {
    return (await get<HostRecord>(origin, this.#hosts).catch(() => undefined)) ?? UNKNOWN;
  }

  /** In one step, so that two changes at a time, perhaps of two tabs, are both kept. */
  #change(origin: string, change: Partial<HostRecord>): Promise<void> {
    return update<HostRecord>(origin, (record = UNKNOWN) => ({ ...record, ...change }), this.#hosts);
  }
}
