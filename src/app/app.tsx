/** The page: its head, what is told across all screens, the screen that the address names, and what stands over it. */
import { lazy, Suspense } from 'react';
import { Shortcuts } from './commands/shortcuts';
import { ScreensView } from './navigation/screens-view';
import { useApp } from './state/use-app';
import { Banners } from './ui/banners';
import { Head } from './ui/head';

const Overlays = lazy(() => import('./commands/overlays'));

export function App() {
  // A server's answer burns too, while this device's own model is away.
  const fire = useApp(({ modelState, answerPhase }) =>
    modelState.kind !== 'ready' && answerPhase !== 'writing' ? 'cold' : answerPhase === 'idle' ? 'warm' : 'alive',
  );
  // Another language is another text everywhere: everything is drawn anew.
  const language = useApp((state) => state.language);
  const overlay = useApp((state) => state.overlay);
  return (
    <div className="room" data-fire={fire} key={language}>
      <Head />
      <Banners />
      <ScreensView />
      <Shortcuts />
      <Suspense>{overlay && <Overlays overlay={overlay} />}</Suspense>
    </div>
  );
}
