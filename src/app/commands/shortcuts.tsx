/** Listens for the keys of the commands, wherever the focus is. */
import { use, useEffect } from 'react';
import { present } from '../../lib/invariant';
import { StoreContext } from '../state/use-app';
import { isAppleKeyboard, isChord } from './chord';
import { commands } from './commands';

export function Shortcuts() {
  const store = present(use(StoreContext), 'the store');
  useEffect(() => {
    const isApple = isAppleKeyboard();
    function onKeyDown(event: KeyboardEvent): void {
      if (event.defaultPrevented || event.isComposing) return;
      const command = commands.find(({ chord }) => chord && isChord(chord, event, isApple));
      if (!command || (command.notWhileTyping && isTyping(event.target))) return;
      // What stands over the page has the keyboard, Escape above all.
      if (document.querySelector('dialog[open], :popover-open')) return;
      const state = store.getState();
      // The keys are ours even when there is nothing to do, so that the browser does not do something else instead.
      if (command.chord?.mod) event.preventDefault();
      if (command.isPossible && !command.isPossible(state)) return;
      event.preventDefault();
      command.run(state);
    }
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, [store]);
  return null;
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('input, textarea, select, [contenteditable]') !== null;
}
