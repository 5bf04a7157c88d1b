/**
 * Which tabs are open, so that a draft left behind by a closed one is taken up and one that is being typed next door is not.
 * Each tab holds a Web Lock for as long as it lives; the browser lets go of it however the tab ends.
 */

const LOCK_PREFIX = 'hearth-tab/';

export interface Tabs {
  /** Of this page, new at every load. */
  tabId: string;
  /** The other tabs of this site that are open now. */
  otherTabs(): Promise<Set<string>>;
}

/** @param locks undefined where there are none (plain http): then no other tab is known, and drafts of all are taken up */
export function openTabs(tabId: string, locks: LockManager | undefined): Tabs {
  // Held until the page ends: the promise never settles. A refusal means only that others cannot see this tab.
  void locks?.request(LOCK_PREFIX + tabId, () => new Promise(() => {})).catch(() => {});
  return {
    tabId,
    async otherTabs() {
      const held = (await locks?.query().catch(() => null))?.held ?? [];
      const names = held.flatMap(({ name }) => (name?.startsWith(LOCK_PREFIX) ? [name.slice(LOCK_PREFIX.length)] : []));
      return new Set(names.filter((name) => name !== tabId));
    },
  };
}
