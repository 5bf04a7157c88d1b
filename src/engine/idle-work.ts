/**
 * What is done while nobody asks: pieces of work, each short enough to be waited for, one at a time and only as long as no
 * model of the device computes anything. Whoever asks is told by `pause`; a piece that is under way then ends by itself.
 */

/** Nobody has asked for anything for so long. */
const IDLE_MS = 250;

/** How many loops compute on a device. */
export class Activity {
  #busy = 0;

  begin(): void {
    this.#busy++;
  }

  end(): void {
    this.#busy--;
  }

  get isIdle(): boolean {
    return this.#busy === 0;
  }
}

/** Work that yields after each piece. */
export type Pieces = AsyncGenerator<void, void>;

export class IdleWork {
  #work: Pieces | null = null;
  #piece: Promise<void> | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isOpen = false;

  /** @param next the work that comes next; null when all is done. */
  constructor(
    readonly activity: Activity,
    readonly next: () => Pieces | null,
  ) {}

  /** Nobody asks for anything any more. */
  start(): void {
    this.#isOpen = true;
    this.#after(IDLE_MS);
  }

  /** Somebody asks. Work that is not done goes on after the next `start`. */
  pause(): void {
    this.#isOpen = false;
    clearTimeout(this.#timer);
  }

  /** What is half done is for naught: the device it was done on is gone. */
  forget(): void {
    this.#work?.return().catch(() => {}); // what it holds
    this.#work = null;
  }

  /** The piece that is under way; null when there is none. */
  get underWay(): Promise<void> | null {
    return this.#piece;
  }

  /** Ends all work, and resolves when the last piece has. */
  async stop(): Promise<void> {
    this.pause();
    this.forget();
    await this.#piece;
  }

  #after(delayMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      // One that is still under way, since before somebody asked, goes on by itself.
      this.#piece ??= this.#advance().finally(() => (this.#piece = null));
    }, delayMs);
  }

  async #advance(): Promise<void> {
    if (!this.activity.isIdle) return this.#after(IDLE_MS); // for another model
    try {
      const work = (this.#work ??= this.next());
      if (work === null) return;
      const { done } = await work.next();
      if (done && this.#work === work) this.#work = null;
      if (this.#isOpen) this.#after(0);
    } catch {
      this.#work = null; // of a lost device hears who asks next
    }
  }
}
