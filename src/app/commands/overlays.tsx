/** What stands over any screen, one at a time. */
import type { Overlay } from '../state/frame-slice';
import { CommandPalette } from './command-palette';
import { KeyboardMap } from './keyboard-map';

export default function Overlays({ overlay }: { readonly overlay: Overlay }) {
  switch (overlay) {
    case 'commands':
      return <CommandPalette />;
    case 'keys':
      return <KeyboardMap />;
    case 'chats':
    case 'chatSettings':
    case 'rename':
      return null; // the chat screen's own
  }
}
