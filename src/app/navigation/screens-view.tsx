/**
 * The screen that the address names. The chat stays where it is while another one is shown, so that scrolling, branches and a
 * growing answer are as one left them; the others are fetched when one goes there. The focus goes along, and so does the title.
 */
import { Activity, lazy, Suspense, useEffect, type ComponentType } from 'react';
import { ChatScreen } from '../chat/chat-screen';
import { focusComposer } from '../chat/focus';
import { useApp } from '../state/use-app';
import { wordsOf } from '../strings';
import { frame } from '../strings/en/frame';
import { ErrorBoundary } from '../ui/error-boundary';
import { hasMoved, useScreen, type Screen } from './screens';

const strings = wordsOf('frame', frame);

const others: Record<Exclude<Screen, 'chat'>, ComponentType> = {
  models: lazy(() => import('../models/models-screen')),
  batch: lazy(() => import('../batch/batch-screen')),
  benchmark: lazy(() => import('../bench/bench-screen')),
  settings: lazy(() => import('../settings/settings-screen')),
  diagnostics: lazy(() => import('../diagnostics/diagnostics-screen')),
};

export function ScreensView() {
  const screen = useScreen();
  const Other = screen === 'chat' ? null : others[screen];
  useTitle(screen);

  useEffect(() => {
    if (screen === 'chat' && hasMoved()) enterChat();
  }, [screen]);

  return (
    <>
      <ErrorBoundary>
        <Activity mode={Other ? 'hidden' : 'visible'}>
          <ChatScreen />
        </Activity>
      </ErrorBoundary>
      {Other && (
        <ErrorBoundary key={screen}>
          <Suspense fallback={<p className="page-loading">{strings.loading}</p>}>
            <Other />
          </Suspense>
        </ErrorBoundary>
      )}
    </>
  );
}

function useTitle(screen: Screen): void {
  const chatTitle = useApp(({ openedChat, isTemporary }) => (isTemporary ? '' : openedChat.title));
  const name = screen === 'chat' ? chatTitle : strings.screen[screen];
  useEffect(() => {
    document.title = name === '' ? strings.name : strings.title({ screen: name });
  }, [name]);
}

/** To where one writes; on a phone that would raise the keyboard over the page, so to the conversation as a whole. */
function enterChat(): void {
  if (matchMedia('(hover: hover)').matches) return focusComposer();
  const main = document.querySelector<HTMLElement>('.chat-screen main');
  if (!main) return;
  main.tabIndex = -1;
  main.focus();
}
