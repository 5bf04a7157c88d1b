/** The empty room: what this is, what the model is good for, and three things to ask it. */
import { findModel, sentencesOf } from '../../catalog/catalog';
import { hostOfServer } from '../state/servers-slice';
import { useApp } from '../state/use-app';
import { locale } from '../strings';
import { strings } from './strings';

export function Welcome() {
  const empty = useApp(({ transcript }) => transcript.length === 0);
  const model = useApp(({ modelId }) => findModel(modelId));
  const remote = useApp(({ openedChat }) => openedChat.remote);
  const isTemporary = useApp((state) => state.isTemporary);
  const send = useApp((state) => state.send);
  if (!empty) return null;
  return (
    <section className="welcome" aria-label={strings.welcome}>
      <p className="welcome-lead">
        {isTemporary ? strings.temporaryChat : remote ? strings.welcomeServer : strings.welcomeLead}
      </p>
      <p>
        {isTemporary && `${strings.temporaryExplained} `}
        {remote
          ? strings.welcomeRemote({ model: remote.model, host: hostOfServer(remote.endpoint) })
          : !isTemporary && strings.welcomePrivate}
      </p>
      {model && !remote && <p className="aside">{sentencesOf(model, locale()).caution}</p>}
      {model && !remote && (
        <ul className="examples" lang="en" aria-label={strings.examples}>
          {model.examples.map((example) => (
            <li key={example}>
              <button type="button" className="example" onClick={() => void send(example)}>
                {example}
              </button>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
