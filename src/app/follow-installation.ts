/** The page as an app of its own: it asks to be kept when it is installed, and goes where its shortcuts lead. */
import { screenAt, showScreen } from './navigation/screens';
import { readStartAddress } from './state/start-address';
import type { AppStore } from './state/store';

/** https://wicg.github.io/web-app-launch/#launchqueue-interface; Chromium alone has it. */
interface LaunchQueue {
  setConsumer(consumer: (params: { readonly targetURL?: string | null }) => void): void;
}

export function followInstallation({ getState }: AppStore): void {
  const keep = () => void getState().keepData();
  window.addEventListener('appinstalled', keep);
  if (matchMedia('(display-mode: standalone)').matches) keep(); // where installing is told nobody

  const { launchQueue } = window as { launchQueue?: LaunchQueue };
  let isOpening = true;
  launchQueue?.setConsumer(({ targetURL }) => {
    const isFirst = isOpening;
    isOpening = false;
    // The page was opened at the first address; later ones come to a window that may be in the middle of an answer.
    if (isFirst || !targetURL) return;
    const { hash, search } = new URL(targetURL);
    const { text } = readStartAddress(search);
    showScreen(screenAt(hash));
    if (text === null) return;
    void getState()
      .newChat()
      .then(() => {
        if (text !== '') getState().setComposer({ text });
      });
  });
}
