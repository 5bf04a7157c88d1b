/** The count of what one site has asked for. */
import * as v from 'valibot';
import type { SiteStorage } from '../client/allowed-sites';

/** What was left of an allowance, and when. */
export interface Level {
  left: number;
  atMs: number;
}

/** Where the level is kept between one spending and the next. */
export interface LevelKeeper {
  /** Null while nothing was spent. */
  read(): Level | null;
  write(level: Level): void;
}

/**
 * So many per period on average, and no more than that in one go: a bucket that fills evenly. What has begun is finished, so it
 * may be emptied below nothing; then it has to fill up first.
 */
export class Allowance {
  readonly #capacity: number;
  readonly #perMs: number;
  readonly #now: () => number;
  readonly #keeper: LevelKeeper;

  /** @param now milliseconds of the clock by which `keeper` has its level. @param keeper in this object if absent. */
  constructor(capacity: number, periodMs: number, now: () => number, keeper: LevelKeeper = keepHere()) {
    this.#capacity = capacity;
    this.#perMs = capacity / periodMs;
    this.#now = now;
    this.#keeper = keeper;
  }

  /** What may be spent now; below zero where too much was. */
  get left(): number {
    return this.#levelAt(this.#now());
  }

  spend(amount: number): void {
    const nowMs = this.#now();
    this.#keeper.write({ left: this.#levelAt(nowMs) - amount, atMs: nowMs });
  }

  /** Until there is something to spend again; 0 where there is. */
  get waitMs(): number {
    return Math.max(0, Math.ceil((1 - this.left) / this.#perMs));
  }

  #levelAt(nowMs: number): number {
    const level = this.#keeper.read();
    if (level === null) return this.#capacity;
    // A clock that was set back has to be lived with: from now on it fills by the new time.
    if (level.atMs > nowMs) this.#keeper.write({ ...level, atMs: nowMs });
    return Math.min(this.#capacity, level.left + Math.max(0, nowMs - level.atMs) * this.#perMs);
  }
}

function keepHere(): LevelKeeper {
  let level: Level | null = null;
  return { read: () => level, write: (next) => void (level = next) };
}

const levelSchema = v.object({ left: v.number(), atMs: v.number() });

/**
 * Keeps a site's level in a storage, so that a frame that is opened anew, or beside another, begins with what is left.
 * @param storage null where this frame has none: the level is then the frame's own.
 */
export function keepIn(storage: SiteStorage | null, origin: string): LevelKeeper {
  if (storage === null) return keepHere();
  const key = `hearth.embed-tokens ${origin}`;
  return {
    read() {
      try {
        const result = v.safeParse(levelSchema, JSON.parse(storage.getItem(key) ?? 'null'));
        return result.success ? result.output : null;
      } catch {
        return null;
      }
    },
    write(level) {
      try {
        storage.setItem(key, JSON.stringify(level));
      } catch {
        // It is full: what was spent is not remembered.
      }
    },
  };
}
