/** Lets the page look as it is set: attributes of the root that the tokens (ui/tokens.css) look at. */
import { present } from '../../lib/invariant';
import type { Settings } from './settings';

export function applySettings({ theme, textSize, reduceMotion }: Settings): void {
  const root = document.documentElement;
  root.dataset['theme'] = theme;
  root.dataset['text'] = textSize;
  root.dataset['motion'] = reduceMotion ? 'reduced' : 'system';
  // The browser's own bars take the colour of the paper. Each of the two tags speaks for one theme of the system.
  const paper = getComputedStyle(present(document.body, 'the body')).backgroundColor;
  for (const meta of document.querySelectorAll<HTMLMetaElement>('meta[name="theme-color"]')) {
    meta.dataset['own'] ??= meta.content;
    meta.content = theme === 'system' ? meta.dataset['own'] : paper;
  }
}
