/** What concerns every screen, in one line each, with what can be done about it: a newer build that waits, no connection, the engine in another tab. */
import { useApp } from '../state/use-app';
import { wordsOf } from '../strings';
import { frame } from '../strings/en/frame';

const strings = wordsOf('frame', frame);

export function Banners() {
  const isOnline = useApp((state) => state.isOnline);
  const enginePlace = useApp((state) => state.enginePlace);
  const bringHere = useApp((state) => state.bringHere);
  const startUpdate = useApp((state) => state.startUpdate);
  const isAnswering = useApp(({ answerPhase, batchPhase }) => answerPhase !== 'idle' || batchPhase !== 'idle');
  const flushChats = useApp((state) => state.flushChats);
  return (
    // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- nothing is calculated here
    <div className="banners" role="status">
      {startUpdate && (
        <div className="banner">
          <p>{isAnswering ? strings.updateLater : strings.updateReady}</p>
          {!isAnswering && (
            <button type="button" className="main-button" onClick={() => void flushChats().then(startUpdate)}>
              {strings.restart}
            </button>
          )}
        </div>
      )}
      {enginePlace.at === 'elsewhere' && (
        <div className="banner">
          <p>{strings.elsewhere[enginePlace.use]}</p>
          <button type="button" className="edged-button" onClick={() => void bringHere()}>
            {strings.bringHere}
          </button>
        </div>
      )}
      {!isOnline && (
        <div className="banner">
          <p>{strings.offline}</p>
        </div>
      )}
    </div>
  );
}
