/**
 * A tab that is closed in mid-import. Every step towards the network or the store counts, and writes to the store count by
 * themselves too; at a given count the tab is gone: that step may still take effect, but nobody hears of it, and nothing
 * happens after it, no clean-up either.
 */
import { HearthError } from '../../lib/errors';
import type { Source } from '../sources/source';
import type { WeightStore } from '../store';

export interface TabLife {
  /** The last step, or the last write; absent: for ever. */
  steps?: number;
  writes?: number;
  /** Whether the last one takes effect. */
  lastCounts?: boolean;
}

const WRITES = new Set<PropertyKey>(['savePartial', 'saveShard', 'finish', 'sweep']);

export class Tab {
  steps = 0;
  writes = 0;

  constructor(readonly life: TabLife = {}) {}

  get isDead(): boolean {
    return this.steps >= (this.life.steps ?? Infinity) || this.writes >= (this.life.writes ?? Infinity);
  }

  source(source: Source): Source {
    return {
      url: source.url,
      open: async (path, range, signal) => {
        const stream = await this.#step(() => source.open(path, range, signal));
        return { ...stream, chunks: { next: () => this.#step(() => stream.chunks.next()) } };
      },
    };
  }

  store(store: WeightStore): WeightStore {
    return new Proxy(store, {
      get: (target, name: keyof WeightStore) => {
        const method = target[name].bind(target) as (...args: unknown[]) => Promise<unknown>;
        return (...args: unknown[]) => this.#step(() => method(...args), WRITES.has(name) ? 1 : 0);
      },
    });
  }

  async #step<T>(action: () => Promise<T>, writes = 0): Promise<T> {
    const wasDead = this.isDead;
    this.steps++;
    this.writes += writes;
    if (wasDead || (this.isDead && !this.life.lastCounts)) throw new TabClosed();
    const result = await action();
    if (this.isDead) throw new TabClosed();
    return result;
  }
}

/** Not a failed connection, so nothing is tried again; not a refusal to store, so nothing goes into memory. */
export class TabClosed extends HearthError {
  constructor() {
    super('internal', 'The tab was closed.');
  }
}
