/**
 * The screens of the page and their addresses. The hash says which one is shown, so the back button, bookmarks and reloads work
 * without a server that knows of them; the query of the address (`/?model=…&q=…`) is left alone.
 */
import { useSyncExternalStore } from 'react';

export const screens = ['chat', 'models', 'batch', 'benchmark', 'settings', 'diagnostics'] as const;

export type Screen = (typeof screens)[number];

/** "#/models"; the chat is "#/". */
export function addressOf(screen: Screen): string {
  return screen === 'chat' ? '#/' : `#/${screen}`;
}

/** @param hash of the address, with "#"; what names no screen is the chat. */
export function screenAt(hash: string): Screen {
  return screens.find((screen) => addressOf(screen) === hash) ?? 'chat';
}

export function showScreen(screen: Screen): void {
  if (screenAt(location.hash) !== screen) location.hash = addressOf(screen);
}

/** The screen that the address names now. */
export function useScreen(): Screen {
  return useSyncExternalStore(subscribe, () => screenAt(location.hash));
}

function subscribe(changed: () => void): () => void {
  window.addEventListener('hashchange', changed);
  return () => window.removeEventListener('hashchange', changed);
}

let moved = false;
globalThis.window?.addEventListener('hashchange', () => (moved = true));

/** Whether this visit has gone from one screen to another. */
export function hasMoved(): boolean {
  return moved;
}
