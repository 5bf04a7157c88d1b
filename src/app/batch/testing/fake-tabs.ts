/** Tabs of one machine in a test: one lock, and a channel that the others hear. */
import type { BatchTabs } from '../tabs';

export function createFakeBatchTabs() {
  let runner: object | null = null;
  const released: (() => void)[] = [];
  const listeners = new Map<object, () => void>();
  return {
    open(): BatchTabs {
      const me = {};
      const tell = () => {
        for (const [tab, listener] of listeners) if (tab !== me) setImmediate(listener);
      };
      return {
        async runAlone(work) {
          if (runner) return false;
          runner = me;
          tell();
          await work().finally(() => {
            runner = null;
            for (const go of released.splice(0)) go();
          });
          return true;
        },
        whenFree: () => (runner ? new Promise((resolve) => void released.push(resolve)) : Promise.resolve()),
        isBusyElsewhere: async () => runner !== null && runner !== me,
        tell,
        onTold: (callback) => void listeners.set(me, callback),
      };
    },
  };
}
