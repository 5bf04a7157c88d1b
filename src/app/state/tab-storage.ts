/** This tab's storage; a frame that may store nothing gets one that forgets. */
import type { ChatServices } from './chats-slice';

export function tabStorage(): ChatServices['storage'] {
  try {
    return sessionStorage;
  } catch {
    return { getItem: () => null, setItem: () => {} };
  }
}
