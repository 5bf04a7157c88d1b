/** The head of the page: whose house this is, which model is in it or answers the chat, and the ways to the other screens. */
import { addressOf, screens, useScreen } from '../navigation/screens';
import { modelLabel } from '../state/model-slice';
import { answererLabel } from '../state/servers-slice';
import { useApp } from '../state/use-app';
import { wordsOf } from '../strings';
import { frame } from '../strings/en/frame';
import { CommandIcon } from './icons';

const strings = wordsOf('frame', frame);

/** The line of screens may be longer than the room for it. */
function bringIntoView(link: HTMLElement | null): void {
  link?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
}

/** Diagnostics is reached from the settings and from what is in trouble. */
const inHead = screens.filter((screen) => screen !== 'diagnostics');

export function Head() {
  const openOverlay = useApp((state) => state.openOverlay);
  const current = useScreen();
  const label = useApp(current === 'chat' ? answererLabel : modelLabel);
  return (
    <header className="head">
      <h1 className="wordmark">
        <img src="/favicon.svg" alt="" width="24" height="24" />
        <span>{strings.name}</span>
      </h1>
      <p className="head-model">{label}</p>
      <nav className="head-screens" aria-label={strings.screens}>
        {inHead.map((screen) => (
          <a
            key={screen}
            ref={screen === current ? bringIntoView : undefined}
            href={addressOf(screen)}
            aria-current={screen === current ? 'page' : undefined}
          >
            {strings.screen[screen]}
          </a>
        ))}
      </nav>
      <button
        type="button"
        className="icon-button head-commands"
        aria-label={strings.commands}
        title={strings.commands}
        onClick={() => openOverlay('commands')}
      >
        <CommandIcon />
      </button>
    </header>
  );
}
