/** The empty room: what this is, what the model is good for, and three things to ask it. */
import { findModel, sentencesOf } from '../../catalog/catalog';
import { useApp } from '../state/use-app';
import { locale } from '../strings';
import { strings } from './strings';

export function Welcome() {
  const empty = useApp(({ transcript }) => transcript.length === 0);
  const model = useApp(({ modelId }) => findModel(modelId));
  const isTemporary = useApp((state) => state.isTemporary);
  const send = useApp((state) => state.send);
  if (!empty) return null;
  return (
    <section className="welcome" aria-label={strings.welcome}>
      <p className="welcome-lead">{isTemporary ? strings.temporaryChat : strings.welcomeLead}</p>
      <p>{isTemporary ? strings.temporaryExplained : strings.welcomePrivate}</p>
      {model && <p className="aside">{sentencesOf(model, locale()).caution}</p>}
      {model && (
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
