/**
 * One batch, several tabs: one of them runs it, which a Web Lock says however that tab ends; the others are told when something
 * has been stored, and read it again. Where there are no locks (plain http), or they are refused (where a site may store nothing),
 * every tab takes itself for the only one.
 */
import { openTabChannel } from '../../lib/channel';

const LOCK = 'hearth-batch-run';
const CHANNEL = 'hearth-batch';

export interface BatchTabs {
  /** Holds the right to run while `work` goes on. Resolves with false, and without working, when another tab has it. */
  runAlone(work: () => Promise<void>): Promise<boolean>;
  /** Resolves when no other tab runs, at once if none does. */
  whenFree(): Promise<void>;
  isBusyElsewhere(): Promise<boolean>;
  /** Tells the other tabs that what is stored has changed, or that this one has begun to run. */
  tell(): void;
  /** Calls back when another tab has told. */
  onTold(callback: () => void): void;
}

/** The tabs of a page in a browser. */
export function batchTabsHere(): BatchTabs {
  const locks = (navigator as Partial<Navigator>).locks;
  const channel = openTabChannel(CHANNEL);
  let runsHere = false;

  return {
    async runAlone(work) {
      async function hold(): Promise<void> {
        runsHere = true;
        channel?.postMessage('changed');
        await work().finally(() => (runsHere = false));
      }
      const hasLocks = await locks?.query().then(
        () => true,
        () => false,
      );
      if (!locks || !hasLocks) return hold().then(() => true);
      return locks.request(LOCK, { ifAvailable: true }, async (lock) => {
        if (lock) await hold();
        return lock !== null;
      });
    },
    async whenFree() {
      await locks?.request(LOCK, { mode: 'shared' }, () => {}); // shared: those who wait do not wait for each other
    },
    async isBusyElsewhere() {
      const held = (await locks?.query().catch(() => null))?.held ?? [];
      return !runsHere && held.some(({ name }) => name === LOCK);
    },
    tell: () => channel?.postMessage('changed'),
    onTold: (callback) => channel?.addEventListener('message', callback),
  };
}
