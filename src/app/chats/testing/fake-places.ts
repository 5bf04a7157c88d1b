/** What tests put in the place of a browser's tabs, channels and storage. */
import type { Channel } from '../changes';
import type { Places } from '../erase';
import type { Tabs } from '../tabs';

/** Channels that hear each other but not themselves; messages are cloned and come later, as in a browser. */
export function createFakeHub() {
  const channels = new Set<Channel>();
  const posted: unknown[] = [];
  return {
    /** Everything that was announced. */
    posted,
    open(): Channel {
      const channel: Channel = {
        onmessage: null,
        postMessage(message) {
          const data: unknown = structuredClone(message);
          posted.push(data);
          for (const other of channels)
            if (other !== channel) setImmediate(() => other.onmessage?.({ data } as MessageEvent));
        },
        close: () => void channels.delete(channel),
      };
      channels.add(channel);
      return channel;
    },
  };
}

/** Tabs that know of each other; `close` is a tab being killed. */
export function createFakeTabs() {
  const open = new Set<string>();
  return {
    open(tabId: string): Tabs {
      open.add(tabId);
      return { tabId, otherTabs: async () => new Set([...open].filter((id) => id !== tabId)) };
    },
    close: (tabId: string) => void open.delete(tabId),
  };
}

export function createFakeStorage(entries: Record<string, string> = {}): Storage {
  const map = new Map(Object.entries(entries));
  return {
    get length() {
      return map.size;
    },
    key: (index) => [...map.keys()][index] ?? null,
    getItem: (key) => map.get(key) ?? null,
    setItem: (key, value) => void map.set(key, value),
    removeItem: (key) => void map.delete(key),
    clear: () => map.clear(),
  };
}

export const NO_PLACES: Places = { databases: null, caches: null, serviceWorkers: null, settings: null, tab: null };
