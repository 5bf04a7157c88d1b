/**
 * Who has the engine. Models fill a device, so of all tabs of this site one has the engine at a time, which a Web Lock says
 * however that tab ends; another is refused, and may take it over: the holder is asked over a BroadcastChannel to let go, which
 * ends what runs there, and one that does not hear has the lock stolen from it. Where there are no locks (plain http), every tab
 * takes itself for the only one.
 *
 * This is the seam for one engine shared among tabs: where `hold` refuses now, it would give a port to the holder's engine
 * thread, and `openEngine` of the client would hand that out in the place of a worker. The rest knows threads only as ports.
 */
import { openTabChannel } from '../lib/channel';
import { HearthError } from '../lib/errors';

/** Names both the lock and the channel. */
const NAME = 'hearth-engine';
/** How long the lock of a page that has just been left, by a reload say, may take to come free. */
const GRACE_MS = 400;
/** How long the holder has to let go; one that is busy or frozen for longer loses the lock all the same. */
const PATIENCE_MS = 3000;
/** Between one hold and the next, of a model that is loaded anew say, no other tab steps in. */
const LINGER_MS = 500;

/** What the engine is needed for; the last that a tab has begun tells the others what a takeover would stop. */
export type EngineUse = 'models' | 'batch' | 'benchmark';

/** Where the engine is: with nobody, in this tab, or in another, and what for. */
export type EnginePlace = { at: 'rest' } | { at: 'here' } | { at: 'elsewhere'; use: EngineUse };

/** One reason to have the engine. The lock is kept until the last has ended. */
export interface EngineHold {
  /** Fires when another tab has taken the engine, with a HearthError `engine-taken` as its reason. */
  readonly taken: AbortSignal;
  release(): void;
}

export interface EngineHolder {
  /** As far as it is known; `onChange` tells when that changes. */
  place(): EnginePlace;
  onChange(callback: (place: EnginePlace) => void): () => void;
  /** Keeps the engine in this tab. @throws HearthError `engine-elsewhere` while another tab has it. */
  hold(use: EngineUse): Promise<EngineHold>;
  /**
   * Takes the engine from whichever tab has it, where all that runs ends with `engine-taken`. It then stays here until what is
   * held next has ended, or until it is taken in turn.
   */
  takeOver(): Promise<void>;
}

/** What a tab tells the others. */
type Message =
  | { kind: 'let-go' } // to the holder
  | { kind: 'who' } // to the holder, who answers
  | { kind: 'holds'; use: EngineUse };

export interface EngineHolderParts {
  /** Null where there are none. */
  locks: Pick<LockManager, 'request' | 'query'> | null;
  channel: Pick<BroadcastChannel, 'postMessage' | 'addEventListener'> | null;
}

export function createEngineHolder({ locks, channel }: EngineHolderParts): EngineHolder {
  const holds = new Map<AbortController, EngineUse>();
  const listeners = new Set<(place: EnginePlace) => void>();
  let place: EnginePlace = { at: 'rest' };
  /** Gives the lock back; null while this tab does not have it. */
  let letGo: (() => void) | null = null;
  /** The lock is on its way here. */
  let coming: Promise<void> | null = null;
  let lingering: ReturnType<typeof setTimeout> | undefined;
  let isFollowing = false;

  /** The locks, or null where the browser has none or refuses them; with them come the other tabs. */
  const granted = (async () => {
    try {
      await locks?.query();
    } catch {
      return null; // a SecurityError, as any request would be
    }
    if (locks) {
      channel?.addEventListener('message', ({ data }) => hear(data as Message));
      post({ kind: 'who' });
    }
    return locks;
  })();

  function post(message: Message): void {
    channel?.postMessage(message);
  }

  function become(next: EnginePlace): void {
    place = next;
    for (const tell of listeners) tell(next);
  }

  function hear(message: Message): void {
    if (message.kind === 'holds') {
      if (!letGo) beElsewhere(message.use);
    } else if (letGo) {
      if (message.kind === 'who') tellUse();
      else lose();
    }
  }

  function tellUse(): void {
    const uses = new Set(holds.values());
    const use = (['benchmark', 'batch'] as const).find((each) => uses.has(each)) ?? 'models';
    if (letGo) post({ kind: 'holds', use });
  }

  /** Resolves when this tab has the lock; it then has it until `letGo` is called or another tab takes it. */
  async function acquire(options: LockOptions): Promise<void> {
    const manager = await granted;
    await new Promise<void>((resolve, reject) => {
      let release: (() => void) | null = null;
      const keep = () =>
        new Promise<void>((end) => {
          letGo = release = end;
          clearTimeout(lingering);
          become({ at: 'here' });
          resolve();
        });
      if (!manager) return void keep();
      manager.request(NAME, options, keep).catch((error: unknown) => {
        if (release === null) reject(error instanceof Error ? error : new Error(String(error)));
        else if (letGo === release) lose(); // stolen
      });
    });
  }

  async function come(): Promise<void> {
    try {
      await acquire({ signal: AbortSignal.timeout(GRACE_MS) });
    } catch {
      if (place.at !== 'elsewhere') beElsewhere('models');
      post({ kind: 'who' });
      throw new HearthError('engine-elsewhere', 'Another tab has the engine; hearth.takeOver() brings it here.');
    }
  }

  async function seize(): Promise<void> {
    const seized = acquire({ signal: AbortSignal.timeout(PATIENCE_MS) }).catch(() => acquire({ steal: true }));
    await (await granted)?.query(); // by now this tab stands in the queue, so that what is let go comes here
    post({ kind: 'let-go' });
    await seized;
    tellUse();
  }

  /** Another tab takes the engine: what runs here ends, and its memory is free when the lock is. */
  function lose(): void {
    const reason = new HearthError('engine-taken', 'Another tab has taken the engine; what ran here was stopped.');
    const taken = [...holds.keys()];
    const giveBack = letGo;
    holds.clear();
    letGo = null; // who asks for it from now on has to wait for the lock
    for (const controller of taken) controller.abort(reason);
    giveBack?.();
    beElsewhere('models');
  }

  function beElsewhere(use: EngineUse): void {
    if (place.at !== 'elsewhere' || place.use !== use) become({ at: 'elsewhere', use });
    void follow();
  }

  /** Notices when no tab has the engine any more, however that came about. */
  async function follow(): Promise<void> {
    if (isFollowing) return;
    isFollowing = true;
    const manager = await granted;
    const isWanted = async () => {
      const { held = [], pending = [] } = (await manager?.query()) ?? {};
      return [...held, ...pending].some(({ name, mode }) => name === NAME && mode === 'exclusive');
    };
    // Shared: those who wait do not wait for each other. It may be stolen just when it is there.
    do await manager?.request(NAME, { mode: 'shared' }, () => {}).catch(() => {});
    while (place.at === 'elsewhere' && (await isWanted()));
    isFollowing = false;
    if (place.at === 'elsewhere') become({ at: 'rest' });
  }

  function rest(): void {
    if (holds.size > 0 || !letGo) return;
    letGo();
    letGo = null;
    become({ at: 'rest' });
  }

  return {
    place: () => place,

    onChange(callback) {
      listeners.add(callback);
      return () => listeners.delete(callback);
    },

    async hold(use) {
      const controller = new AbortController();
      holds.set(controller, use);
      try {
        if (!letGo) await (coming ??= come().finally(() => (coming = null)));
        controller.signal.throwIfAborted();
      } catch (error) {
        holds.delete(controller);
        throw error;
      }
      tellUse();
      return {
        taken: controller.signal,
        release() {
          if (!holds.delete(controller)) return;
          tellUse();
          clearTimeout(lingering);
          lingering = setTimeout(rest, LINGER_MS);
        },
      };
    },

    async takeOver() {
      await coming?.catch(() => {});
      if (!letGo) await (coming ??= seize().finally(() => (coming = null)));
    },
  };
}

const HERE = Symbol.for('hearth.engine-holder');

/** The holder of this page, the same for all that load this module in it: the app, and a `/hearth.js` beside it. */
export function engineHolderHere(): EngineHolder {
  const page = globalThis as { [HERE]?: EngineHolder };
  const locks = globalThis.navigator?.locks ?? null;
  return (page[HERE] ??= createEngineHolder({ locks, channel: locks && openTabChannel(NAME) }));
}
