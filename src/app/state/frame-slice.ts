/** What stands over or across the screens: sheets and dialogs, the language, the connection, and a newer build that waits. */
import type { Language } from '../strings/language';
import type { Slice } from './store';

/** One at a time stands over the page. The first three are the chat screen's own. */
export type Overlay = 'chats' | 'chatSettings' | 'rename' | 'commands' | 'keys';

export interface FrameSlice {
  overlay: Overlay | null;
  /** What the page speaks now. */
  language: Language;
  isOnline: boolean;
  /** Starts the build that waits; null while there is none. */
  startUpdate: (() => void) | null;
  openOverlay(overlay: Overlay): void;
  closeOverlay(): void;
  setLanguage(language: Language): void;
  setOnline(isOnline: boolean): void;
  offerUpdate(start: () => void): void;
}

export function createFrameSlice(): Slice<FrameSlice> {
  return (set) => ({
    overlay: null,
    language: 'en',
    isOnline: true,
    startUpdate: null,
    openOverlay: (overlay) => set({ overlay }),
    closeOverlay: () => set({ overlay: null }),
    setLanguage: (language) => set({ language }),
    setOnline: (isOnline) => set({ isOnline }),
    offerUpdate: (startUpdate) => set({ startUpdate }),
  });
}
