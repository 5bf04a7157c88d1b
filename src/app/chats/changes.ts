/**
 * Tells the other tabs which records have changed, by id only: who shows one of them reads it again. Without a
 * BroadcastChannel each tab still keeps its own work, it only sees the others' at the next loading.
 */

import { openTabChannel } from '../../lib/channel';

export interface Changes {
  chatIds: string[];
  messages: { id: string; chatId: string }[];
  presets?: boolean;
  /** Everything has been deleted. */
  everything?: boolean;
}

/** `here`: by this tab. */
export type ChangeOrigin = 'here' | 'elsewhere';

export type ChangeListener = (changes: Changes, origin: ChangeOrigin) => void;

/** What is used of a BroadcastChannel. */
export interface Channel {
  postMessage(message: unknown): void;
  onmessage: ((event: MessageEvent) => unknown) | null;
  close(): void;
}

export interface Announcer {
  announce(changes: Changes): void;
  subscribe(listener: ChangeListener): () => void;
  close(): void;
}

/** The channel of this origin's tabs, or null where the browser has none. */
export function openChannel(): Channel | null {
  return openTabChannel('hearth-chats');
}

/** @param channel null tells this tab only */
export function createAnnouncer(channel: Channel | null): Announcer {
  const listeners = new Set<ChangeListener>();
  const tell = (changes: Changes, origin: ChangeOrigin) => {
    for (const listener of listeners) listener(changes, origin);
  };
  if (channel) channel.onmessage = ({ data }: MessageEvent<Changes>) => tell(data, 'elsewhere');
  return {
    announce(changes) {
      tell(changes, 'here');
      channel?.postMessage(changes);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close() {
      listeners.clear();
      channel?.close();
    },
  };
}
