/** Asks once before a chat that has stayed here, or with another server, is sent to a server: all of it goes there. */
import { hostOfServer } from '../state/servers-slice';
import { useApp } from '../state/use-app';
import { Dialog } from '../ui/dialog';
import { strings } from './strings';

export default function SendThereDialog() {
  const choice = useApp((state) => state.awaitedChoice);
  const messages = useApp(({ transcript }) => transcript.length);
  const settleChoice = useApp((state) => state.settleChoice);
  if (!choice) return null;
  const { endpoint, model } = choice;
  const host = hostOfServer(endpoint);
  return (
    <Dialog title={strings.sendThereTitle({ host })} onClose={() => settleChoice(false)}>
      <p>{strings.sendThereExplained({ model, host, messages })}</p>
      <div className="dialog-moves">
        <button type="button" className="edged-button" onClick={() => settleChoice(false)}>
          {strings.keepHere}
        </button>
        <button type="button" className="main-button" onClick={() => settleChoice(true)}>
          {strings.sendThere({ host })}
        </button>
      </div>
    </Dialog>
  );
}
